"""A charge and the lines it belongs to: which line carries how much of it, in minor units that always add up.

A charge of a shipment is shared over the shipment's lines by its basis; what a line carries goes to the goods as they
arrive, pro rata to the shipped quantity, the last receipt of a line taking the rest. Pure arithmetic over rows already
read, besides ``load``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.models import Packaging
from core.errors import RuleBroken
from core.money import EXACT, allocate, round_amount
from finance.models import Charge, ChargeBasis
from logistics.models import DeliveryLine, ReceiptLine, ShipmentLine

ZERO = Decimal(0)
Key = tuple[int | None, int | None]  # receipt line, delivery line


@dataclass(slots=True)
class Landed:
    """Goods that arrived (or left): the line that carries the cost."""

    key: Key
    quantity: Decimal
    document_id: int  # the receipt or delivery
    lot_id: int | None = None
    day: date | None = None


@dataclass(slots=True)
class Unit:
    """What a charge is shared over: a line of the shipment, receipt or delivery. None: the measure is not known."""

    line_id: int | None  # of the movement itself; None: goods it did not announce
    quantity: Decimal
    value: Decimal | None
    weight: Decimal | None = None
    volume: Decimal | None = None
    cartons: Decimal | None = None
    product_id: int | None = None
    landed: list[Landed] = field(default_factory=list)
    final: bool = True  # no more of it will arrive

    @property
    def void(self) -> bool:
        """Nothing of it arrived, nor will: it carries no cost."""
        return self.final and not any(one.quantity for one in self.landed)


class Movements:
    """The lines of shipments, receipts and deliveries, with their orders; a handful of queries for any number."""

    def __init__(self, charges: Iterable[Charge]):
        charges = list(charges)
        self.units: dict[tuple[str, int], list[Unit]] = defaultdict(list)
        self.orders: dict[tuple[str, int], set[int]] = defaultdict(set)  # purchase orders, or the customer's order
        self.receipts: dict[tuple[str, int], set[int]] = defaultdict(set)
        shipments = {c.shipment_id for c in charges if c.shipment_id}
        receipts = {c.receipt_id for c in charges if c.receipt_id}
        deliveries = {c.delivery_id for c in charges if c.delivery_id}
        lines = self._shipment_lines(shipments) if shipments else {}
        if shipments or receipts:
            self._receipt_lines(shipments, receipts, lines)
        if deliveries:
            self._delivery_lines(deliveries)
        if any(c.basis in (ChargeBasis.WEIGHT, ChargeBasis.VOLUME, ChargeBasis.CARTONS) for c in charges):
            self._complete_from_packaging()

    def of(self, charge: Charge) -> list[Unit]:
        """The lines that share the charge: all of the movement, or those that a direct charge names."""
        units = self.units[movement(charge)]
        return [unit for unit in units if str(unit.line_id) in charge.direct] if charge.direct else units

    def _shipment_lines(self, shipments: set[int]) -> dict[int, Unit]:
        rows = (
            ShipmentLine.objects.filter(shipment_id__in=shipments)
            .order_by("id")
            .values_list(
                "id", "shipment_id", "quantity", "cartons", "gross_weight_kg", "volume_m3", "owned_date", "owned_cost",
                "order_line__order_id", "order_line__unit_price", "order_line__order__exchange_rate",
                "order_line__product_id", "shipment__status",
            )
        )  # fmt: skip
        found = {}
        for pk, shipment, quantity, cartons, weight, volume, owned, cost, order, price, rate, product, status in rows:
            # before the goods are ours, their value is what the order says, at the order's own rate
            value = cost if owned else (None if rate is None else quantity * price * rate)
            closed = status in ("received", "cancelled")
            unit = Unit(
                pk,
                quantity,
                value,
                weight,
                volume,
                None if cartons is None else Decimal(cartons),
                product,
                final=closed,
            )
            found[pk] = unit
            self.units["shipment", shipment].append(unit)
            self.orders["shipment", shipment].add(order)
        return found

    def _receipt_lines(self, shipments: set[int], receipts: set[int], shipment_lines: dict[int, Unit]) -> None:
        base = ReceiptLine.objects.filter(receipt__cancelled_at=None)
        names = (
            "id", "receipt_id", "receipt__shipment_id", "receipt__received_date", "shipment_line_id", "accepted_quantity",
            "rejected_quantity", "short_quantity", "lot_id", "rejected_lot_id", "goods_cost", "order_line__order_id",
            "order_line__product_id",
        )  # fmt: skip
        wanted = base.filter(receipt__shipment_id__in=shipments) if shipments else base.none()
        if receipts:
            wanted = base.filter(receipt_id__in=receipts) | wanted
        arrived: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for row in wanted.order_by("receipt_id", "id").values_list(*names):
            (
                pk,
                receipt,
                shipment,
                day,
                shipment_line,
                accepted,
                rejected,
                short,
                lot,
                rejected_lot,
                cost,
                order,
                product,
            ) = row
            landed = Landed((pk, None), accepted + rejected, receipt, lot or rejected_lot, day)
            if receipt in receipts:
                key = ("receipt", receipt)
                self.units[key].append(Unit(pk, landed.quantity, cost, product_id=product, landed=[landed]))
                self.orders[key].add(order)
                self.receipts[key].add(receipt)
            if shipment not in shipments:
                continue
            key = ("shipment", shipment)
            self.receipts[key].add(receipt)
            self.orders[key].add(order)
            unit = shipment_lines.get(shipment_line)
            if unit is None:  # goods that the shipment did not announce
                self.units[key].append(Unit(None, landed.quantity, cost, product_id=product, landed=[landed]))
                continue
            unit.landed.append(landed)
            arrived[shipment_line] += landed.quantity + short
            unit.final = unit.final or arrived[shipment_line] >= unit.quantity

    def _delivery_lines(self, deliveries: set[int]) -> None:
        rows = (
            DeliveryLine.objects.filter(delivery_id__in=deliveries)
            .order_by("id")
            .values_list(
                "id",
                "delivery_id",
                "quantity",
                "order_line__unit_price",
                "order_line__order_id",
                "order_line__product_id",
            )
        )
        for pk, delivery, quantity, price, order, product in rows:
            key = ("delivery", delivery)
            landed = [Landed((None, pk), quantity, delivery)]
            self.units[key].append(Unit(pk, quantity, quantity * price, product_id=product, landed=landed))
            self.orders[key].add(order)

    def _complete_from_packaging(self) -> None:
        """Weights, volumes and cartons that nobody wrote down follow from the product's carton, pro rata."""
        missing = [
            unit
            for units in self.units.values()
            for unit in units
            if unit.weight is None or unit.volume is None or unit.cartons is None
        ]
        if not missing:
            return
        cartons = {
            packaging.product_id: packaging
            for packaging in Packaging.objects.filter(product_id__in={u.product_id for u in missing}, level="carton")
        }
        for unit in missing:
            carton = cartons.get(unit.product_id)
            if carton is None:
                continue
            boxes = EXACT.divide(unit.quantity, carton.units)
            unit.weight = boxes * carton.gross_weight_kg if unit.weight is None else unit.weight
            unit.volume = boxes * carton.volume_m3 if unit.volume is None else unit.volume
            unit.cartons = boxes if unit.cartons is None else unit.cartons


def movement(charge: Charge) -> tuple[str, int]:
    """The kind and id of what the charge belongs to."""
    if charge.shipment_id:
        return "shipment", charge.shipment_id
    return ("receipt", charge.receipt_id) if charge.receipt_id else ("delivery", charge.delivery_id)


def weigh(units: Sequence[Unit], charge: Charge) -> list[Decimal]:
    """The weights by which a charge is shared over ``units``. Raises RuleBroken when a line's measure is not known."""
    basis = charge.basis
    weights: list[Decimal | None]
    if basis == ChargeBasis.DIRECT:
        weights = [Decimal(charge.direct[str(unit.line_id)]) for unit in units]
        if not any(weights):  # nothing to share, and known to be nothing: freight that is in the price
            weights = [Decimal(1)] * len(units)
    elif basis == ChargeBasis.EQUAL:
        weights = [Decimal(1)] * len(units)
    else:
        weights = [getattr(unit, basis) for unit in units]
    unknown = sum(weight is None for weight in weights)
    if unknown:
        raise RuleBroken(
            _(
                "The charge cannot be shared %(basis)s: %(count)d of %(lines)d lines do not say theirs. Fill it in or choose another basis."
            )
            % {"basis": ChargeBasis(basis).label, "count": unknown, "lines": len(units)},
            field="basis",
        )
    return [ZERO if unit.void else weight for unit, weight in zip(units, weights, strict=True)]  # type: ignore[misc]


def share_out(total: Decimal, units: Sequence[Unit], weights: Sequence[Decimal], base: str) -> dict[Key, Decimal]:
    """What every line that has arrived carries of ``total`` (base currency). Raises RuleBroken when weights total zero."""
    shares: dict[Key, Decimal] = {}
    for unit, part in zip(units, allocate(total, weights, base), strict=True):
        arrived, given = ZERO, ZERO
        last = len(unit.landed) - 1
        for n, landed in enumerate(unit.landed):
            arrived += landed.quantity
            if (n == last and unit.final) or arrived >= unit.quantity:
                so_far = part
            else:
                so_far = round_amount(EXACT.divide(EXACT.multiply(part, arrived), unit.quantity), base)
            shares[landed.key] = so_far - given
            given = so_far
    return shares
