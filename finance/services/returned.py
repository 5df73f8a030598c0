"""Money that came back: a transfer to a supplier that his bank refused, a customer's payment or a refund that bounced."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.outbox import News, announce_many, kind_of
from finance import events
from finance.flows import PAYMENT
from finance.models import (
    CustomerInvoice,
    Payment,
    PaymentAllocation,
    PaymentDirection,
    SupplierInvoice,
    SupplierInvoiceLine,
)
from finance.services.common import ZERO, spoken_money
from finance.services.customer_invoices import CUSTOMER_ORDER, tell_sales
from finance.services.holds import sync_holds
from ledger.models import Account, Entry, Purpose
from ledger.services import Draft, Line, post_many
from sourcing.services.deposits import Deposit, lock_orders, record_deposits

ORDER = "sourcing.purchaseorder"


@transaction.atomic
def return_payment(*, actor: Actor, payment_id: int, day: date, reason: str, version: int | None = None) -> Payment:
    """This will record that a payment, paid or collected, came back on ``day``: its entry is mirrored, exchange difference
    and all, and what it settled is open again (F-10).

    Raises TransitionRefused when it is not paid or its deposit was consumed by an invoice meanwhile (cancel that one
    first), RuleBroken without a reason or for a day before it was paid, PeriodClosed.
    """
    payment = lock(Payment.objects.visible_to(actor), payment_id, version=version)
    PAYMENT.take(payment, "return", actor)
    if not reason.strip():
        raise RuleBroken(_("Say why the money came back; it stays with the payment."), field="reason")
    if day < payment.payment_date:
        raise RuleBroken(
            _("It was paid on %(day)s and cannot come back before.") % {"day": date_format(payment.payment_date)},
            field="day",
        )
    allocations = list(PaymentAllocation.objects.filter(payment=payment).order_by("pk"))
    about = _open_supplier_invoices(allocations) | _open_customer_invoices(actor, allocations)
    orders = _take_back_deposits(actor, payment, allocations)
    about |= {(ORDER, pk) for pk in orders}
    payment.returned_date, payment.return_reason = day, reason.strip()
    payment.bump()
    payment.save()
    concerned = sorted(about)
    drafts = [
        Draft(
            day=day,
            purpose=Purpose(entry.purpose),
            source=payment,
            party_id=entry.party_id,
            memo=_("Came back: %(reason)s") % {"reason": payment.return_reason[:150]},
            lines=[Line(Account(p.account), -p.amount, p.currency, -p.document_amount) for p in entry.postings.all()],
            about=concerned,
        )
        for entry in Entry.objects.of(payment).prefetch_related("postings").order_by("pk")
    ]
    post_many(actor=actor, company_id=payment.company_id, drafts=drafts)
    if payment.direction == PaymentDirection.IN:
        tell_sales(actor, [payment.party_id])
    else:
        sync_holds(actor=actor, order_ids={pk for kind, pk in about if kind == ORDER})
    news = [News(payment.pk, payment.company_id, concerned)]
    announce_many(events.PAYMENT_RETURNED, kind_of(payment), news, actor=actor)
    return payment


def _sums(allocations: list[PaymentAllocation], name: str) -> dict[int, tuple[Decimal, Decimal]]:
    """What the payment settled of each document: in its currency, and off the books."""
    found: dict[int, tuple[Decimal, Decimal]] = {}
    for one in allocations:
        if (pk := getattr(one, name)) is not None:
            amount, base = found.get(pk, (ZERO, ZERO))
            found[pk] = (amount + one.amount, base + (one.base or ZERO))
    return found


def _open_supplier_invoices(allocations: list[PaymentAllocation]) -> set[tuple[str, int]]:
    """What was paid is open again. The documents it is about: the invoices, and the orders they bill."""
    of = _sums(allocations, "invoice_id")
    invoices = list(SupplierInvoice.objects.filter(pk__in=of).order_by("pk").select_for_update(of=("self",)))
    for invoice in invoices:
        invoice.paid_amount -= of[invoice.pk][0]
        invoice.paid_base -= of[invoice.pk][1]
        invoice.bump()
    update_rows(invoices, ["paid_amount", "paid_base", "version"])
    lines = SupplierInvoiceLine.objects.filter(invoice_id__in=of, order_line__isnull=False)
    orders = set(lines.values_list("order_line__order_id", flat=True))
    return {(kind_of(SupplierInvoice), pk) for pk in of} | {(ORDER, pk) for pk in orders}


def _open_customer_invoices(actor: Actor, allocations: list[PaymentAllocation]) -> set[tuple[str, int]]:
    of = _sums(allocations, "customer_invoice_id")
    rows = CustomerInvoice.objects.visible_to(actor).filter(pk__in=of).order_by("pk")
    invoices = list(rows.select_for_update(of=("self",)))
    for invoice in invoices:
        invoice.paid_amount -= of[invoice.pk][0]
        invoice.paid_base -= of[invoice.pk][1]
        invoice.settled_date = None
        invoice.bump()
    update_rows(invoices, ["paid_amount", "paid_base", "settled_date", "version"])
    return {(kind_of(CustomerInvoice), one.pk) for one in invoices} | {
        (CUSTOMER_ORDER, one.order_id) for one in invoices
    }


def _take_back_deposits(actor: Actor, payment: Payment, allocations: list[PaymentAllocation]) -> set[int]:
    """The deposit is no longer paid; one whose refund came back is paid again."""
    of = _sums(allocations, "order_id")
    if payment.direction == PaymentDirection.REFUND:
        again = {pk: Deposit(paid=amount, paid_base=base) for pk, (amount, base) in of.items()}
        record_deposits(actor=actor, deposits=again)
        return set(of)
    for order in lock_orders(of):
        left = order.deposit_paid - order.deposit_used
        if of[order.pk][0] > left:
            raise TransitionRefused(
                _("Of the deposit on %(order)s only %(left)s is not consumed by an invoice. Cancel that invoice first.")
                % {"order": order, "left": spoken_money(left, payment.currency_id)}
            )
    if of:
        deposits = {pk: Deposit(paid=-amount, paid_base=-base) for pk, (amount, base) in of.items()}
        record_deposits(actor=actor, deposits=deposits)
    return set(of)


__all__ = ["return_payment"]
