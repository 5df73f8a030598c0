"""The system under measurement: gunicorn and a Celery worker as in ``make run``, and one HTTP client."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Site:
    """``site.call("buyer", "POST", "/sourcing/…", body)`` → (status, parsed body); one kept connection a client."""

    def __init__(self, port: int):
        from benchmarks.world import make_world

        self.port, self.world = port, make_world()
        self._kept: dict[str, Any] = {}

    def call(self, role: str, method: str, path: str, body=None, **headers):
        connection = self._kept.get(role)
        if connection is None:
            connection = self._kept[role] = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Authorization": f"Bearer {self.world.tokens[role]}", "Content-Type": "application/json", **headers}
        connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text) if text else None


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
    processes = []
    try:
        for name, command in commands.items():
            out = (log / f"bench-{name}.log").open("ab")
            processes.append(
                subprocess.Popen(list(map(str, command)), cwd=ROOT, env=environment, stdout=out, stderr=out)
            )
        deadline = time.monotonic() + 60
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"the web server does not answer; see {log}/bench-web.log")
            time.sleep(0.1)
        yield Site(port)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
                continue
            process.kill()
