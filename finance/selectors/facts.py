"""What has happened to the goods that an invoice bills: inspected, sailed, papers here, received.

Of an order line in parts, the invoices bill one part after the other. So an invoice waits for its own part: that the
first part has sailed or was passed says nothing about the second, and a second part that fails says nothing about the
first (decisions 9, 12 and 13). An invoice that names its shipment bills what that shipment carries.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from finance.flows import InvoiceStatus, PresentationStatus
from finance.models import InvoiceKind, LetterOfCredit, Presentation, SupplierInvoice, SupplierInvoiceLine
from finance.selectors.match import Tolerances
from logistics.models import ReceiptLine, ShipmentLine, TradeDocument
from parties.models import Anchor
from quality.selectors import Judged, judged_lots, verdict_among
from sourcing.models import PurchaseOrder, PurchaseOrderLine

ZERO = Decimal(0)
BL_PAPERS = ("bill_of_lading", "air_waybill")


@dataclass(slots=True)
class Facts:
    """What has happened to the goods that an invoice bills; a day is known once it is known of all of them."""

    invoice_date: date
    confirmed: date | None = None
    needs_inspection: bool = False
    inspected: date | None = None
    shipped: date | None = None
    papers: date | None = None
    received: date | None = None
    orders: dict[int, PurchaseOrder] = field(default_factory=dict)
    letter: LetterOfCredit | None = None
    presentation: Presentation | None = None  # of the invoice's documents, the last

    @property
    def released(self) -> bool:
        """Whether no inspection stands against paying."""
        return not self.needs_inspection or self.inspected is not None

    def anchor(self, anchor: str) -> tuple[date | None, str]:
        """The day the event happened, or what is still missing."""
        if anchor in Anchor.under_credit():
            return self._under_credit(anchor)
        if anchor == Anchor.INVOICED:
            return self.invoice_date, ""
        if anchor == Anchor.ORDER_CONFIRMED:
            return self.confirmed or self.invoice_date, ""
        if anchor == Anchor.SHIPPED:
            return self.shipped, "" if self.shipped else _("The goods have not sailed.")
        if anchor == Anchor.RECEIVED:
            return self.received, "" if self.received else _("The goods have not been received.")
        if anchor == Anchor.BEFORE_SHIPMENT:
            if not self.needs_inspection:
                return self.shipped or self.invoice_date, ""
            return self.inspected, "" if self.inspected else _("The pre-shipment inspection has not passed.")
        if not self.shipped:
            return None, _("The goods have not sailed.")
        if not self.papers:
            return None, _("The copy of the bill of lading is missing.")
        return max(self.shipped, self.papers), ""

    @property
    def honoured(self) -> bool:
        """Whether the bank must pay: it looks at documents, and neither at goods nor at what we hold against them."""
        return self.presentation is not None and self.presentation.status in PresentationStatus.honoured()

    def _under_credit(self, anchor: str) -> tuple[date | None, str]:
        made = self.presentation
        if self.letter is None:
            order = next(iter(self.orders.values()), "")
            return None, _("There is no letter of credit for %(order)s.") % {"order": order}
        if made is None:
            return None, _("No documents are presented under %(letter)s.") % {"letter": self.letter}
        if made.status in PresentationStatus.honoured():
            return (made.shipped_date if anchor == Anchor.LC_SHIPPED else None) or made.decided_date, ""
        said = {"presentation": made, "day": date_format(made.examine_by)}
        return None, {
            PresentationStatus.PRESENTED: _("%(presentation)s is to be examined by %(day)s."),
            PresentationStatus.DISCREPANT: _("%(presentation)s does not comply: waive or refuse by %(day)s."),
            PresentationStatus.REFUSED: _("%(presentation)s was refused; other documents must be presented."),
        }[PresentationStatus(made.status)] % said


@dataclass(slots=True)
class _Part:
    """The goods of an order line that an invoice bills: beyond ``start``, up to ``end``, of a shipment or of all others."""

    invoice: SupplierInvoice
    line: PurchaseOrderLine
    start: Decimal
    end: Decimal
    so_far: Decimal  # what all invoices of the line bill up to this one
    spare: Callable[[Decimal], Decimal]  # what may be missing of a quantity, by the tolerance of the match


@dataclass(frozen=True, slots=True)
class _Move:
    day: date
    quantity: Decimal
    shipment_id: int | None = None


def facts_of(invoices: Sequence[SupplierInvoice]) -> dict[int, Facts]:
    """What happened to the goods of these invoices, by invoice id. Eight queries for any number, nine under credits."""
    found = {i.pk: Facts(i.invoice_date) for i in invoices}
    goods = {i.pk: i for i in invoices if i.kind == InvoiceKind.GOODS}
    if not goods:
        return found
    rows = list(
        SupplierInvoiceLine.objects.filter(invoice_id__in=goods).select_related(
            "order_line__order", "order_line__product"
        )
    )
    lines = {row.order_line_id: row.order_line for row in rows}
    for row in rows:
        facts, order = found[row.invoice_id], row.order_line.order
        facts.orders[order.pk] = order
        if order.confirmed_at:
            confirmed = timezone.localdate(order.confirmed_at)
            facts.confirmed = max(facts.confirmed or confirmed, confirmed)
    letters, presented = _credits(goods, {line.order_id for line in lines.values()})
    for pk, presentation in presented.items():
        found[pk].presentation = presentation
    for pk in goods if letters else ():
        found[pk].letter = next((letters[order] for order in found[pk].orders if order in letters), None)
    parts, named = _parts(goods, lines)
    lots = judged_lots(lines)
    receipts = _receipts(lines)
    departures, chosen = _departures(lines, receipts)
    days: dict[int, dict[str, list[date | None]]] = defaultdict(lambda: defaultdict(list))
    carrying: dict[int, set[int]] = defaultdict(set)
    for part in parts:
        pk, own = part.invoice.pk, days[part.invoice.pk]
        inspection = chosen.get((part.invoice.shipment_id, part.line.pk))
        if lots.get(part.line.pk) or part.line.product.inspection_required:
            found[pk].needs_inspection = True
            own["inspected"].append(_released_on(part, lots.get(part.line.pk, []), inspection))
        sailed = _mine(part, departures[part.line.pk], named[part.line.pk])
        day, moves = _reached(part, sailed)
        own["shipped"].append(day)
        carrying[pk] |= {move.shipment_id for move in moves if move.shipment_id}
        own["received"].append(_reached(part, _mine(part, receipts[part.line.pk], named[part.line.pk]))[0])
    papers = _papers(carrying)
    for pk, own in days.items():
        found[pk].inspected, found[pk].shipped = _last(own["inspected"]), _last(own["shipped"])
        found[pk].received = _last(own["received"])
        # goods that came without a shipment need no paper any more
        found[pk].papers = _last([papers.get(s) for s in carrying[pk]]) if carrying[pk] else found[pk].shipped
    return found


def _credits(
    invoices: Iterable[int], orders: Iterable[int]
) -> tuple[dict[int, LetterOfCredit], dict[int, Presentation]]:
    """The credits of orders (the last that stands or stood), and the last presentation of each invoice. Two queries at
    most; one where there is no credit.
    """
    rows = LetterOfCredit.objects.filter(order_id__in=set(orders)).exclude(status="cancelled").order_by("pk")
    letters = {letter.order_id: letter for letter in rows}
    if not letters:
        return {}, {}
    made = Presentation.objects.filter(invoice_id__in=set(invoices)).order_by("pk")
    return letters, {one.invoice_id: one for one in made}


def _last(days: Iterable[date | None]) -> date | None:
    """The last of the days, None while one is not known."""
    known = list(days)
    return max(day for day in known if day) if known and all(known) else None


def _parts(
    goods: dict[int, SupplierInvoice], lines: dict[int, PurchaseOrderLine]
) -> tuple[list[_Part], dict[int, set[int]]]:
    """What each asked invoice bills of each order line, and the shipments that invoices of a line name."""
    rows = (
        SupplierInvoiceLine.objects.filter(order_line_id__in=lines)
        .exclude(invoice__status=InvoiceStatus.CANCELLED)
        .order_by(F("invoice__posted_date").asc(nulls_last=True), "invoice_id", "id")  # in turn: as they were posted
        .values_list(
            "order_line_id", "invoice_id", "invoice__shipment_id", "invoice__status", "quantity", "accepted_quantity"
        )
    )
    billed: dict[int, dict[tuple[int | None, int], Decimal]] = defaultdict(dict)  # line → shipment, invoice → quantity
    posted: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for pk, invoice, shipment, status, quantity, accepted in rows:
        draft = status == InvoiceStatus.DRAFT
        if draft and invoice not in goods:
            continue
        own = billed[pk]
        own[shipment, invoice] = own.get((shipment, invoice), ZERO) + (quantity if draft else accepted)
        posted[pk] += ZERO if draft else accepted
    tolerances = Tolerances(next(iter(goods.values())).company_id)
    parts: list[_Part] = []
    named: dict[int, set[int]] = {}
    for pk, line in lines.items():
        own = billed[pk]
        named[pk] = {shipment for shipment, _invoice in own if shipment}
        spare = tolerances.of(line.order.supplier_id, line.product_id).quantity
        so_far = ZERO
        ends: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
        # what a debit note opened again counts as never billed, earliest first
        reopened = max(posted[pk] - line.billed_quantity, ZERO)
        for (shipment, invoice), quantity in own.items():
            gone = min(reopened, quantity)
            reopened, quantity = reopened - gone, quantity - gone
            so_far += quantity
            ends[shipment] += quantity
            if invoice in goods and quantity:
                end = ends[shipment]
                parts.append(_Part(goods[invoice], line, end - quantity, end, so_far, spare))
    return parts, named


def _released_on(part: _Part, lots: list[Judged], inspection_id: int | None) -> date | None:
    """The day on which inspections had released the goods of a part; None while they have not."""
    if inspection_id is not None:
        verdict = verdict_among(lots, inspection_id)
        return verdict.day if verdict is not None and verdict.releases else None
    wanted = min(part.so_far, part.line.quantity or part.so_far)
    released, last = ZERO, None
    for lot in lots:
        if lot.releases:
            released += lot.quantity
            last = max(last, lot.day) if last else lot.day
            if _enough(part, released, wanted):
                return last
    if part.line.product.inspection_required:
        return None
    unreleased = sum((lot.quantity for lot in lots if not lot.releases), ZERO)
    return part.invoice.invoice_date if wanted <= part.line.quantity - unreleased else None


def _enough(part: _Part, there: Decimal, wanted: Decimal) -> bool:
    return there >= wanted or bool(there and wanted - there <= part.spare(there))


def _departures(
    lines: Iterable[int], receipts: dict[int, list[_Move]]
) -> tuple[dict[int, list[_Move]], dict[tuple[int, int], int]]:
    """What of each order line sailed, in turn; and the inspections that shipment lines name.

    What is here has left, though nobody reported it.
    """
    rows = (
        ShipmentLine.objects.filter(order_line_id__in=lines)
        .exclude(shipment__status="cancelled")
        .order_by("shipment__departed_date", "shipment_id")
        .values_list("order_line_id", "shipment_id", "shipment__departed_date", "quantity", "inspection_id")
    )
    found: dict[int, list[_Move]] = defaultdict(list)
    inspections, sailed = {}, set()
    for line, shipment, departed, quantity, inspection in rows:
        if departed:
            found[line].append(_Move(departed, quantity, shipment))
            sailed.add(shipment)
        if inspection:
            inspections[shipment, line] = inspection
    for line, arrived in receipts.items():
        if unreported := [move for move in arrived if move.shipment_id not in sailed]:
            found[line] = sorted([*found[line], *unreported], key=lambda move: move.day)
    return found, inspections


def _receipts(lines: Iterable[int]) -> dict[int, list[_Move]]:
    """What of each order line arrived (received, or found missing), in turn."""
    rows = (
        ReceiptLine.objects.filter(order_line_id__in=lines, receipt__cancelled_at=None)
        .order_by("receipt__received_date", "id")
        .annotate(arrived=F("accepted_quantity") + F("rejected_quantity") + F("short_quantity"))
        .values_list("order_line_id", "receipt__received_date", "arrived", "receipt__shipment_id")
    )
    found: dict[int, list[_Move]] = defaultdict(list)
    for line, day, arrived, shipment in rows:
        found[line].append(_Move(day, arrived, shipment))
    return found


def _mine(part: _Part, moves: list[_Move], named: set[int]) -> list[_Move]:
    """The movements that can carry a part: of the shipment its invoice names, else of those that no invoice names."""
    wanted = part.invoice.shipment_id
    if wanted:
        return [move for move in moves if move.shipment_id == wanted]
    return [move for move in moves if move.shipment_id not in named]


def _reached(part: _Part, moves: list[_Move]) -> tuple[date | None, list[_Move]]:
    """The day on which the last of a part had moved, and the movements that carried it."""
    there, carried = ZERO, []
    for move in moves:
        there += move.quantity
        if there > part.start:
            carried.append(move)
        if there >= part.end:
            return move.day, carried
    return (moves[-1].day if carried and _enough(part, there, part.end) else None), carried


def _papers(carrying: dict[int, set[int]]) -> dict[int, date]:
    """When the copy of the bill of lading (or air waybill) of each shipment came."""
    shipments = {shipment for own in carrying.values() for shipment in own}
    rows = TradeDocument.objects.filter(shipment_id__in=shipments, doc_type__in=BL_PAPERS, received_date__isnull=False)
    return dict(rows.order_by("-received_date").values_list("shipment_id", "received_date")) if shipments else {}
