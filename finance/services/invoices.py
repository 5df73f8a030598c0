"""Supplier invoices for goods: recorded against order lines; see ``posting`` for the match and what it moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import RuleBroken
from core.money import line_total
from core.outbox import News, announce_many, kind_of
from finance.events import INVOICE_RECORDED
from finance.models import InvoiceKind, SupplierInvoice, SupplierInvoiceLine
from finance.services.common import ZERO, Faults, Pointer, alone, indexed, take_numbers
from logistics.models import Shipment
from parties.models import DocumentParty, Organisation, PaymentTerm
from reference.models import Currency
from sourcing.flows import BEFORE_SENDING, OrderStatus
from sourcing.models import PurchaseOrderLine
from suppliers.models import Supplier
from suppliers.services import refuse_held

ORDER, SHIPMENT = "sourcing.purchaseorder", "logistics.shipment"


@dataclass(frozen=True, slots=True)
class GoodsLine:
    order_line_id: int
    quantity: Decimal
    unit_price: Decimal
    description: str = ""


@dataclass(frozen=True, slots=True)
class GoodsInvoice:
    """``amount`` is the total printed on the paper; when given, the lines must add up to it to the cent (X16)."""

    supplier_id: int
    supplier_number: str
    invoice_date: date
    currency: str
    lines: Sequence[GoodsLine] = field(default_factory=tuple)
    amount: Decimal | None = None
    shipment_id: int | None = None
    payment_term_id: int | None = None
    due_date: date | None = None
    number: str = ""


def record_supplier_invoice(*, actor: Actor, invoice: GoodsInvoice) -> SupplierInvoice:
    """This will record one goods invoice as a draft; see ``record_supplier_invoices``."""
    return record_supplier_invoices(actor=actor, invoices=[invoice], pointer=alone)[0]


@transaction.atomic
def record_supplier_invoices(
    *, actor: Actor, invoices: Sequence[GoodsInvoice], pointer: Pointer = indexed
) -> list[SupplierInvoice]:
    """This will record goods invoices as drafts, all or none; nothing is posted or billed yet.

    Raises RuleBroken with every wrong input by JSON pointer: an unknown or held supplier, a number of his that is
    already recorded, an order that was not issued, another currency than the order's, lines that do not add up.
    """
    actor.needs("finance.add_supplierinvoice")
    faults = Faults()
    check_heads(actor, invoices, faults, pointer)
    lines = _order_lines(actor, invoices)
    shipments = {i.shipment_id for i in invoices if i.shipment_id}
    known = (
        set(Shipment.objects.visible_to(actor).filter(pk__in=shipments).values_list("pk", flat=True))
        if shipments
        else set()
    )
    for index, invoice in enumerate(invoices):
        if invoice.shipment_id and invoice.shipment_id not in known:
            faults.add(f"{pointer(index)}/shipment", _("There is no such document."))
        _check_lines(invoice, lines, faults, pointer(index))
    faults.refuse()
    documents = make_heads(actor, invoices, InvoiceKind.GOODS)
    rows = []
    for document, invoice in zip(documents, invoices, strict=True):
        document.shipment_id = invoice.shipment_id
        if not document.payment_term_id:
            document.payment_term_id = lines[invoice.lines[0].order_line_id].order.payment_term_id
        document.amount = ZERO
        for line in invoice.lines:
            amount = line_total(line.quantity, line.unit_price, invoice.currency)
            document.amount += amount
            rows.append(
                SupplierInvoiceLine(
                    invoice=document,
                    order_line_id=line.order_line_id,
                    description=line.description or lines[line.order_line_id].description,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    amount=amount,
                )
            )
    save_heads(documents)
    for row in rows:
        row.invoice = row.invoice  # the key that bulk_create has just given
    SupplierInvoiceLine.objects.bulk_create(rows, batch_size=5000)
    news = [
        News(
            document.pk,
            document.company_id,
            sorted(
                {(ORDER, lines[line.order_line_id].order_id) for line in invoice.lines}
                | ({(SHIPMENT, invoice.shipment_id)} if invoice.shipment_id else set())
            ),
        )
        for document, invoice in zip(documents, invoices, strict=True)
    ]
    announce_many(INVOICE_RECORDED, kind_of(SupplierInvoice), news, actor=actor)
    return documents


def check_heads(actor: Actor, invoices: Sequence, faults: Faults, pointer: Pointer) -> None:
    """What every supplier invoice must get right: who, which number of his, which currency, no hold."""
    ids = {i.supplier_id for i in invoices}
    suppliers = Organisation.objects.visible_to(actor).in_bulk(ids)
    profiles = {
        s.organisation_id: s for s in Supplier.objects.filter(organisation_id__in=ids).select_related("organisation")
    }
    currencies = set(Currency.objects.filter(pk__in={i.currency for i in invoices}).values_list("pk", flat=True))
    terms = {i.payment_term_id for i in invoices if i.payment_term_id}
    if terms:
        terms = set(PaymentTerm.objects.filter(company_id=actor.company_id, pk__in=terms).values_list("pk", flat=True))
    numbers = {i.supplier_number.strip() for i in invoices}
    seen = {
        (supplier, number): document
        for supplier, number, document in SupplierInvoice.objects.filter(
            company_id=actor.company_id, supplier_id__in=ids, supplier_number__in=numbers
        )
        .exclude(status="cancelled")
        .values_list("supplier_id", "supplier_number", "number")
    }
    for index, invoice in enumerate(invoices):
        at, number = pointer(index), invoice.supplier_number.strip()
        supplier = suppliers.get(invoice.supplier_id)
        if supplier is None:
            faults.add(f"{at}/supplier", _("There is no such supplier."))
        elif invoice.supplier_id in profiles:
            try:
                refuse_held(profiles[invoice.supplier_id], "invoices", on=invoice.invoice_date)
            except RuleBroken as refusal:
                faults.add(f"{at}/supplier", str(refusal))
        if not number:
            faults.add(f"{at}/supplier_number", _("Enter the number that stands on the supplier's invoice."))
        elif (invoice.supplier_id, number) in seen:
            said = {"number": number, "supplier": supplier, "document": seen[invoice.supplier_id, number]}
            faults.add(
                f"{at}/supplier_number",
                _("Invoice %(number)s of %(supplier)s is already recorded: %(document)s.") % said,
            )
        seen.setdefault((invoice.supplier_id, number), _("the one before it"))
        if invoice.currency not in currencies:
            faults.add(f"{at}/currency", _("%(code)s is not a known currency.") % {"code": invoice.currency})
        if invoice.payment_term_id and invoice.payment_term_id not in terms:
            faults.add(f"{at}/payment_term", _("There is no such payment term."))
        if invoice.due_date and invoice.due_date < invoice.invoice_date:
            faults.add(f"{at}/due_date", _("It cannot be due before its own date."))
        if not invoice.lines:
            faults.add(f"{at}/lines", _("An invoice needs at least one line."))


def make_heads(actor: Actor, invoices: Sequence, kind: InvoiceKind) -> list[SupplierInvoice]:
    """The documents of checked inputs, numbered; not saved."""
    waiting = take_numbers(actor.company_id, "SI", [i.invoice_date for i in invoices if not i.number])[::-1]
    return [
        SupplierInvoice(
            company_id=actor.company_id,
            number=i.number or waiting.pop(),
            supplier_id=i.supplier_id,
            supplier_number=i.supplier_number.strip(),
            kind=kind,
            invoice_date=i.invoice_date,
            due_date=i.due_date,
            payment_term_id=i.payment_term_id,
            currency_id=i.currency,
            created_by=actor.name,
            created_by_id=actor.user_id,
        )
        for i in invoices
    ]


def save_heads(documents: Sequence[SupplierInvoice]) -> None:
    """This will insert the documents and let their suppliers see them. Two clerks, one paper: the second is refused."""
    try:
        with transaction.atomic():
            SupplierInvoice.objects.bulk_create(documents, batch_size=2000)
    except IntegrityError as error:
        if "finance_invoice_once" not in str(error):
            raise
        raise RuleBroken(
            _("Somebody has just recorded an invoice with this number of this supplier."), field="supplier_number"
        ) from error
    kind = kind_of(SupplierInvoice)
    DocumentParty.objects.bulk_create(
        [DocumentParty(kind=kind, document_id=d.pk, organisation_id=d.supplier_id, role="supplier") for d in documents],
        batch_size=2000,
    )


def _order_lines(actor: Actor, invoices: Sequence[GoodsInvoice]) -> dict[int, PurchaseOrderLine]:
    wanted = {line.order_line_id for invoice in invoices for line in invoice.lines}
    rows = PurchaseOrderLine.objects.visible_to(actor).filter(pk__in=wanted).select_related("order")
    return {line.pk: line for line in rows}


def _check_lines(invoice: GoodsInvoice, lines: dict[int, PurchaseOrderLine], faults: Faults, at: str) -> None:
    total = ZERO
    for n, line in enumerate(invoice.lines):
        found = lines.get(line.order_line_id)
        if found is None:
            faults.add(f"{at}/lines/{n}/order_line", _("There is no such order line."))
            continue
        order = found.order
        if order.supplier_id != invoice.supplier_id:
            faults.add(f"{at}/lines/{n}/order_line", _("%(order)s is another supplier's order.") % {"order": order})
        elif order.status in BEFORE_SENDING or order.status == OrderStatus.CANCELLED:
            said = {"order": order, "state": order.get_status_display().lower()}
            faults.add(
                f"{at}/lines/{n}/order_line", _("%(order)s is %(state)s; only an issued order can be invoiced.") % said
            )
        if order.currency_id != invoice.currency:
            said = {"order": order, "currency": order.currency_id}
            faults.add(f"{at}/currency", _("%(order)s is in %(currency)s; its invoice must be too.") % said)
        if line.quantity <= 0:
            faults.add(f"{at}/lines/{n}/quantity", _("The quantity must be above 0."))
        if line.unit_price < 0:
            faults.add(f"{at}/lines/{n}/unit_price", _("The price cannot be negative."))
        total += line_total(line.quantity, line.unit_price, invoice.currency)
    if total <= 0 and invoice.lines:
        faults.add(f"{at}/lines", _("The invoice adds up to nothing."))
    if invoice.amount is not None and invoice.amount != total:
        said = {"total": total, "amount": invoice.amount, "currency": invoice.currency}
        faults.add(f"{at}/amount", _("The lines add up to %(total)s %(currency)s, the invoice says %(amount)s.") % said)
