"""What an outside party finds: its own orders and shipments. Our own people are answered by the apps below."""

from django.urls import reverse

from core.actor import Actor
from logistics.models import Shipment
from sourcing.models import PurchaseOrder

Hits = list[tuple[str, str, str]]


def find_orders(actor: Actor, text: str, limit: int) -> Hits:
    if actor.is_staff or not actor.can("sourcing.confirm_purchaseorder"):
        return []
    found = PurchaseOrder.objects.visible_to(actor).search(text)
    return [
        (o.number, reverse("portal:order", args=[o.pk]), o.get_status_display()) for o in found.order_by("-pk")[:limit]
    ]


def find_shipments(actor: Actor, text: str, limit: int) -> Hits:
    if actor.is_staff or not actor.can("logistics.view_shipment"):
        return []
    found = Shipment.objects.visible_to(actor).search(text).order_by("-pk")[:limit]
    return [(s.number, reverse("portal:shipment", args=[s.pk]), s.get_status_display()) for s in found]
