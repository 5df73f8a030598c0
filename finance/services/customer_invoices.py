"""Customers are invoiced for what was delivered, and pay: Dr receivables, Cr revenue; Dr cash, Cr receivables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import RuleBroken
from core.money import line_total
from core.outbox import News, announce_many, kind_of
from finance.events import CUSTOMER_INVOICED
from finance.models import CustomerInvoice, CustomerInvoiceLine
from finance.selectors.instalments import count_from, terms_of
from finance.selectors.receivables import exposure_of
from finance.services.common import ZERO, Faults, Pointer, Rates, alone, base_currency, indexed, take_numbers
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from logistics.models import Delivery, DeliveryLine
from parties.models import Anchor
from sales.models import Customer
from sales.services import Exposure, Progress, record_exposure, record_progress

CUSTOMER_ORDER, DELIVERY = "sales.customerorder", "logistics.delivery"


@dataclass(frozen=True, slots=True)
class DeliveryInvoice:
    """The invoice of one delivery, at the order's prices; due by its payment term unless ``due_date`` says when."""

    delivery_id: int
    invoice_date: date
    due_date: date | None = None
    number: str = ""


def invoice_delivery(*, actor: Actor, invoice: DeliveryInvoice) -> CustomerInvoice:
    """This will invoice one delivery; see ``invoice_deliveries``."""
    return invoice_deliveries(actor=actor, invoices=[invoice], pointer=alone)[0]


@transaction.atomic
def invoice_deliveries(
    *, actor: Actor, invoices: Sequence[DeliveryInvoice], pointer: Pointer = indexed
) -> list[CustomerInvoice]:
    """This will invoice deliveries, all or none, post receivable and revenue at the rate of the day and bill the order.

    Raises RuleBroken (by JSON pointer) for a delivery that is unknown, invoiced already, or worth nothing; MissingRate,
    PeriodClosed.
    """
    actor.needs("finance.add_customerinvoice")
    wanted = [i.delivery_id for i in invoices]
    rows = Delivery.objects.visible_to(actor).filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",))
    deliveries = {d.pk: d for d in rows.select_related("order")}
    lines: dict[int, list[DeliveryLine]] = defaultdict(list)
    for line in DeliveryLine.objects.filter(delivery_id__in=deliveries).select_related("order_line").order_by("id"):
        lines[line.delivery_id].append(line)
    _check(invoices, deliveries, lines, pointer)
    base = base_currency(actor.company_id)
    rates = Rates(base, {(deliveries[i.delivery_id].order.currency_id, i.invoice_date) for i in invoices})
    due = _due_dates(invoices, deliveries)
    waiting = take_numbers(actor.company_id, "CI", [i.invoice_date for i in invoices if not i.number])[::-1]
    documents, own_lines = [], []
    for invoice in invoices:
        delivery = deliveries[invoice.delivery_id]
        order = delivery.order
        document = CustomerInvoice(
            company_id=actor.company_id,
            number=invoice.number or waiting.pop(),
            customer_id=order.customer_id,
            order=order,
            delivery=delivery,
            invoice_date=invoice.invoice_date,
            due_date=due[invoice.delivery_id],
            currency_id=order.currency_id,
            amount=ZERO,
            exchange_rate=round(rates.rate(order.currency_id, invoice.invoice_date), 10),
            base_amount=ZERO,
            created_by=actor.name,
        )
        for line in lines[delivery.pk]:
            amount = line_total(line.quantity, line.order_line.unit_price, order.currency_id)
            document.amount += amount
            own_lines.append(
                CustomerInvoiceLine(
                    invoice=document,
                    order_line_id=line.order_line_id,
                    quantity=line.quantity,
                    unit_price=line.order_line.unit_price,
                    amount=amount,
                )
            )
        document.base_amount = rates.convert(document.amount, order.currency_id, invoice.invoice_date)
        documents.append(document)
    _save(documents, own_lines)
    billed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for one in own_lines:
        billed[one.order_line_id] += one.quantity
    record_progress(actor=actor, changes={pk: Progress(billed=quantity) for pk, quantity in billed.items()})
    post_many(actor=actor, company_id=actor.company_id, drafts=[_entry(d) for d in documents])
    tell_sales(actor, [d.customer_id for d in documents])
    news = [News(d.pk, d.company_id, [(CUSTOMER_ORDER, d.order_id), (DELIVERY, d.delivery_id)]) for d in documents]
    announce_many(CUSTOMER_INVOICED, kind_of(CustomerInvoice), news, actor=actor)
    return documents


def _check(
    invoices: Sequence[DeliveryInvoice],
    deliveries: Mapping[int, Delivery],
    lines: Mapping[int, list[DeliveryLine]],
    pointer: Pointer,
) -> None:
    faults, seen = Faults(), set()
    done = dict(CustomerInvoice.objects.filter(delivery_id__in=deliveries).values_list("delivery_id", "number"))
    for index, invoice in enumerate(invoices):
        at, delivery = f"{pointer(index)}/delivery", deliveries.get(invoice.delivery_id)
        if delivery is None:
            faults.add(at, _("There is no such delivery."))
            continue
        if delivery.pk in done or delivery.pk in seen:
            said = {"delivery": delivery, "invoice": done.get(delivery.pk, _("the one before it"))}
            faults.add(at, _("%(delivery)s is already invoiced: %(invoice)s.") % said)
        seen.add(delivery.pk)
        if not sum(line.quantity * line.order_line.unit_price for line in lines[delivery.pk]):
            faults.add(at, _("%(delivery)s is worth nothing at the order's prices.") % {"delivery": delivery})
        if invoice.invoice_date < delivery.shipped_date:
            faults.add(
                f"{pointer(index)}/invoice_date",
                _("The goods left on %(day)s, after this date.") % {"day": delivery.shipped_date},
            )
        if invoice.due_date and invoice.due_date < invoice.invoice_date:
            faults.add(f"{pointer(index)}/due_date", _("It cannot be due before its own date."))
    faults.refuse()


def _due_dates(invoices: Sequence[DeliveryInvoice], deliveries: Mapping[int, Delivery]) -> dict[int, date]:
    """By the order's payment term, else the customer's: the last instalment, counted from its event; else at once."""
    customers = {d.order.customer_id for d in deliveries.values() if not d.order.payment_term_id}
    usual = dict(
        Customer.objects.filter(organisation_id__in=customers).values_list("organisation_id", "payment_term_id")
    )
    term_of = {d.pk: d.order.payment_term_id or usual.get(d.order.customer_id) for d in deliveries.values()}
    terms = terms_of(term_of.values())
    found = {}
    for invoice in invoices:
        delivery = deliveries[invoice.delivery_id]
        starts: dict[str, date] = {
            Anchor.SHIPPED: delivery.shipped_date,
            Anchor.LC_SHIPPED: delivery.shipped_date,
            Anchor.BL_COPY: delivery.shipped_date,
            Anchor.RECEIVED: delivery.delivered_date or delivery.shipped_date,
        }
        days = [
            count_from(starts.get(one.anchor, invoice.invoice_date), one.days, one.end_of_month)
            for one in terms.get(term_of[delivery.pk], [])
        ]
        found[delivery.pk] = invoice.due_date or max([*days, invoice.invoice_date])
    return found


def _save(documents: Sequence[CustomerInvoice], lines: Sequence[CustomerInvoiceLine]) -> None:
    try:
        with transaction.atomic():
            CustomerInvoice.objects.bulk_create(documents, batch_size=2000)
    except IntegrityError as error:
        if "finance_custinvoice_delivery" not in str(error):
            raise
        raise RuleBroken(
            _("One of the deliveries has just been invoiced by somebody else."), field="delivery"
        ) from error
    for line in lines:
        line.invoice = line.invoice  # the key that bulk_create has just given
    CustomerInvoiceLine.objects.bulk_create(lines, batch_size=5000)


def _entry(invoice: CustomerInvoice) -> Draft:
    return Draft(
        day=invoice.invoice_date,
        purpose=Purpose.CUSTOMER_INVOICE,
        source=invoice,
        party_id=invoice.customer_id,
        lines=[
            Line(Account.RECEIVABLES, invoice.base_amount, invoice.currency_id, invoice.amount),
            Line(Account.REVENUE, -invoice.base_amount, invoice.currency_id, -invoice.amount),
        ],
        about=[(CUSTOMER_ORDER, invoice.order_id)],
    )


def tell_sales(actor: Actor, customer_ids: Iterable[int]) -> None:
    """This will write down for sales what these customers owe and since when: its credit gate reads that."""
    found = exposure_of(set(customer_ids))
    record_exposure(
        actor=actor, exposures={pk: Exposure(balance, oldest) for pk, (balance, oldest) in sorted(found.items())}
    )
