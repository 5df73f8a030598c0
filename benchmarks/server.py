"""The system under measurement: gunicorn and a Celery worker as in ``make run``, and one HTTP client."""

import copy
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent

KEPT_S = 3  # the server closes a connection after five idle seconds


class Refused(Exception):
    """The answer was 400 or worse."""


class Site:
    """``site.call("buyer", "POST", "/sourcing/…", body)`` → the parsed answer; one kept connection a role."""

    def __init__(self, port: int, processes: dict[str, subprocess.Popen]):
        from benchmarks.world import make_world

        self.port, self.world = port, make_world()
        self._kept: dict[str, Any] = {}
        self._trees = {name: psutil.Process(process.pid) for name, process in processes.items()}
        self._trees["database"] = _postmaster()

    def another_client(self) -> "Site":
        """The same site and world, over connections of its own."""
        client = copy.copy(self)
        client._kept = {}
        return client

    def call(self, role: str, method: str, path: str, body=None, **headers):
        connection, used = self._kept.get(role, (None, 0.0))
        if connection is None or time.monotonic() - used > KEPT_S:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Authorization": f"Bearer {self.world.tokens[role]}", "Content-Type": "application/json", **headers}
        connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        self._kept[role] = connection, time.monotonic()
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text) if text else None

    def cpu_seconds(self) -> dict[str, float]:
        """What web, worker and database have worked since they began: the system's time for them is included, and that
        of their processes that have ended (a worker's, a connection's).
        """
        return {name: sum(sum(p.cpu_times()[:4]) for p in _tree(top)) for name, top in self._trees.items()}

    def worked(self, name: str, before: dict[str, float]) -> float:
        """The seconds that the processes of a kind have worked since ``before``."""
        return self.cpu_seconds()[name] - before[name]

    def pss_mb(self, name: str) -> float:
        """The memory of the largest process of a kind; what is shared counts by its share."""
        return max(process.memory_full_info().pss for process in _tree(self._trees[name])) / 1e6

    @contextmanager
    def pausing(self, *names: str) -> Iterator[None]:
        """Nothing of these kinds runs meanwhile; they are stopped between two tasks, when nothing is owed."""
        processes = [process for name in names for process in _tree(self._trees[name])]
        time.sleep(1)
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()


def owner_connection():
    """A connection that may do what the application may not."""
    import psycopg2
    from environ import Env

    place = Env.db_url_config(os.environ["DATABASE_OWNER_URL"])
    host = place["HOST"] or place.get("OPTIONS", {}).get("host", "")
    return psycopg2.connect(dbname=place["NAME"], user=place["USER"], password=place["PASSWORD"], host=host)


def settle() -> None:
    """What autovacuum does within minutes of a migration or a bulk load: the planner learns what the tables hold."""
    with closing(owner_connection()) as owner:
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _tree(top: psutil.Process) -> list[psutil.Process]:
    return [top, *top.children(recursive=True)]


def _postmaster() -> psutil.Process:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0])
    return backend.parent() or backend


@contextmanager
def running() -> Iterator[Site]:
    """Web and worker as processes of their own, stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bin_dir, log = Path(sys.executable).parent, Path(os.environ.get("ISCM_VAR_DIR", ROOT / "var")) / "log"
    log.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PORT": str(port), "API_RATE_PER_MINUTE": "0"}
    commands = {
        "web": [
            bin_dir / "gunicorn",
            "-c",
            ROOT / "gunicorn.conf.py",
            "-b",
            f"127.0.0.1:{port}",
            "iscm.wsgi:application",
        ],
        "worker": [
            bin_dir / "celery",
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
        "beat": [bin_dir / "celery", "-A", "iscm", "beat", "-l", "warning", "-s", log / "beat"],
    }
    processes: dict[str, subprocess.Popen] = {}
    try:
        for name, command in commands.items():
            out = (log / f"bench-{name}.log").open("ab")
            processes[name] = subprocess.Popen(
                list(map(str, command)), cwd=ROOT, env=environment, stdout=out, stderr=out
            )
        deadline = time.monotonic() + 60
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"the web server does not answer; see {log}/bench-web.log")
            time.sleep(0.1)
        site = Site(port, processes)
        settle()
        yield site
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        for process in processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
                continue
            process.kill()
