"""Tests run on a real Postgres and Valkey, as the application's own role.

One template database is migrated by the owner; every xdist worker works on a clone of it, logged in as ``iscm_app``,
so that row-level security and append-only triggers hold in tests as they do in production.
"""

import hashlib
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's loop runs beside the ORM

# A busy machine is slow at everything: that is no fault of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def _owner(dbname: str):
    url = os.environ["DATABASE_OWNER_URL"]
    from environ import Env

    db = Env.db_url_config(url)
    host = db["HOST"] or db.get("OPTIONS", {}).get("host", "")
    connection = psycopg2.connect(
        dbname=dbname, user=db["USER"], password=db["PASSWORD"], host=host, port=db["PORT"] or None
    )
    connection.autocommit = True
    return connection


def _stamp() -> str:
    """What the template database is made of: every migration, model-side SQL and typed fact."""
    digest = hashlib.sha256()
    files = [
        *ROOT.glob("*/migrations/*.py"),
        *ROOT.glob("reference/data/**/*"),
        ROOT / "core/rls.py",
        *ROOT.glob("*/apps.py"),
    ]
    for path in sorted(p for p in files if p.is_file() and "__pycache__" not in p.parts):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _template() -> str:
    """The name of the migrated template database, made once per state of the migrations (guarded between workers)."""
    name = f"iscm_template_{_stamp()}"
    with closing(_owner("postgres")) as maintenance, maintenance.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(424242)")
        try:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone():
                return name
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'iscm_template_%'")
            for (old,) in cursor.fetchall():
                drop_database(old)
            building = f"{name}_building"
            drop_database(building)
            cursor.execute(f'CREATE DATABASE "{building}"')
            for command, role in (
                ("migrate", "DATABASE_OWNER_URL"),
                ("createcachetable", "DATABASE_OWNER_URL"),
                ("load_reference", "DATABASE_URL"),
            ):
                environment = {**os.environ, "DATABASE_URL": _with_name(os.environ[role], building)}
                done = subprocess.run(
                    [sys.executable, "manage.py", command, "-v0"],
                    cwd=ROOT,
                    env=environment,
                    capture_output=True,
                    text=True,
                )
                if done.returncode:
                    raise RuntimeError(f"manage.py {command} failed:\n{done.stdout}\n{done.stderr}")
            cursor.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
            return name
        finally:
            cursor.execute("SELECT pg_advisory_unlock(424242)")


def _with_name(url: str, name: str) -> str:
    head, _slash, tail = url.rpartition("/iscm")
    return f"{head}/{name}{tail}"


def drop_database(name: str) -> None:
    """This will drop database ``name``, if there is one, with whoever is connected to it."""
    with closing(_owner("postgres")) as maintenance, maintenance.cursor() as cursor:
        for attempt in range(100):
            try:
                return cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            except psycopg2.errors.InsufficientPrivilege:  # autovacuum is in it: only a superuser may end that
                assert attempt < 99
                time.sleep(0.1)


def clone_database(name: str) -> None:
    """This will (re)make database ``name`` from the migrated template."""
    template = _template()
    drop_database(name)
    with closing(_owner("postgres")) as maintenance, maintenance.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY WAL_LOG')


@pytest.fixture(scope="session")
def django_db_setup(worker_id, django_db_blocker):
    """This worker's own clone of the template database, with the application's role."""
    from django.conf import settings
    from django.db import connections

    name = f"test_iscm_{worker_id}"
    clone_database(name)
    with django_db_blocker.unblock():
        connections["default"].close()
        settings.DATABASES["default"]["NAME"] = name
        connections["default"].settings_dict["NAME"] = name
        yield
        connections["default"].close()


@pytest.fixture(scope="session")
def worker_id(request) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(autouse=True)
def _staff_scope(request):
    """Database tests act as the company's own staff unless a door says otherwise."""
    if "db" not in request.fixturenames and request.node.get_closest_marker("django_db") is None:
        return
    request.getfixturevalue("db")
    from django.db import connection

    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('role', 'iscm_staff', true)")


@pytest.fixture
def world(db):
    """A small lawful company with one of everyone; see tests/factories.py."""
    from tests.factories import make_world

    return make_world()


@pytest.fixture
def clock(monkeypatch):
    """The doors' clock stands still at nine in the morning of the factories' day."""
    from datetime import UTC, datetime, time

    from django.utils import timezone

    from tests.factories import TODAY

    moment = datetime.combine(TODAY, time(9), UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture
def person(world):
    """``person("buyer")``: a browser that is logged in; a POST without a form token is a new sending."""
    from django.test import Client

    def of(role: str, world=world) -> Client:
        client = Client()
        client.force_login(world.users[role])
        return client

    return of
