"""What came, judged line by line: what is wrong with it, and which part of it was ours, becomes ours, is over or missing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core.actor import Actor
from inventory.models import Warehouse
from logistics.models import ReceiptLine, Shipment, ShipmentLine, ShipmentStatus
from parties.models import Company
from reference.units import spoken
from sourcing.flows import OPEN
from sourcing.models import PurchaseOrderLine
from sourcing.services.progress import lock_lines

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ReceiptLineInput:
    """What came of one order line, in stock units; of a shipment, the order line or the shipment line says which.

    ``received`` is what was counted at the door: accepted and rejected must make it up (None: it is their sum).
    ``short`` is what the shipment said and nobody found; what is merely not there yet stays open instead.
    """

    order_line_id: int | None
    accepted: Decimal
    rejected: Decimal = ZERO
    short: Decimal = ZERO
    received: Decimal | None = None
    shipment_line_id: int | None = None
    damaged: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptInput:
    """``number`` only when history is imported."""

    warehouse_id: int
    received_date: date
    lines: Sequence[ReceiptLineInput] = field(default_factory=tuple)
    shipment_id: int | None = None
    delivery_note: str = ""
    remarks: str = ""
    number: str = ""


class Known:
    """What a set of receipts names, locked in one order (shipments, their lines, order lines), each fetched once."""

    def __init__(self, actor: Actor, receipts: Sequence[ReceiptInput]):
        shipments = {r.shipment_id for r in receipts if r.shipment_id}
        self.shipments: dict[int, Shipment] = {}
        self.shipment_lines: dict[int, ShipmentLine] = {}
        if shipments:
            found = Shipment.objects.visible_to(actor).filter(pk__in=shipments).order_by("pk")
            self.shipments = {s.pk: s for s in found.select_for_update(of=("self",))}
            lines = ShipmentLine.objects.filter(shipment_id__in=self.shipments).order_by("pk")
            self.shipment_lines = {line.pk: line for line in lines.select_for_update(of=("self",))}
        self.by_order_line: dict[tuple[int, int | None], ShipmentLine] = {
            (line.shipment_id, line.order_line_id): line for line in self.shipment_lines.values()
        }
        named = {line.order_line_id for r in receipts for line in r.lines if line.order_line_id}
        named |= {
            self.shipment_lines[line.shipment_line_id].order_line_id
            for r in receipts
            for line in r.lines
            if line.shipment_line_id in self.shipment_lines
        }
        self.lines = {line.pk: line for line in lock_lines(named) if line.company_id == actor.company_id}
        wanted = {r.warehouse_id for r in receipts}
        self.warehouses = Warehouse.objects.visible_to(actor).filter(active=True).in_bulk(wanted)
        self.company = Company.objects.filter(pk=actor.company_id)[0]
        self.came: dict[int, Decimal] = defaultdict(Decimal)  # of each order line, within this call


@dataclass(slots=True)
class Row:
    """One line being received, and what it comes to."""

    index: int
    input: ReceiptLineInput
    line: PurchaseOrderLine
    shipped: ShipmentLine | None
    day: date
    taken: Decimal = ZERO  # of what was ours in transit, by what came
    missing: Decimal = ZERO  # of it, by what is missing
    owned: Decimal = ZERO  # becomes ours now
    over: Decimal = ZERO
    taken_cost: Decimal = ZERO
    missing_cost: Decimal = ZERO
    owned_cost: Decimal = ZERO
    over_cost: Decimal = ZERO
    document: ReceiptLine | None = None
    left: Decimal = ZERO  # newly counted as shipped

    @property
    def quantity(self) -> Decimal:
        return self.input.accepted + self.input.rejected

    @property
    def goods_cost(self) -> Decimal:
        return self.taken_cost + self.owned_cost + self.over_cost


def judge(
    index: int, receipt: ReceiptInput, known: Known, at: str, today: date | None, errors: list[dict]
) -> list[Row]:
    """The rows of one receipt; what is wrong with it goes to ``errors``."""

    def wrong(pointer: str, sentence: str) -> None:
        errors.append({"pointer": f"{at}/{pointer}", "detail": sentence})

    if receipt.warehouse_id not in known.warehouses:
        wrong("warehouse", _("There is no such warehouse."))
    if today is not None and receipt.received_date > today:
        wrong("received_date", _("Goods cannot be received on a day that has not come."))
    shipment = known.shipments.get(receipt.shipment_id) if receipt.shipment_id else None
    if receipt.shipment_id and shipment is None:
        wrong("shipment", _("There is no such shipment."))
        return []
    if shipment is not None and shipment.status == ShipmentStatus.CANCELLED:
        wrong("shipment", _("%(shipment)s is cancelled.") % {"shipment": shipment})
    if not receipt.lines:
        wrong("lines", _("A receipt needs at least one line."))
    rows = []
    for number, one in enumerate(receipt.lines):
        row = _row(index, receipt, one, known)
        if row is None:
            wrong(f"lines/{number}/order_line", _("There is no such line to receive."))
            continue
        fault = _fault(row, known, shipment)
        if fault:
            wrong(f"lines/{number}/{fault[0]}", fault[1])
            continue
        _split(row)
        rows.append(row)
    return rows


def _row(index: int, receipt: ReceiptInput, one: ReceiptLineInput, known: Known) -> Row | None:
    shipped = None
    if one.shipment_line_id is not None:
        shipped = known.shipment_lines.get(one.shipment_line_id)
        if shipped is None or shipped.shipment_id != receipt.shipment_id:
            return None
        if one.order_line_id not in (None, shipped.order_line_id):
            return None
    elif receipt.shipment_id:
        shipped = known.by_order_line.get((receipt.shipment_id, one.order_line_id))
        if shipped is None:
            return None
    line_id = shipped.order_line_id if shipped else one.order_line_id
    line = known.lines.get(line_id) if line_id else None
    return Row(index, one, line, shipped, receipt.received_date) if line is not None else None


def _fault(row: Row, known: Known, shipment: Shipment | None) -> tuple[str, str] | None:
    """The first thing wrong with a line: (field, sentence)."""
    one, line, order = row.input, row.line, row.line.order
    told = {"sku": line.sku, "order": order}
    if order.status not in OPEN:
        told["state"] = order.get_status_display().lower()
        return "order_line", _("%(order)s is %(state)s; only goods of an issued order are received.") % told
    if line.cancelled:
        return "order_line", _("%(sku)s of %(order)s was withdrawn from the order.") % told
    for name in ("accepted", "rejected", "short"):
        value = getattr(one, name)
        if value < 0:
            return name, _("The quantity cannot be negative.")
        if line.unit.whole and value != value.to_integral_value():
            return name, _("%(unit)s are counted in whole numbers.") % {"unit": line.unit}
    if not (row.quantity or one.short):
        return "accepted", _("Say what came, or that it is missing.")
    if one.received is not None and one.received != row.quantity:
        told |= {"received": spoken(one.received), "sum": spoken(row.quantity)}
        return "received", _("%(sku)s: %(received)s received, but accepted and rejected make %(sum)s.") % told
    if one.short:
        if row.shipped is None:
            return "short", _("Only what a shipment announced can be short; otherwise it stays open on the order.")
        missing = max(row.shipped.open_quantity - row.quantity, ZERO)
        if one.short > missing:
            told |= {"short": spoken(one.short), "missing": spoken(missing)}
            return "short", _(
                "%(sku)s: %(short)s short, but only %(missing)s of the shipment is not accounted for."
            ) % told
    known.came[line.pk] += row.quantity
    if line.quantity or not order.unit_price_order:
        percent = line.product.over_receipt_pct
        percent = known.company.over_receipt_pct if percent is None else percent
        most = line.quantity + line.quantity * percent / 100
        here = line.received_quantity - line.returned_quantity
        if here + known.came[line.pk] > most:
            told |= {
                "quantity": spoken(row.quantity),
                "open": spoken(max(most - here, ZERO)),
                "percent": spoken(percent),
            }
            known.came[line.pk] -= row.quantity
            return "accepted", _(
                "%(sku)s of %(order)s: %(quantity)s received, at most %(open)s may come (tolerance %(percent)s %%)."
            ) % told
    return None


def _split(row: Row) -> None:
    """This will say which part was ours in transit, becomes ours now, is over or missing; the shipment line follows."""
    shipped = row.shipped
    if shipped is None:
        row.owned = row.quantity
        return
    inside = min(row.quantity, shipped.open_quantity)
    row.over = row.quantity - inside
    in_transit = shipped.owned_quantity - shipped.taken_quantity
    row.taken = min(inside, in_transit)
    row.owned = inside - row.taken
    row.missing = min(row.input.short, in_transit - row.taken)
    shipped.received_quantity += row.quantity
    shipped.short_quantity += row.input.short
    shipped.owned_quantity += row.owned
    shipped.taken_quantity += row.taken + row.missing + row.owned
    row.left = shipped.quantity - shipped.shipped_quantity  # what is here has left: reported or not
    shipped.shipped_quantity = shipped.quantity
