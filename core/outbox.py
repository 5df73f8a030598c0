"""Announce inside the transaction; handlers re-read. The event row is the queue, a Celery message only a nudge.

``announce`` writes, in one statement, the event, the documents it is about, and one delivery for every handler that
recomputes something about those documents, unless this transaction has owed it already: all of it commits together, so
looking once sees everything. ``drain`` claims owed deliveries in batches and runs the handler once per
batch, in one transaction with the tick that marks them done. See docs/adr/0002-outbox.md for what makes this exact.
"""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol

from django.db import connection, models, transaction

from core import nudge
from core.actor import Actor, system
from core.prepared import prepared
from core.scope import scope
from core.seal import seal

log = logging.getLogger(__name__)

Subjects = list[int]
About = Iterable[models.Model | tuple[str, int]]


class Document(Protocol):
    """What core asks of a document of any app: the company it belongs to and its page."""

    _meta: ClassVar[Any]

    @property
    def pk(self) -> Any: ...

    @property
    def company_id(self) -> int: ...

    def get_absolute_url(self) -> str: ...


def kind_of(document: models.Model | type[models.Model] | Document) -> str:
    """The kind under which core knows a document: "sourcing.purchaseorder"."""
    return document._meta.label_lower


@dataclass(frozen=True, slots=True)
class EventName:
    """An event this system announces; apps list theirs in ``events.py``, each with one line of meaning."""

    name: str
    meaning: str
    shared: bool = False  # outside parties named on the documents may see it on their timeline
    told: Callable[[dict], str] | None = None  # what the payload says beyond ``meaning``, in words

    def __str__(self) -> str:
        return self.name


EVENTS: dict[str, EventName] = {}


def event(name: str, meaning: str, *, shared: bool = False, told: Callable[[dict], str] | None = None) -> EventName:
    """This will register an event name ("sourcing.purchase_order.sent"); called at import by ``events.py``.

    ``told`` says on a timeline what this very event was about ("Departed on 3 May"), from its payload; empty: ``meaning``.
    """
    EVENTS[name] = EventName(name, meaning, shared, told)
    return EVENTS[name]


@dataclass(frozen=True, slots=True)
class Handler:
    """Something recomputed whenever something happens about documents of one kind. Its name is permanent.

    ``batch``: how many deliveries it pays in one transaction, so at most that many documents.
    """

    name: str
    kind: str
    events: frozenset[str]
    run: Callable[[Subjects], None]
    batch: int
    lock: str


HANDLERS: dict[str, Handler] = {}


def on(*events: EventName, handler: str, kind: str, batch: int = 1000, lock: str = ""):
    """Decorator: run ``f(subject_ids)`` for the documents of ``kind`` that any of ``events`` (none named: any event) is about.

    ``handler`` is its permanent name (never a dotted path: a rename would orphan what is owed). Handlers that move the
    same roll-ups share one ``lock``. The function must be a pure function of the rows it re-reads, and set-based.
    """

    def register(function):
        HANDLERS[handler] = Handler(handler, kind, frozenset(e.name for e in events), function, batch, lock or handler)
        _owed_by.cache_clear()
        return function

    return register


@cache
def _owed_by(name: str) -> tuple[Handler, ...]:
    return tuple(h for h in HANDLERS.values() if not h.events or name in h.events)


_ANNOUNCE = """
WITH input AS (
    SELECT * FROM jsonb_to_recordset($1)
        AS e(subject_id bigint, company_id bigint, payload jsonb, about jsonb, owed jsonb)
), happened AS (
    INSERT INTO core_event (name, subject_kind, subject_id, company_id, shared, payload, user_id, party_id,
                            actor_name, channel, request_id, occurred_at)
    SELECT $2, $3, subject_id, company_id, $4, payload, $5, $6,
           $7, $8, $9, coalesce($10, now())
    FROM input
    RETURNING id, subject_id
), concerns AS (
    INSERT INTO core_eventabout (event_id, kind, document_id)
    SELECT DISTINCT h.id, a.value->>0, (a.value->>1)::bigint
    FROM happened h JOIN input i USING (subject_id), jsonb_array_elements(i.about) a
)
INSERT INTO core_delivery (event_id, handler, subject_id, transaction)
SELECT min(owed.event_id), owed.handler, owed.subject_id, pg_current_xact_id()::text::bigint
FROM (
    SELECT h.id AS event_id, o.value->>0 AS handler, (o.value->>1)::bigint AS subject_id
    FROM happened h JOIN input i USING (subject_id), jsonb_array_elements(i.owed) o
    UNION ALL SELECT min(id), $11, max(id) FROM happened
) owed
GROUP BY owed.handler, owed.subject_id
ON CONFLICT ON CONSTRAINT core_delivery_once DO UPDATE
    SET event_id = excluded.event_id, due_at = excluded.due_at, done_at = NULL WHERE core_delivery.done_at IS NOT NULL
"""
_ANNOUNCED = "jsonb, text, text, boolean, bigint, bigint, text, text, text, timestamptz, text"


@dataclass(frozen=True, slots=True)
class News:
    """One event of a bulk announcement: its subject, what it is about besides, and its payload (ids, dates, decimal strings)."""

    subject_id: int
    company_id: int | None
    about: Sequence[tuple[str, int]] = ()
    payload: dict | None = None


def announce(
    name: EventName, subject: models.Model, *, actor: Actor, about: About = (), payload: dict | None = None
) -> None:
    """This will record that ``name`` happened to ``subject`` and owe it to every handler of the documents it is ``about``.

    The subject is always among them. A change that moves a row from one document to another names both.
    """
    pairs = [a if isinstance(a, tuple) else (kind_of(a), a.pk) for a in about]
    announce_many(
        name, kind_of(subject), [News(subject.pk, getattr(subject, "company_id", None), pairs, payload)], actor=actor
    )


def announce_many(name: EventName, kind: str, news: Sequence[News], *, actor: Actor) -> None:
    """The bulk form of ``announce``: one statement for thousands of events of one name; subjects must be distinct."""
    for start in range(0, len(news), SEALED_AT_ONCE):
        _announce(name, kind, news[start : start + SEALED_AT_ONCE], actor)
    if news:
        nudge.after_commit()


def _announce(name: EventName, kind: str, news: Sequence[News], actor: Actor) -> None:
    owed_by = _owed_by(name.name)
    rows = []
    for item in news:
        about = {(kind, item.subject_id), *item.about}
        rows.append(
            {
                "subject_id": item.subject_id,
                "company_id": item.company_id,
                "payload": item.payload or {},
                "about": sorted(about),
                "owed": [(h.name, pk) for h in owed_by for k, pk in about if k == h.kind],
            }
        )
    values = [  # $1 to $11
        json.dumps(rows, default=str), name.name, kind, name.shared, actor.user_id, actor.party_id, actor.name,
        actor.channel, actor.request_id, actor.at, SEALER,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"EXECUTE {prepared(_ANNOUNCE, _ANNOUNCED)} ({', '.join(['%s'] * len(values))})", values)


# --- the worker's side ---------------------------------------------------------------------------------------------

SEALER = "core.seal"
SEALED_AT_ONCE = 5000  # deliveries claimed, and events sealed, in one transaction

_CLAIM = """
SELECT id, subject_id, event_id FROM core_delivery
WHERE handler = %s AND done_at IS NULL AND due_at <= statement_timestamp() {only}
ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_TICK = "UPDATE core_delivery SET done_at = clock_timestamp() WHERE id = ANY(%s)"
_FAIL = """
UPDATE core_delivery SET attempts = attempts + 1, last_error = %s,
       due_at = statement_timestamp() + least(interval '1 hour', interval '2 seconds' * power(2, least(attempts, 11)))
WHERE id = ANY(%s)
"""


def drain(*, limit: int | None = None) -> int:
    """This will work off what is owed, handler by handler, until nothing is due; returns the number of deliveries done.

    It leaves early only when every handler with work is in other hands: whoever holds a lock looks again after it, so
    nothing waits for beat. What fails is due later and does not keep it here.
    """
    done = 0
    while (limit is None or done < limit) and (names := _with_work()):
        paid = [drain_batch(name) for name in names]
        done += sum(filter(None, paid))
        if all(p is None for p in paid):
            break
    return done


def _with_work() -> list[str]:
    """The handlers to which something is owed and due, the sealer first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h FROM unnest(%s::text[]) h WHERE EXISTS (SELECT FROM core_delivery d "
            "WHERE d.handler = h AND d.done_at IS NULL AND d.due_at <= statement_timestamp())",
            [[SEALER, *HANDLERS]],
        )
        return [row[0] for row in cursor.fetchall()]


def drain_batch(name: str, *, only: Sequence[int] | None = None) -> int | None:
    """One batch of one handler, in one transaction: lock, claim, recompute, tick. Returns the deliveries paid.

    None when another worker holds the handler's lock.

    A batch that fails is split until the bad subject stands alone; that one backs off (at most an hour) with its
    error on the row, and the others go through.
    """
    claimed: list[tuple[int, int, int]] = []
    try:
        with scope(system()), connection.cursor() as cursor:
            handler = HANDLERS.get(name)
            lock, batch = (handler.lock, handler.batch) if handler else (name, SEALED_AT_ONCE)
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [lock])
            if not cursor.fetchone()[0]:
                return None  # another worker is at it, and looks again before it leaves
            cursor.execute(
                _CLAIM.format(only="" if only is None else "AND id = ANY(%s)"),
                [name, *([] if only is None else [list(only)]), batch],
            )
            claimed = cursor.fetchall()
            if not handler:
                claimed = _at_once(claimed)
            if not claimed:
                return 0
            ids = [row[0] for row in claimed]
            # Only now, in later statements, are sources and stored results read: READ COMMITTED shows them
            # at least as new as the events just claimed.
            if handler:
                handler.run(sorted({row[1] for row in claimed}))
            else:
                seal(sorted({event for _id, last, first in claimed for event in range(first, last + 1)}))
            cursor.execute(_TICK, [ids])
            return len(ids)
    except Exception as error:
        if transaction.get_connection().in_atomic_block and transaction.get_connection().needs_rollback:
            raise
        if not claimed:
            raise
        subjects = sorted({row[1] for row in claimed})
        if len(subjects) == 1 or name == SEALER:
            log.exception("handler failed", extra={"handler": name, "subjects": subjects[:5]})
            with scope(system()), connection.cursor() as cursor:
                cursor.execute(_FAIL, [f"{type(error).__name__}: {error}"[:2000], [row[0] for row in claimed]])
            return 0
        middle = subjects[len(subjects) // 2]
        halves = [row[0] for row in claimed if row[1] < middle], [row[0] for row in claimed if row[1] >= middle]
        return sum(drain_batch(name, only=half) or 0 for half in halves)


def _at_once(claimed: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Of what is owed to the sealer, as much as may be sealed in one transaction, and one at least."""
    events = 0
    for number, (_id, last, first) in enumerate(claimed):
        events += last - first + 1
        if number and events > SEALED_AT_ONCE:
            return claimed[:number]
    return claimed


def owed() -> list[dict]:
    """What is owed, by handler: how many, the oldest's age in seconds, how many have failed before, the last error."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT handler, count(*), extract(epoch FROM clock_timestamp() - min(e.recorded_at))::float, "
            "count(*) FILTER (WHERE attempts > 0), max(last_error) FROM core_delivery d JOIN core_event e ON e.id = d.event_id "
            "WHERE done_at IS NULL GROUP BY handler ORDER BY handler"
        )
        keys = ("handler", "owed", "oldest_s", "failed", "last_error")
        return [dict(zip(keys, row, strict=True)) for row in cursor.fetchall()]


def retry() -> int:
    """This will make every delivery that backs off due now; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_delivery SET due_at = now() WHERE done_at IS NULL AND due_at > now()")
        return cursor.rowcount


def replay(name: str) -> int:
    """This will owe a handler every document that any event was ever about, once; returns how many.

    For a handler that was added after those events: announcing owes only to the handlers known at the time.
    """
    handler = HANDLERS[name]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_delivery (event_id, handler, subject_id, transaction) "
            "SELECT max(a.event_id), %s, a.document_id, pg_current_xact_id()::text::bigint FROM core_eventabout a JOIN core_event e ON e.id = a.event_id "
            "WHERE a.kind = %s AND (%s OR e.name = ANY(%s)) GROUP BY a.document_id "
            "ON CONFLICT ON CONSTRAINT core_delivery_once "
            "DO UPDATE SET done_at = NULL, due_at = statement_timestamp(), attempts = 0, last_error = ''",
            [name, handler.kind, not handler.events, sorted(handler.events)],
        )
        return cursor.rowcount


def prune(days: int = 90) -> int:
    """This will forget deliveries paid more than ``days`` ago; the events themselves stay."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_delivery WHERE done_at < now() - make_interval(days => %s)", [days])
        return cursor.rowcount
