"""What happens to an order further up the house: shipped, received, rejected, returned, billed. Computed, never clicked."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from core.actor import Actor
from core.bulk import update_rows
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


@transaction.atomic
def record_progress(*, actor: Actor, changes: Mapping[int, Progress]) -> list[PurchaseOrderLine]:
    """This will add ``changes`` (by line id) to the lines and announce it for each order touched.

    The caller has checked its own rules against lines it locked with ``lock_lines``. Returns the lines, fresh.
    """
    lines = lock_lines(changes)
    for line in lines:
        change = changes[line.pk]
        line.shipped_quantity += change.shipped
        line.received_quantity += change.received
        line.rejected_quantity += change.rejected
        line.returned_quantity += change.returned
        line.billed_quantity += change.billed
        line.billed_amount += change.billed_amount
        line.grni_quantity += change.grni
        line.grni_base += change.grni_base
    update_rows(
        lines,
        [
            "shipped_quantity",
            "received_quantity",
            "rejected_quantity",
            "returned_quantity",
            "billed_quantity",
            "billed_amount",
            "grni_quantity",
            "grni_base",
        ],
    )
    companies = {line.order_id: line.company_id for line in lines}
    news = [News(order_id, company_id) for order_id, company_id in sorted(companies.items())]
    announce_many(ORDER_PROGRESSED, "sourcing.purchaseorder", news, actor=actor)
    return lines


def lock_lines(line_ids) -> list[PurchaseOrderLine]:
    """This will lock order lines in key order, with their orders loaded; two clients with the same products never deadlock."""
    return list(
        PurchaseOrderLine.objects.filter(pk__in=list(line_ids))
        .select_related("order", "product", "unit")
        .order_by("pk")
        .select_for_update(of=("self",))
    )


__all__ = ["Progress", "lock_lines", "record_progress"]
