"""The second wall: which database role a transaction runs as, and for which outside party.

The application logs in as ``iscm_app``, for which the protected tables have no policy: outside a scope
it sees none of their rows. A scope opens the one transaction of a request, a worker batch or an export and
becomes ``iscm_staff`` (all rows; ``visible_to`` narrows to the company) or ``iscm_party`` (only rows whose
policy names ``app.party``; see core.rls).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from django.db import connection, transaction

from core.actor import Actor

_SET = "SELECT set_config('role', %s, true), set_config('app.party', %s, true)"
_GET = "SELECT current_setting('role'), coalesce(current_setting('app.party', true), '')"


@contextmanager
def scope(actor: Actor) -> Iterator[None]:
    """This will run its block in one transaction, with the database rights of ``actor`` and its name on every audit
    row.
    """
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        before = None
        if nested:
            cursor.execute(_GET)
            before = cursor.fetchone()
        cursor.execute(_SET, ["iscm_staff" if actor.is_staff else "iscm_party", str(actor.party_id or "")])
        with pghistory.context(
            user=actor.user_id, name=actor.name, door=actor.channel, party=actor.party_id, request=actor.request_id
        ):
            yield
        if before is not None and not connection.needs_rollback:
            # An inner savepoint undoes SET LOCAL when it is rolled back, but not when it is released.
            cursor.execute(_SET, before)


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
        cursor.execute(_GET)
        before = cursor.fetchone()
        cursor.execute(_SET, ["iscm_staff", ""])
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(_SET, before)
