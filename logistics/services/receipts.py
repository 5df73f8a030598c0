"""Goods are received: judged line by line, put into lots at what they cost us, and accounted for."""

from collections import defaultdict
from collections.abc import Sequence
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
from inventory.models import Component, Lot
from inventory.services import LotInput, receive_lots
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from logistics import tracking
from logistics.events import RECEIPT_POSTED
from logistics.models import Receipt, ReceiptLine, ShipmentLine, ShipmentStatus
from logistics.services.milestones import RECEIVE_TASK, with_receipts
from logistics.services.owning import Want, owned_draft, value_in_turn
from logistics.services.receipt_judging import ZERO, Known, ReceiptInput, Row, judge
from sourcing.services.progress import Progress, record_progress

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
    * What was ours and is missing becomes a claim: on carrier or insurer where the risk had passed before the voyage, on
      the supplier under the D rules.

    ``today``: a later day of receipt is refused. Raises RuleBroken with every wrong input named by JSON pointer,
    PeriodClosed or MissingRate when the ledger cannot take the goods.
    """
    actor.needs("logistics.add_receipt")
    known = Known(actor, receipts)
    errors: list[dict] = []
    rows = [
        row
        for index, receipt in enumerate(receipts)
        for row in judge(index, receipt, known, pointer(index), today, errors)
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


def _cost(rows: Sequence[Row], receipts: Sequence[ReceiptInput], known: Known) -> None:
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
    by_line: dict[int, list[Row]] = defaultdict(list)
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


def _write(actor: Actor, receipts: Sequence[ReceiptInput], rows: Sequence[Row], known: Known) -> list[Receipt]:
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
    update_rows(touched.values(), SHIPMENT_LINE_BALANCES)
    return documents


def _good_cost(row: Row, currency: str) -> Decimal:
    if not row.quantity:
        return ZERO
    return share_of_rest(row.goods_cost, row.input.accepted, row.quantity, currency)


def _account(actor: Actor, documents: Sequence[Receipt], rows: Sequence[Row], known: Known) -> None:
    """This will post what became ours, what is over, and what is missing."""
    base = known.company.base_currency_id
    owned: dict[tuple[int, int], list] = defaultdict(list)
    over: dict[tuple[int, int], list] = defaultdict(list)
    missing: dict[tuple[int, int | None, bool], list[Row]] = defaultdict(list)
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


def _progress(actor: Actor, rows: Sequence[Row]) -> None:
    totals: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        total = totals[row.line.pk]
        total["received"] += row.quantity
        total["rejected"] += row.input.rejected
        total["shipped"] += row.left if row.shipped is not None else row.quantity
        total["grni"] += row.owned + row.over
        total["grni_base"] += row.owned_cost + row.over_cost
    record_progress(actor=actor, changes={pk: Progress(**total) for pk, total in totals.items()})


def _close_shipments(known: Known) -> None:
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
