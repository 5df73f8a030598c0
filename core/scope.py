"""The second wall: which database role a transaction runs as, and for which outside party.

The application logs in as ``iscm_app``, for which the protected tables have no policy: outside a scope
it sees none of their rows. A scope opens the one transaction of a request, a worker batch or an export and
becomes ``iscm_staff`` (all rows; ``visible_to`` narrows to the company) or ``iscm_party`` (only rows whose
policy names ``app.party``; see core.rls).
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from core.actor import Actor

# All that a transaction knows of its actor, in one statement: the role, the party, and what the audit triggers write beside
# a row. Said once; pghistory's own context would say it again before every single write.
_RIGHTS = ("role", "app.party")
_SETTINGS = (*_RIGHTS, "pghistory.context_id", "pghistory.context_metadata")


def _set(names: tuple[str, ...]) -> str:
    return "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in names)


def _get(names: tuple[str, ...]) -> str:
    return "SELECT " + ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in names)


@contextmanager
def scope(actor: Actor) -> Iterator[None]:
    """This will run its block in one transaction, with the database rights of ``actor`` and its name on every audit
    row.
    """
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        before = None
        if nested:
            cursor.execute(_get(_SETTINGS))
            before = cursor.fetchone()
        who = {
            "user": actor.user_id,
            "name": actor.name,
            "door": actor.channel,
            "party": actor.party_id,
            "request": actor.request_id,
        }
        rights = ["iscm_staff" if actor.is_staff else "iscm_party", str(actor.party_id or "")]
        cursor.execute(_set(_SETTINGS), [*rights, str(uuid.uuid4()), json.dumps(who)])
        yield
        if before is not None and not connection.needs_rollback:
            # An inner savepoint undoes SET LOCAL when it is rolled back, but not when it is released.
            cursor.execute(_set(_SETTINGS), before)


@contextmanager
def house_rights(actor: Actor) -> Iterator[None]:
    """This will run its block with the house's own database rights: for what follows from an outside party's step.

    A forwarder reports a departure; the goods become ours, and orders and ledger, which he may not read, must say so.
    The caller has checked that he may take the step. Who acts, and so the name on the audit rows, stays the same.
    """
    if actor.is_staff:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(_get(_RIGHTS))
        before = cursor.fetchone()
        cursor.execute(_set(_RIGHTS), ["iscm_staff", ""])
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(_set(_RIGHTS), before)
