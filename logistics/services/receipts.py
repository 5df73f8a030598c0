"""Goods are received: judged line by line, put into lots at what they cost us, and accounted for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.bulk import insert_rows, update_rows
from core.errors import RuleBroken
from core.models import Series
from core.money import share_of_rest
from core.outbox import News, announce_many
from inventory.models import Component, Lot, Warehouse
from inventory.services import LotInput, receive_lots
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from logistics import tracking
from logistics.events import RECEIPT_POSTED
from logistics.models import Receipt, ReceiptLine, Shipment, ShipmentLine, ShipmentStatus
from logistics.services.milestones import RECEIVE_TASK, with_receipts
from logistics.services.owning import Want, owned_draft, value_in_turn
from parties.models import Company
from reference.units import spoken
from sourcing.flows import OPEN
from sourcing.models import PurchaseOrderLine
from sourcing.services.progress import Progress, lock_lines, record_progress

ZERO = Decimal(0)
KIND, LINE_KIND = "logistics.receipt", "logistics.receiptline"
SHIPMENT_LINE_BALANCES = [  # what receiving changes of a shipment line
    "received_quantity",
    "short_quantity",
    "owned_date",
    "owned_quantity",
    "owned_cost",
    "taken_quantity",
    "received_cost",
    "shipped_quantity",
]


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


def post_receipt(*, actor: Actor, receipt: ReceiptInput, today: date | None = None) -> Receipt:
    """This will post one receipt; see ``post_receipts``. Error pointers start at the receipt: /lines/0/accepted."""
    return post_receipts(actor=actor, receipts=[receipt], today=today, pointer=lambda index: "")[0]


@transaction.atomic
def post_receipts(
    *, actor: Actor, receipts: Sequence[ReceiptInput], today: date | None = None, pointer=lambda index: f"/{index}"
) -> list[Receipt]:
    """This will receive goods into lots, all receipts or none, with a constant number of statements for each day.

    * Accepted goods become good lots, rejected ones rejected lots, at their share of what the goods cost us.
    * Goods whose risk had not passed yet (no shipment, no milestone) become ours with the receipt.
    * More than was shipped is ours too, within the product's tolerance (the company's where it says nothing) on the
    order.
    * What was ours and is missing becomes a claim: on carrier or insurer where the risk had passed before the
    voyage, on
      the supplier under the D rules.

    ``today``: a later day of receipt is refused. Raises RuleBroken with every wrong input named by JSON pointer,
    PeriodClosed or MissingRate when the ledger cannot take the goods.
    """
    actor.needs("logistics.add_receipt")
    known = _Known(actor, receipts)
    errors: list[dict] = []
    rows = [
        row
        for index, receipt in enumerate(receipts)
        for row in _judge(index, receipt, known, pointer(index), today, errors)
    ]
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)
    _cost(rows, receipts, known)
    documents = _write(actor, receipts, rows, known)
    _account(actor, documents, rows, known)
    _progress(actor, rows)
    _close_shipments(known)
    orders: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        orders[row.index].add(row.line.order_id)
    news = [
        News(
            document.pk,
            document.company_id,
            [
                *(("sourcing.purchaseorder", order) for order in sorted(orders[index])),
                *([("logistics.shipment", document.shipment_id)] if document.shipment_id else []),
            ],
        )
        for index, document in enumerate(documents)
    ]
    announce_many(RECEIPT_POSTED, KIND, news, actor=actor)
    return documents


class _Known:
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
class _Row:
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


def _judge(
    index: int, receipt: ReceiptInput, known: _Known, at: str, today: date | None, errors: list[dict]
) -> list[_Row]:
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


def _row(index: int, receipt: ReceiptInput, one: ReceiptLineInput, known: _Known) -> _Row | None:
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
    return _Row(index, one, line, shipped, receipt.received_date) if line is not None else None


def _fault(row: _Row, known: _Known, shipment: Shipment | None) -> tuple[str, str] | None:
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


def _split(row: _Row) -> None:
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


def _cost(rows: Sequence[_Row], receipts: Sequence[ReceiptInput], known: _Known) -> None:
    """This will value what becomes ours, and take what was ours in transit out of its pool, to the last cent."""
    base = known.company.base_currency_id
    wants, targets = [], []
    for row in rows:
        for name in ("owned", "over"):
            if quantity := getattr(row, name):
                wants.append(Want(row.day, row.line, quantity))
                targets.append((row, f"{name}_cost"))
    for (row, name), cost in zip(targets, value_in_turn(wants, base), strict=True):
        setattr(row, name, cost)
    by_line: dict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.shipped is not None:
            by_line[row.shipped.pk].append(row)
    pools: dict[int, list[Decimal]] = {}  # shipment line → what is ours of it in transit: quantity and cost
    for row in rows:
        if row.shipped is None:
            continue
        shipped = row.shipped
        if shipped.pk not in pools:
            gone = sum((r.taken + r.missing for r in by_line[shipped.pk]), ZERO)
            quantity = shipped.owned_quantity - shipped.taken_quantity + gone
            pools[shipped.pk] = [quantity, shipped.owned_cost - shipped.received_cost]
        pool = pools[shipped.pk]
        for quantity, name in ((row.taken, "taken_cost"), (row.missing, "missing_cost")):
            if quantity:
                cost = share_of_rest(pool[1], quantity, pool[0], base)
                pool[0], pool[1] = pool[0] - quantity, pool[1] - cost
                setattr(row, name, cost)
        shipped.owned_cost += row.owned_cost
        shipped.received_cost += row.taken_cost + row.missing_cost + row.owned_cost
        if shipped.owned_date is None and row.owned:
            shipped.owned_date = row.day


def _write(actor: Actor, receipts: Sequence[ReceiptInput], rows: Sequence[_Row], known: _Known) -> list[Receipt]:
    """This will write receipts, lines and lots."""
    numbers: dict[int, list[str]] = {}
    for year in sorted({r.received_date.year for r in receipts if not r.number}):
        count = sum(r.received_date.year == year for r in receipts if not r.number)
        numbers[year] = Series.take(company_id=actor.company_id, prefix="GR", year=year, count=count)[::-1]
    suppliers: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        suppliers[row.index].add(row.line.order.supplier_id)
    documents = insert_rows(
        [
            Receipt(
                company_id=actor.company_id,
                number=r.number or numbers[r.received_date.year].pop(),
                shipment_id=r.shipment_id,
                supplier_id=next(iter(suppliers[index])) if len(suppliers[index]) == 1 else None,
                warehouse_id=r.warehouse_id,
                received_date=r.received_date,
                delivery_note=r.delivery_note.strip(),
                remarks=r.remarks.strip(),
                created_by=actor.name,
            )
            for index, r in enumerate(receipts)
        ]
    )
    for row in rows:
        row.document = ReceiptLine(
            company_id=actor.company_id,
            receipt=documents[row.index],
            order_line=row.line,
            shipment_line=row.shipped,
            accepted_quantity=row.input.accepted,
            rejected_quantity=row.input.rejected,
            short_quantity=row.input.short,
            damaged=row.input.damaged,
            reason=row.input.reason.strip(),
            goods_cost=row.goods_cost,
            taken_quantity=row.taken + row.missing,
            short_cost=row.missing_cost,
            owned_quantity=row.owned,
            owned_cost=row.owned_cost,
            over_quantity=row.over,
            over_cost=row.over_cost,
        )
    lines = insert_rows([row.document for row in rows if row.document])
    inputs, targets = [], []
    for row, line in zip(rows, lines, strict=True):
        good = _good_cost(row, known.company.base_currency_id)
        for quantity, cost, quality, name in (
            (row.input.accepted, good, Lot.Quality.OK, "lot"),
            (row.input.rejected, row.goods_cost - good, Lot.Quality.REJECTED, "rejected_lot"),
        ):
            if quantity:
                inputs.append(
                    LotInput(
                        product_id=row.line.product_id,
                        warehouse_id=receipts[row.index].warehouse_id,
                        quantity=quantity,
                        day=row.day,
                        supplier_id=row.line.order.supplier_id,
                        source_kind=LINE_KIND,
                        source_id=line.pk,
                        layers=[(Component.GOODS, cost, False)],
                        quality=quality,
                        document=(KIND, line.receipt_id),
                    )
                )
                targets.append((line, name))
    lots = receive_lots(actor=actor, receipts=inputs, currency=known.company.base_currency_id)
    for (line, name), lot in zip(targets, lots, strict=True):
        setattr(line, name, lot)
    update_rows([line for line in lines if line.lot_id or line.rejected_lot_id], ["lot", "rejected_lot"])
    touched = {row.shipped.pk: row.shipped for row in rows if row.shipped is not None}
    update_rows(
        touched.values(),
        SHIPMENT_LINE_BALANCES)  # fmt: skip
    return documents


def _good_cost(row: _Row, currency: str) -> Decimal:
    if not row.quantity:
        return ZERO
    return share_of_rest(row.goods_cost, row.input.accepted, row.quantity, currency)


def _account(actor: Actor, documents: Sequence[Receipt], rows: Sequence[_Row], known: _Known) -> None:
    """This will post what became ours, what is over, and what is missing."""
    base = known.company.base_currency_id
    owned: dict[tuple[int, int], list] = defaultdict(list)
    over: dict[tuple[int, int], list] = defaultdict(list)
    missing: dict[tuple[int, int | None, bool], list[_Row]] = defaultdict(list)
    for row in rows:
        key = (row.index, row.line.order_id)
        if row.owned:
            owned[key].append((row.line, row.owned, row.owned_cost))
        if row.over:
            over[key].append((row.line, row.over, row.over_cost))
        if row.missing_cost:
            carrier = tracking.carrier_bears(row.line.order.incoterm)
            forwarder = known.shipments[row.shipped.shipment_id].forwarder_id if row.shipped else None
            missing[row.index, forwarder if carrier else row.line.order.supplier_id, carrier].append(row)
    drafts = [
        owned_draft(documents[index], day=documents[index].received_date, lines=parts, purpose=purpose)
        for groups, purpose in ((owned, Purpose.GOODS_OWNED), (over, Purpose.GOODS_ADJUSTED))
        for (index, _order), parts in groups.items()
    ]
    for (index, party, carrier), lost in missing.items():
        cost = sum((row.missing_cost for row in lost), ZERO)
        drafts.append(
            Draft(
                day=lost[0].day,
                purpose=Purpose.GOODS_ADJUSTED,
                source=documents[index],
                party_id=party,
                memo=_("Short: claim on carrier or insurer") if carrier else _("Short: claim on the supplier"),
                about=[("sourcing.purchaseorder", pk) for pk in sorted({row.line.order_id for row in lost})],
                lines=[Line(Account.CLAIMS, cost, base, cost), Line(Account.INVENTORY, -cost, base, -cost)],
            )
        )
    post_many(actor=actor, company_id=known.company.pk, drafts=drafts)


def _progress(actor: Actor, rows: Sequence[_Row]) -> None:
    totals: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        total = totals[row.line.pk]
        total["received"] += row.quantity
        total["rejected"] += row.input.rejected
        total["shipped"] += row.left if row.shipped is not None else row.quantity
        total["grni"] += row.owned + row.over
        total["grni_base"] += row.owned_cost + row.over_cost
    record_progress(actor=actor, changes={pk: Progress(**total) for pk, total in totals.items()})


def _close_shipments(known: _Known) -> None:
    """This will move on the shipments of which something came; the last of it closes them."""
    lines: dict[int, list[ShipmentLine]] = defaultdict(list)
    for line in known.shipment_lines.values():
        lines[line.shipment_id].append(line)
    for shipment in known.shipments.values():
        shipment.status = with_receipts(shipment.status, lines[shipment.pk])
        shipment.bump()
    received = [s for s in known.shipments.values() if s.status == ShipmentStatus.RECEIVED]
    work.finish_tasks_of(received, RECEIVE_TASK, "logistics.eta_slipped")
    update_rows(known.shipments.values(), ["status", "version"])
