"""What pages of orders below say about their goods on the way."""

from django.db.models import Sum
from django.template.loader import render_to_string

from logistics.models import CustomerReturn, Delivery, Receipt, ReceiptLine, Shipment, ShipmentLine


def of_purchase_order(request, order) -> str | None:
    """Shipments and receipts of a purchase order."""
    actor = request.actor
    if not actor.can("logistics.view_shipment"):
        return None
    lines = ShipmentLine.objects.filter(order=order)
    shipments = Shipment.objects.visible_to(actor).filter(pk__in=lines.values("shipment_id"))
    receipts = Receipt.objects.none()
    if actor.can("logistics.view_receipt"):
        came = ReceiptLine.objects.filter(order_line__order=order)
        receipts = Receipt.objects.visible_to(actor).filter(pk__in=came.values("receipt_id"))
    context = {
        "shipments": list(shipments.select_related("origin", "destination", "forwarder").order_by("-pk")[:30]),
        "receipts": list(receipts.select_related("warehouse", "shipment").order_by("-pk")[:30]),
    }
    if not (context["shipments"] or context["receipts"]):
        return None
    return render_to_string("logistics/_order_panel.html", context, request)


def of_customer_order(request, order) -> str | None:
    """Deliveries of a customer order, and what came back."""
    actor = request.actor
    if not actor.can("logistics.view_delivery"):
        return None
    deliveries = Delivery.objects.visible_to(actor).filter(order=order).select_related("warehouse").order_by("-pk")[:50]
    returns = CustomerReturn.objects.visible_to(actor).filter(order=order).annotate(quantity=Sum("lines__quantity"))
    context = {"deliveries": list(deliveries), "returns": list(returns.order_by("-pk")[:20])}
    if not context["deliveries"]:
        return None
    return render_to_string("logistics/_customer_order_panel.html", context, request)
