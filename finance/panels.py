"""What finance has to say on the pages of orders, shipments, receipts and deliveries."""

from django.template.loader import render_to_string
from django.utils import timezone

from core.actor import Actor
from finance.flows import InvoiceStatus, LetterStatus
from finance.models import Charge, CustomerInvoice, LetterOfCredit, SupplierInvoice, SupplierInvoiceLine
from finance.selectors.instalments import deposits_of
from finance.selectors.letters import secured_amounts
from finance.selectors.receivables import deliveries_to_invoice
from parties.models import Company
from sourcing.flows import BEFORE_SENDING, ENDED


def of_order(request, order) -> str | None:
    """Deposit, invoiced, paid and open of a purchase order."""
    actor: Actor = request.actor
    if not actor.is_staff or not actor.can("finance.view_supplierinvoice") or order.status in BEFORE_SENDING:
        return None
    invoices = list(SupplierInvoice.objects.visible_to(actor).of_order(order.pk).order_by("pk"))
    live = [invoice for invoice in invoices if invoice.status in InvoiceStatus.payable()]
    own = SupplierInvoiceLine.objects.filter(order_line__order=order, invoice__in=live)
    due = deposits_of([order])[order.pk]
    letters = list(LetterOfCredit.objects.visible_to(actor).filter(order=order).order_by("pk"))
    ended = order.status in ENDED
    wants_letter = not ended and actor.can("finance.add_letterofcredit") and secured_amounts([order])[order.pk]
    context = {
        "order": order,
        "invoices": invoices,
        "billed": sum(line.accepted_amount for line in own),
        "paid": order.deposit_paid + sum(invoice.paid_amount for invoice in live),
        "open": sum(invoice.open_amount for invoice in live),
        "disputed": sum(invoice.disputed_amount for invoice in live),
        "deposit_due": sum(one.amount for one in due),
        "deposit_open": sum(one.open for one in due) if not (live or ended) else 0,
        "ended": ended,
        "letters": letters,
        "may_open_letter": wants_letter and not any(one.status in LetterStatus.standing() for one in letters),
        "may_bill": actor.can("finance.add_supplierinvoice"),
        "may_pay": actor.can("finance.add_payment"),
        "refundable": order.deposit_paid - order.deposit_used,
        "today": timezone.localdate(),
    }
    return render_to_string("finance/panel_order.html", context, request)


def _charges(kind: str):
    def panel(request, document) -> str | None:
        actor: Actor = request.actor
        if not actor.is_staff or not actor.can("finance.view_charge"):
            return None
        rows = Charge.objects.visible_to(actor).filter(**{f"{kind}_id": document.pk}).select_related("invoice")
        context = {
            "charges": list(rows.order_by("pk")),
            "document": document,
            "kind": kind,
            "base": Company.objects.values_list("base_currency_id", flat=True).get(pk=document.company_id),
            "may_add": actor.can("finance.add_charge"),
            "may_bill": actor.can("finance.add_supplierinvoice"),
            "goods_invoice": kind == "shipment" and actor.can("finance.add_supplierinvoice"),
        }
        return render_to_string("finance/panel_charges.html", context, request)

    return panel


of_shipment, of_receipt, of_delivery = (_charges(kind) for kind in ("shipment", "receipt", "delivery"))


def of_customer_order(request, order) -> str | None:
    """The invoices of a customer order."""
    actor: Actor = request.actor
    if not actor.is_staff or not actor.can("finance.view_customerinvoice") or order.status == "draft":
        return None
    context = {
        "invoices": list(CustomerInvoice.objects.visible_to(actor).filter(order=order).order_by("pk")),
        "waiting": deliveries_to_invoice(actor).filter(order=order).exists(),
        "may_bill": actor.can("finance.add_customerinvoice"),
        "today": timezone.localdate(),
    }
    return render_to_string("finance/panel_customer_order.html", context, request)


def find_invoices(actor: Actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("finance.view_supplierinvoice"):
        return []
    rows = SupplierInvoice.objects.visible_to(actor).search(text).select_related("supplier").order_by("-pk")[:limit]
    return [(i.number, i.get_absolute_url(), f"{i.supplier.name}, {i.supplier_number}") for i in rows]


def find_letters(actor: Actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.is_staff or not actor.can("finance.view_letterofcredit"):
        return []
    rows = LetterOfCredit.objects.visible_to(actor).search(text).select_related("supplier").order_by("-pk")[:limit]
    return [
        (one.number, one.get_absolute_url(), f"{one.supplier.name}, {one.bank_reference or one.get_status_display()}")
        for one in rows
    ]


def find_customer_invoices(actor: Actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("finance.view_customerinvoice"):
        return []
    rows = CustomerInvoice.objects.visible_to(actor).search(text).select_related("customer").order_by("-pk")[:limit]
    return [(i.number, i.get_absolute_url(), i.customer.name) for i in rows]
