"""Each misconfiguration is planted, and the command must name it with its remedy and fail; without it, it must pass."""

import json
import os
import secrets
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from core import doctor, ops, pulse, rls
from core.models import OutgoingMail
from iscm import embedded
from tests.conftest import _owner, _with_name

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings, monkeypatch):
    """A server in production that lacks nothing. What no test cluster has is put in its place: a disk that is waited
    for, a worker and beat."""
    settings.SILENCED_SYSTEM_CHECKS = ["async.E001"]  # the tests' own variable
    settings.DEBUG, settings.SECRET_KEY = False, secrets.token_urlsafe(50)
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["iscm.example.com"], "https://iscm.example.com"
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.AUDIT_MAIL_TO = ["auditor@example.com"]
    monkeypatch.setitem(doctor.CHECKS, "durability", list)
    monkeypatch.setattr(doctor.current_app.control, "ping", lambda **_: [{"celery@here": {"ok": "pong"}}])
    monkeypatch.setattr(pulse, "silence", lambda: 1.0)
    return Seeds(settings, monkeypatch)


def examined() -> tuple[int, str]:
    """The command's exit status, and what it said."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command("doctor", stdout=out, stderr=err)
    except SystemExit as end:
        status = end.code
    return status, out.getvalue() + err.getvalue()


def owner_does(sql: str) -> None:
    with closing(_owner(connection.settings_dict["NAME"])) as owner:
        owner.cursor().execute(sql)


def test_a_site_that_lacks_nothing_passes(site):
    status, said = examined()
    assert status == 0 and "PROBLEM" not in said and "WARNING" not in said, said
    assert said.count("ok ") == len(doctor.CHECKS)


class Seeds:
    """The misconfigurations; each method plants one and returns the check and the words that must name it."""

    def __init__(self, settings, monkeypatch):
        self.settings, self.patch = settings, monkeypatch

    def fsync_off(self):
        return self._not_durable("fsync")

    def full_page_writes_off(self):
        return self._not_durable("full_page_writes")

    def synchronous_commit_off(self):
        return self._not_durable("synchronous_commit")

    def _not_durable(self, setting):
        """The tests' own cluster trades safety for speed."""
        self.patch.setitem(doctor.CHECKS, "durability", doctor._durability)
        return "durability", f"Set {setting} = on in postgresql.conf"

    def triggers_off(self):
        owner_does(
            "CREATE TABLE guarded (id int); CREATE TRIGGER watch BEFORE UPDATE ON guarded FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger(); ALTER TABLE guarded DISABLE TRIGGER watch"
        )
        return "audit guards", "ALTER TABLE guarded ENABLE TRIGGER watch;"

    def row_security_off(self):
        owner_does("CREATE TABLE open_to_all (id int)")
        declared = {**rls.declared(), "open_to_all": rls.Policy("false")}
        self.patch.setattr(rls, "declared", lambda: declared)
        return "row-level security", "not in force on open_to_all"

    def migrations_pending(self):
        self.patch.setattr(ops, "_known_migrations", lambda: frozenset({("sourcing", "9999_later")}))
        return "migrations", "1 migrations are not applied (sourcing.9999_later). Run manage.py upgrade"

    def clock_off(self):
        late = timezone.now() + timedelta(minutes=10)
        self.patch.setattr(doctor.timezone, "now", lambda: late)
        return "clock", "Let both follow a time server"

    def outbox_late(self):
        self._owed(oldest_s=900.0)
        return "outbox", "has waited 900 s. See that worker and beat run"

    def handler_failing(self):
        self._owed(failed=2, last_error="ValueError: no rate\nmore")
        return "outbox", "2 deliveries to kpis.order keep failing (ValueError: no rate)"

    def _owed(self, **more):
        row = {"handler": "kpis.order", "owed": 3, "oldest_s": 1.0, "failed": 0, "last_error": "", **more}
        self.patch.setattr(doctor.outbox, "owed", lambda: [row])

    def broker_down(self):
        self.settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
        return "broker", "gives no answer"

    def no_worker(self):
        self.patch.setattr(doctor.current_app.control, "ping", lambda **_: [])
        return "worker and beat", "No worker answers"

    def beat_silent(self):
        self.patch.setattr(pulse, "silence", lambda: 95.0)
        return "worker and beat", "Beat has asked for nothing for 95 s"

    def debug_on(self):
        self.settings.DEBUG = True
        return "debug", "Set DEBUG=0"

    def sample_secret_key(self):
        self.settings.SECRET_KEY = "sample-key-that-is-long-enough-0123456789"
        return "secret key", "SECRET_KEY is short or a sample"

    def short_fallback_key(self):
        self.settings.SECRET_KEY_FALLBACKS = ["Short-7"]
        return "secret key", "SECRET_KEY_FALLBACKS is short or a sample"

    def any_host(self):
        self.settings.ALLOWED_HOSTS = ["*"]
        return "hosts", "ALLOWED_HOSTS is *"

    def links_without_https(self):
        self.settings.SITE_URL = "http://iscm.example.com"
        return "hosts", "SITE_URL is http://iscm.example.com"

    def cookies_without_https(self):
        self.settings.SESSION_COOKIE_SECURE, self.settings.SECURE_HSTS_SECONDS = False, 0
        return "deployment", "security.W012"

    def mail_to_nowhere(self):
        self.settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        self.settings.EMAIL_FILE_PATH = Path(__file__) / "mail"
        return "mail", "Mail cannot be written"

    def mail_refused(self):
        OutgoingMail.objects.create(to="a@b.example", subject="s", text="t", attempts=3, last_error="SMTPException: no")
        return "mail", "1 mails cannot be sent (SMTPException: no). See EMAIL_URL"

    def files_not_writable(self):
        self.patch.setattr(ops, "files_dir", lambda: Path(__file__) / "files")
        return "files", "Uploaded files cannot be written"

    def disk_full(self):
        self.patch.setattr(doctor, "LEAST_FREE_BYTES", 1 << 60)
        return "files", "MB are free"

    def no_backup_programs(self):
        self.patch.setattr(ops, "find_spec", lambda name: None)
        self.patch.setenv("PATH", "/nowhere")
        return "backup programs", "pg_dump is missing"


SEEDS = [name for name in vars(Seeds) if not name.startswith("_")]


@pytest.fixture
def _swept_out():
    yield
    owner_does("DROP TABLE IF EXISTS guarded, open_to_all")


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_wrong_is_named_with_its_remedy_and_fails(site, seed, _swept_out):
    check, words = getattr(site, seed)()
    status, said = examined()
    named = [line for line in said.splitlines() if line.startswith(f"PROBLEM {check}: ") and words in line]
    assert status == 1 and named, said
    assert "hunter2" not in said and "sample-key" not in said and "Short-7" not in said, "no secret is shown"


def test_fifteen_and_more_are_planted():
    assert len(SEEDS) >= 15


def test_what_is_only_unwise_warns_and_passes(site, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH, settings.AUDIT_MAIL_TO = tmp_path, []
    status, said = examined()
    assert status == 0
    assert "WARNING mail delivery: Mail is written to" in said and "WARNING audit anchor: " in said


@pytest.mark.parametrize("debug", [False, True])
def test_at_a_desk_plain_http_and_mail_in_files_are_right(site, settings, tmp_path, debug):
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["127.0.0.1", "localhost"], "http://127.0.0.1:8000"
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.SECURE_HSTS_SECONDS, settings.DEBUG, settings.AUDIT_MAIL_TO = 0, debug, []
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    status, said = examined()
    assert status == 0 and "PROBLEM" not in said and "WARNING" not in said, said


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """A process of its own on this test's database."""
    name = connection.settings_dict["NAME"]
    environment = {**os.environ, "DATABASE_URL": _with_name(os.environ["DATABASE_URL"], name), **variables}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def login():
    """``login("SUPERUSER")``: the address of a role with that power on this test's database."""
    cluster = embedded.testing().postgres
    if "iscm_app" not in cluster.url or os.environ["DATABASE_URL"].split("@")[1] not in cluster.url:
        pytest.skip("needs the embedded cluster's superuser")
    name, password = f"doctor_{secrets.token_hex(4)}", secrets.token_hex(16)
    database = connection.settings_dict["NAME"]

    def address(power: str) -> str:
        cluster.psql(f"CREATE ROLE {name} LOGIN {power} PASSWORD '{password}' IN ROLE iscm_staff, iscm_party")
        cluster.psql(f'GRANT CONNECT ON DATABASE "{database}" TO {name}')
        if not power:
            cluster.psql(
                f"CREATE TABLE {name} (id int); ALTER TABLE {name} OWNER TO {name}; "
                f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",
                database=database,
            )
        head, _, tail = _with_name(os.environ["DATABASE_URL"], database).partition("@")
        return f"{head.rpartition('//')[0]}//{name}:{password}@{tail}"

    yield address
    cluster.psql(f"DROP OWNED BY {name}", database=database)
    cluster.psql(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.parametrize(
    ("power", "why"),
    [("SUPERUSER", "is a superuser"), ("BYPASSRLS", "bypasses row-level security"), ("", "owns tables")],
)
def test_a_login_that_row_level_security_does_not_bind_is_named(login, power, why):
    result = command("manage.py", "doctor", "--json", DATABASE_URL=login(power))
    found = {finding["check"]: finding["problem"] for finding in reversed(json.loads(result.stdout))}
    assert result.returncode == 1 and why in found["database role"], found
    assert "Set DATABASE_URL to the role iscm_app" in found["database role"]


def test_it_survives_a_database_that_is_down():
    result = command("manage.py", "doctor", "--json", DATABASE_URL="postgres://iscm_app:hunter2@127.0.0.1:1/iscm")
    found = {finding["check"]: finding["problem"] for finding in json.loads(result.stdout)}
    assert result.returncode == 1 and "Check DATABASE_URL" in found["database"]
    assert found["broker"] == ""
    assert "hunter2" not in result.stdout + result.stderr


def test_the_web_server_refuses_to_start_as_the_owner():
    result = command("-c", "import iscm.wsgi", DATABASE_URL=os.environ["DATABASE_OWNER_URL"])
    assert result.returncode and "iscm_owner bypasses row-level security" in result.stderr
