"""Cash from customers: Dr cash at the day's rate, Cr receivables at the booked one, the difference to exchange differences."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.outbox import News, announce_many, kind_of
from finance.events import CASH_COLLECTED
from finance.flows import PaymentStatus
from finance.models import CustomerInvoice, Payment, PaymentAllocation, PaymentDirection
from finance.services.common import (
    ZERO,
    Faults,
    Pointer,
    Rates,
    alone,
    base_currency,
    indexed,
    part_of,
    spoken_money,
    take_numbers,
)
from finance.services.customer_invoices import CUSTOMER_ORDER, tell_sales
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many


@dataclass(frozen=True, slots=True)
class Settled:
    """What of the money settles which invoice, in the invoice's currency."""

    invoice_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Collection:
    """Money of one customer on one day; the sum of what it settles."""

    customer_id: int
    day: date
    settles: Sequence[Settled] = field(default_factory=tuple)
    reference: str = ""


def collect(*, actor: Actor, collection: Collection) -> Payment:
    """This will record money from one customer; see ``collect_many``."""
    return collect_many(actor=actor, collections=[collection], pointer=alone)[0]


@transaction.atomic
def collect_many(*, actor: Actor, collections: Sequence[Collection], pointer: Pointer = indexed) -> list[Payment]:
    """This will record money received, all or none, settle the invoices (in part or whole) and post it.

    Raises RuleBroken (by JSON pointer) for more than is open, another customer's invoice or mixed currencies;
    MissingRate, PeriodClosed.
    """
    actor.needs("finance.add_collection")
    wanted = {s.invoice_id for c in collections for s in c.settles}
    rows = CustomerInvoice.objects.visible_to(actor).filter(pk__in=wanted).order_by("pk")
    invoices = {i.pk: i for i in rows.select_for_update(of=("self",))}
    _check(collections, invoices, pointer)
    base = base_currency(actor.company_id)
    currencies = [invoices[c.settles[0].invoice_id].currency_id for c in collections]
    rates = Rates(base, {(currency, c.day) for currency, c in zip(currencies, collections, strict=True)})
    numbers = take_numbers(actor.company_id, "PAY", [c.day for c in collections])
    payments, allocations, drafts = [], [], []
    for collection, currency, number in zip(collections, currencies, numbers, strict=True):
        amount = sum((s.amount for s in collection.settles), ZERO)
        payment = Payment(
            company_id=actor.company_id,
            number=number,
            direction=PaymentDirection.IN,
            party_id=collection.customer_id,
            status=PaymentStatus.PAID,
            payment_date=collection.day,
            currency_id=currency,
            amount=amount,
            base_amount=rates.convert(amount, currency, collection.day),
            reference=collection.reference.strip(),
            requested_by=actor.name,
            requested_by_id=actor.user_id,
        )
        booked = ZERO
        for settled in collection.settles:
            invoice = invoices[settled.invoice_id]
            part = part_of(invoice.open_base, settled.amount, invoice.open_amount, base)
            invoice.paid_amount += settled.amount
            invoice.paid_base += part
            invoice.settled_date = None if invoice.open_amount else collection.day
            invoice.bump()
            booked += part
            allocations.append(
                PaymentAllocation(payment=payment, customer_invoice=invoice, amount=settled.amount, base=part)
            )
        payment.exchange_difference = booked - payment.base_amount
        payments.append(payment)
    Payment.objects.bulk_create(payments, batch_size=2000)
    about: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for allocation in allocations:
        allocation.payment = allocation.payment  # the key that bulk_create has just given
        invoice = allocation.customer_invoice
        about[allocation.payment_id] |= {(kind_of(CustomerInvoice), invoice.pk), (CUSTOMER_ORDER, invoice.order_id)}
    PaymentAllocation.objects.bulk_create(allocations, batch_size=5000)
    update_rows(list(invoices.values()), ["paid_amount", "paid_base", "settled_date", "version"])
    for payment in payments:
        difference, currency = payment.exchange_difference, payment.currency_id
        lines = [
            Line(Account.CASH, payment.base_amount, currency, payment.amount),
            Line(Account.FX_DIFFERENCE, difference, base, difference),
            Line(Account.RECEIVABLES, -payment.base_amount - difference, currency, -payment.amount),
        ]
        drafts.append(
            Draft(
                day=payment.payment_date, purpose=Purpose.COLLECTION, source=payment, party_id=payment.party_id,
                memo=payment.reference, lines=lines, about=sorted(about[payment.pk]),
            )
        )  # fmt: skip
    post_many(actor=actor, company_id=actor.company_id, drafts=drafts)
    tell_sales(actor, [c.customer_id for c in collections])
    news = [News(p.pk, p.company_id, sorted(about[p.pk])) for p in payments]
    announce_many(CASH_COLLECTED, kind_of(Payment), news, actor=actor)
    return payments


def _check(collections: Sequence[Collection], invoices: dict[int, CustomerInvoice], pointer: Pointer) -> None:
    faults = Faults()
    left = {pk: invoice.open_amount for pk, invoice in invoices.items()}
    for index, collection in enumerate(collections):
        at = pointer(index)
        if not collection.settles:
            faults.add(f"{at}/settles", _("Say which invoices the money settles."))
        currencies = set()
        for n, settled in enumerate(collection.settles):
            invoice = invoices.get(settled.invoice_id)
            if invoice is None:
                faults.add(f"{at}/settles/{n}/invoice", _("There is no such invoice."))
                continue
            currencies.add(invoice.currency_id)
            if invoice.customer_id != collection.customer_id:
                faults.add(f"{at}/settles/{n}/invoice", _("%(invoice)s is another customer's.") % {"invoice": invoice})
            if settled.amount <= 0:
                faults.add(f"{at}/settles/{n}/amount", _("The amount must be above 0."))
            elif settled.amount > left[invoice.pk]:
                said = {"invoice": invoice, "open": spoken_money(left[invoice.pk], invoice.currency_id)}
                faults.add(f"{at}/settles/{n}/amount", _("Of %(invoice)s only %(open)s is open.") % said)
            left[invoice.pk] -= settled.amount
        if len(currencies) > 1:
            faults.add(f"{at}/settles", _("Record money of different currencies separately."))
    faults.refuse()
