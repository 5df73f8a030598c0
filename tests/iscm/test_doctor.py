"""Each misconfiguration is planted, and must be named with its remedy; the healthy twin must not be."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from core import ops, rls
from tests.conftest import _owner, _with_name

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


def problems(check: str) -> str:
    """What the doctor says about ``check``, warnings included."""
    return "\n".join(finding.problem for finding in ops.examine() if finding.check == check and finding.problem)


def owner_does(sql: str) -> None:
    owner = _owner(connection.settings_dict["NAME"])
    try:
        owner.cursor().execute(sql)
    finally:
        owner.close()


def test_a_healthy_system_has_only_the_findings_of_a_test_cluster(settings):
    """The tests' PostgreSQL trades safety for speed, and the doctor must notice exactly that."""
    settings.DEBUG = True  # as on a desk, and in every `make run`; pytest-django switches it off
    found = {finding.check: finding.problem for finding in ops.examine() if finding.problem and not finding.warning}
    assert set(found) == {"durability"}, found


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_durability(setting):
    assert f"{setting} is off" in problems("durability")
    assert f"Set {setting} = on" in problems("durability")


def test_row_security_switched_off(transactional_row_security):
    table = transactional_row_security
    assert problems("row-level security") == ""
    owner_does(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    assert f"not in force on {table}" in problems("row-level security")


@pytest.fixture
def transactional_row_security(monkeypatch):
    """A protected table of our own, seen by the doctor as declared."""
    owner_does(
        "CREATE TABLE doctor_sample (id int); ALTER TABLE doctor_sample ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY staff ON doctor_sample TO iscm_staff USING (true);"
        "CREATE POLICY party ON doctor_sample FOR SELECT TO iscm_party USING (false)"
    )
    monkeypatch.setattr(rls, "declared", lambda: {"doctor_sample": rls.Policy("false")})
    yield "doctor_sample"
    owner_does("DROP TABLE doctor_sample")


def test_an_audit_guard_switched_off():
    owner_does(
        "CREATE TABLE guarded (id int); CREATE TRIGGER watch BEFORE UPDATE ON guarded "
        "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger(); ALTER TABLE guarded DISABLE TRIGGER watch"
    )
    try:
        assert "The guard watch of guarded is switched off" in problems("audit guards")
        owner_does("ALTER TABLE guarded ENABLE TRIGGER watch")
        assert problems("audit guards") == ""
    finally:
        owner_does("DROP TABLE guarded")


def test_migrations_not_applied(monkeypatch):
    monkeypatch.setattr(ops, "_known_migrations", lambda: frozenset({("sourcing", "9999_later")}))
    assert "1 migrations are not applied (sourcing.9999_later)" in problems("migrations")


def test_clocks_that_differ(monkeypatch):
    late = timezone.now() + timedelta(minutes=10)
    monkeypatch.setattr(ops.timezone, "now", lambda: late)
    assert "differ by 600 s" in problems("clock") or "differ by 599 s" in problems("clock")


def test_an_outbox_that_is_late_and_one_that_fails(monkeypatch):
    row = {
        "handler": "kpis.order",
        "owed": 3,
        "oldest_s": 900.0,
        "failed": 2,
        "last_error": "ValueError: no rate\nmore",
    }
    monkeypatch.setattr(ops.outbox, "owed", lambda: [row])
    text = problems("outbox")
    assert "has waited 900 s" in text and "2 deliveries to kpis.order keep failing (ValueError: no rate)" in text


def test_a_broker_that_is_down(settings):
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    assert "no answer" in problems("broker") and "hunter2" not in problems("broker")


@pytest.mark.parametrize("key", ["sample-key-that-is-long-enough-0123456789", "Short-7", "a" * 50])
def test_a_weak_secret_key(settings, key):
    settings.SECRET_KEY = key
    assert "openssl rand -hex 32" in problems("secret key") and key not in problems("secret key")


def test_hosts_and_site_address(settings):
    settings.ALLOWED_HOSTS, settings.SITE_URL, settings.DEBUG = ["*"], "http://iscm.example.com", False
    assert "ALLOWED_HOSTS is *" in problems("hosts") and "SITE_URL is http://iscm.example.com" in problems("hosts")


def test_mail_that_cannot_be_written_or_goes_to_nobody(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH, settings.DEBUG = tmp_path / "file" / "mail", False
    assert "Mail cannot be written" in problems("mail")
    assert "sent to nobody" in problems("mail delivery")


def test_a_disk_that_is_full(monkeypatch):
    monkeypatch.setattr(ops, "LEAST_FREE_BYTES", 1 << 60)
    assert "MB are free" in problems("files")


def test_backup_programs_missing(monkeypatch):
    monkeypatch.setattr(ops, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")
    assert "pg_dump is missing" in problems("backup programs") and "pg_restore" in problems("backup programs")


def test_deployment_checks_of_django(settings):
    settings.DEBUG, settings.SECURE_HSTS_SECONDS, settings.SESSION_COOKIE_SECURE = False, 0, False
    text = problems("deployment")
    assert "security.W004" in text and "security.W012" in text


def doctor(**variables: str) -> subprocess.CompletedProcess:
    name = connection.settings_dict["NAME"]
    environment = {**os.environ, "DATABASE_URL": _with_name(os.environ["DATABASE_URL"], name), **variables}
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_names_the_owner_as_a_role_too_powerful_and_fails():
    result = doctor(DATABASE_URL=_with_name(os.environ["DATABASE_OWNER_URL"], connection.settings_dict["NAME"]))
    found = {finding["check"]: finding["problem"] for finding in reversed(json.loads(result.stdout))}
    assert result.returncode == 1
    assert "iscm_owner bypasses row-level security" in found["database role"]
    assert "Set DATABASE_URL to the role iscm_app" in found["database role"]


def test_the_command_survives_a_database_that_is_down():
    result = doctor(DATABASE_URL="postgres://iscm_app:hunter2@127.0.0.1:1/iscm")
    found = {finding["check"]: finding["problem"] for finding in json.loads(result.stdout)}
    assert result.returncode == 1 and "Check DATABASE_URL" in found["database"]
    assert found["broker"] == ""
    assert "hunter2" not in result.stdout + result.stderr


def test_the_web_server_refuses_to_start_as_the_owner():
    result = subprocess.run(
        [sys.executable, "-c", "import iscm.wsgi"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": os.environ["DATABASE_OWNER_URL"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode and "iscm_owner bypasses row-level security" in result.stderr
