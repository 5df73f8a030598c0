"""Discounts for paying early: a share of what is settled, until so many days after the invoice date (F-06)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.money import EXACT, round_amount
from finance.models import SupplierInvoice
from parties.models import PaymentTerm

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Discount:
    """``percent`` of what is settled, when it is paid by the day ``until``."""

    percent: Decimal
    until: date

    def of(self, amount: Decimal, currency: str, on: date) -> Decimal:
        """What need not be paid of ``amount`` on that day; something is always paid."""
        if on > self.until:
            return ZERO
        found = round_amount(EXACT.divide(EXACT.multiply(amount, self.percent), Decimal(100)), currency)
        return found if found < amount else ZERO


def discounts_of(invoices: Iterable[SupplierInvoice]) -> dict[int, Discount]:
    """The discount that each invoice's term grants, by invoice id; left out where it grants none. One query."""
    invoices = [invoice for invoice in invoices if invoice.payment_term_id]
    terms = PaymentTerm.objects.filter(pk__in={i.payment_term_id for i in invoices}, discount_percent__gt=0)
    granted = {term.pk: term for term in terms} if invoices else {}
    return {
        i.pk: Discount(term.discount_percent, i.invoice_date + timedelta(days=term.discount_days))
        for i in invoices
        if (term := granted.get(i.payment_term_id))
    }
