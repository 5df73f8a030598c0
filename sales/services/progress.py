"""What happens to a customer order further up the house: delivered, returned, billed. Computed, never clicked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from core.actor import Actor
from core.bulk import update_rows
from core.outbox import News, announce_many
from inventory.models import Reservation
from sales.events import ORDER_PROGRESSED, ORDER_RESERVED
from sales.flows import CustomerOrderStatus
from sales.models import CustomerOrderLine

RESERVED_AS = "sales.customerorderline"  # the document kind under which inventory keeps the reservations of our lines


@dataclass(frozen=True, slots=True)
class Progress:
    """What to add to a line's progress (negative to take back), in stock units."""

    delivered: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    billed: Decimal = Decimal(0)


@transaction.atomic
def record_progress(*, actor: Actor, changes: Mapping[int, Progress]) -> list[CustomerOrderLine]:
    """This will add ``changes`` (by line id) to the lines, take over what is reserved for them now, and announce it.

    The caller has checked its own rules against lines it locked with ``lock_lines``, and has issued the goods
    (``reserved_for=(RESERVED_AS, line_id)``) before. Returns the lines, fresh.
    """
    lines = lock_lines(changes)
    for line in lines:
        change = changes[line.pk]
        line.delivered_quantity += change.delivered
        line.returned_quantity += change.returned
        line.billed_quantity += change.billed
    take_over_reserved(lines)
    update_rows(lines, ["delivered_quantity", "returned_quantity", "billed_quantity", "reserved_quantity"])
    companies = {line.order_id: line.company_id for line in lines}
    news = [News(order_id, company_id) for order_id, company_id in sorted(companies.items())]
    announce_many(ORDER_PROGRESSED, "sales.customerorder", news, actor=actor)
    return lines


def lock_lines(line_ids: Iterable[int]) -> list[CustomerOrderLine]:
    """This will lock order lines in key order, with their orders loaded; two clients with the same products never
    deadlock.
    """
    ids = list(line_ids)
    lines = CustomerOrderLine.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    related = ("order", "product", "unit")
    # Many lines are of few orders and products: those are better read once each than joined to every line.
    return list(lines.prefetch_related(*related) if len(ids) > 500 else lines.select_related(*related))


def take_over_reserved(lines: Iterable[CustomerOrderLine]) -> None:
    """This will set ``reserved_quantity`` of locked lines (in memory) to what inventory keeps for them. One query."""
    lines = list(lines)
    rows = (
        Reservation.objects.filter(document_kind=RESERVED_AS, line_id__in=[line.pk for line in lines])
        .order_by()
        .values_list("line_id")
        .annotate(total=Sum("quantity"))
    )
    reserved = dict(rows)
    for line in lines:
        line.reserved_quantity = reserved.get(line.pk, Decimal(0))


@transaction.atomic
def sync_reserved(*, actor: Actor, product_ids: Iterable[int]) -> None:
    """This will correct ``reserved_quantity`` of order lines of these products where inventory keeps another
    quantity.
    """
    kept = Reservation.objects.filter(document_kind=RESERVED_AS, line_id=OuterRef("pk")).order_by().values("line_id")
    really = Coalesce(
        Subquery(kept.annotate(total=Sum("quantity")).values("total")), Value(Decimal(0)), output_field=DecimalField()
    )
    open_lines = CustomerOrderLine.objects.filter(
        product_id__in=list(product_ids), order__status=CustomerOrderStatus.CONFIRMED
    )
    wrong = open_lines.annotate(really=really).exclude(reserved_quantity=F("really"))
    lines = list(
        CustomerOrderLine.objects.filter(pk__in=wrong.values("pk")).order_by("pk").select_for_update(of=("self",))
    )
    take_over_reserved(lines)
    update_rows(lines, ["reserved_quantity"])
    companies = {line.order_id: line.company_id for line in lines}
    news = [News(order_id, company_id) for order_id, company_id in sorted(companies.items())]
    announce_many(ORDER_RESERVED, "sales.customerorder", news, actor=actor)
