"""The bills of forwarders, brokers, insurers and the customs: one paper, several charges, each following its goods."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.errors import RuleBroken
from core.outbox import News, announce_many, kind_of
from finance import events
from finance.flows import InvoiceStatus
from finance.models import Charge, InvoiceKind, SupplierInvoice, SupplierInvoiceLine
from finance.selectors.instalments import due_dates
from finance.services.charges import ChargeInput, lock_charges, write_charges
from finance.services.common import ZERO, Faults, Pointer, Rates, alone, base_currency, indexed
from finance.services.invoices import check_heads, make_heads, save_heads
from finance.services.landing import share_charges
from finance.services.sharing import movement
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many


@dataclass(frozen=True, slots=True)
class BilledCharge:
    """A line of the bill: the estimated charge it settles, or (without estimate) what it is for and which goods bear it."""

    amount: Decimal
    charge_id: int | None = None
    kind: str = ""
    shipment_id: int | None = None
    receipt_id: int | None = None
    delivery_id: int | None = None
    basis: str = ""
    description: str = ""
    weights: Mapping[int, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class ChargeInvoice:
    """``posted_date`` differs from the invoice's date when that lies in a closed period (L-20)."""

    supplier_id: int
    supplier_number: str
    invoice_date: date
    currency: str
    lines: Sequence[BilledCharge] = field(default_factory=tuple)
    posted_date: date | None = None
    payment_term_id: int | None = None
    due_date: date | None = None
    number: str = ""


def record_charge_invoice(*, actor: Actor, invoice: ChargeInvoice) -> SupplierInvoice:
    """This will record and post one bill; see ``record_charge_invoices``."""
    return record_charge_invoices(actor=actor, invoices=[invoice], pointer=alone)[0]


@transaction.atomic
def record_charge_invoices(
    *, actor: Actor, invoices: Sequence[ChargeInvoice], pointer: Pointer = indexed
) -> list[SupplierInvoice]:
    """This will record bills of charges, all or none, and post them: Dr accrued charges, Cr payables; what a bill
    differs from its estimate by goes to the goods on hand and to cost of goods sold, as the goods have gone (L13).

    Raises RuleBroken (by JSON pointer) for a number already recorded, a charge already billed, a basis that cannot be
    applied; MissingRate, PeriodClosed.
    """
    actor.needs("finance.add_supplierinvoice")
    faults = Faults()
    check_heads(actor, invoices, faults, pointer)
    named = [line.charge_id for i in invoices for line in i.lines if line.charge_id]
    estimated = {c.pk: c for c in lock_charges(actor, set(named))} if named else {}
    seen: set[int] = set()
    for index, invoice in enumerate(invoices):
        for n, line in enumerate(invoice.lines):
            at = f"{pointer(index)}/lines/{n}"
            if line.amount < 0 or (line.amount == 0 and not line.charge_id):
                faults.add(f"{at}/amount", _("The amount must be above 0."))
            charge = estimated.get(line.charge_id)
            if charge is None:
                continue
            if charge.invoice_id or charge.cancelled or charge.pk in seen:
                faults.add(f"{at}/charge", _("%(charge)s is already billed or cancelled.") % {"charge": charge})
            seen.add(charge.pk)
        if invoice.lines and not sum(line.amount for line in invoice.lines):
            faults.add(f"{pointer(index)}/lines", _("The invoice adds up to nothing."))
    faults.refuse()
    days = [i.posted_date or i.invoice_date for i in invoices]
    base = base_currency(actor.company_id)
    rates = Rates(base, {(i.currency, day) for i, day in zip(invoices, days, strict=True)})
    charges = _charges(actor, invoices, days, estimated, pointer)
    documents = make_heads(actor, invoices, InvoiceKind.CHARGES)
    rows, drafts = [], []
    for document, invoice, day, own in zip(documents, invoices, days, charges, strict=True):
        document.status, document.posted_date = InvoiceStatus.POSTED, day
        document.exchange_rate = round(rates.rate(invoice.currency, day), 10)
        document.amount = sum((line.amount for line in invoice.lines), ZERO)
        document.base_amount = ZERO
        for line, charge in zip(invoice.lines, own, strict=True):
            charge.actual_amount = line.amount
            charge.actual_base = rates.convert(line.amount, invoice.currency, day)
            charge.bump()
            document.base_amount += charge.actual_base
            rows.append(
                SupplierInvoiceLine(
                    invoice=document,
                    charge=charge,
                    description=line.description or str(charge),
                    unit_price=line.amount,
                    amount=line.amount,
                    accepted_quantity=1,
                    accepted_amount=line.amount,
                )
            )
    for document, due in zip(documents, due_dates(documents), strict=True):
        document.due_date = document.due_date or due
    save_heads(documents)
    for row in rows:
        row.invoice = row.invoice  # the key that bulk_create has just given
        row.charge.invoice = row.invoice
    SupplierInvoiceLine.objects.bulk_create(rows, batch_size=5000)
    billed = [row.charge for row in rows]
    update_rows(billed, ["actual_amount", "actual_base", "invoice", "version"])
    news: list[News] = []
    about: dict[int, list[tuple[str, int]]] = {}
    for document, own in zip(documents, charges, strict=True):
        concerned = sorted({(f"logistics.{kind}", pk) for kind, pk in map(movement, own)})
        news.append(News(document.pk, document.company_id, concerned))
        drafts.append(_entry(document, own, concerned))
        about |= {charge.pk: [(kind_of(SupplierInvoice), document.pk)] for charge in own}
    post_many(actor=actor, company_id=actor.company_id, drafts=drafts)
    by_day: dict[date, list[Charge]] = defaultdict(list)
    for day, own in zip(days, charges, strict=True):
        by_day[day] += own
    for day, own in sorted(by_day.items()):
        share_charges(
            actor=actor, charges=own, purpose=Purpose.CHARGE_INVOICE, event=events.CHARGE_POSTED, day=day, about=about
        )
    announce_many(events.INVOICE_POSTED, kind_of(SupplierInvoice), news, actor=actor)
    return documents


def _charges(
    actor: Actor,
    invoices: Sequence[ChargeInvoice],
    days: Sequence[date],
    estimated: dict[int, Charge],
    pointer: Pointer,
) -> list[list[Charge]]:
    """The charges of each bill, line by line: those estimated, and new ones for what nobody had estimated."""
    new = [
        (line, invoice.currency, day, f"{pointer(index)}/lines/{n}")
        for index, (invoice, day) in enumerate(zip(invoices, days, strict=True))
        for n, line in enumerate(invoice.lines)
        if not line.charge_id
    ]
    inputs = [
        ChargeInput(
            kind=line.kind, amount=line.amount, currency=currency, day=day, shipment_id=line.shipment_id,
            receipt_id=line.receipt_id, delivery_id=line.delivery_id, basis=line.basis, description=line.description,
            weights=line.weights,
        )
        for line, currency, day, _at in new
    ]  # fmt: skip
    written = write_charges(actor=actor, charges=inputs, pointer=lambda n: new[n][3], estimated=False) if inputs else []
    waiting = iter(written)
    return [[estimated[x.charge_id] if x.charge_id else next(waiting) for x in invoice.lines] for invoice in invoices]


def _entry(invoice: SupplierInvoice, charges: Sequence[Charge], about: Sequence[tuple[str, int]]) -> Draft:
    if invoice.posted_date is None:
        raise RuleBroken(_("%(invoice)s is not posted.") % {"invoice": invoice})
    debits = [Line(Account.ACCRUED_CHARGES, c.actual_base, invoice.currency_id, c.actual_amount) for c in charges]
    return Draft(
        day=invoice.posted_date,
        purpose=Purpose.CHARGE_INVOICE,
        source=invoice,
        party_id=invoice.supplier_id,
        memo=invoice.supplier_number[:200],
        lines=[*debits, Line(Account.PAYABLES, -invoice.base_amount, invoice.currency_id, -invoice.amount)],
        about=about,
    )
