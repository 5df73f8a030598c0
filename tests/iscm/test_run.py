"""``make run`` as a person meets it: a copy of the checkout, real processes, real signals."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from iscm.embedded.host import processes_in
from tests.conftest import _with_name, clone_database, drop_database

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = (".git", ".venv", "node_modules", "var", "staticfiles", "__pycache__", "tests", "benchmarks", ".*_cache")
PATIENCE_S = 300  # the first start migrates from nothing: half a minute of computing, more on a busy machine


@pytest.fixture(scope="module")
def checkout():
    """A copy of this checkout in a directory whose name has a blank and letters beyond ASCII."""
    place = Path(tempfile.mkdtemp(prefix="iscm-run-"))
    place.chmod(0o755)
    copy = place / "Größe 供应 chain"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for name in (".venv", "node_modules"):
        if (ROOT / name).exists():
            (copy / name).symlink_to(ROOT / name)
    yield copy
    subprocess.run(["python3", "dev.py", "stop"], cwd=copy, env=_environment(), capture_output=True, check=False)
    shutil.rmtree(place)


def _environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "SAMPLE_DATA": "0", **more}


class Running:
    """A ``dev.py run`` in progress."""

    def __init__(self, checkout: Path, **variables: str):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.checkout = checkout
        self.output = checkout.parent / "output.txt"
        self.output.write_text("")
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                ["python3", "dev.py", "run"],
                cwd=checkout,
                env=_environment(PORT=str(self.port), **variables),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_served(self, seconds: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + seconds
        while f"ISCM is running at http://127.0.0.1:{self.port}\n" not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def child(self, name: str) -> psutil.Process:
        """The first of our processes with ``name`` in its command line."""
        pids = json.loads((self.checkout / "var" / "run.json").read_text())["children"]
        return next(p for p in map(psutil.Process, map(int, pids)) if name in p.cmdline())


@pytest.fixture
def running(checkout):
    run = Running(checkout)
    yield run
    if run.process.poll() is None:
        run.process.terminate()
        run.process.wait(PATIENCE_S)


def _left_over(checkout: Path) -> list[str]:
    """Every process that still works in the checkout."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(checkout):
                found.append(" ".join(process.cmdline()))
    return found


def test_it_serves_pages_and_a_signal_ends_all_of_it(running, checkout):
    running.wait_until_served()
    assert running.get("/healthz") == (200, "alive\n")
    status, body = running.get("/readyz")
    assert (status, json.loads(body)["ready"]) == (200, True), body
    for process in map(running.child, ("gunicorn", "worker", "beat")):
        for each in [process, *process.children(recursive=True)]:
            assert each.memory_full_info().pss < 300_000_000

    running.process.send_signal(signal.SIGINT)  # Ctrl-C

    assert running.process.wait(PATIENCE_S) == 0
    assert _left_over(checkout) == []
    made = {path.name for path in checkout.iterdir()} - {path.name for path in ROOT.iterdir()}
    assert made <= {"var", "__pycache__"}


@pytest.mark.chaos
def test_a_dead_child_ends_the_run_and_its_last_lines_are_shown(running, checkout):
    running.wait_until_served()
    running.child("worker").kill()
    assert running.process.wait(PATIENCE_S) == 1
    _before, said, shown = running.output.read_text().partition("The worker process ended (-9). Its last lines:\n")
    last = shown.strip().splitlines()[0]
    assert said and last and last in (checkout / "var" / "log" / "worker.log").read_text()
    assert _left_over(checkout) == []


@pytest.mark.chaos
def test_killed_services_are_started_again_under_the_running_programs(running, checkout):
    running.wait_until_served()
    processes_in(checkout / "var" / "postgres", "postgres")[0].kill()
    processes_in(checkout / "var" / "valkey", "valkey-server")[0].kill()
    started, body = time.monotonic(), ""
    while time.monotonic() - started < 30:
        with contextlib.suppress(OSError):
            status, body = running.get("/readyz")
            if status == 200 and json.loads(body)["degraded"] == [] and "again" in running.output.read_text():
                break
        time.sleep(0.1)
    else:
        pytest.fail(f"not ready again: {body}\n{running.output.read_text()}")
    assert running.process.poll() is None


@pytest.mark.chaos
def test_what_a_killed_run_left_behind_is_ended_by_the_next(checkout):
    first = Running(checkout)
    first.wait_until_served()
    web = first.child("gunicorn")
    first.process.kill()
    first.process.wait()
    assert web.is_running()
    second = Running(checkout)
    try:
        second.wait_until_served()
        assert "left over from a run that was killed" in second.output.read_text()
        assert not web.is_running() or web.status() == psutil.STATUS_ZOMBIE
    finally:
        second.process.terminate()
        assert second.process.wait(PATIENCE_S) == 0


MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("core", "{before}")]
    operations = [migrations.RunSQL(
        "CREATE TABLE of_the_new_version AS SELECT clock_timestamp() AS at", "DROP TABLE of_the_new_version"
    )]
"""


def test_a_new_version_migrates_before_its_programs_start(checkout):
    """The same directory after a ``git pull`` that brought a migration."""
    folder = checkout / "core" / "migrations"
    before = max(path.stem for path in folder.glob("0*.py"))
    (folder / "9998_new_version.py").write_text(MIGRATION.format(before=before))
    run = Running(checkout)
    try:
        run.wait_until_served()
        started = {name: run.child(name).create_time() for name in ("gunicorn", "worker", "beat")}
        done = subprocess.run(
            ["python3", "dev.py", "manage", "shell", "-v0", "-c", _WHEN],
            cwd=checkout,
            env=_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert float(done.stdout.split()[-1]) < min(started.values())
    finally:
        run.process.terminate()
        assert run.process.wait(PATIENCE_S) == 0
        (folder / "9998_new_version.py").unlink()


_WHEN = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT extract(epoch FROM at) FROM of_the_new_version")
    print(float(cursor.fetchone()[0]))
"""


def test_services_of_ones_own_are_used_and_nothing_embedded_is_started(checkout, worker_id):
    """With DATABASE_URL and REDIS_URL set: those of the tests' own cluster stand for a server somewhere."""
    name = f"elsewhere_{worker_id}"
    clone_database(name)
    given = {role: _with_name(os.environ[role], name) for role in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    run = Running(checkout, REDIS_URL=os.environ["REDIS_URL"], **given)
    try:
        run.wait_until_served()
        assert json.loads(run.get("/readyz")[1])["ready"] is True
        for service, program in (("postgres", "postgres"), ("valkey", "valkey-server")):
            assert processes_in(checkout / "var" / service, program) == []
    finally:
        run.process.terminate()
        assert run.process.wait(PATIENCE_S) == 0
        drop_database(name)


def test_a_taken_port_is_named_with_the_way_out(checkout):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = subprocess.run(
            ["python3", "dev.py", "run"],
            cwd=checkout,
            env=_environment(PORT=str(port)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr.startswith(f"Port {port} is not free") and f"PORT={port + 1} make run" in result.stderr


@pytest.mark.parametrize(
    ("variables", "arguments", "sentence"),
    [
        ({"PORT": "http"}, ["run"], "PORT must be a number"),
        (
            {"DATABASE_URL": "postgres://u:p@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"},
            ["manage", "migrate"],
            "DATABASE_URL is set but DATABASE_OWNER_URL is not.",
        ),
    ],
    ids=["port", "owner"],
)
def test_a_wrong_setting_is_answered_with_a_sentence(checkout, variables, arguments, sentence):
    result = subprocess.run(
        ["python3", "dev.py", *arguments],
        cwd=checkout,
        env=_environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1 and result.stderr.startswith(sentence), result.stderr


def test_make_help_lists_every_command():
    if not shutil.which("make"):
        pytest.skip("needs make")
    text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in ("run", "stop", "setup", "test", "lint", "check", "bench", "help"):
        assert f"make {name} " in text
