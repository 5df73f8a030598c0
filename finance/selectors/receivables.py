"""What customers owe."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Exists, F, Min, OuterRef, Sum

from core.actor import Actor
from finance.models import CustomerInvoice
from logistics.models import Delivery

ZERO = Decimal(0)
BUCKETS = (30, 60, 90)  # days overdue: 0-30, 31-60, 61-90, over 90


def exposure_of(customer_ids: Iterable[int]) -> dict[int, tuple[Decimal, date | None]]:
    """What each customer owes (base currency), and the due date of the oldest open invoice. One query."""
    found: dict[int, tuple[Decimal, date | None]] = dict.fromkeys(customer_ids, (ZERO, None))
    rows = (
        CustomerInvoice.objects.open()
        .filter(customer_id__in=found)
        .order_by()
        .values_list("customer_id")
        .annotate(owed=Sum(F("base_amount") - F("credited_base") - F("paid_base")), oldest=Min("due_date"))
    )
    for customer_id, owed, oldest in rows:
        found[customer_id] = (owed, oldest)
    return found


def ageing(invoices: Sequence[CustomerInvoice], *, on: date) -> list[Decimal]:
    """Open base amounts by days overdue: not due, 1-30, 31-60, 61-90, over 90."""
    sums = [ZERO] * (len(BUCKETS) + 2)
    for invoice in invoices:
        days = (on - invoice.due_date).days
        bucket = 0 if days <= 0 else 1 + sum(days > limit for limit in BUCKETS)
        sums[bucket] += invoice.open_base
    return sums


def deliveries_to_invoice(actor: Actor):
    """Deliveries that no invoice bills yet, oldest first, with what they are worth at the order's prices."""
    billed = CustomerInvoice.objects.filter(delivery=OuterRef("pk"))
    worth = Sum(F("lines__quantity") * F("lines__order_line__unit_price"))
    rows = Delivery.objects.visible_to(actor).filter(~Exists(billed)).select_related("order__customer")
    return rows.annotate(worth=worth).filter(worth__gt=0).order_by("shipped_date", "pk")
