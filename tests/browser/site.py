"""The application as processes of its own, on a database of its own: what a browser test talks to."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Site:
    url: str
    sessions: dict[str, str]
    orders: dict[str, int]
    database: str
    processes: list[subprocess.Popen] = field(repr=False)  # web and worker

    def cookie(self, role: str) -> dict:
        """The session cookie of a person, as playwright takes it."""
        return {"name": "sessionid", "value": self.sessions[role], "url": self.url}

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()


def start(name: str, *, port: int = 0) -> Site:
    """This will clone database ``name`` from the migrated template, seed it and serve it; ``stop`` ends web and worker."""
    from tests.conftest import _with_name, clone_database

    clone_database(name)
    environment = {
        **os.environ,
        "DATABASE_URL": _with_name(os.environ["DATABASE_URL"], name),
        "REDIS_URL": _own_queue(os.environ["REDIS_URL"], name),
        "DJANGO_SETTINGS_MODULE": "iscm.settings",
        "DEBUG": "0",
        "HTTPS": "0",
        "WHITENOISE_USE_FINDERS": "1",
        "WEB_CONCURRENCY": "1",
        "PYTHONPATH": str(ROOT),
    }
    seeded = subprocess.run(
        [sys.executable, "-m", "tests.browser.seed"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if seeded.returncode:
        raise RuntimeError(f"The live site could not be seeded:\n{seeded.stdout}\n{seeded.stderr}")
    port = port or _free_port()
    environment["PORT"] = str(port)
    logs = Path(os.environ.get("ISCM_VAR_DIR", ROOT / "var"))
    worker = ["celery", "-A", "iscm", "worker", "--pool", "solo", "--loglevel", "WARNING", "--without-gossip"]
    processes = [
        _spawn(command, environment, logs / f"{name}-{command[0]}.log")
        for command in (["gunicorn", "-c", "gunicorn.conf.py", "iscm.wsgi"], [*worker, "--without-mingle"])
    ]
    said = json.loads(seeded.stdout.splitlines()[-1])
    site = Site(f"http://127.0.0.1:{port}", said["sessions"], said["orders"], name, processes)
    for _attempt in range(300):
        with suppress(OSError), urllib.request.urlopen(f"{site.url}/healthz", timeout=2):
            return site
        if processes[0].poll() is not None:
            break
        time.sleep(0.1)
    site.stop()
    raise RuntimeError(f"The live site did not start:\n{(logs / f'{name}-gunicorn.log').read_text()[-3000:]}")


def _spawn(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen:
    with log.open("w") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )


def _own_queue(url: str, name: str) -> str:
    """A database of the broker for this site alone, so that no worker takes the nudges of another."""
    digits = re.sub(r"\D", "", name)
    return f"{url.rpartition('/')[0]}/{1 + int(digits or 14) % 15}"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
