"""Credit notes: what a customer need not pay after all, and why (the reason may restate a perfect order)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.outbox import News, announce_many, kind_of
from finance.events import CREDIT_ISSUED
from finance.models import CreditNote, CreditReason, CustomerInvoice
from finance.services.common import (
    ZERO,
    Faults,
    Pointer,
    alone,
    base_currency,
    indexed,
    part_of,
    spoken_money,
    take_numbers,
)
from finance.services.customer_invoices import CUSTOMER_ORDER, DELIVERY, tell_sales
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from logistics.models import CustomerReturn


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit on one customer invoice, in its currency."""

    invoice_id: int
    amount: Decimal
    day: date
    reason: str
    customer_return_id: int | None = None
    remarks: str = ""


def credit_invoice(*, actor: Actor, credit: Credit) -> CreditNote:
    """This will credit one invoice; see ``credit_invoices``."""
    return credit_invoices(actor=actor, credits=[credit], pointer=alone)[0]


@transaction.atomic
def credit_invoices(*, actor: Actor, credits: Sequence[Credit], pointer: Pointer = indexed) -> list[CreditNote]:
    """This will write credit notes, all or none: Dr revenue, Cr receivables, at the invoice's own rate.

    What the customer has already paid is owed back to him (customer advances). Raises RuleBroken (by JSON pointer) for
    more than the invoice's amount; PeriodClosed.
    """
    actor.needs("finance.add_creditnote")
    rows = CustomerInvoice.objects.visible_to(actor).filter(pk__in={c.invoice_id for c in credits}).order_by("pk")
    invoices = {i.pk: i for i in rows.select_for_update(of=("self",))}
    _check(actor, credits, invoices, pointer)
    base = base_currency(actor.company_id)
    numbers = take_numbers(actor.company_id, "CN", [c.day for c in credits])
    notes, entries = [], []
    for credit, number in zip(credits, numbers, strict=True):
        invoice = invoices[credit.invoice_id]
        opened = min(credit.amount, invoice.open_amount)
        refund = credit.amount - opened
        opened_base = part_of(invoice.open_base, opened, invoice.open_amount, base) if opened else ZERO
        refund_base = part_of(invoice.base_amount, refund, invoice.amount, base) if refund else ZERO
        invoice.credited_amount += credit.amount
        invoice.credited_base += opened_base
        invoice.refund_amount += refund
        if not invoice.open_amount and not invoice.settled_date:
            invoice.settled_date = credit.day
        invoice.bump()
        notes.append(
            CreditNote(
                company_id=actor.company_id,
                number=number,
                invoice=invoice,
                customer_return_id=credit.customer_return_id,
                credit_date=credit.day,
                reason=credit.reason,
                amount=credit.amount,
                base_amount=opened_base + refund_base,
                refund_amount=refund,
                remarks=credit.remarks.strip(),
                created_by=actor.name,
            )
        )
        entries.append((opened, opened_base, refund, refund_base))
    CreditNote.objects.bulk_create(notes, batch_size=2000)
    update_rows(
        list(invoices.values()), ["credited_amount", "credited_base", "refund_amount", "settled_date", "version"]
    )
    drafts, news = [], []
    for note, (opened, opened_base, refund, refund_base) in zip(notes, entries, strict=True):
        invoice = note.invoice
        about = [(kind_of(CustomerInvoice), invoice.pk), (CUSTOMER_ORDER, invoice.order_id)]
        about += [(DELIVERY, invoice.delivery_id)] if invoice.delivery_id else []
        lines = [
            Line(Account.REVENUE, note.base_amount, invoice.currency_id, note.amount),
            Line(Account.RECEIVABLES, -opened_base, invoice.currency_id, -opened),
            Line(Account.CUSTOMER_ADVANCES, -refund_base, invoice.currency_id, -refund),
        ]
        drafts.append(
            Draft(
                day=note.credit_date, purpose=Purpose.CREDIT_NOTE, source=note, party_id=invoice.customer_id,
                memo=str(note.get_reason_display()), lines=lines, about=about,
            )
        )  # fmt: skip
        news.append(News(note.pk, note.company_id, about))
    post_many(actor=actor, company_id=actor.company_id, drafts=drafts)
    tell_sales(actor, [invoice.customer_id for invoice in invoices.values()])
    announce_many(CREDIT_ISSUED, kind_of(CreditNote), news, actor=actor)
    return notes


def _check(actor: Actor, credits: Sequence[Credit], invoices: dict[int, CustomerInvoice], pointer: Pointer) -> None:
    faults = Faults()
    returns = {c.customer_return_id for c in credits if c.customer_return_id}
    orders = (
        dict(CustomerReturn.objects.visible_to(actor).filter(pk__in=returns).values_list("pk", "order_id"))
        if returns
        else {}
    )
    left = {pk: invoice.amount - invoice.credited_amount for pk, invoice in invoices.items()}
    for index, credit in enumerate(credits):
        at, invoice = pointer(index), invoices.get(credit.invoice_id)
        if invoice is None:
            faults.add(f"{at}/invoice", _("There is no such invoice."))
            continue
        if credit.reason not in CreditReason.values:
            faults.add(f"{at}/reason", _("There is no such reason."))
        if credit.amount <= 0:
            faults.add(f"{at}/amount", _("The amount must be above 0."))
        elif credit.amount > left[invoice.pk]:
            said = {"invoice": invoice, "left": spoken_money(left[invoice.pk], invoice.currency_id)}
            faults.add(f"{at}/amount", _("Of %(invoice)s only %(left)s can still be credited.") % said)
        left[invoice.pk] -= credit.amount
        if credit.day < invoice.invoice_date:
            faults.add(f"{at}/day", _("A credit cannot come before its invoice."))
        if credit.customer_return_id and orders.get(credit.customer_return_id) != invoice.order_id:
            faults.add(f"{at}/customer_return", _("That return belongs to another order."))
    faults.refuse()
