"""Goods invoices enter the books: matched, valued, their deposit consumed, their price carried by the goods.

Dr goods owned and not invoiced at the goods' own rate, Cr payables at the invoice's rate (the part a deposit covers at
the deposit's: IFRIC 22), the difference to exchange differences. A price other than ordered moves the cost of the goods
to the average billed price, on hand and sold alike; of goods not ours yet the invoice waits below zero for them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import NotAllowed, NotVisible, RuleBroken, TransitionRefused
from core.money import EXACT, round_amount
from core.outbox import EventName, News, announce_many, kind_of
from finance import events
from finance.flows import SUPPLIER_INVOICE, InvoiceStatus
from finance.models import InvoiceKind, SupplierInvoice, SupplierInvoiceLine
from finance.selectors.instalments import due_dates
from finance.selectors.match import LineMatch, goods_of, match_invoice_lines
from finance.services.common import ZERO, Faults, Rates, base_currency, part_of
from finance.services.goods_cost import Moved, carry_costs
from finance.services.holds import sync_holds
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from sourcing.flows import OrderStatus
from sourcing.models import PurchaseOrder, PurchaseOrderLine
from sourcing.services.deposits import Deposit, lock_orders, record_deposits
from sourcing.services.progress import Progress, lock_lines, record_progress

ORDER = "sourcing.purchaseorder"


@dataclass(slots=True)
class Bill:
    """A part of an invoice that enters the books: of each of its lines, so much quantity and so much money."""

    invoice: SupplierInvoice
    lines: list[tuple[SupplierInvoiceLine, Decimal, Decimal]] = field(default_factory=list)

    @property
    def amount(self) -> Decimal:
        return sum((amount for _line, _quantity, amount in self.lines), ZERO)


def post_supplier_invoice(
    *, actor: Actor, invoice_id: int, day: date | None = None, version: int | None = None
) -> SupplierInvoice:
    """This will match and post one draft; see ``post_supplier_invoices``."""
    if version is not None:
        lock(SupplierInvoice.objects.visible_to(actor), invoice_id, version=version)
    return post_supplier_invoices(actor=actor, invoice_ids=[invoice_id], day=day)[0]


@transaction.atomic
def post_supplier_invoices(
    *, actor: Actor, invoice_ids: Sequence[int], day: date | None = None
) -> list[SupplierInvoice]:
    """This will post drafts that match within tolerance, all or none; on ``day``, else each on its own date.

    Raises RuleBroken naming every line that is invoiced beyond order or goods (then post the undisputed part instead),
    MissingRate, PeriodClosed.
    """
    invoices, lines, orders = _locked(actor, invoice_ids)
    matches = match_invoice_lines(lines, company_id=actor.company_id)
    faults = Faults()
    position = {pk: n for n, pk in enumerate(invoice_ids)}
    counted: dict[int, int] = defaultdict(int)
    for invoice in invoices:
        SUPPLIER_INVOICE.take(invoice, "post", actor)
    for line in lines:
        at = "" if len(invoices) == 1 else f"/{position[line.invoice_id]}"
        for reason in matches[line.pk].reasons:
            faults.add(f"{at}/lines/{counted[line.invoice_id]}", reason)
        counted[line.invoice_id] += 1
    faults.refuse()
    bills = _bills(invoices, lines, matches)
    _post(actor, bills, orders, day=day, event=events.INVOICE_POSTED)
    return invoices


@transaction.atomic
def dispute_supplier_invoice(
    *, actor: Actor, invoice_id: int, reason: str, day: date | None = None, version: int | None = None
) -> SupplierInvoice:
    """This will post what of a draft matches, payable at once, and hold the rest as disputed until it is settled (F10).

    Raises RuleBroken when everything matches: then there is nothing to dispute.
    """
    lock(SupplierInvoice.objects.visible_to(actor), invoice_id, version=version)
    (invoice,), lines, orders = _locked(actor, [invoice_id])
    SUPPLIER_INVOICE.take(invoice, "dispute", actor)
    matches = match_invoice_lines(lines, company_id=actor.company_id)
    if not any(match.reasons for match in matches.values()):
        raise RuleBroken(_("%(invoice)s matches order and goods; post it.") % {"invoice": invoice})
    invoice.dispute_reason = reason.strip() or " ".join(r for m in matches.values() for r in m.reasons)[:300]
    _post(actor, _bills([invoice], lines, matches), orders, day=day, event=events.INVOICE_DISPUTED)
    return invoice


@transaction.atomic
def settle_dispute(
    *, actor: Actor, invoice_id: int, accept: bool, day: date, version: int | None = None
) -> SupplierInvoice:
    """This will end a dispute: ``accept`` posts the disputed part after all (never by who posted the rest), otherwise
    the supplier gives it up and it is no longer owed.
    """
    lock(SupplierInvoice.objects.visible_to(actor), invoice_id, version=version)
    (invoice,), lines, orders = _locked(actor, [invoice_id])
    SUPPLIER_INVOICE.take(invoice, "settle", actor)
    if accept:
        actor.needs("finance.accept_difference")
        if actor.is_who(invoice.created_by_id, invoice.created_by):
            raise NotAllowed(
                _("You recorded %(invoice)s yourself; somebody else must accept it.") % {"invoice": invoice}
            )
        bill = Bill(invoice, [(n, n.quantity - n.accepted_quantity, n.amount - n.accepted_amount) for n in lines])
        bill.lines = [part for part in bill.lines if part[1] or part[2]]
        _post(actor, [bill], orders, day=day, event=events.INVOICE_SETTLED)
        return invoice
    _clear_short(actor, invoice, lines, day)
    invoice.credited_amount += invoice.disputed_amount
    invoice.disputed_amount = ZERO
    invoice.bump()
    invoice.save()
    about = sorted({(ORDER, order.pk) for order in orders.values()})
    announce_many(events.INVOICE_SETTLED, kind_of(invoice), [News(invoice.pk, invoice.company_id, about)], actor=actor)
    return invoice


def _clear_short(actor: Actor, invoice: SupplierInvoice, lines: Sequence[SupplierInvoiceLine], day: date) -> None:
    """Goods found short were booked as a claim; when the supplier does not bill them the claim is settled."""
    there = goods_of([line.order_line for line in lines])
    changes, total = {}, ZERO
    for line in lines:
        order_line, goods = line.order_line, there[line.order_line_id]
        short = max(goods.arrived - goods.received, ZERO)
        quantity = min(line.quantity - line.accepted_quantity, max(order_line.grni_quantity, ZERO), short)
        if quantity > 0:
            part = part_of(order_line.grni_base, quantity, order_line.grni_quantity, base_currency(invoice.company_id))
            changes[order_line.pk] = Progress(grni=-quantity, grni_base=-part)
            total += part
    if not total:
        return
    record_progress(actor=actor, changes=changes)
    base = base_currency(invoice.company_id)
    lines_of_entry = [Line(Account.GRNI, total, base, total), Line(Account.CLAIMS, -total, base, -total)]
    draft = Draft(
        day=day, purpose=Purpose.SUPPLIER_INVOICE, source=invoice, party_id=invoice.supplier_id, lines=lines_of_entry
    )
    post_many(actor=actor, company_id=invoice.company_id, drafts=[draft])


def _locked(
    actor: Actor, invoice_ids: Sequence[int]
) -> tuple[list[SupplierInvoice], list[SupplierInvoiceLine], dict[int, PurchaseOrder]]:
    """Invoices, their lines with locked order lines, and the locked orders: header before lines, rows in key order."""
    wanted = set(invoice_ids)
    rows = SupplierInvoice.objects.visible_to(actor).filter(pk__in=wanted).order_by("pk")
    invoices = list(rows.select_for_update(of=("self",)))
    if len(invoices) != len(wanted):
        raise NotVisible()
    for invoice in invoices:
        if invoice.kind != InvoiceKind.GOODS:
            raise TransitionRefused(_("%(invoice)s bills charges; it was posted when recorded.") % {"invoice": invoice})
    lines = list(SupplierInvoiceLine.objects.filter(invoice_id__in=wanted).order_by("invoice_id", "pk"))
    ids = {line.order_line_id for line in lines}
    order_ids = PurchaseOrderLine.objects.filter(pk__in=ids).values_list("order_id", flat=True)
    orders = {order.pk: order for order in lock_orders(set(order_ids))}
    order_lines = {line.pk: line for line in lock_lines(ids)}
    by_id = {invoice.pk: invoice for invoice in invoices}
    for order_line in order_lines.values():
        order_line.order = orders[order_line.order_id]
    for line in lines:
        line.order_line, line.invoice = order_lines[line.order_line_id], by_id[line.invoice_id]
    return invoices, lines, orders


def _bills(
    invoices: Sequence[SupplierInvoice], lines: Sequence[SupplierInvoiceLine], matches: Mapping[int, LineMatch]
) -> list[Bill]:
    bills = {invoice.pk: Bill(invoice) for invoice in invoices}
    for line in lines:
        match = matches[line.pk]
        bills[line.invoice_id].lines.append((line, match.accepted_quantity, match.accepted_amount))
    for bill in bills.values():
        if bill.amount <= 0:
            raise RuleBroken(
                _("Nothing of %(invoice)s matches: there is no undisputed part to post.") % {"invoice": bill.invoice}
            )
    return list(bills.values())


class _Goods:
    """What an order line's goods cost so far, at ordered prices and the goods' own rates (see ``cost``)."""

    def __init__(self, lines: Sequence[PurchaseOrderLine]):
        sums = (
            SupplierInvoiceLine.objects.filter(order_line__in=lines, invoice__status__in=InvoiceStatus.payable())
            .order_by()
            .values_list("order_line_id")
            .annotate(taken=Sum("grni_base"), moved=Sum("price_base"))
        )
        taken = {pk: (taken, moved) for pk, taken, moved in sums}
        self.moved = {line.pk: taken.get(line.pk, (ZERO, ZERO))[1] for line in lines}
        self.cost = {
            line.pk: line.grni_base + taken.get(line.pk, (ZERO, ZERO))[0] - self.moved[line.pk] for line in lines
        }


def _post(
    actor: Actor, bills: Sequence[Bill], orders: Mapping[int, PurchaseOrder], *, day: date | None, event: EventName
) -> None:
    """This will value the bills in order, write what they change, and post one entry for each."""
    base = base_currency(actor.company_id)
    for bill in bills:
        bill.invoice.posted_date = day or bill.invoice.posted_date or bill.invoice.invoice_date
    rates = Rates(base, {(b.invoice.currency_id, day or b.invoice.posted_date) for b in bills})
    order_lines = {line.order_line_id: line.order_line for bill in bills for line, _q, _a in bill.lines}
    goods = _Goods(list(order_lines.values()))
    progress: dict[int, Progress] = {}
    deposits: dict[int, Deposit] = {}
    moved: list[Moved] = []
    drafts: list[Draft] = []
    news: list[News] = []
    for bill in bills:
        invoice, on = bill.invoice, day or bill.invoice.posted_date
        covered = _consume_deposits(bill, orders, deposits, base)
        advance = sum((amount for amount, _base in covered.values()), ZERO)
        advance_base = sum((amount for _amount, amount in covered.values()), ZERO)
        payable_base = advance_base + rates.convert(bill.amount - advance, invoice.currency_id, on)
        rate = rates.found[invoice.currency_id, base, on]
        cleared = ZERO
        own: list[Moved] = []
        blend = EXACT.divide(payable_base, bill.amount)
        for line, quantity, amount in bill.lines:
            order_line = line.order_line
            taken, change = _value_line(order_line, goods, quantity, amount, blend, rate.value, base)
            line.grni_base += taken
            line.price_base += change
            line.accepted_quantity += quantity
            line.accepted_amount += amount
            cleared += taken
            order_line.grni_quantity -= quantity
            order_line.grni_base += change - taken
            order_line.billed_quantity += quantity
            order_line.billed_amount += amount
            before = progress.get(order_line.pk, Progress())
            progress[order_line.pk] = Progress(
                billed=before.billed + quantity,
                billed_amount=before.billed_amount + amount,
                grni=before.grni - quantity,
                grni_base=before.grni_base + change - taken,
            )
            if change:
                own.append(Moved(order_line.pk, change, line.pk, len(drafts), on))
        moved += own
        drafts.append(_entry(invoice, bill, on, cleared, payable_base, advance, advance_base, base, orders))
        invoice.exchange_rate = round(rate.value, 10)
        invoice.base_amount = (invoice.base_amount or ZERO) + payable_base
        invoice.advance_amount += advance
        invoice.advance_base += advance_base
        invoice.disputed_amount = invoice.amount - sum((n.accepted_amount for n, _q, _a in bill.lines), ZERO)
        if invoice.status == InvoiceStatus.POSTED:
            invoice.disputed_amount = ZERO
        invoice.bump()
    splits = carry_costs(actor=actor, moved=moved, source_kind=kind_of(SupplierInvoiceLine))
    receipts: dict[int, set] = defaultdict(set)
    for move, split in zip(moved, splits, strict=True):
        drafts[move.draft] = _with_split(drafts[move.draft], split, move.amount, base)
        receipts[move.draft] |= split.about
    _save(bills)
    # the order lines in memory already carry what the database is now told once
    record_progress(actor=actor, changes=progress)
    if deposits:
        record_deposits(actor=actor, deposits=deposits)
    for n, (bill, due) in enumerate(zip(bills, due_dates([b.invoice for b in bills]), strict=True)):
        bill.invoice.due_date = bill.invoice.due_date or due
        news.append(News(bill.invoice.pk, actor.company_id, sorted({*_about(bill), *receipts[n]})))
    update_rows([b.invoice for b in bills], ["due_date"])
    post_many(actor=actor, company_id=actor.company_id, drafts=drafts)
    sync_holds(actor=actor, order_ids=orders)
    announce_many(event, kind_of(SupplierInvoice), news, actor=actor)


def _value_line(
    line: PurchaseOrderLine, goods: _Goods, quantity: Decimal, amount: Decimal, blend: Decimal, rate: Decimal, base: str
) -> tuple[Decimal, Decimal]:
    """What an invoice takes off "goods owned, not invoiced", and what its price moves the goods' cost by (base currency).

    ``blend`` is the invoice's own rate, deposit included: goods not ours yet will cost what they were billed for.
    """
    waiting = max(line.grni_quantity, ZERO)  # ours and not invoiced
    owned = line.grni_quantity + line.billed_quantity
    if owned <= 0 or (quantity and not waiting):  # none of it is ours yet
        return round_amount(amount * blend, base), ZERO
    cost = goods.cost[line.pk]
    ours = min(quantity, waiting)
    amount_ours = amount if ours == quantity else EXACT.divide(amount * ours, quantity)
    valued = bool(cost and line.unit_price)
    goods_rate = rate
    if waiting and line.grni_base and line.unit_price:  # what waits stands at the average price billed so far
        repriced = goods.moved[line.pk] and line.billed_quantity
        at = EXACT.divide(line.billed_amount, line.billed_quantity) if repriced else line.unit_price
        goods_rate = EXACT.divide(line.grni_base, waiting * at) if at else rate
    elif valued:
        goods_rate = EXACT.divide(cost, owned * line.unit_price)
    taken = round_amount(amount_ours * goods_rate, base)
    if ours == waiting:  # everything of ours is invoiced now: nothing may be left over
        change = taken - (line.grni_base if waiting else ZERO)
    else:
        average = EXACT.divide(line.billed_amount + amount, line.billed_quantity + quantity)
        value = cost * average / line.unit_price if valued else average * owned * goods_rate
        change = round_amount(value, base) - cost - goods.moved[line.pk]
    goods.moved[line.pk] += change
    return taken + round_amount((amount - amount_ours) * blend, base), change


def _consume_deposits(
    bill: Bill, orders: Mapping[int, PurchaseOrder], deposits: dict[int, Deposit], base: str
) -> dict[int, tuple[Decimal, Decimal]]:
    """What of each order's deposit this bill consumes: pro rata to the order's value; the last one takes the remainder."""
    billed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    done: dict[int, bool] = {}
    for line, quantity, amount in bill.lines:
        order_line = line.order_line
        billed[order_line.order_id] += amount
        all_billed = order_line.billed_quantity + quantity >= _expected(order_line, orders[order_line.order_id])
        done[order_line.order_id] = done.get(order_line.order_id, True) and all_billed
    covered = {}
    for order_id, amount in billed.items():
        order = orders[order_id]
        left = order.deposit_paid - order.deposit_used
        if not left:
            continue
        last = done[order_id] and _nothing_else_open(order, bill)
        part = (
            left
            if last
            else round_amount(EXACT.divide(order.deposit_paid * amount, order.total), bill.invoice.currency_id)
        )
        part = min(part, left, amount)
        part_base = part_of(order.deposit_paid_base - order.deposit_used_base, part, left, base)
        order.deposit_used += part
        order.deposit_used_base += part_base
        before = deposits.get(order_id, Deposit())
        deposits[order_id] = Deposit(used=before.used + part, used_base=before.used_base + part_base)
        covered[order_id] = (part, part_base)
    return covered


def _nothing_else_open(order: PurchaseOrder, bill: Bill) -> bool:
    """Whether the lines of the order that this bill does not name are fully billed."""
    named = {line.order_line_id for line, _q, _a in bill.lines}
    rest = PurchaseOrderLine.objects.filter(order=order, cancelled=False).exclude(pk__in=named)
    return not any(line.billed_quantity < _expected(line, order) for line in rest)


def _expected(line: PurchaseOrderLine, order: PurchaseOrder) -> Decimal:
    """What will be billed of an order line in all: of an order closed short, only what has left or come."""
    if order.status != OrderStatus.CLOSED:
        return line.quantity
    return min(line.quantity, line.kept_quantity)


def _entry(
    invoice: SupplierInvoice, bill: Bill, on: date, cleared: Decimal, payable: Decimal, advance: Decimal,
    advance_base: Decimal, base: str, orders: Mapping[int, PurchaseOrder],
) -> Draft:  # fmt: skip
    currency, amount = invoice.currency_id, bill.amount
    return Draft(
        day=on,
        purpose=Purpose.SUPPLIER_INVOICE,
        source=invoice,
        party_id=invoice.supplier_id,
        memo=invoice.supplier_number[:200],
        lines=[
            Line(Account.GRNI, cleared, currency, amount),
            Line(Account.PAYABLES, -payable, currency, -amount),
            Line(Account.FX_DIFFERENCE, payable - cleared, base, payable - cleared),
            Line(Account.PAYABLES, advance_base, currency, advance),
            Line(Account.SUPPLIER_ADVANCES, -advance_base, currency, -advance),
        ],
        about=sorted(_about(bill)),
    )


def _with_split(draft: Draft, split, amount: Decimal, base: str) -> Draft:
    """The entry with a change of the goods' cost: into stock, into what was sold or lost, against GRNI."""
    extra = [Line(account, part, base, part) for account, part in split.parts if part]
    return Draft(
        day=draft.day, purpose=draft.purpose, source=draft.source, party_id=draft.party_id, memo=draft.memo,
        lines=[*draft.lines, *extra, Line(Account.GRNI, -amount, base, -amount)], about=draft.about,
    )  # fmt: skip


def _about(bill: Bill) -> set[tuple[str, int]]:
    found = {(ORDER, line.order_line.order_id) for line, _q, _a in bill.lines}
    return found | ({("logistics.shipment", bill.invoice.shipment_id)} if bill.invoice.shipment_id else set())


def _save(bills: Sequence[Bill]) -> None:
    update_rows(
        [b.invoice for b in bills],
        [
            "status", "posted_date", "exchange_rate", "base_amount", "advance_amount", "advance_base", "disputed_amount",
            "dispute_reason", "version",
        ])  # fmt: skip
    update_rows(
        [line for bill in bills for line, _q, _a in bill.lines],
        ["accepted_quantity", "accepted_amount", "grni_base", "price_base"],
    )
