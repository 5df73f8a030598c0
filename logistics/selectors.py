"""Questions about goods on their way that span tables."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import F, Sum

from logistics.models import ReceiptLine, ShipmentLine

ZERO = Decimal(0)


def planned_quantity(order_line_ids: Iterable[int], *, without: int | None = None) -> dict[int, Decimal]:
    """How much of each order line is under way or came without a shipment: what can no longer be planned. Two queries.

    Goods found missing count no more (the supplier owes them again). ``without``: a shipment left out (its own edit).
    """
    ids = list(order_line_ids)
    found: dict[int, Decimal] = defaultdict(Decimal)
    shipped = ShipmentLine.objects.filter(order_line_id__in=ids).exclude(shipment__status="cancelled")
    if without:
        shipped = shipped.exclude(shipment_id=without)
    rows = shipped.order_by().values_list("order_line_id").annotate(total=Sum(F("quantity") - F("short_quantity")))
    direct = ReceiptLine.objects.filter(
        order_line_id__in=ids, shipment_line=None, receipt__cancelled_at=None
    ).order_by()
    more = direct.values_list("order_line_id").annotate(total=Sum(F("accepted_quantity") + F("rejected_quantity")))
    for pk, total in [*rows, *more]:
        found[pk] += total
    return found


def open_to_ship(lines, *, without: int | None = None) -> dict[int, Decimal]:
    """What of each order line can still be planned into a shipment; goods returned to the supplier are owed again."""
    lines = [line for line in lines if not line.cancelled]
    planned = planned_quantity([line.pk for line in lines], without=without)
    return {line.pk: max(line.quantity - planned.get(line.pk, ZERO) + line.returned_quantity, ZERO) for line in lines}
