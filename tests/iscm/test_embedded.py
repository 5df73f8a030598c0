"""The embedded services as real processes: start, restart, kill -9, odd directories, other accounts."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from iscm.embedded import Postgres, Services, Valkey
from iscm.embedded.host import EmbeddedError, fallback_home, processes_in, secret

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place():
    """A directory that any account can enter (pytest's own are closed to the account PostgreSQL runs as)."""
    path = Path(tempfile.mkdtemp(prefix="iscm-test-"))
    path.chmod(0o755)
    yield path
    for home in [path, *path.glob("**/postgres.lock")]:
        _stop_all(home.parent if home.is_file() else home)
    shutil.rmtree(path, ignore_errors=True)


def _stop_all(home: Path) -> None:
    if (home / "postgres.lock").exists():
        postgres = Postgres(home / "postgres")
        postgres.stop("immediate")
        if postgres.socket_dir.parent == Path("/tmp"):
            shutil.rmtree(postgres.socket_dir, ignore_errors=True)
    if (home / "valkey.lock").exists():
        Valkey(home / "valkey").stop("immediate")


def _query(url: str, sql: str):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def _started(place: Path) -> Postgres:
    postgres = Postgres(place / "postgres", fsync=False)
    postgres.ensure_running()
    return postgres


def test_a_first_start_gives_the_application_a_role_that_owns_nothing(place):
    postgres = _started(place)
    _query(postgres.owner_url, "CREATE TABLE public.t (id int)")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        _query(postgres.url, "CREATE TABLE public.u (id int)")
    roles = (
        "SELECT rolname, rolsuper, rolbypassrls, rolinherit FROM pg_roles WHERE rolname IN ('iscm_app', 'iscm_owner')"
    )
    assert sorted(_query(postgres.url, roles)) == [("iscm_app", False, False, False), ("iscm_owner", False, True, True)]
    locale = "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'iscm'"
    assert _query(postgres.url, locale) == [("b", "C.UTF-8", "UTF8")]


def test_nobody_gets_in_without_a_password_and_not_over_the_network(place):
    postgres = _started(place)
    assert _query(postgres.url, "SHOW listen_addresses") == [("",)]
    for role in ("iscm_app", "iscm_owner"):
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(host=str(postgres.socket_dir), user=role, password="wrong", dbname="iscm")
    for name in ("iscm_app", "iscm_owner"):
        assert (place / "secrets" / name).stat().st_mode & 0o777 == 0o600


def test_starting_what_runs_changes_nothing_and_a_restart_keeps_the_data(place):
    postgres = _started(place)
    (before,) = processes_in(postgres.data_dir, "postgres")[:1]
    _query(postgres.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    postgres.ensure_running()
    assert processes_in(postgres.data_dir, "postgres")[0].pid == before.pid
    postgres.stop()
    assert not processes_in(postgres.data_dir, "postgres")
    again = _started(place)
    assert again.owner_url == postgres.owner_url
    assert _query(again.owner_url, "SELECT answer FROM kept") == [(42,)]


def test_both_services_come_back_after_kill_9_with_what_was_committed(place):
    services = Services(place)
    services.own_database = services.own_broker = True
    services.ensure_running()
    _query(services.postgres.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    port = services.valkey.port
    session = psycopg2.connect(services.postgres.owner_url)  # an open session outlives the parent for a moment
    for directory, name in ((services.postgres.data_dir, "postgres"), (services.valkey.data_dir, "valkey-server")):
        processes_in(directory, name)[0].send_signal(signal.SIGKILL)
    assert services.broken()

    services.ensure_running()

    assert not services.broken()
    assert _query(services.postgres.owner_url, "SELECT answer FROM kept") == [(42,)]
    assert services.valkey.port == port, "the address that running programs know stays true"
    assert redis.Redis.from_url(services.valkey.url).ping()
    session.close()


def test_every_process_of_a_cluster_may_be_killed_at_once(place):
    postgres = _started(place)
    for process in processes_in(postgres.data_dir, "postgres"):
        with suppress(psutil.NoSuchProcess):  # without its postmaster it ends by itself, now and then before its turn
            process.kill()
    postgres.ensure_running()
    assert _query(postgres.url, "SELECT 1") == [(1,)]


def test_a_stale_pid_that_now_belongs_to_another_program_is_not_believed(place):
    postgres = _started(place)
    postgres.stop("immediate")
    (postgres.data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.data_dir}\n0\n5432\n")
    postgres.ensure_running()
    assert _query(postgres.url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("name", ["with blank", "Größe 供应链's", "d" * 90], ids=["blank", "non-ascii", "long"])
def test_any_directory_will_do(place, name):
    services = Services(place / name / "var", fsync=False)
    services.own_database = services.own_broker = True
    services.ensure_running()
    assert _query(services.postgres.url, "SELECT 1") == [(1,)]
    assert redis.Redis.from_url(services.valkey.url).ping()
    assert len(os.fsencode(services.postgres.socket_dir)) < 100


def test_several_programs_may_start_the_services_at_the_same_moment(place):
    code = f"from iscm.embedded import Postgres; Postgres({str(place / 'postgres')!r}, fsync=False).ensure_running()"
    programs = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    assert [program.wait(60) for program in programs] == [0, 0, 0]
    postgres = Postgres(place / "postgres", fsync=False)
    parents = [p for p in processes_in(postgres.data_dir, "postgres") if p.ppid() not in _pids(postgres)]
    assert len(parents) == 1


def _pids(postgres: Postgres) -> set[int]:
    return {process.pid for process in processes_in(postgres.data_dir, "postgres")}


def test_an_initdb_that_was_killed_half_way_is_done_again(place):
    half = place / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert _query(_started(place).url, "SELECT 1") == [(1,)]


def test_a_directory_with_other_peoples_files_is_left_alone(place):
    (place / "postgres").mkdir()
    (place / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(EmbeddedError, match="Move it away"):
        _started(place)
    assert (place / "postgres" / "letter.txt").read_text() == "mine"


def test_a_cluster_that_cannot_start_says_why(place):
    postgres = _started(place)
    postgres.stop()
    with open(postgres.data_dir / "postgresql.conf", "a") as file:
        file.write("nonsense = 1\n")
    with pytest.raises(EmbeddedError, match="nonsense"):
        postgres.ensure_running()


def test_lost_passwords_are_replaced(place):
    postgres = _started(place)
    shutil.rmtree(place / "secrets")
    postgres.ensure_running()
    assert _query(postgres.url, "SELECT 1") == [(1,)]


def test_valkey_takes_another_port_when_somebody_has_taken_its_own(place):
    import socket

    valkey = Valkey(place / "valkey")
    valkey.ensure_running()
    port = valkey.port
    valkey.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        valkey.ensure_running()
    assert valkey.port != port
    assert redis.Redis.from_url(valkey.url).ping()


def test_valkey_wants_its_password(place):
    valkey = Valkey(place / "valkey")
    valkey.ensure_running()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=valkey.port, retry=Retry(NoBackoff(), 0)).ping()


def test_addresses_given_by_hand_win(place, monkeypatch):
    monkeypatch.delenv("ISCM_EMBEDDED", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://somewhere/0")
    services = Services(place / "var")
    variables = services.ensure_running()
    assert "DATABASE_URL" not in variables and "REDIS_URL" not in variables
    assert not (place / "var" / "postgres").exists() and not (place / "var" / "valkey").exists()


def test_a_secret_is_made_once_and_readable_by_its_owner_only(place):
    first = secret(place, "key")
    assert len(first) >= 32 and secret(place, "key") == first
    assert (place / "secrets").stat().st_mode & 0o777 == 0o700
    assert (place / "secrets" / "key").stat().st_mode & 0o777 == 0o600


def test_a_plain_user_can_run_both(place):
    if os.geteuid() != 0:
        pytest.skip("runs as a plain user already: every other test here shows it")
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv to become a plain user")
    user = pwd.getpwnam("nobody")
    become = ["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    code = (
        "import sys, pathlib; from iscm.embedded import Services; s = Services(pathlib.Path(sys.argv[1]), fsync=False);"
        "s.own_database = s.own_broker = True; s.ensure_running(); print(s.postgres.psql('SELECT 40 + 2'), s.broken());"
        "s.stop('immediate')"
    )
    home = place / "home"
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for python in (sys.executable, "/usr/bin/python3"):  # a Python under /root is closed to a plain user
        possible = subprocess.run(
            [*become, python, "-c", "import sys; assert sys.version_info >= (3, 11); import iscm.embedded"],
            cwd=ROOT, env=environment, capture_output=True,
        )  # fmt: skip
        if possible.returncode == 0:
            break
    else:
        pytest.skip("no Python here can be run by a plain user, or the checkout is closed to one")
    result = subprocess.run(
        [*become, python, "-c", code, str(home / "var")], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert result.stdout.split() == ["42", "False"], result.stderr
    assert (home / "var" / "postgres").stat().st_uid == user.pw_uid


def test_a_checkout_closed_to_the_service_account_keeps_its_data_elsewhere(place):
    if os.geteuid() != 0:
        pytest.skip("only root's checkouts can be closed to the account PostgreSQL runs as")
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    elsewhere = fallback_home(closed / "var")
    services = Services(closed / "var", fsync=False)
    services.own_database = services.own_broker = True
    try:
        services.ensure_running()
        assert services.postgres.data_dir.parent == elsewhere == services.valkey.data_dir.parent
        assert _query(services.postgres.url, "SELECT 1") == [(1,)]
        assert closed.stat().st_mode & 0o777 == 0o700, "the rights of directories above are not ours to change"
    finally:
        services.stop("immediate")
        shutil.rmtree(elsewhere)
        shutil.rmtree(closed)
