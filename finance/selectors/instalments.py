"""When what is due, and what it waits for: instalments of a payment term, counted from events (decisions 12 and 13).

A deposit is due on the order; the balance follows its goods, invoice by invoice: invoice less deposit consumed, split
by the remaining instalments. *Before shipment* it is due once the inspection passed, and the goods may not be loaded
until it is paid; *against copy of the bill of lading* it is due when the goods have sailed and the copy is here.
"""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from core.money import allocate
from finance.models import InvoiceKind, SupplierInvoice, SupplierInvoiceLine
from logistics.models import ReceiptLine, ShipmentLine, TradeDocument
from parties.models import Anchor, Instalment
from quality.flows import RELEASING
from quality.models import InspectionKind, InspectionLine
from sourcing.models import PurchaseOrder

ZERO = Decimal(0)
BL_PAPERS = ("bill_of_lading", "air_waybill")


@dataclass(frozen=True, slots=True)
class Due:
    """One instalment of a document: how much, when, and until then what it waits for."""

    position: int
    anchor: str
    percent: Decimal
    amount: Decimal
    paid: Decimal
    due_date: date | None
    waiting: str = ""

    @property
    def open(self) -> Decimal:
        return self.amount - self.paid

    @property
    def label(self) -> str:
        return str(Anchor(self.anchor).label)


def count_from(start: date, days: int, end_of_month: bool) -> date:
    """``start`` plus calendar days, rolled to the end of that month where the term says so (F09)."""
    due = start + timedelta(days=days)
    return due.replace(day=calendar.monthrange(due.year, due.month)[1]) if end_of_month else due


def split_plan(total: Decimal, percents: Sequence[Decimal], currency: str) -> list[Decimal]:
    """An amount in instalments that add up to it (F01, F18: largest remainder in minor units)."""
    return allocate(total, percents, currency)


def terms_of(term_ids: Iterable[int | None]) -> dict[int, list[Instalment]]:
    """The instalments of these terms, in order. One query."""
    found: dict[int, list[Instalment]] = defaultdict(list)
    for one in Instalment.objects.filter(term_id__in={pk for pk in term_ids if pk}).order_by(
        "term_id", "position", "id"
    ):
        found[one.term_id].append(one)
    return found


def deposits_of(orders: Sequence[PurchaseOrder]) -> dict[int, list[Due]]:
    """The instalments due on the confirmation of these orders, by order id; what is paid settles the first ones first."""
    terms = terms_of(order.payment_term_id for order in orders)
    found: dict[int, list[Due]] = {}
    for order in orders:
        own = terms.get(order.payment_term_id, [])
        if not own or not order.total:
            found[order.pk] = []
            continue
        amounts = split_plan(order.total, [one.percent for one in own], order.currency_id)
        left, rows = order.deposit_paid, []
        for one, amount in zip(own, amounts, strict=True):
            if one.anchor != Anchor.ORDER_CONFIRMED:
                continue
            paid = min(left, amount)
            left -= paid
            confirmed = timezone.localdate(order.confirmed_at) if order.confirmed_at else None
            rows.append(
                Due(
                    position=one.position,
                    anchor=one.anchor,
                    percent=one.percent,
                    amount=amount,
                    paid=paid,
                    due_date=count_from(confirmed, one.days, one.end_of_month) if confirmed else None,
                    waiting="" if confirmed else _("The supplier has not confirmed %(order)s.") % {"order": order},
                )
            )
        found[order.pk] = rows
    return found


@dataclass(slots=True)
class Facts:
    """What has happened to the goods that an invoice bills."""

    invoice_date: date
    confirmed: date | None = None
    needs_inspection: bool = False
    inspected: date | None = None
    failed: bool = False  # one line that has not passed holds the balance of all
    shipped: date | None = None
    papers: date | None = None
    received: date | None = None
    orders: dict[int, PurchaseOrder] = field(default_factory=dict)

    def anchor(self, anchor: str) -> tuple[date | None, str]:
        """The day the event happened, or what is still missing."""
        if anchor == Anchor.INVOICED:
            return self.invoice_date, ""
        if anchor == Anchor.ORDER_CONFIRMED:
            return self.confirmed or self.invoice_date, ""
        if anchor == Anchor.SHIPPED:
            return self.shipped, "" if self.shipped else _("The goods have not sailed.")
        if anchor == Anchor.RECEIVED:
            return self.received, "" if self.received else _("The goods have not been received.")
        if anchor == Anchor.BEFORE_SHIPMENT:
            if not self.needs_inspection:
                return self.shipped or self.invoice_date, ""
            if self.failed or not self.inspected:
                return None, _("The pre-shipment inspection has not passed.")
            return self.inspected, ""
        if not self.shipped:
            return None, _("The goods have not sailed.")
        if not self.papers:
            return None, _("The copy of the bill of lading is missing.")
        return max(self.shipped, self.papers), ""


def facts_of(invoices: Sequence[SupplierInvoice]) -> dict[int, Facts]:
    """What happened to the goods of these invoices, by invoice id. Five queries for any number."""
    found = {i.pk: Facts(i.invoice_date) for i in invoices}
    goods = {i.pk: i for i in invoices if i.kind == InvoiceKind.GOODS}
    if not goods:
        return found
    of_line: dict[int, set[int]] = defaultdict(set)
    rows = SupplierInvoiceLine.objects.filter(invoice_id__in=goods).select_related(
        "order_line__order", "order_line__product"
    )
    for row in rows:
        facts, order = found[row.invoice_id], row.order_line.order
        of_line[row.order_line_id].add(row.invoice_id)
        facts.orders[order.pk] = order
        facts.needs_inspection = facts.needs_inspection or row.order_line.product.inspection_required
        if order.confirmed_at:
            confirmed = timezone.localdate(order.confirmed_at)
            facts.confirmed = max(facts.confirmed or confirmed, confirmed)
    _inspections(of_line, found)
    _shipments(goods, of_line, found)
    received = (
        ReceiptLine.objects.filter(order_line_id__in=of_line, receipt__cancelled_at=None)
        .order_by("receipt__received_date")
        .values_list("order_line_id", "receipt__shipment_id", "receipt__received_date")
    )
    for line, shipment, day in received:
        for pk in of_line[line]:
            if goods[pk].shipment_id in (None, shipment):
                found[pk].received = max(found[pk].received or day, day)
    return found


def _inspections(of_line: dict[int, set[int]], found: dict[int, Facts]) -> None:
    rows = (
        InspectionLine.objects.filter(order_line_id__in=of_line, inspection__kind=InspectionKind.PSI)
        .exclude(inspection__status="cancelled")
        .order_by("inspection_id")
        .values_list("order_line_id", "inspection__status", "inspection__inspected_date", "inspection__planned_date")
    )
    latest = {}
    for line, status, inspected, planned in rows:
        latest[line] = (status in RELEASING, inspected or planned)
    for line, invoices in of_line.items():
        if line not in latest:
            continue
        passed, day = latest[line]
        for pk in invoices:
            facts = found[pk]
            facts.needs_inspection = True
            facts.failed = facts.failed or not passed
            if passed:
                facts.inspected = max(facts.inspected or day, day)


def _shipments(goods: dict[int, SupplierInvoice], of_line: dict[int, set[int]], found: dict[int, Facts]) -> None:
    """The first shipment of the goods that sailed (or the one the invoice names), and when its paper came."""
    rows = (
        ShipmentLine.objects.filter(order_line_id__in=of_line)
        .exclude(shipment__status="cancelled")
        .order_by("shipment__departed_date", "shipment_id")
        .values_list("order_line_id", "shipment_id", "shipment__departed_date", "owned_date")
    )
    carries: dict[int, dict[int, date]] = defaultdict(dict)
    for line, shipment, departed, _owned in rows:
        for pk in of_line[line]:
            if departed and goods[pk].shipment_id in (None, shipment):
                carries[pk][shipment] = departed
    papers = dict(
        TradeDocument.objects.filter(
            shipment_id__in={s for own in carries.values() for s in own},
            doc_type__in=BL_PAPERS,
            received_date__isnull=False,
        )
        .order_by("-received_date")
        .values_list("shipment_id", "received_date")
    )
    for pk, own in carries.items():
        shipment = next(iter(own))
        found[pk].shipped, found[pk].papers = own[shipment], papers.get(shipment)


def instalments_of(invoices: Sequence[SupplierInvoice]) -> dict[int, list[Due]]:
    """The instalments of these invoices by invoice id, with what each waits for; what is paid settles the first first.

    Without a payment term an invoice is due at once (or on the due date it states).
    """
    terms, facts = terms_of(invoice.payment_term_id for invoice in invoices), facts_of(invoices)
    return {i.pk: _plan(i, terms.get(i.payment_term_id, []), facts[i.pk]) for i in invoices}


def _plan(invoice: SupplierInvoice, term: list[Instalment], facts: Facts) -> list[Due]:
    payable = invoice.payable_amount
    if not term or invoice.kind == InvoiceKind.CHARGES:
        days = term[-1] if term else None
        due = count_from(invoice.invoice_date, days.days, days.end_of_month) if days else invoice.invoice_date
        due = invoice.due_date or due
        return [Due(1, Anchor.INVOICED, Decimal(100), payable, invoice.paid_amount, due)]
    # the deposit's share was paid with the order; what of it the deposit does not cover is due as well
    parts = split_plan(invoice.amount, [one.percent for one in term], invoice.currency_id)
    first = sum((p for p, one in zip(parts, term, strict=True) if one.anchor == Anchor.ORDER_CONFIRMED), ZERO)
    uncovered = min(max(first - invoice.advance_amount, ZERO), payable)
    later = [one for one in term if one.anchor != Anchor.ORDER_CONFIRMED]
    amounts = split_plan(payable - uncovered, [one.percent for one in later], invoice.currency_id) if later else []
    rows = list(zip(later, amounts, strict=True))
    if uncovered or not later:
        rows.insert(0, (term[0], uncovered if later else payable))
    left, plan = invoice.paid_amount, []
    for one, amount in rows:
        start, waiting = facts.anchor(one.anchor)
        paid = min(left, amount)
        left -= paid
        due = count_from(start, one.days, one.end_of_month) if start else None
        plan.append(Due(one.position, one.anchor, one.percent, amount, paid, due, waiting))
    return plan


def due_dates(invoices: Sequence[SupplierInvoice]) -> list[date | None]:
    """The day by which each invoice must be wholly paid, as far as that is known; bills of charges need no key yet."""
    terms = terms_of(invoice.payment_term_id for invoice in invoices)
    facts = facts_of([invoice for invoice in invoices if invoice.kind == InvoiceKind.GOODS])
    found = []
    for invoice in invoices:
        plan = _plan(
            invoice, terms.get(invoice.payment_term_id, []), facts.get(invoice.pk) or Facts(invoice.invoice_date)
        )
        days = [one.due_date for one in plan if one.amount]
        found.append(max((d for d in days if d), default=None) if all(days) else None)
    return found
