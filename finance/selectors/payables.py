"""Payables: what is due, what is blocked and why; one safe-to-pay card per instalment."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import DecimalField, Exists, F, OuterRef, Q, Subquery, Sum

from core.actor import Actor
from finance.flows import PaymentStatus
from finance.models import Payment, PaymentAllocation, SupplierInvoice
from finance.selectors.discounts import Discount, discounts_of
from finance.selectors.facts import facts_of
from finance.selectors.instalments import Due, deposits_of, instalments_of
from finance.selectors.safe import Check, check_invoices, check_orders
from parties.models import Anchor, Instalment, Organisation
from sourcing.flows import OPEN
from sourcing.models import PurchaseOrder, PurchaseOrderLine

SHOWN = 400  # the page is for acting on what is due next, not for reading thousands


@dataclass(frozen=True, slots=True)
class Payable:
    """An instalment of an invoice, or the deposit of an order, that is not wholly paid."""

    kind: str  # invoice, deposit
    document: SupplierInvoice | PurchaseOrder
    supplier: Organisation
    currency: str
    due: Due
    checks: Sequence[Check]
    requested: Decimal = Decimal(0)  # of what is open: asked for, and not paid yet
    payments: Sequence[Payment] = field(default_factory=tuple)  # that ask for it
    discount: Discount | None = None  # while it can still be taken

    @property
    def left(self) -> Decimal:
        """What is open and nobody has asked for."""
        return self.due.open - self.requested

    @property
    def early(self) -> Decimal:
        """What is to be paid while the discount can be taken, of what nobody has asked for."""
        return self.left - (self.discount.of(self.left, self.currency, self.discount.until) if self.discount else 0)

    @property
    def blocked(self) -> list[str]:
        """Why it cannot be paid now: what it waits for, and every check that is not green. Empty: safe to pay."""
        waiting = [self.due.waiting] if self.due.waiting else []
        return waiting + [check.reason for check in self.checks if check.reason and check.reason not in waiting]

    @property
    def key(self) -> str:
        """Names the instalment in a form: "deposit-41-1"."""
        return f"{self.kind}-{self.document.pk}-{self.due.position}"

    @property
    def url(self) -> str:
        return self.document.get_absolute_url()

    def overdue(self, on: date) -> bool:
        return bool(self.due.due_date and self.due.due_date < on)

    def as_dict(self) -> dict:
        return {
            "kind": self.kind,
            "document": self.document.pk,
            "number": str(self.document),
            "supplier": self.supplier.pk,
            "supplier_name": self.supplier.name,
            "currency": self.currency,
            "instalment": {**asdict(self.due), "open": self.due.open},
            "checks": [{"name": c.name, "label": c.label, "ok": c.ok, "reason": c.reason} for c in self.checks],
            "blocked": self.blocked,
            "requested": self.requested,
            "discount": {"percent": self.discount.percent, "until": self.discount.until, "amount": self.early}
            if self.discount
            else None,
        }


def payables(actor: Actor, *, on: date, invoices=None, orders=None) -> list[Payable]:
    """What is not paid, the next due first; what waits for an event comes last. A constant number of queries.

    ``invoices`` or ``orders`` given: only theirs.
    """
    if invoices is None:
        rows = SupplierInvoice.objects.visible_to(actor).open().select_related("supplier")
        invoices = list(rows.order_by(F("due_date").asc(nulls_last=True), "pk")[:SHOWN])
    if orders is None:
        orders = list(waiting_deposits(actor).select_related("supplier").order_by("confirmed_at", "pk")[:SHOWN])
    facts = facts_of(invoices)
    plans, deposits = instalments_of(invoices, facts), deposits_of(orders)
    cards, order_cards = check_invoices(invoices, on=on, facts=facts, plans=plans), check_orders(orders, on=on)
    asked = _asked_for(invoices, orders)
    granted = {pk: one for pk, one in discounts_of(invoices).items() if one.until >= on}
    found = []
    for kind, documents, dues, checks in (
        ("invoice", invoices, plans, cards),
        ("deposit", orders, deposits, order_cards),
    ):
        for document in documents:
            allocations = asked.get((kind, document.pk), ())
            payments = tuple(dict.fromkeys(one.payment for one in allocations))
            left = sum((one.amount for one in allocations), Decimal(0))
            for due in dues[document.pk]:
                if due.open > 0:
                    part = min(left, due.open)  # what is asked for settles the first instalments first, as payments do
                    left -= part
                    own = (kind, document, document.supplier, document.currency_id, due, checks[document.pk])
                    discount = granted.get(document.pk) if kind == "invoice" else None
                    found.append(Payable(*own, part, payments if part else (), discount))
    return sorted(found, key=lambda p: (p.due.due_date is None, p.due.due_date or on, str(p.document)))


def _asked_for(invoices, orders) -> dict[tuple[str, int], list[PaymentAllocation]]:
    """What payments ask for that are not paid yet, by kind and id of the document. One query."""
    rows = (
        PaymentAllocation.objects.filter(payment__status__in=(PaymentStatus.DRAFT, PaymentStatus.APPROVED))
        .filter(Q(invoice__in=[one.pk for one in invoices]) | Q(order__in=[one.pk for one in orders]))
        .select_related("payment")
        .order_by("pk")
    )
    found: dict[tuple[str, int], list[PaymentAllocation]] = defaultdict(list)
    for row in rows:
        found["invoice" if row.invoice_id else "deposit", row.invoice_id or row.order_id].append(row)
    return found


def waiting_deposits(actor: Actor):
    """Issued orders whose payment term asks for a deposit that is not wholly paid, and nothing was billed of yet."""
    asked = Instalment.objects.filter(anchor=Anchor.ORDER_CONFIRMED).values("term_id")
    rows = PurchaseOrder.objects.visible_to(actor).filter(status__in=OPEN, payment_term__in=asked, total__gt=0)
    billed = PurchaseOrderLine.objects.filter(order=OuterRef("pk"), billed_quantity__gt=0)
    return rows.filter(~Exists(billed), deposit_paid__lt=F("total") * _share_due() / 100)


def _share_due():
    own = Instalment.objects.filter(anchor=Anchor.ORDER_CONFIRMED, term_id=OuterRef("payment_term_id")).order_by()
    total = own.values("term_id").annotate(sum=Sum("percent")).values("sum")
    return Subquery(total, output_field=DecimalField(max_digits=7, decimal_places=4))


def sum_by_currency(rows: Sequence[Payable]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, Decimal(0)) + (row.left or row.due.open)
    return sorted(sums.items())
