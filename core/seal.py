"""The sealed order of events: gap-free positions in the order of commits, and hashes chained so that nothing changes unseen.

hash(n) = SHA-256(hash(n-1) || canonical JSON of the event); the first event chains to 32 zero bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection

# jsonb prints its keys in one fixed order, so this text is canonical: the same row always gives the same bytes.
_AT = """to_char(e.{0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
CANONICAL = f"""
jsonb_build_object('id', e.id, 'name', e.name, 'kind', e.subject_kind, 'subject', e.subject_id, 'company', e.company_id,
    'payload', e.payload, 'user', e.user_id, 'party', e.party_id, 'actor', e.actor_name, 'channel', e.channel,
    'request', e.request_id, 'shared', e.shared, 'at', {_AT.format("occurred_at")},
    'recorded', {_AT.format("recorded_at")})::text
"""
START = (0, bytes(32))
CHUNK = 10_000
SEALED_WITHIN = "1 minute"  # an event older than this without a seal is a fault
# An event is dated when its transaction begins and takes its place when that commits, so it may be older than the one in
# front of it by as long as a transaction can last: half a minute for requests and workers, some minutes for an import.
OUT_OF_ORDER = timedelta(hours=1)


def seal(event_ids: list[int]) -> None:
    """This will give these committed events their positions and chain them.

    One sealer at a time (the caller holds its lock), so that positions have no gaps and no order is ever revised.
    """
    with connection.cursor() as cursor:
        position, link = head()
        # Each step by key, no joins: after a bulk load the statistics still speak of small tables, and a join planned
        # by them took minutes.
        cursor.execute("SELECT event_id FROM core_sealedevent WHERE event_id = ANY(%s)", [event_ids])
        wanted = set(event_ids) - {pk for (pk,) in cursor.fetchall()}
        cursor.execute(
            f"SELECT e.id, {CANONICAL} FROM core_event e WHERE e.id = ANY(%s) ORDER BY e.id", [sorted(wanted)]
        )
        found = cursor.fetchall()
        positions, events, hashes = [], [], []
        for event_id, text in found:
            position, link = position + 1, chained(link, text)
            positions.append(position)
            events.append(event_id)
            hashes.append(link)
        if events:
            cursor.execute(
                "INSERT INTO core_sealedevent (position, event_id, hash) "
                "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[])",
                [positions, events, hashes],
            )


def chained(before: bytes, text: str) -> bytes:
    """The hash of an event after the one before it."""
    return sha256(bytes(before) + text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain holds; ``problem`` names the first row at which it does not."""

    position: int
    hash: bytes
    problem: str = ""


def head() -> tuple[int, bytes]:
    """The last position and its hash: what is written down elsewhere (core.heads)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, hash FROM core_sealedevent ORDER BY position DESC LIMIT 1")
        position, link = cursor.fetchone() or START
    return position, bytes(link)


def verify(*, heads: dict[int, bytes] | None = None) -> Verdict:
    """This will compute the whole chain again. ``heads`` are positions and hashes written down elsewhere before.

    A head is what tells a chain that was rewritten, or cut off at its end, as a whole.
    """
    (position, link), newest, held = START, None, 0
    left = dict(heads or {})
    for row_position, event_id, stored, text, recorded_at in _chain():
        where = f"event #{event_id} at position {row_position}"
        if row_position != position + 1:
            return Verdict(position, link, f"Position {position + 1} is missing: the next one is {row_position}.")
        if text is None:
            return Verdict(position, link, f"The {where} is gone.")
        right = chained(link, text)
        if right != bytes(stored):
            return Verdict(position, link, f"The {where} is not what was sealed.")
        if row_position in left:
            if left.pop(row_position) != right:
                between = f"between positions {held + 1} and {row_position}"
                return Verdict(position, link, f"The chain was rewritten {between}: another head was written down.")
            held = row_position
        if problem := _badly_dated(recorded_at, newest):
            return Verdict(position, link, f"The {where} is {problem}: the clock was moved, or it was back-dated.")
        position, link, newest = row_position, right, max(newest or recorded_at, recorded_at)
    if left:
        gone = f"position {position + 1} and what followed are gone"
        return Verdict(position, link, f"The chain ends at {position}, but {max(left)} was written down: {gone}.")
    return Verdict(position, link, _unsealed())


def _badly_dated(recorded_at: datetime, newest: datetime | None) -> str:
    if newest is not None and newest - recorded_at > OUT_OF_ORDER:
        return f"dated {recorded_at:%Y-%m-%d %H:%M}, long before the events in front of it ({newest:%Y-%m-%d %H:%M})"
    return ""


def _chain() -> Iterator[tuple]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT s.position, s.event_id, s.hash, CASE WHEN e.id IS NOT NULL THEN {CANONICAL} END, e.recorded_at "
                "FROM core_sealedevent s LEFT JOIN core_event e ON e.id = s.event_id "
                "WHERE s.position > %s ORDER BY s.position LIMIT %s",
                [last, CHUNK],
            )
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1][0]


def _unsealed() -> str:
    """A sentence when an event has waited too long for its seal, or is dated in the future and so would wait for ever."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(e.id) FROM core_event e LEFT JOIN core_sealedevent s ON s.event_id = e.id "
            "WHERE s.position IS NULL AND e.recorded_at NOT BETWEEN statement_timestamp() - %s::interval "
            "AND statement_timestamp()",
            [SEALED_WITHIN],
        )
        count, first = cursor.fetchone()
    return f"{count} events older than {SEALED_WITHIN} are not sealed, the first is event #{first}." if count else ""
