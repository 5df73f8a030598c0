"""The doctor: everything an operator must have right, each problem a sentence with its remedy."""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.utils import timezone

from core import ops, outbox, pulse, rls
from core.actor import COMMAND, system
from core.errors import RuleBroken
from core.models import OutgoingMail
from core.scope import scope

CLOCK_SKEW_SECONDS = 5
SILENT_SECONDS = 30  # beat asks for a sweep every two
LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]", "::1", "testserver"}
LEAST_FREE_BYTES = 1_000_000_000
NEEDED_VERSION = 17  # transaction_timeout, and the builtin C.UTF-8 locale
APPLICATION_ROLES = ("iscm_staff", "iscm_party")
DEPLOY_CHECKS_SILENT_ON = {"security.W021"}  # HSTS preload is the domain owner's decision


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``problem`` is a sentence with its remedy, or empty. A ``warning`` fails nothing."""

    check: str
    problem: str = ""
    warning: bool = False

    def as_dict(self) -> dict:
        return asdict(self)


def examine() -> list[Finding]:
    """This will look at everything an operator must have right; every problem comes with what to do about it."""
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            problems = list(check())
        except DatabaseError as error:
            problems = [f"The database refused to answer ({_first_line(error)}). Check DATABASE_URL and that it runs."]
        findings += [Finding(name, problem) for problem in problems] or [Finding(name)]
        if name == "database" and problems:
            findings.append(Finding("everything else in the database", "Not looked at.", warning=True))
            findings += _without_database()
            return findings
    return findings + _warnings()


def _without_database() -> list[Finding]:
    names = ("debug", "secret key", "hosts", "broker", "worker and beat", "files", "backup programs", "deployment")
    return [Finding(name, problem) for name in names for problem in [*CHECKS[name]()] or [""]]


def at_a_desk() -> bool:
    """Whether only this machine can reach the site, as with ``make run``: plain HTTP and mail in files are right there."""
    return {*settings.ALLOWED_HOSTS, urlsplit(settings.SITE_URL).hostname} <= LOCAL_HOSTS


def _warnings() -> list[Finding]:
    found: list[Finding] = []
    if at_a_desk():
        return found
    if "filebased" in settings.EMAIL_BACKEND:
        text = f"Mail is written to {settings.EMAIL_FILE_PATH} and sent to nobody. Set EMAIL_URL to send it."
        found.append(Finding("mail delivery", text, warning=True))
    if not settings.AUDIT_MAIL_TO:
        text = "The head of the event chain is written down on this machine only. Set AUDIT_MAIL_TO to mail it away."
        found.append(Finding("audit anchor", text, warning=True))
    return found


def _database() -> Iterable[str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10_000
        if version < NEEDED_VERSION:
            yield f"PostgreSQL {version} is too old. Use version {NEEDED_VERSION} or newer; 18 is what is tested."
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database "
            "WHERE datname = current_database()"
        )
        encoding, provider, locale = cursor.fetchone()
        if encoding != "UTF8":
            yield f"The database's encoding is {encoding}. Make a new one with --encoding=UTF8 and restore a backup."
        if (provider, locale) != ("b", "C.UTF-8"):
            yield (
                "The database does not sort by the builtin locale C.UTF-8, so an operating system upgrade may corrupt "
                "its indexes. Make it anew with --locale-provider=builtin --locale=C.UTF-8 and restore a backup."
            )


def _role() -> Iterable[str]:
    if problem := ops.powerful_role():
        yield problem
    with connection.cursor() as cursor:
        for role in APPLICATION_ROLES:
            cursor.execute(
                "SELECT bool_or(pg_has_role(session_user, oid, 'MEMBER')), bool_or(rolbypassrls OR rolsuper) "
                "FROM pg_roles WHERE rolname = %s",
                [role],
            )
            member, powerful = cursor.fetchone()
            if not member:
                yield f"The application may not become {role}. Run docker/roles.sql as a superuser."
            if powerful:
                yield (
                    f"The role {role} bypasses row-level security. As a superuser: "
                    f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS;"
                )


def _row_security() -> Iterable[str]:
    declared = set(rls.declared())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity, (SELECT array_agg(polname::text) FROM pg_policy WHERE polrelid = c.oid) "
            "FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)",
            [sorted(declared)],
        )
        tables = {name: (on, set(policies or ())) for name, on, policies in cursor.fetchall()}
    open_to_all = []
    for name in sorted(declared):
        on, policies = tables.get(name, (False, set()))
        if not on or not {"staff", "party"} <= policies:
            open_to_all.append(name)
    if open_to_all:
        yield (
            f"Row-level security is not in force on {', '.join(open_to_all)}, so one party could see another's rows. "
            "Run manage.py upgrade as the owner."
        )


def _triggers() -> Iterable[str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        if cursor.fetchone()[0] != "origin":
            yield "session_replication_role is not origin: no trigger guards the audit trail. Remove that setting."
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger "
            "WHERE tgenabled = 'D' AND NOT tgisinternal ORDER BY 1"
        )
        for trigger, table in cursor.fetchall():
            yield (
                f"The guard {trigger} of {table} is switched off. As the owner: "
                f"ALTER TABLE {table} ENABLE TRIGGER {trigger};"
            )


def _durability() -> Iterable[str]:
    what = {
        "fsync": "a power cut can destroy the database",
        "full_page_writes": "a power cut can tear pages",
        "synchronous_commit": "a power cut loses what people were told is saved",
    }
    with connection.cursor() as cursor:
        for name, harm in what.items():
            cursor.execute(f"SHOW {name}")
            value = cursor.fetchone()[0]
            if value == "off":
                yield f"{name} is {value}: {harm}. Set {name} = on in postgresql.conf and reload PostgreSQL."


def _migrations() -> Iterable[str]:
    if missing := ops.unapplied_migrations():
        names = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        yield f"{len(missing)} migrations are not applied ({names}). Run manage.py upgrade as the owner."


def _clock() -> Iterable[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        skew = abs((cursor.fetchone()[0] - timezone.now()).total_seconds())
    if skew > CLOCK_SKEW_SECONDS:
        yield f"The clocks of this host and of the database differ by {skew:.0f} s. Let both follow a time server."


def _outbox() -> Iterable[str]:
    with scope(system(COMMAND)):
        owed = outbox.owed()
    oldest = max((row["oldest_s"] for row in owed), default=0)
    if oldest > ops.OUTBOX_LATE_SECONDS:
        yield f"The oldest delivery of the outbox has waited {oldest:.0f} s. See that worker and beat run."
    for row in owed:
        if row["failed"]:
            error = (str(row["last_error"] or "").strip().splitlines() or ["no message"])[0][:200]
            yield (
                f"{row['failed']} deliveries to {row['handler']} keep failing ({error}). Mend the cause; "
                "they are tried again by themselves."
            )


def _broker() -> Iterable[str]:
    if problem := ops.broker_error():
        yield f"The broker at REDIS_URL gives {problem}. Start it; until then work waits in the outbox."


def _programs() -> Iterable[str]:
    """A worker that answers, and beat's last sweep; nothing is said where the broker is down and neither can be asked."""
    if ops.broker_error():
        return
    if not current_app.control.ping(timeout=1):
        yield (
            "No worker answers, so orders are taken and their consequences wait. "
            "Start one: celery -A iscm worker (docker compose up -d worker)."
        )
        return
    silent = pulse.silence()
    if silent is None or silent > SILENT_SECONDS:
        since = "since the broker started" if silent is None else f"for {silent:.0f} s"
        yield f"Beat has asked for nothing {since}. Start it: celery -A iscm beat (docker compose up -d beat)."


def _debug() -> Iterable[str]:
    if settings.DEBUG and not at_a_desk():
        yield "DEBUG is on where others can reach it, and shows the code behind every error. Set DEBUG=0."


def _secret_key() -> Iterable[str]:
    for name, key in [
        ("SECRET_KEY", settings.SECRET_KEY),
        *(("SECRET_KEY_FALLBACKS", k) for k in settings.SECRET_KEY_FALLBACKS),
    ]:
        if len(key) < 32 or len(set(key)) < 8 or key.startswith(("sample-", "django-insecure-", "change")):
            yield f"{name} is short or a sample. Set it to a long random value, for example from: openssl rand -hex 32"


def _hosts() -> Iterable[str]:
    if "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS is *, so links in mail can be forged. Set it to the host names people use."
    if not settings.SITE_URL.startswith("https://") and not at_a_desk():
        yield f"SITE_URL is {settings.SITE_URL}: links in mail are not safe. Set it to the https address people use."


def _files() -> Iterable[str]:
    directory = ops.files_dir()
    yield from _writable(directory, "Uploaded files")
    place = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE_BYTES:
        yield f"Only {free / 1e6:.0f} MB are free for files ({directory}). Make room or move it (ISCM_VAR_DIR)."


def _mail() -> Iterable[str]:
    if "filebased" in settings.EMAIL_BACKEND:
        yield from _writable(Path(settings.EMAIL_FILE_PATH), "Mail")
    with scope(system(COMMAND)):
        failed = OutgoingMail.objects.filter(sent_at=None, attempts__gt=0)
        count, last = failed.count(), failed.order_by("-due_at").first()
    if last:
        yield f"{count} mails cannot be sent ({last.last_error[:200]}). See EMAIL_URL; they are tried again by themselves."


def _writable(directory: Path, what: str) -> Iterable[str]:
    place = next(path for path in (directory, *directory.parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        yield f"{what} cannot be written to {directory}. Give this user the right to, or move it (ISCM_VAR_DIR)."


def _backup_programs() -> Iterable[str]:
    for name in ("pg_dump", "pg_restore"):
        try:
            ops.postgres_program(name)
        except RuleBroken as error:
            yield str(error)


def _deployment() -> Iterable[str]:
    if at_a_desk():
        return
    # Those with a tag: the one without checks the API's description, which is no operator's matter.
    tags = sorted(checks.registry.registry.tags_available(deployment_checks=True))
    for message in checks.run_checks(tags=tags, include_deployment_checks=True):
        if message.level >= checks.WARNING and message.id not in DEPLOY_CHECKS_SILENT_ON and not message.is_silenced():
            yield " ".join(f"{message.id}: {message.msg} {message.hint or ''}".split())


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


CHECKS: dict[str, Callable[[], Iterable[str]]] = {
    "database": _database,
    "database role": _role,
    "migrations": _migrations,
    "row-level security": _row_security,
    "audit guards": _triggers,
    "durability": _durability,
    "clock": _clock,
    "outbox": _outbox,
    "broker": _broker,
    "worker and beat": _programs,
    "debug": _debug,
    "secret key": _secret_key,
    "hosts": _hosts,
    "files": _files,
    "mail": _mail,
    "backup programs": _backup_programs,
    "deployment": _deployment,
}
