"""What payments settle: which documents, whether these are open and safe to pay, and whom it concerns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotVisible, RuleBroken
from core.outbox import EventName, News, announce_many, kind_of
from finance.models import Payment, PaymentAllocation, PaymentDirection, SupplierInvoice
from finance.selectors.discounts import discounts_of
from finance.selectors.facts import facts_of
from finance.selectors.instalments import instalments_of
from finance.selectors.safe import check_invoices, check_orders, refusals
from finance.services.common import ZERO, Faults, Pointer, spoken_money
from sourcing.models import PurchaseOrder
from sourcing.services.deposits import lock_orders

ORDER = "sourcing.purchaseorder"


@dataclass(frozen=True, slots=True)
class Settle:
    """What of a payment settles an invoice, or is the deposit of an order; in its currency.

    ``discount``: what need not be paid of it. A request works it out itself.
    """

    amount: Decimal
    invoice_id: int | None = None
    order_id: int | None = None
    discount: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class PaymentInput:
    """A payment to one organisation on a planned day; its amount is the sum of what it settles, less discounts."""

    party_id: int
    payment_date: date
    settles: Sequence[Settle] = field(default_factory=tuple)
    reference: str = ""


def lock_payments(actor: Actor, payment_ids: Sequence[int]) -> list[Payment]:
    """This will lock payments to suppliers in key order. Raises NotVisible when one is not there."""
    rows = Payment.objects.visible_to(actor).filter(pk__in=payment_ids, direction=PaymentDirection.OUT).order_by("pk")
    payments = list(rows.select_for_update(of=("self",)))
    if len(payments) != len(set(payment_ids)):
        raise NotVisible()
    return payments


def allocations_of(payments: Sequence[Payment]) -> list[PaymentAllocation]:
    """The parts of these payments, payment by payment, with their invoices' lines."""
    rows = PaymentAllocation.objects.filter(payment__in=payments).order_by("payment_id", "pk")
    return list(rows.prefetch_related("invoice__lines__order_line"))


def settles_of(payments: Iterable[PaymentInput]) -> list[Settle]:
    """All that these payments settle, in order."""
    return [settle for payment in payments for settle in payment.settles]


def payables_of(
    actor: Actor, settles: Sequence[Settle], *, locked: bool
) -> tuple[dict[int, SupplierInvoice], dict[int, PurchaseOrder]]:
    """The invoices and orders to be settled, by id; locked in key order, invoices before orders."""
    invoice_ids = {s.invoice_id for s in settles if s.invoice_id}
    order_ids = {s.order_id for s in settles if s.order_id}
    invoices = SupplierInvoice.objects.visible_to(actor).filter(pk__in=invoice_ids).order_by("pk")
    orders = PurchaseOrder.objects.visible_to(actor).filter(pk__in=order_ids).order_by("pk")
    if locked:
        invoices = invoices.select_for_update(of=("self",))
        return {i.pk: i for i in invoices}, {o.pk: o for o in lock_orders(order_ids)}
    return {i.pk: i for i in invoices}, {o.pk: o for o in orders}


def discounted(payments: Sequence[PaymentInput], invoices: dict[int, SupplierInvoice]) -> list[PaymentInput]:
    """The payments with the discounts that their planned days allow."""
    granted = discounts_of(invoices.values())

    def settled(settle: Settle, on: date) -> Settle:
        grant = granted.get(settle.invoice_id or 0)
        currency = currency_of(settle, invoices, {}) if grant else ""
        return replace(settle, discount=grant.of(settle.amount, currency, on) if grant else ZERO)

    return [replace(p, settles=[settled(s, p.payment_date) for s in p.settles]) for p in payments]


def currency_of(settle: Settle, invoices: dict[int, SupplierInvoice], orders: dict[int, PurchaseOrder]) -> str:
    """The currency of the document that is settled."""
    return (invoices[settle.invoice_id] if settle.invoice_id else orders[settle.order_id]).currency_id


def check(
    payments: Sequence[PaymentInput],
    invoices: dict[int, SupplierInvoice],
    orders: dict[int, PurchaseOrder],
    pointer: Pointer,
) -> None:
    """This will refuse what is not open, not his, or not safe to pay."""
    faults = Faults()
    on = max(p.payment_date for p in payments)
    facts = facts_of(list(invoices.values()))
    plans = instalments_of(list(invoices.values()), facts)
    invoice_checks = check_invoices(list(invoices.values()), on=on, facts=facts, plans=plans)
    order_checks = check_orders(list(orders.values()), on=on)
    left = {("invoice", pk): i.open_amount for pk, i in invoices.items()}
    left |= {("order", pk): o.total - o.deposit_paid for pk, o in orders.items()}
    granted = discounts_of(invoices.values()) if any(s.discount for s in settles_of(payments)) else {}
    waiting = {("invoice", pk): [due for due in plan if due.waiting and due.open > 0] for pk, plan in plans.items()}
    for index, payment in enumerate(payments):
        at, currencies = pointer(index), set()
        if not payment.settles:
            faults.add(f"{at}/settles", _("Say which invoices or deposits are paid."))
        for n, settle in enumerate(payment.settles):
            here = f"{at}/settles/{n}"
            key = ("invoice", settle.invoice_id) if settle.invoice_id else ("order", settle.order_id)
            document = invoices.get(key[1]) if settle.invoice_id else orders.get(key[1])
            if document is None or (settle.invoice_id and settle.order_id):
                faults.add(f"{here}/{key[0]}", _("There is no such document."))
                continue
            currencies.add(document.currency_id)
            if document.supplier_id != payment.party_id:
                faults.add(
                    f"{here}/{key[0]}",
                    _("%(document)s is owed to %(supplier)s; money goes to the contract party only.")
                    % {"document": document, "supplier": document.supplier},
                )
            reasons = refusals((invoice_checks if settle.invoice_id else order_checks)[document.pk])
            for reason in reasons:
                faults.add(f"{here}/{key[0]}", reason)
            later = waiting.get(key, [])
            payable = left[key] - sum((due.open for due in later), ZERO)
            said = {"document": document, "open": spoken_money(max(left[key], ZERO), document.currency_id)}
            if settle.amount <= 0:
                faults.add(f"{here}/amount", _("The amount must be above 0."))
            elif settle.amount > left[key]:
                faults.add(f"{here}/amount", _("Of %(document)s only %(open)s is open.") % said)
            elif settle.amount > payable and not reasons:
                said |= {"open": spoken_money(max(payable, ZERO), document.currency_id), "why": later[0].waiting}
                faults.add(f"{here}/amount", _("Of %(document)s only %(open)s may be paid now: %(why)s") % said)
            left[key] -= settle.amount
            if settle.discount and payment.payment_date > granted[document.pk].until:
                said |= {"day": date_format(granted[document.pk].until)}
                faults.add(
                    f"{here}/discount",
                    _(
                        "The discount on %(document)s ended on %(day)s. Cancel this payment and ask for the whole amount."
                    )
                    % said,
                )
        if len(currencies) > 1:
            faults.add(f"{at}/settles", _("Pay different currencies separately."))
    faults.refuse(RuleBroken)


def about(allocations: Iterable[PaymentAllocation]) -> set[tuple[str, int]]:
    """The documents that a payment's parts are about: invoices, the orders and shipments they bill, deposits' orders."""
    found: set[tuple[str, int]] = set()
    for allocation in allocations:
        if allocation.order_id:
            found.add((ORDER, allocation.order_id))
        elif allocation.invoice_id:
            found.add((kind_of(SupplierInvoice), allocation.invoice_id))
            found |= {(ORDER, n.order_line.order_id) for n in allocation.invoice.lines.all() if n.order_line}
            if allocation.invoice.shipment_id:
                found.add(("logistics.shipment", allocation.invoice.shipment_id))
    return found


def tell(name: EventName, payments: Sequence[Payment], allocations: Sequence[PaymentAllocation], actor: Actor) -> None:
    """This will announce that something happened to these payments, once for each."""
    if any(a.invoice_id and "invoice" not in a._state.fields_cache for a in allocations):
        allocations = allocations_of(payments)
    own: dict[int, list[PaymentAllocation]] = defaultdict(list)
    for allocation in allocations:
        own[allocation.payment_id].append(allocation)
    news = [News(p.pk, p.company_id, sorted(about(own[p.pk]))) for p in payments]
    announce_many(name, kind_of(Payment), news, actor=actor)
