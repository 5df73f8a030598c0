"""Seven attacks on the record of what happened, by somebody who owns the tables and has taken their guards away.

Each is tried at fifty places; the command names the first event that is not what was sealed, and fails.
"""

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO

import psycopg2
import pytest
from django.core import mail as sent
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from core import heads, mail, outbox, seal
from core.actor import system
from core.scope import scope
from tests.conftest import _owner
from tests.core.chain import happen, own_database

EVENTS = 120
PLACES = random.Random(7).sample(range(3, EVENTS - 3), 50)
NOW = datetime(2026, 11, 22, 3, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def record(worker_id, django_db_setup, django_db_blocker):
    """A chain of events that is committed, and the means to attack it; ``restore`` undoes an attack."""
    with django_db_blocker.unblock(), own_database(f"audit_{worker_id}"):
        for first in range(1, EVENTS, 10):
            happen(*range(first, first + 10))
            outbox.drain()
        with closing(_owner(connection.settings_dict["NAME"])) as owner:
            yield Attacker(owner)


class Attacker:
    """Owns the tables; the event at position n is about subject n."""

    def __init__(self, owner):
        self.cursor = owner.cursor()
        for table in ("core_event", "core_sealedevent"):
            self.sql(f"ALTER TABLE {table} DISABLE TRIGGER USER; CREATE TABLE kept_{table} AS TABLE {table}")
        for name, table in self.sql(
            "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE contype IN ('f', 'u') "
            "AND (conrelid = 'core_sealedevent'::regclass OR confrelid = 'core_event'::regclass)"
        ):
            self.sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")

    def sql(self, statement: str, *values) -> list[tuple]:
        self.cursor.execute(statement, values or None)
        return self.cursor.fetchall() if self.cursor.description else []

    def restore(self) -> None:
        self.sql(
            "TRUNCATE core_sealedevent, core_event; INSERT INTO core_event TABLE kept_core_event; "
            "INSERT INTO core_sealedevent TABLE kept_core_sealedevent"
        )

    def event_at(self, position: int) -> int:
        return self.sql("SELECT event_id FROM core_sealedevent WHERE position = %s", position)[0][0]

    def chain_anew(self, first: int) -> None:
        """Every hash from this position on, as if nothing had happened."""
        link = self.sql("SELECT hash FROM core_sealedevent WHERE position = %s", first - 1)[0][0]
        for position, text in self.sql(
            f"SELECT s.position, {seal.CANONICAL} FROM core_sealedevent s JOIN core_event e ON e.id = s.event_id "
            "WHERE s.position >= %s ORDER BY 1",
            first,
        ):
            link = seal.chained(link, text)
            self.sql("UPDATE core_sealedevent SET hash = %s WHERE position = %s", link, position)

    def insert(self, recorded_at: str = "now()") -> int:
        return self.sql(
            "INSERT INTO core_event (name, subject_kind, subject_id, shared, payload, actor_name, channel, request_id, recorded_at) "
            f"VALUES ('forged', 'core.sample', 0, false, '{{}}', 'nobody', 'api', '', {recorded_at}) RETURNING id"
        )[0][0]


def edit(record, place):
    record.sql("UPDATE core_event SET actor_name = 'somebody else' WHERE id = %s", record.event_at(place))
    return f"at position {place} is not what was sealed"


def delete(record, place):
    record.sql("DELETE FROM core_event WHERE id = %s", record.event_at(place))
    return f"at position {place} is gone"


def delete_with_its_seal(record, place):
    record.sql("DELETE FROM core_sealedevent WHERE position = %s", place)
    return f"Position {place} is missing"


def insert(record, place):
    """Between two events, with all that follow moved up by one; the forger computes his own row's hash rightly."""
    record.sql("UPDATE core_sealedevent SET position = -position - 1 WHERE position >= %s", place)
    record.sql("UPDATE core_sealedevent SET position = -position WHERE position < 0")
    link = record.sql("SELECT hash FROM core_sealedevent WHERE position = %s", place - 1)[0][0]
    forged = record.insert()
    text = record.sql(f"SELECT {seal.CANONICAL} FROM core_event e WHERE id = %s", forged)[0][0]
    record.sql("INSERT INTO core_sealedevent VALUES (%s, %s, %s)", place, seal.chained(link, text), forged)
    if place % 10 == 0:  # a head of that very position was written down
        return f"rewritten between positions {place - 9} and {place}"
    return f"at position {place + 1} is not what was sealed"


def reorder(record, place):
    """Two events change places, each taking its hash along."""
    record.sql("UPDATE core_sealedevent SET position = -position WHERE position = %s", place)
    record.sql("UPDATE core_sealedevent SET position = %s WHERE position = %s", place, place + 2)
    record.sql("UPDATE core_sealedevent SET position = %s WHERE position < 0", place + 2)
    return f"at position {place} is not what was sealed"


def truncate_the_tail(record, place):
    record.sql("DELETE FROM core_event WHERE id IN (SELECT event_id FROM core_sealedevent WHERE position >= %s)", place)
    record.sql("DELETE FROM core_sealedevent WHERE position >= %s", place)
    return f"position {place} and what followed are gone"


def rewrite_the_chain(record, place):
    """An edit, and every hash from there on computed anew: only a head written down elsewhere can tell."""
    record.sql("UPDATE core_event SET actor_name = 'somebody else' WHERE id = %s", record.event_at(place))
    record.chain_anew(place)
    first = (place - 1) // 10 * 10
    return f"rewritten between positions {first + 1} and {min(first + 10, EVENTS)}"


def date_back(record, place):
    """With the chain computed anew and no head to compare: an event may not be dated long before those in front of it."""
    record.sql(
        "UPDATE core_event SET recorded_at = recorded_at - interval '3 days' WHERE id = %s", record.event_at(place)
    )
    record.chain_anew(place)
    return f"at position {place} is dated"


ATTACKS = (edit, delete, delete_with_its_seal, insert, reorder, truncate_the_tail, rewrite_the_chain, date_back)


def verify(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_named_wherever_it_strikes(record, attack, tmp_path, settings):
    record.restore()
    settings.VAR_DIR = tmp_path
    if attack is not date_back:  # a head every ten events, as if written down daily
        heads.path().parent.mkdir()
        rows = record.sql("SELECT position, hash FROM core_sealedevent WHERE position % 10 = 0 ORDER BY 1")
        heads.path().write_text("".join(f"2026-11-22T03:40:00Z {p}:{bytes(h).hex()}\n" for p, h in rows))
    assert f"{EVENTS} events are as they were sealed" in verify(), "nothing is wrong before the attack"
    missed = []
    for place in PLACES:
        record.restore()
        words = attack(record, place)
        with pytest.raises(CommandError) as refused:
            verify()
        if words not in str(refused.value):
            missed.append((place, str(refused.value)))
    record.restore()
    assert missed == [], f"{len(PLACES) - len(missed)} of {len(PLACES)} named"


def test_without_a_head_a_rewritten_chain_goes_unnoticed_and_the_command_says_what_it_compared(
    record, tmp_path, settings
):
    settings.VAR_DIR = tmp_path
    record.restore()
    before = verify()
    assert "No head was written down before." in before
    head = before.strip().rpartition(" ")[2]
    rewrite_the_chain(record, 50)
    assert f"{EVENTS} events are as they were sealed" in verify()
    with pytest.raises(CommandError, match="rewritten between positions 1 and 120"):
        verify("--head", head)
    record.restore()
    assert "1 heads written down before agree" in verify("--head", head)


def test_an_event_slipped_in_without_a_seal_is_named(record, tmp_path, settings):
    settings.VAR_DIR = tmp_path
    for dated in ("now() - interval '2 minutes'", "now() + interval '1 day'"):
        record.restore()
        forged = record.insert(dated)
        with pytest.raises(CommandError, match=f"are not sealed, the first is event #{forged}"):
            verify()
    record.restore()


def test_the_guards_that_an_attacker_must_switch_off_first(record):
    record.restore()
    for table in ("core_event", "core_sealedevent"):
        record.sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        changed = {"core_event": "actor_name = ''", "core_sealedevent": "hash = ''"}[table]
        for statement in (f"UPDATE {table} SET {changed}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(psycopg2.Error, match="Cannot"):
                record.sql(statement)
        record.sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    with scope(system()), pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE core_event")


def test_the_head_is_written_down_once_a_day_in_a_file_and_a_mail(record, tmp_path, settings):
    settings.VAR_DIR, settings.AUDIT_MAIL_TO = tmp_path, ["auditor@example.com"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    record.restore()

    def write(at: datetime) -> str:
        with scope(system()):
            return heads.write_daily(at)

    head = write(NOW)
    assert head.startswith(f"{EVENTS}:") and write(NOW + timedelta(hours=5)) == ""
    assert write(NOW + timedelta(days=1)) == head
    assert heads.path().read_text() == f"2026-11-22T03:40:00Z {head}\n2026-11-23T03:40:00Z {head}\n"
    assert mail.send_due() == 2
    assert sent.outbox[0].to == ["auditor@example.com"] and f"verify_audit --head {head}" in sent.outbox[0].body
    assert "1 heads written down before agree" in verify()


def test_two_heads_of_one_position_that_differ_are_a_finding_and_not_a_choice(record, tmp_path, settings):
    settings.VAR_DIR = tmp_path
    record.restore()
    head = verify().strip().rpartition(" ")[2]
    heads.path().parent.mkdir()
    heads.path().write_text(f"2026-11-22T03:40:00Z {EVENTS}:{'00' * 32}\n2026-11-23T03:40:00Z {head}\n")
    for arguments in ((), ("--head", head)):
        with pytest.raises(CommandError, match=f"Two heads of position {EVENTS} were written down"):
            verify(*arguments)


@pytest.mark.parametrize("text", ["120", "x:ab", "0:" + "0" * 64, "7:abcd"])
def test_what_is_no_head_is_refused(record, text, tmp_path, settings):
    settings.VAR_DIR = tmp_path
    with pytest.raises(CommandError, match=r"is no head\. Write it as POSITION:HASH"):
        verify("--head", text)
    (tmp_path / "heads").write_text(f"2026-11-22T03:40:00Z {text}\n")
    with pytest.raises(CommandError, match="is no head"):
        verify("--heads", str(tmp_path / "heads"))
    with pytest.raises(CommandError, match="cannot be read"):
        verify("--heads", str(tmp_path / "none"))
