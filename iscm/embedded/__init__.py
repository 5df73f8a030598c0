"""PostgreSQL and Valkey without a server: found in two wheels, started and stopped here.

``make run``, ``make test`` and ``make bench`` each have their own pair under ``var/``. When DATABASE_URL or
REDIS_URL is set by the person who runs ISCM, that half of this package is never used.

This package imports neither Django nor the settings: it runs before them.
"""

import os
import secrets
from pathlib import Path

from iscm.embedded.host import EmbeddedError, Lock, secret
from iscm.embedded.postgres import Postgres
from iscm.embedded.valkey import Valkey

__all__ = ["EmbeddedError", "Postgres", "Services", "Valkey", "bench", "development", "test_environment", "testing"]

ROOT = Path(__file__).resolve().parents[2]
MARK = "ISCM_EMBEDDED"  # names the directory of the services an environment speaks of


class Services:
    """One PostgreSQL and one Valkey that live in ``home`` (data, sockets, logs and secrets)."""

    def __init__(self, home: Path, *, fsync: bool = True):
        self.home = Path(home)
        self.postgres = Postgres(self.home / "postgres", fsync=fsync)
        self.valkey = Valkey(self.home / "valkey")
        given = os.environ if MARK not in os.environ else {}
        self.own_database = not given.get("DATABASE_URL") and not given.get("DATABASE_URL_FILE")
        self.own_broker = not given.get("REDIS_URL") and not given.get("REDIS_URL_FILE")

    def ensure_running(self) -> dict[str, str]:
        """This will start what is not running and return the variables by which ISCM finds it."""
        if self.own_database:
            self.postgres.ensure_running()
        if self.own_broker:
            self.valkey.ensure_running()
        return self.environment()

    def environment(self) -> dict[str, str]:
        """Return the variables for child processes: the application's role as DATABASE_URL, the owner's beside it."""
        variables = {"ISCM_VAR_DIR": str(self.home)}
        if self.own_database:
            variables["DATABASE_URL"] = self.postgres.url
            variables["DATABASE_OWNER_URL"] = self.postgres.owner_url
        if self.own_broker:
            variables["REDIS_URL"] = self.valkey.url
        if self.own_database and self.own_broker:
            variables[MARK] = str(self.home)
        if MARK in os.environ or not (os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE")):
            variables["SECRET_KEY"] = secret(self.home, "secret_key", lambda: secrets.token_urlsafe(50))
        # As in production but for what needs a certificate and a build step: nothing is slower or more talkative here.
        for name, value in {"DEBUG": "0", "HTTPS": "0", "WHITENOISE_USE_FINDERS": "1", "LOG_JSON": "0"}.items():
            variables[name] = os.environ.get(name, value)
        return variables

    def broken(self) -> bool:
        """Return whether a service of ours has stopped answering."""
        return (self.own_database and not self.postgres.is_ready()) or (self.own_broker and not self.valkey.is_ready())

    def stop(self, mode: str = "fast") -> None:
        """This will stop both; ``mode`` is PostgreSQL's: fast, or immediate where nothing need survive."""
        if self.own_broker:
            self.valkey.stop(mode)
        if self.own_database:
            self.postgres.stop(mode)

    def use(self) -> Lock:
        """This will mark the services as in use for as long as this process holds the returned lock."""
        lock = Lock(self.home / "users.lock", shared=True)
        lock.acquire()
        return lock

    def unused(self) -> bool:
        """Return whether no process has marked the services as in use."""
        lock = Lock(self.home / "users.lock")
        free = lock.acquire(wait=False) is not None
        lock.release()
        return free


def development() -> Services:
    """The services of ``make run``: everything is kept, and written as safely as in production."""
    return Services(ROOT / "var")


def testing() -> Services:
    """The services of ``make test``: fast because nothing in them need survive a power cut."""
    return Services(ROOT / "var" / "test", fsync=False)


def bench() -> Services:
    """The services of ``make bench``: apart from the tests', with honest disk writes."""
    return Services(ROOT / "var" / "bench")


_in_use: Lock | None = None


def test_environment() -> dict[str, str]:
    """This will start or reuse the test services and put their addresses into this process's environment.

    A DATABASE_URL given by hand wins (then DATABASE_OWNER_URL and REDIS_URL must be given too).
    """
    global _in_use
    services = testing()
    if not services.own_database and not os.environ.get("DATABASE_OWNER_URL"):
        raise EmbeddedError(
            "DATABASE_URL is set but DATABASE_OWNER_URL is not. Tests create their database as its owner: set "
            "DATABASE_OWNER_URL too, or unset DATABASE_URL to use the embedded PostgreSQL."
        )
    variables = services.ensure_running()
    _in_use = _in_use or services.use()
    os.environ.update(variables)
    return variables


test_environment.__test__ = False  # type: ignore[attr-defined]  # a name, not a test
