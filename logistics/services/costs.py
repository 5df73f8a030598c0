"""What goods turned out to cost, once their invoices are known."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from core.actor import Actor
from core.bulk import update_rows
from logistics.models import ReceiptLine, ShipmentLine


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The goods of a receipt line, or of a shipment line those under way, cost ``amount`` more (base currency)."""

    amount: Decimal
    receipt_line_id: int | None = None
    shipment_line_id: int | None = None


@transaction.atomic
def adjust_goods_cost(*, actor: Actor, adjustments: Sequence[Adjustment]) -> None:
    """This will note what goods cost more or less than booked; who calls it posts it and announces the receipts.

    What a receipt took of a shipment line grows with it, so that what is still under way keeps its value.
    """
    received = {a.receipt_line_id: a.amount for a in adjustments if a.receipt_line_id}
    owned: dict[int, Decimal] = defaultdict(Decimal)
    taken: dict[int, Decimal] = defaultdict(Decimal)
    for one in adjustments:
        if one.shipment_line_id:
            owned[one.shipment_line_id] += one.amount
    if received:
        lines = list(ReceiptLine.objects.filter(pk__in=received).order_by("pk").select_for_update(of=("self",)))
        for line in lines:
            line.goods_cost += received[line.pk]
            if line.shipment_line_id:
                owned[line.shipment_line_id] += received[line.pk]
                taken[line.shipment_line_id] += received[line.pk]
        update_rows(lines, ["goods_cost"])
    if owned:
        shipped = list(ShipmentLine.objects.filter(pk__in=owned).order_by("pk").select_for_update(of=("self",)))
        for sailed in shipped:
            sailed.owned_cost += owned[sailed.pk]
            sailed.received_cost += taken[sailed.pk]
        update_rows(shipped, ["owned_cost", "received_cost"])
