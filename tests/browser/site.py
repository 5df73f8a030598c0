"""The application as a process of its own, on a database of its own: what a browser test talks to."""

import json
import os
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
    process: subprocess.Popen = field(repr=False)

    def cookie(self, role: str) -> dict:
        """The session cookie of a person, as playwright takes it."""
        return {"name": "sessionid", "value": self.sessions[role], "url": self.url}

    def stop(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()


def start(name: str, *, port: int = 0) -> Site:
    """This will clone database ``name`` from the migrated template, seed it and serve it; ``stop`` ends the server."""
    from tests.conftest import _with_name, clone_database

    clone_database(name)
    environment = {
        **os.environ,
        "DATABASE_URL": _with_name(os.environ["DATABASE_URL"], name),
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
    log = Path(os.environ.get("ISCM_VAR_DIR", ROOT / "var")) / f"{name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "iscm.wsgi"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    said = json.loads(seeded.stdout.splitlines()[-1])
    site = Site(f"http://127.0.0.1:{port}", said["sessions"], said["orders"], name, process)
    for _attempt in range(150):
        with suppress(OSError), urllib.request.urlopen(f"{site.url}/healthz", timeout=2):
            return site
        if process.poll() is not None:
            break
        time.sleep(0.1)
    site.stop()
    raise RuntimeError(f"The live site did not start:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
