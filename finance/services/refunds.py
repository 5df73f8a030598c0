"""What a supplier pays back of a deposit that no goods will consume: of an order cancelled, closed short or made smaller."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotVisible, RuleBroken
from core.outbox import News, announce_many, kind_of
from finance import events
from finance.flows import PaymentStatus
from finance.models import Payment, PaymentAllocation, PaymentDirection
from finance.services.common import Faults, Rates, base_currency, part_of, spoken_money, take_numbers
from finance.services.holds import sync_holds
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from parties.models import DocumentParty
from sourcing.models import PurchaseOrder
from sourcing.services.deposits import Deposit, lock_orders, record_deposits, unused_deposit


@dataclass(frozen=True, slots=True)
class Refund:
    """Money received on ``day``, of the deposit on an order, in the order's currency."""

    order_id: int
    amount: Decimal
    day: date
    reference: str = ""


@transaction.atomic
def record_refund(*, actor: Actor, refund: Refund) -> Payment:
    """This will record a refund: Dr cash at the rate of its day, Cr supplier advances at the deposit's own rate, the rest to
    exchange differences; what was refunded may be asked for again while the order lives.

    Raises RuleBroken (by JSON pointer) for more than invoices have left of the deposit, MissingRate, PeriodClosed.
    """
    actor.needs("finance.add_payment")
    if not PurchaseOrder.objects.visible_to(actor).filter(pk=refund.order_id).exists():
        raise NotVisible()
    (order,) = lock_orders([refund.order_id])
    unused = unused_deposit(order)
    faults = Faults()
    if refund.amount <= 0:
        faults.add("/amount", _("The amount must be above 0."))
    elif refund.amount > unused.amount:
        said = {"order": order, "left": spoken_money(unused.amount, order.currency_id)}
        faults.add("/amount", _("Of the deposit on %(order)s only %(left)s is not consumed by an invoice.") % said)
    faults.refuse(RuleBroken)
    base, currency = base_currency(order.company_id), order.currency_id
    cash = Rates(base, {(currency, refund.day)}).convert(refund.amount, currency, refund.day)
    booked = part_of(unused.base, refund.amount, unused.amount, base)
    difference = booked - cash
    payment = Payment.objects.create(
        company_id=order.company_id,
        number=take_numbers(order.company_id, "PAY", [refund.day])[0],
        direction=PaymentDirection.REFUND,
        party_id=order.supplier_id,
        status=PaymentStatus.PAID,
        payment_date=refund.day,
        currency_id=currency,
        amount=refund.amount,
        base_amount=cash,
        exchange_difference=difference,
        reference=refund.reference.strip(),
        requested_by=actor.name,
        requested_by_id=actor.user_id,
    )
    PaymentAllocation.objects.create(payment=payment, order=order, amount=refund.amount, base=booked)
    DocumentParty.objects.create(
        kind=kind_of(Payment), document_id=payment.pk, organisation_id=order.supplier_id, role="supplier"
    )
    record_deposits(actor=actor, deposits={order.pk: Deposit(paid=-refund.amount, paid_base=-booked)})
    about = [(kind_of(order), order.pk)]
    lines = [
        Line(Account.CASH, cash, currency, refund.amount),
        Line(Account.FX_DIFFERENCE, difference, base, difference),
        Line(Account.SUPPLIER_ADVANCES, -booked, currency, -refund.amount),
    ]
    draft = Draft(
        day=refund.day, purpose=Purpose.DEPOSIT, source=payment, party_id=payment.party_id, memo=payment.reference,
        lines=lines, about=about,
    )  # fmt: skip
    post_many(actor=actor, company_id=order.company_id, drafts=[draft])
    sync_holds(actor=actor, order_ids={order.pk})
    news = [News(payment.pk, payment.company_id, about)]
    announce_many(events.DEPOSIT_REFUNDED, kind_of(Payment), news, actor=actor)
    return payment
