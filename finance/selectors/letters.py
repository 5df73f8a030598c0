"""Letters of credit: what a new one would say, and what is presented under one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from finance.flows import InvoiceStatus, LetterStatus
from finance.models import LetterOfCredit, Presentation, SupplierInvoice, SupplierInvoiceLine
from finance.selectors.examination import Billed, Papers, latest_presentation
from finance.selectors.instalments import instalments_of, split_plan, terms_of
from logistics.documents import required_documents
from logistics.models import Shipment, ShipmentLine, TradeDocument, TradeDocumentType
from parties.models import Anchor
from sourcing.models import PurchaseOrder

ZERO = Decimal(0)
NOT_PRESENTED = (TradeDocumentType.CUSTOMS_ENTRY,)  # the buyer's own paper
CARRIAGE = (TradeDocumentType.BILL_OF_LADING, TradeDocumentType.AIR_WAYBILL)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a credit for an order would say, from its term, its dates and its Incoterm."""

    amount: Decimal
    latest_shipment_date: date
    expiry_date: date
    documents: list[str]


def secured_amounts(orders: Sequence[PurchaseOrder]) -> dict[int, Decimal]:
    """Of each order's total, what its payment term secures by a letter of credit; 0 where it names none. One query."""
    terms = terms_of(order.payment_term_id for order in orders)
    found = {}
    for order in orders:
        own = terms.get(order.payment_term_id, [])
        under = [one.anchor in Anchor.under_credit() for one in own]
        parts = split_plan(order.total, [one.percent for one in own], order.currency_id) if any(under) else []
        found[order.pk] = sum((part for part, is_under in zip(parts, under, strict=False) if is_under), ZERO)
    return found


def propose(order: PurchaseOrder) -> Proposal:
    """The credit as the order asks for it: shipment by its last promised day, three weeks more for the documents."""
    lines = [line for line in order.lines.all() if not line.cancelled]
    days = [line.promised_date or line.requested_date for line in lines]
    latest = max([day for day in days if day], default=timezone.localdate() + timedelta(days=60))
    papers = required_documents(order.mode, order.incoterm)
    return Proposal(
        amount=secured_amounts([order])[order.pk],
        latest_shipment_date=latest,
        expiry_date=latest + timedelta(days=21),
        documents=[one for one in papers if one not in NOT_PRESENTED],
    )


def to_present(letter: LetterOfCredit) -> list[SupplierInvoice]:
    """Invoices that may be presented: they bill the credit's order alone, and are not presented, or were refused."""
    own = SupplierInvoiceLine.objects.filter(order_line__order_id=letter.order_id)
    other = SupplierInvoiceLine.objects.exclude(order_line__order_id=letter.order_id)
    live = Presentation.objects.live()
    rows = SupplierInvoice.objects.filter(pk__in=own.values("invoice_id"), currency_id=letter.currency_id)
    rows = rows.exclude(status=InvoiceStatus.CANCELLED).exclude(pk__in=live.values("invoice_id"))
    return list(rows.exclude(pk__in=other.values("invoice_id")).order_by("pk"))


def secured_part(invoice: SupplierInvoice) -> Decimal:
    """Of an invoice, what its payment term secures by a letter of credit and is not paid."""
    dues = instalments_of([invoice])[invoice.pk]
    return sum((due.open for due in dues if due.anchor in Anchor.under_credit()), ZERO)


def shipment_of(letter: LetterOfCredit, invoice: SupplierInvoice) -> Shipment | None:
    """The shipment that the invoice names, or the only one that carries the credit's order."""
    if invoice.shipment_id:
        return invoice.shipment
    carrying = ShipmentLine.objects.filter(order_id=letter.order_id).exclude(shipment__status="cancelled")
    found = list(Shipment.objects.filter(pk__in=carrying.values("shipment_id"))[:2])
    return found[0] if len(found) == 1 else None


def billed_quantity(invoice: SupplierInvoice) -> Decimal:
    """The quantity on an invoice, added up over its lines."""
    return invoice.lines.aggregate(total=Sum("quantity"))["total"] or ZERO


@dataclass(frozen=True, slots=True)
class Shown:
    """What the shipment's papers say, to be presented: what is here, since when on board, how much is packed."""

    documents: list[str]
    shipped_date: date | None
    packing_quantity: Decimal | None


def papers_of(letter: LetterOfCredit, shipment: Shipment | None) -> Shown:
    """The papers of a shipment, as far as the credit asks for them. Two queries."""
    if shipment is None:
        return Shown([], None, None)
    here = TradeDocument.objects.filter(shipment=shipment, received_date__isnull=False)
    there = set(here.values_list("doc_type", flat=True))
    packed = ShipmentLine.objects.filter(shipment=shipment, order_id=letter.order_id).aggregate(total=Sum("quantity"))
    return Shown([one for one in letter.documents if one in there], shipment.departed_date, packed["total"])


def papers_presented(letter: LetterOfCredit, presentation: Presentation, findings: Iterable[str] = ()) -> Papers:
    """A presentation as the examination looks at it, with what the shipment's papers contradict. Four queries."""
    honoured = Presentation.objects.honoured().filter(letter=letter).exclude(pk=presentation.pk)
    under = [presentation.invoice_id, *honoured.values_list("invoice_id", flat=True)]
    billed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    rows = SupplierInvoiceLine.objects.filter(invoice_id__in=under, order_line__isnull=False)
    for line_id, quantity in rows.values_list("order_line_id", "quantity"):
        billed[line_id] += quantity
    ordered = letter.order.lines.filter(cancelled=False).select_related("unit").order_by("position")
    conflicts = []
    if presentation.shipment_id:
        asked = TradeDocument.objects.filter(shipment_id=presentation.shipment_id, doc_type__in=letter.documents)
        papers = asked.exclude(conflict="").order_by("pk")
        conflicts = [f"{paper.get_doc_type_display()}: {paper.conflict}" for paper in papers]
    return Papers(
        presented=presentation.presented_date,
        amount=presentation.amount,
        value=presentation.invoice.amount,
        available=letter.available_amount,
        documents=presentation.documents,
        shipped=presentation.shipped_date,
        invoice_quantity=presentation.invoice_quantity,
        packing_quantity=presentation.packing_quantity,
        insured=presentation.insured_amount,
        lines=[Billed(n.sku, n.quantity, billed[n.pk], n.unit.dimension) for n in ordered],
        earlier=len(under) > 1,
        conflicts=[*conflicts, *(text.strip() for text in findings if text.strip())],
    )


def last_day(letter: LetterOfCredit) -> date:
    """The day by which the last documents can come: what is shipped on the latest day, and before the credit expires."""
    return latest_presentation(letter.latest_shipment_date, letter.expiry_date, letter.presentation_days)


def wants_documents(letter: LetterOfCredit) -> bool:
    """Whether the beneficiary has still something to present: the credit is issued and not drawn, beyond its tolerance."""
    if letter.status != LetterStatus.ISSUED or (letter.drawn_amount and not letter.partial_shipments):
        return False
    least = letter.amount - (letter.limit - letter.amount)
    waiting = Presentation.objects.undecided().filter(letter=letter).aggregate(total=Sum("amount"))["total"] or ZERO
    return letter.drawn_amount + waiting < least
