"""A balance due before shipment keeps the goods on the quay: the shipment is on hold until it is paid (decision 12)."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from finance.flows import InvoiceStatus
from finance.models import SupplierInvoice, SupplierInvoiceLine
from finance.selectors.instalments import instalments_of, terms_of
from finance.services.common import ZERO
from logistics.models import Shipment, ShipmentLine
from logistics.services.releasing import set_holds
from parties.models import Anchor
from sourcing.models import PurchaseOrder

BEFORE_LOADING = (Anchor.ORDER_CONFIRMED, Anchor.BEFORE_SHIPMENT)


@transaction.atomic
def sync_holds(*, actor: Actor, order_ids: Iterable[int] = (), shipment_ids: Iterable[int] = ()) -> list[Shipment]:
    """This will hold the shipments of these orders that wait for a balance, and lift the hold of those that do not.

    Only shipments that have not left are touched; a departure that a carrier reports is always accepted. Run twice, it
    changes nothing the second time.
    """
    orders = set(order_ids)
    if shipments := set(shipment_ids):
        orders |= set(
            ShipmentLine.objects.filter(shipment_id__in=shipments).values_list("order_line__order_id", flat=True)
        )
    terms = dict(PurchaseOrder.objects.filter(pk__in=orders).values_list("pk", "payment_term_id"))
    before = {
        pk for pk, own in terms_of(terms.values()).items() if any(one.anchor == Anchor.BEFORE_SHIPMENT for one in own)
    }
    gated = {pk for pk, term in terms.items() if term in before}
    if not gated:
        return []
    reasons = _reasons(gated)
    waiting = Shipment.objects.filter(pk__in=reasons, status__in=("planned", "booked"), departed_date=None)
    own = {pk: company for pk, company in waiting.values_list("pk", "company_id") if company == actor.company_id}
    return set_holds(actor=actor, reasons={pk: reasons[pk] for pk in sorted(own)}) if own else []


def _reasons(order_ids: set[int]) -> dict[int, str]:
    """What each shipment of these orders waits for; empty when nothing. Shipments are served in the order they were planned."""
    rows = list(
        ShipmentLine.objects.filter(order_line__order_id__in=order_ids)
        .exclude(shipment__status="cancelled")
        .order_by("shipment_id", "pk")
        .select_related("order_line__order")
    )
    unpaid = _unpaid(order_ids)
    planned: dict[int, Decimal] = defaultdict(lambda: ZERO)
    reasons: dict[int, str] = {}
    for row in rows:
        line = row.order_line
        planned[line.pk] += row.quantity
        reasons.setdefault(row.shipment_id, "")
        if reasons[row.shipment_id]:
            continue
        if line.order_id in unpaid:
            reasons[row.shipment_id] = unpaid[line.order_id][:300]
        elif line.billed_quantity < planned[line.pk]:
            reasons[row.shipment_id] = _("The balance of %(order)s is due before shipment and not invoiced yet.") % {
                "order": line.order
            }
    return reasons


def _unpaid(order_ids: set[int]) -> dict[int, str]:
    """The sentence about what must be paid before loading, by order."""
    orders_of: dict[int, set[int]] = defaultdict(set)
    rows = SupplierInvoiceLine.objects.filter(
        order_line__order_id__in=order_ids, invoice__status__in=InvoiceStatus.payable()
    )
    for invoice, order in rows.values_list("invoice_id", "order_line__order_id"):
        orders_of[invoice].add(order)
    invoices = list(SupplierInvoice.objects.filter(pk__in=orders_of).order_by("pk"))
    plans = instalments_of(invoices)
    found: dict[int, str] = {}
    for invoice in invoices:
        open_amount = sum((due.open for due in plans[invoice.pk] if due.anchor in BEFORE_LOADING), ZERO)
        if not open_amount:
            continue
        said = {"amount": f"{open_amount:,.2f}", "currency": invoice.currency_id, "invoice": invoice}
        sentence = _("%(amount)s %(currency)s of %(invoice)s must be paid before loading.") % said
        for order in orders_of[invoice.pk]:
            found.setdefault(order, sentence)
    return found
