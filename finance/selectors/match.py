"""The three-way match: what an invoice asks, against what was ordered and what there is of the goods.

Decision 14: before receipt the goods are what was inspected or shipped, because 30/70 is paid weeks before they arrive;
after receipt the classic match against what was received applies. Quantities are cumulative over all invoices of a line.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from core.money import line_total
from finance.models import MatchTolerance, SupplierInvoiceLine
from logistics.models import ReceiptLine, ShipmentLine, SupplierReturnLine
from quality.flows import RELEASING
from quality.models import InspectionKind, InspectionLine
from sourcing.models import PurchaseOrderLine

ZERO = Decimal(0)


@dataclass(slots=True)
class Goods:
    """What there is of an order line, in stock units."""

    shipped: Decimal = ZERO
    arrived: Decimal = ZERO  # received or found short, of all receipts
    under_way: Decimal = ZERO  # left, and neither received nor found short
    received: Decimal = ZERO  # accepted and rejected
    rejected: Decimal = ZERO
    returned: Decimal = ZERO
    returned_rejected: Decimal = ZERO
    inspected: Decimal = ZERO  # presented to pre-shipment inspections that passed or were conceded

    @property
    def known(self) -> bool:
        """Whether anything was inspected, shipped or received yet; before that only the order can be matched."""
        return bool(self.shipped or self.arrived or self.inspected)

    def quantity(self, *, bill_rejected: bool = False) -> Decimal:
        """What may be billed: what was accepted and kept, plus what is under way, plus what is ready and inspected.

        ``bill_rejected``: whatever came, rejected or sent back or not (R-10).
        """
        unwanted = ZERO if bill_rejected else self.rejected + self.returned - self.returned_rejected
        kept = self.received - unwanted
        ready = max(self.inspected - max(self.shipped, self.arrived), ZERO)
        return kept + self.under_way + ready


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far quantity and price may exceed; None says nothing (0 is allowed), and of two limits the lower holds."""

    quantity_pct: Decimal | None = None
    quantity_abs: Decimal | None = None
    price_pct: Decimal | None = None
    price_abs: Decimal | None = None
    bill_rejected: bool | None = None

    def quantity(self, limit: Decimal) -> Decimal:
        return _lower(self.quantity_pct, self.quantity_abs, limit)

    def price(self, price: Decimal) -> Decimal:
        return _lower(self.price_pct, self.price_abs, price)


def _lower(percent: Decimal | None, absolute: Decimal | None, of: Decimal) -> Decimal:
    limits = [limit for limit in (None if percent is None else of * percent / 100, absolute) if limit is not None]
    return min(limits, default=ZERO)


class Tolerances:
    """The rules of a company; one query."""

    _FIELDS = ("quantity_pct", "quantity_abs", "price_pct", "price_abs", "bill_rejected")

    def __init__(self, company_id: int | None):
        rows = MatchTolerance.objects.filter(company_id=company_id)
        self.rows = {(row.supplier_id, row.product_id): row for row in rows}

    def of(self, supplier_id: int, product_id: int) -> Tolerance:
        """The most particular rule that says something, measure by measure: quantity and price each as a pair."""
        keys = ((supplier_id, product_id), (None, product_id), (supplier_id, None), (None, None))
        rows = [self.rows[key] for key in keys if key in self.rows]
        found: dict[str, Any] = {}
        for names in (("quantity_pct", "quantity_abs"), ("price_pct", "price_abs"), ("bill_rejected",)):
            row = next((r for r in rows if any(getattr(r, name) is not None for name in names)), None)
            if row is not None:
                found |= {name: getattr(row, name) for name in names}
        return Tolerance(**found)


def goods_of(lines: Iterable[PurchaseOrderLine]) -> dict[int, Goods]:
    """What there is of these order lines. Three queries for any number, one more where something went back."""
    found = {line.pk: Goods(shipped=line.shipped_quantity, returned=line.returned_quantity) for line in lines}
    rows = (
        ReceiptLine.objects.filter(order_line_id__in=found, receipt__cancelled_at=None)
        .order_by()
        .values_list("order_line_id")
        .annotate(accepted=Sum("accepted_quantity"), rejected=Sum("rejected_quantity"), short=Sum("short_quantity"))
    )
    for pk, accepted, rejected, short in rows:
        goods = found[pk]
        goods.received, goods.rejected = accepted + rejected, rejected
        goods.arrived = accepted + rejected + short
    left = F("shipped_quantity") - F("received_quantity") - F("short_quantity")
    sailing = (
        ShipmentLine.objects.filter(order_line_id__in=found)
        .exclude(shipment__status="cancelled")
        .order_by()
        .values_list("order_line_id")
        .annotate(total=Sum(Greatest(left, Value(ZERO))))
    )
    for pk, total in sailing:
        found[pk].under_way = total
    inspected = (
        InspectionLine.objects.filter(
            order_line_id__in=found, inspection__kind=InspectionKind.PSI, inspection__status__in=RELEASING
        )
        .order_by()
        .values_list("order_line_id")
        .annotate(total=Sum("quantity"))
    )
    for pk, total in inspected:
        found[pk].inspected = total
    if any(goods.returned for goods in found.values()):
        back = (
            SupplierReturnLine.objects.filter(receipt_line__order_line_id__in=found, rejected_quantity__gt=0)
            .order_by()
            .values_list("receipt_line__order_line_id")
            .annotate(total=Sum("rejected_quantity"))
        )
        for pk, total in back:
            found[pk].returned_rejected = total
    return found


@dataclass(frozen=True, slots=True)
class LineMatch:
    """One invoice line against its order line: what of it is accepted, and why the rest is not."""

    quantity: Decimal
    price: Decimal
    amount: Decimal
    accepted_quantity: Decimal
    accepted_amount: Decimal
    quantity_excess: Decimal = ZERO
    price_excess_pct: Decimal | None = None
    reasons: tuple[str, ...] = ()

    @property
    def disputed(self) -> Decimal:
        return self.amount - self.accepted_amount


def match_line(
    *, line: PurchaseOrderLine, goods: Goods, tolerance: Tolerance, billed: Decimal, quantity: Decimal, price: Decimal,
    amount: Decimal,
) -> LineMatch:  # fmt: skip
    """This will match one invoice line (``billed``: what earlier invoices took of the order line).

    F10: payable now is min(invoiced, received, ordered) quantity × min(invoiced, ordered) price.
    """
    currency, reasons = line.order.currency_id, []
    there = goods.quantity(bill_rejected=bool(tolerance.bill_rejected))
    ordered = line.quantity if line.quantity or not line.order.unit_price_order else there
    if line.cancelled or line.order.status == "closed":
        ordered = min(ordered, max(there, line.received_quantity)) if goods.known else ZERO
    limit = min(ordered, there) if goods.known else ordered
    excess = billed + quantity - limit
    accepted = quantity
    if excess > tolerance.quantity(limit):
        accepted = max(quantity - excess, ZERO)
        why = _("received, shipped or inspected") if goods.known and there < ordered else _("ordered")
        said = {"line": line, "sum": _n(billed + quantity), "limit": _n(limit), "excess": _n(excess), "why": why}
        reasons.append(_("%(line)s: %(sum)s invoiced in all, %(limit)s %(why)s: %(excess)s too many.") % said)
    else:
        excess = ZERO
    accepted_price, excess_pct = price, None
    if price > line.unit_price:
        excess_pct = None if not line.unit_price else 100 * (price - line.unit_price) / line.unit_price
        if price - line.unit_price > tolerance.price(line.unit_price):
            accepted_price = line.unit_price
            said = {"line": line, "price": _n(price), "agreed": _n(line.unit_price), "currency": currency}
            reasons.append(_("%(line)s: invoiced at %(price)s %(currency)s, ordered at %(agreed)s.") % said)
    same = accepted == quantity and accepted_price == price
    return LineMatch(
        quantity=quantity,
        price=price,
        amount=amount,
        accepted_quantity=accepted,
        accepted_amount=amount if same else min(line_total(accepted, accepted_price, currency), amount),
        quantity_excess=excess,
        price_excess_pct=excess_pct,
        reasons=tuple(reasons),
    )


def _n(number: Decimal) -> str:
    """1,000 and 12.6, without the zeros that only the column keeps."""
    return f"{number.normalize():,f}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is still to be billed of an order line; quantity drives it, whatever was billed at which price (P-13)."""

    line: PurchaseOrderLine
    quantity: Decimal
    unit_price: Decimal


def propose(lines: Sequence[PurchaseOrderLine], *, company_id: int | None) -> list[Proposal]:
    """The next invoice of these order lines (orders loaded): what there is of them, or what was ordered, less the billed."""
    goods, tolerances = goods_of(lines), Tolerances(company_id)
    found = []
    for line in lines:
        rule = tolerances.of(line.order.supplier_id, line.product_id)
        there = goods[line.pk].quantity(bill_rejected=bool(rule.bill_rejected))
        there = there if goods[line.pk].known else (ZERO if line.cancelled else line.quantity)
        if there > line.billed_quantity:
            found.append(Proposal(line, there - line.billed_quantity, line.unit_price))
    return found


def match_invoice_lines(
    lines: Sequence[SupplierInvoiceLine], *, company_id: int | None, billed: Mapping[int, Decimal] | None = None
) -> dict[int, LineMatch]:
    """The matches of the goods lines of invoices that are not posted (order lines and orders loaded), by line id."""
    order_lines = {line.order_line_id: line.order_line for line in lines if line.order_line_id}
    goods, tolerances = goods_of(order_lines.values()), Tolerances(company_id)
    so_far: dict[int, Decimal] = defaultdict(lambda: ZERO)
    so_far.update({pk: line.billed_quantity for pk, line in order_lines.items()})
    so_far.update(billed or {})
    found = {}
    for line in lines:
        if not line.order_line_id:
            continue
        order_line = order_lines[line.order_line_id]
        found[line.pk] = result = match_line(
            line=order_line,
            goods=goods[order_line.pk],
            tolerance=tolerances.of(order_line.order.supplier_id, order_line.product_id),
            billed=so_far[order_line.pk],
            quantity=line.quantity,
            price=line.unit_price,
            amount=line.amount,
        )
        so_far[order_line.pk] += result.accepted_quantity
    return found
