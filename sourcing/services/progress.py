"""What happens to an order further up the house: shipped, received, rejected, returned, billed. Computed, never clicked."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction

from core.actor import Actor
from core.outbox import News, announce_many
from sourcing.events import ORDER_PROGRESSED
from sourcing.models import PurchaseOrderLine


@dataclass(frozen=True, slots=True)
class Progress:
    """What to add to a line's progress (negative to take back): stock units, and the billed amount in order currency.

    ``grni`` and ``grni_base`` go with every posting to "goods owned, not invoiced": goods that become ours add what they
    cost in base currency, an invoice takes it away (below zero: invoiced before they became ours).
    """

    shipped: Decimal = Decimal(0)
    received: Decimal = Decimal(0)
    rejected: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    billed: Decimal = Decimal(0)
    billed_amount: Decimal = Decimal(0)
    grni: Decimal = Decimal(0)
    grni_base: Decimal = Decimal(0)


_COLUMNS = {
    "shipped": "shipped_quantity",
    "received": "received_quantity",
    "rejected": "rejected_quantity",
    "returned": "returned_quantity",
    "billed": "billed_quantity",
    "billed_amount": "billed_amount",
    "grni": "grni_quantity",
    "grni_base": "grni_base",
}
_LOCK = "SELECT FROM sourcing_purchaseorderline WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
_ADD = f"""
UPDATE sourcing_purchaseorderline t SET {", ".join(f"{name} = t.{name} + v.{name}" for name in _COLUMNS.values())}
FROM unnest(%s::bigint[]{", %s::numeric[]" * len(_COLUMNS)}) AS v (id, {", ".join(_COLUMNS.values())})
WHERE t.id = v.id RETURNING t.order_id, t.company_id
"""


@transaction.atomic
def record_progress(*, actor: Actor, changes: Mapping[int, Progress]) -> None:
    """This will add ``changes`` (by line id) to the lines and announce it for each order touched.

    The caller has checked its own rules against lines it locked with ``lock_lines``; those in memory stay as they are.
    """
    if not changes:
        return
    ids = list(changes)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [ids])
        cursor.execute(_ADD, [ids, *([getattr(changes[pk], name) for pk in ids] for name in _COLUMNS)])
        companies = dict(cursor.fetchall())
    news = [News(order_id, company_id) for order_id, company_id in sorted(companies.items())]
    announce_many(ORDER_PROGRESSED, "sourcing.purchaseorder", news, actor=actor)


def lock_lines(line_ids) -> list[PurchaseOrderLine]:
    """This will lock order lines in key order, with their orders loaded; two clients with the same products never deadlock."""
    ids = list(line_ids)
    lines = PurchaseOrderLine.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    related = ("order", "product", "unit")
    # Many lines are of few orders and products: those are better read once each than joined to every line.
    return list(lines.prefetch_related(*related) if len(ids) > 500 else lines.select_related(*related))


__all__ = ["Progress", "lock_lines", "record_progress"]
