"""A changed price follows the goods: into the lots they became, into what is still under way, and into what was sold."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.actor import Actor
from core.money import allocate
from finance.services.common import ZERO, base_currency
from inventory.models import Component
from inventory.services import LotCost, add_costs
from ledger.models import Account
from logistics.models import ReceiptLine, ShipmentLine
from logistics.services.costs import Adjustment, adjust_goods_cost


@dataclass(frozen=True, slots=True)
class Moved:
    """The goods of an order line cost ``amount`` more (base currency), because of ``source_id``, posted by ``draft``."""

    order_line_id: int
    amount: Decimal
    source_id: int
    draft: int
    day: date


@dataclass(slots=True)
class Split:
    """Where it went: inventory (lots and goods under way), cost of goods sold, losses; and the receipts it concerns."""

    stock: Decimal = ZERO
    sold: Decimal = ZERO
    lost: Decimal = ZERO
    about: set[tuple[str, int]] = field(default_factory=set)

    @property
    def parts(self) -> tuple[tuple[Account, Decimal], ...]:
        return (Account.INVENTORY, self.stock), (Account.COGS, self.sold), (Account.SCRAP, self.lost)


def carry_costs(*, actor: Actor, moved: Sequence[Moved], source_kind: str) -> list[Split]:
    """This will spread each amount over the order line's goods by quantity, and return where it went, in order.

    Receipt lines keep what their goods cost, shipment lines what is still under way; lots and what left them follow.
    """
    if not moved:
        return []
    base = base_currency(actor.company_id)
    lines: dict[int, list[tuple[Decimal, ReceiptLine | ShipmentLine]]] = defaultdict(list)
    ids = {m.order_line_id for m in moved}
    for receipt_line in ReceiptLine.objects.filter(order_line_id__in=ids, receipt__cancelled_at=None).order_by("pk"):
        quantity = receipt_line.accepted_quantity + receipt_line.rejected_quantity
        lines[receipt_line.order_line_id].append((quantity, receipt_line))
    for sailed in ShipmentLine.objects.filter(order_line_id__in=ids, owned_date__isnull=False).order_by("pk"):
        under_way = sailed.owned_quantity - sailed.taken_quantity
        lines[sailed.order_line_id].append((max(under_way, ZERO), sailed))
    splits = [Split() for _ in moved]
    costs: dict[date, list[tuple[LotCost, int]]] = defaultdict(list)
    received: dict[int, Decimal] = defaultdict(lambda: ZERO)
    on_the_way: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for n, change in enumerate(moved):
        own = [(quantity, line) for quantity, line in lines[change.order_line_id] if quantity]
        if not own:
            splits[n].sold += change.amount
            continue
        parts = allocate(change.amount, [quantity for quantity, _line in own], base)
        for (_quantity, line), part in zip(own, parts, strict=True):
            if isinstance(line, ShipmentLine):
                on_the_way[line.pk] += part
                splits[n].stock += part
                continue
            received[line.pk] += part
            splits[n].about.add(("logistics.receipt", line.receipt_id))
            lots = [(line.lot_id, line.accepted_quantity), (line.rejected_lot_id, line.rejected_quantity)]
            lots = [(lot, there) for lot, there in lots if lot and there]
            for (lot, _there), piece in zip(lots, allocate(part, [there for _lot, there in lots], base), strict=True):
                cost = LotCost(lot, Component.GOODS, piece, source_kind, change.source_id)
                costs[change.day].append((cost, n))
    for day, pairs in sorted(costs.items()):
        for (_cost, n), split in zip(pairs, add_costs(actor=actor, costs=[c for c, _n in pairs], day=day), strict=True):
            splits[n].stock += split.stock_amount
            splits[n].sold += split.cogs_amount
            splits[n].lost += split.loss_amount
    adjust_goods_cost(
        actor=actor,
        adjustments=[
            *(Adjustment(receipt_line_id=pk, amount=amount) for pk, amount in received.items() if amount),
            *(Adjustment(shipment_line_id=pk, amount=amount) for pk, amount in on_the_way.items() if amount),
        ],
    )
    return splits
