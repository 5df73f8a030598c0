"""When what is due, and what it waits for: instalments of a payment term, counted from events (decisions 12 and 13).

A deposit is due on the order; the balance follows its goods, invoice by invoice: invoice less deposit consumed, split
by the remaining instalments. *Before shipment* it is due once the inspection passed, and the goods may not be loaded
until it is paid; *against copy of the bill of lading* it is due when the goods have sailed and the copy is here.
"""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from core.money import allocate
from finance.models import InvoiceKind, SupplierInvoice
from finance.selectors.facts import Facts, facts_of
from parties.models import Anchor, Instalment
from sourcing.models import PurchaseOrder

ZERO = Decimal(0)


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


def instalments_of(
    invoices: Sequence[SupplierInvoice], facts: Mapping[int, Facts] | None = None
) -> dict[int, list[Due]]:
    """The instalments of these invoices by invoice id, with what each waits for; what is paid settles the first first.

    Without a payment term an invoice is due at once (or on the due date it states). ``facts``: where they are known.
    """
    terms = terms_of(invoice.payment_term_id for invoice in invoices)
    facts = facts_of(invoices) if facts is None else facts
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
