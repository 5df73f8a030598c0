"""The sealed order of events: gap-free positions in the order of commits, and hashes chained so that nothing changes unseen.

hash(n) = SHA-256(hash(n-1) || canonical JSON of the event); the first event chains to 32 zero bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
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


def seal(delivery_ids: list[int]) -> None:
    """This will give the committed events of these deliveries their positions and chain them.

    One sealer at a time (the caller holds its lock), so that positions have no gaps and no order is ever revised.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, hash FROM core_sealedevent ORDER BY position DESC LIMIT 1")
        position, link = cursor.fetchone() or START
        # Each step by key, no joins: after a bulk load the statistics still speak of small tables, and a join planned
        # by them took minutes.
        cursor.execute("SELECT DISTINCT event_id FROM core_delivery WHERE id = ANY(%s)", [delivery_ids])
        wanted = {pk for (pk,) in cursor.fetchall()}
        cursor.execute("SELECT event_id FROM core_sealedevent WHERE event_id = ANY(%s)", [list(wanted)])
        wanted -= {pk for (pk,) in cursor.fetchall()}
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


def verify(*, anchors: dict[int, bytes] | None = None) -> Verdict:
    """This will compute the whole chain again. ``anchors`` are positions and hashes written down elsewhere before.

    An anchor is what tells a chain that was rewritten, or cut off at its end, as a whole.
    """
    position, link = START
    anchors = dict(anchors or {})
    for row_position, event_id, stored, text in _chain():
        if row_position != position + 1:
            return Verdict(position, link, f"Position {position + 1} is missing: the next one is {row_position}.")
        if text is None:
            return Verdict(position, link, f"Event #{event_id} at position {row_position} is gone.")
        right = chained(link, text)
        if right != bytes(stored):
            return Verdict(position, link, f"Event #{event_id} at position {row_position} is not what was sealed.")
        position, link = row_position, right
        if position in anchors and anchors.pop(position) != link:
            return Verdict(
                position, link, f"Position {position} is not what was written down: the chain was rewritten."
            )
    if anchors:
        return Verdict(position, link, f"The chain ends at {position}, but position {max(anchors)} was written down.")
    return Verdict(position, link, _unsealed())


def _chain() -> Iterator[tuple]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT s.position, s.event_id, s.hash, CASE WHEN e.id IS NOT NULL THEN {CANONICAL} END "
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
    """A sentence when an event has waited too long for its seal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(e.id) FROM core_event e LEFT JOIN core_sealedevent s ON s.event_id = e.id "
            "WHERE s.position IS NULL AND e.recorded_at < statement_timestamp() - %s::interval",
            [SEALED_WITHIN],
        )
        count, first = cursor.fetchone()
    return f"{count} events older than {SEALED_WITHIN} are not sealed, the first is event #{first}." if count else ""
