"""Payments to suppliers: requested, approved by somebody else, paid and posted on the day the money leaves."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from core import approvals, work
from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import NotAllowed
from core.money import allocate
from core.outbox import kind_of
from finance import events
from finance.flows import PAYMENT, PaymentStatus
from finance.models import BankAccount, Payment, PaymentAllocation, PaymentDirection
from finance.services.common import (
    ZERO,
    Pointer,
    Rates,
    alone,
    base_currency,
    indexed,
    part_of,
    take_numbers,
)
from finance.services.holds import sync_holds
from finance.services.settling import (
    ORDER,
    PaymentInput,
    Settle,
    about,
    allocations_of,
    check,
    currency_of,
    discounted,
    lock_payments,
    payables_of,
    settles_of,
    tell,
)
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from parties.models import DocumentParty
from sourcing.services.deposits import Deposit, record_deposits

APPROVE_TASK, PAY_TASK = "finance.approve_payment", "finance.pay"


def request_payment(*, actor: Actor, payment: PaymentInput) -> Payment:
    """This will request one payment; see ``request_payments``."""
    return request_payments(actor=actor, payments=[payment], pointer=alone)[0]


@transaction.atomic
def request_payments(*, actor: Actor, payments: Sequence[PaymentInput], pointer: Pointer = indexed) -> list[Payment]:
    """This will ask for payments, all or none; somebody else approves them.

    Where the term of an invoice grants a discount on the planned day, it is taken: 295.00 less 10 % is settled by 265.50.

    Raises RuleBroken (by JSON pointer) for more than is open, an instalment whose event has not happened, another payee
    than the contract party, and whatever makes it unsafe to pay: inspection, papers, match, bank data, a hold. MissingRate
    when its value in base currency is unknown.
    """
    actor.needs("finance.add_payment")
    invoices, orders = payables_of(actor, settles_of(payments), locked=False)
    check(payments, invoices, orders, pointer)
    payments = discounted(payments, invoices)
    base = base_currency(actor.company_id)
    currencies = [currency_of(p.settles[0], invoices, orders) for p in payments]
    rates = Rates(base, {(currency, p.payment_date) for currency, p in zip(currencies, payments, strict=True)})
    numbers = take_numbers(actor.company_id, "PAY", [p.payment_date for p in payments])
    rows, allocations = [], []
    accounts: dict[int, int] = dict(_accounts({p.party_id for p in payments}))
    for given, currency, number in zip(payments, currencies, numbers, strict=True):
        amount = sum((s.amount - s.discount for s in given.settles), ZERO)
        payment = Payment(
            company_id=actor.company_id,
            number=number,
            direction=PaymentDirection.OUT,
            party_id=given.party_id,
            payment_date=given.payment_date,
            currency_id=currency,
            amount=amount,
            base_amount=rates.convert(amount, currency, given.payment_date),
            bank_account_id=accounts.get(given.party_id),
            reference=given.reference.strip(),
            requested_by=actor.name,
            requested_by_id=actor.user_id,
        )
        rows.append(payment)
        allocations += [
            PaymentAllocation(
                payment=payment, invoice_id=s.invoice_id, order_id=s.order_id, amount=s.amount, discount=s.discount
            )
            for s in given.settles
        ]
    Payment.objects.bulk_create(rows, batch_size=2000)
    for allocation in allocations:
        allocation.payment = allocation.payment  # the key that bulk_create has just given
    PaymentAllocation.objects.bulk_create(allocations, batch_size=5000)
    DocumentParty.objects.bulk_create(
        [
            DocumentParty(kind=kind_of(Payment), document_id=p.pk, organisation_id=p.party_id, role="supplier")
            for p in rows
        ],
        batch_size=2000,
    )
    if len(rows) == 1:  # many at once are approved from the list
        work.open_task(
            APPROVE_TASK, rows[0], title=_("Approve %(payment)s") % {"payment": rows[0]}, role="approver",
            due_date=rows[0].payment_date,
        )  # fmt: skip
    tell(events.PAYMENT_REQUESTED, rows, allocations, actor)
    return rows


def approve_payment(*, actor: Actor, payment_id: int, version: int | None = None) -> Payment:
    """This will approve one payment; see ``approve_payments``."""
    if version is not None:
        lock(Payment.objects.visible_to(actor), payment_id, version=version)
    return approve_payments(actor=actor, payment_ids=[payment_id])[0]


@transaction.atomic
def approve_payments(*, actor: Actor, payment_ids: Sequence[int]) -> list[Payment]:
    """This will approve requested payments: never one's own, and none above the actor's limit (NotAllowed)."""
    payments = lock_payments(actor, payment_ids)
    for payment in payments:
        PAYMENT.take(payment, "approve", actor)
        if actor.user_id is not None and actor.user_id == payment.requested_by_id:
            raise NotAllowed(
                _("You requested %(payment)s yourself; somebody else must approve it.") % {"payment": payment}
            )
        if not approvals.covers(actor, payment.base_amount or ZERO):
            raise NotAllowed(
                _("%(payment)s is above your approval limit; ask somebody with a higher limit.") % {"payment": payment}
            )
        payment.approved_by = actor.name
        payment.bump()
    update_rows(payments, ["status", "approved_by", "version"])
    for payment in payments[:1] if len(payments) == 1 else ():
        work.finish_tasks(payment, APPROVE_TASK)
        work.open_task(
            PAY_TASK, payment, title=_("Pay %(payment)s") % {"payment": payment}, role="finance",
            due_date=payment.payment_date,
        )  # fmt: skip
    tell(events.PAYMENT_APPROVED, payments, allocations_of(payments), actor)
    return payments


@transaction.atomic
def cancel_payment(*, actor: Actor, payment_id: int, version: int | None = None) -> Payment:
    """This will cancel a payment before it is paid. Money that has left comes back by another way."""
    payment = lock(Payment.objects.visible_to(actor), payment_id, version=version)
    PAYMENT.take(payment, "cancel", actor)
    payment.bump()
    payment.save()
    work.finish_tasks(payment, APPROVE_TASK, PAY_TASK)
    tell(events.PAYMENT_CANCELLED, [payment], allocations_of([payment]), actor)
    return payment


def pay_payment(
    *, actor: Actor, payment_id: int, day: date, reference: str = "", version: int | None = None
) -> Payment:
    """This will record one approved payment as paid; see ``pay_payments``."""
    if version is not None:
        lock(Payment.objects.visible_to(actor), payment_id, version=version)
    return pay_payments(actor=actor, payment_ids=[payment_id], day=day, reference=reference)[0]


@transaction.atomic
def pay_payments(
    *, actor: Actor, payment_ids: Sequence[int], day: date | None = None, reference: str = ""
) -> list[Payment]:
    """This will record approved payments as paid on ``day`` (else each on its planned day): Dr payables at the booked
    rate or supplier advances, Cr cash and discounts at the rate of the day, the difference to exchange differences (F12).

    What was safe and open when it was requested is looked at again under lock: the second of two payments for one
    invoice is refused (F-09), and one whose discount has run out. Raises RuleBroken, MissingRate, PeriodClosed.
    """
    payments = lock_payments(actor, payment_ids)
    allocations = allocations_of(payments)
    settles = [Settle(a.amount, a.invoice_id, a.order_id, a.discount) for a in allocations]
    invoices, orders = payables_of(actor, settles, locked=True)
    for payment in payments:
        PAYMENT.take(payment, "pay", actor)
        payment.payment_date = day or payment.payment_date
        payment.reference = reference.strip() or payment.reference
    given = [
        PaymentInput(
            p.party_id, p.payment_date, [s for s, a in zip(settles, allocations, strict=True) if a.payment_id == p.pk]
        )
        for p in payments
    ]
    check(given, invoices, orders, alone if len(payments) == 1 else indexed)
    base = base_currency(actor.company_id)
    rates = Rates(base, {(p.currency_id, p.payment_date) for p in payments})
    deposits: dict[int, Deposit] = {}
    drafts = []
    by_payment: dict[int, list[PaymentAllocation]] = defaultdict(list)
    for allocation in allocations:
        by_payment[allocation.payment_id].append(allocation)
    for payment in payments:
        own, currency = by_payment[payment.pk], payment.currency_id
        payment.base_amount = rates.convert(payment.amount, currency, payment.payment_date)
        lines, taken = [], ZERO
        parts = allocate(payment.base_amount, [a.amount - a.discount for a in own], base)
        for allocation, cash in zip(own, parts, strict=True):
            if allocation.order_id:
                allocation.base, account = cash, Account.SUPPLIER_ADVANCES
                before = deposits.get(allocation.order_id, Deposit())
                deposits[allocation.order_id] = Deposit(
                    paid=before.paid + allocation.amount, paid_base=before.paid_base + cash
                )
            else:
                invoice, account = invoices[allocation.invoice_id], Account.PAYABLES
                allocation.base = part_of(invoice.open_base, allocation.amount, invoice.open_amount, base)
                invoice.paid_amount += allocation.amount
                invoice.paid_base += allocation.base
                invoice.bump()
            lines.append(Line(account, allocation.base, currency, allocation.amount))
            if allocation.discount:
                discount = rates.convert(allocation.discount, currency, payment.payment_date)
                lines.append(Line(Account.DISCOUNTS, -discount, currency, -allocation.discount))
                taken += discount
        booked = sum((a.base for a in own), ZERO)
        payment.exchange_difference = payment.base_amount + taken - booked
        payment.bump()
        difference = payment.exchange_difference
        lines += [
            Line(Account.FX_DIFFERENCE, difference, base, difference),
            Line(Account.CASH, -payment.base_amount, currency, -payment.amount),
        ]
        purpose = Purpose.DEPOSIT if all(a.order_id for a in own) else Purpose.PAYMENT
        drafts.append(
            Draft(
                day=payment.payment_date, purpose=purpose, source=payment, party_id=payment.party_id,
                memo=payment.reference, lines=lines, about=sorted(about(own)),
            )
        )  # fmt: skip
    update_rows(payments, ["status", "payment_date", "reference", "base_amount", "exchange_difference", "version"])
    update_rows(allocations, ["base"])
    update_rows(list(invoices.values()), ["paid_amount", "paid_base", "version"])
    if deposits:
        record_deposits(actor=actor, deposits=deposits)
    post_many(actor=actor, company_id=actor.company_id, drafts=drafts)
    for payment in payments[:1] if len(payments) == 1 else ():
        work.finish_tasks(payment, PAY_TASK, APPROVE_TASK)
    sync_holds(actor=actor, order_ids={pk for kind, pk in about(allocations) if kind == ORDER})
    tell(events.PAYMENT_PAID, payments, allocations, actor)
    return payments


def _accounts(organisation_ids: set[int]) -> list[tuple[int, int]]:
    rows = BankAccount.objects.filter(organisation_id__in=organisation_ids, active=True)
    return list(rows.values_list("organisation_id", "pk"))


__all__ = [
    "PaymentInput",
    "PaymentStatus",
    "Settle",
    "approve_payment",
    "approve_payments",
    "cancel_payment",
    "pay_payment",
    "pay_payments",
    "request_payment",
    "request_payments",
]
