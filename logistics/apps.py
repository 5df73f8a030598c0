from django.apps import AppConfig

from core.rls import Policy, documents_of, house_only

SHIPMENT = "logistics.shipment"
_WITH_SHIPMENT = "shipment_id IN (SELECT s.id FROM logistics_shipment s)"


class LogisticsConfig(AppConfig):
    name = "logistics"
    row_security = {
        "logistics_shipment": Policy(read=documents_of(SHIPMENT), write=True),
        # a supplier sees his own lines in a shared container; whoever carries or clears it sees them all
        "logistics_shipmentline": Policy(
            read="supplier_id = app_party() OR shipment_id IN (SELECT p.document_id FROM parties_documentparty p "
            f"WHERE p.kind = '{SHIPMENT}' AND p.organisation_id = app_party() AND p.role <> 'supplier')",
            write=True,
        ),
        "logistics_container": Policy(read=_WITH_SHIPMENT, write=True),
        "logistics_milestone": Policy(read=_WITH_SHIPMENT, write=True),
        "logistics_tradedocument": Policy(read=_WITH_SHIPMENT, write=True),
        **house_only(
            "logistics_customerreturn",
            "logistics_customerreturnline",
            "logistics_delivery",
            "logistics_deliveryline",
            "logistics_supplierreturn",
            "logistics_supplierreturnline",
        ),
    }
    role_permissions = {
        "logistics.view_shipment": (
            "logistics",
            "buyer",
            "approver",
            "quality",
            "warehouse",
            "finance",
            "admin",
            "supplier",
            "forwarder",
            "broker",
        ),
        "logistics.add_shipment": ("logistics", "buyer", "admin"),
        "logistics.change_shipment": ("logistics", "admin"),
        "logistics.release_shipment": ("logistics", "admin"),
        "logistics.hold_shipment": ("finance", "admin"),
        "logistics.take_over_shipment": ("finance", "logistics", "admin"),
        "logistics.report_milestone": ("logistics", "forwarder", "broker", "admin"),
        "logistics.record_document": ("logistics", "buyer", "forwarder", "broker", "supplier", "admin"),
        "logistics.cancel_receipt": ("warehouse", "logistics", "admin"),
        "logistics.add_receipt": ("warehouse", "logistics", "admin"),
        "logistics.view_receipt": ("warehouse", "logistics", "buyer", "quality", "finance", "approver", "admin"),
        "logistics.add_delivery": ("warehouse", "logistics", "admin"),
        "logistics.view_delivery": ("warehouse", "logistics", "sales", "finance", "approver", "admin"),
        "logistics.add_return": ("warehouse", "sales", "logistics", "admin"),
        "logistics.send_back": ("warehouse", "logistics", "admin"),
    }

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core.web import actions, documents, nav, panels, search, states
        from logistics import events  # noqa: F401  (registers the names this app announces)
        from logistics.models import CustomerReturn, Delivery, Receipt, Shipment, SupplierReturn, TradeDocumentType

        states.register("busy", "departed")
        ship, came, left = "logistics.view_shipment", "logistics.view_receipt", "logistics.view_delivery"
        nav.register("ship", _("Shipments"), "logistics:shipments", ship, icon="ship", order=10)
        nav.register("stock", _("Receipts"), "logistics:receipts", came, icon="forklift", order=30)
        nav.register(
            "stock", _("Returns to suppliers"), "logistics:supplier_returns", came, icon="arrow-back-up", order=60
        )
        nav.register("sell", _("Deliveries"), "logistics:deliveries", left, icon="package", order=30)
        nav.register("sell", _("Customer returns"), "logistics:customer_returns", left, icon="truck-return", order=40)
        nav.register_new(_("Shipment"), "logistics:shipment_new", "logistics.add_shipment", icon="ship", order=40)
        nav.register_new(_("Receipt"), "logistics:receipt_choose", "logistics.add_receipt", icon="forklift", order=50)
        search.register(_("Shipments"), _find_shipments)
        search.register(_("Receipts"), _find_receipts)
        search.register(_("Deliveries"), _find_deliveries)
        panels.register("purchase_order", 30, _purchase_order_panel)
        panels.register("customer_order", 30, _customer_order_panel)
        actions.offer("sourcing.purchaseorder", 30, _offer_shipment)
        actions.offer("sourcing.purchaseorder", 40, _offer_receipt)
        actions.offer("sales.customerorder", 30, _offer_delivery)
        photo = ("photo", _("Photo"))
        documents.register(
            Shipment,
            ship,
            file_types=(*TradeDocumentType.choices, photo),
            portal_url_name="portal:shipment",
            answered_by="logistics",
        )
        documents.register(Receipt, came, file_types=(("delivery_note", _("Delivery note")), photo))
        documents.register(Delivery, left, file_types=(("proof_of_delivery", _("Proof of delivery")), photo))
        documents.register(CustomerReturn, left, file_types=(photo,))
        documents.register(SupplierReturn, came, file_types=(photo,))


def _purchase_order_panel(request, order):
    from logistics.views.panels import of_purchase_order

    return of_purchase_order(request, order)


def _customer_order_panel(request, order):
    from logistics.views.panels import of_customer_order

    return of_customer_order(request, order)


def _action(name: str, label: str, url_name: str, order, *, primary: bool = False):
    from django.urls import reverse

    from core.web.actions import Action

    return Action(name, label, f"{reverse(url_name)}?order={order.pk}", primary=primary, post=False)


def _offer_shipment(actor, order):
    """Planning a shipment, on the page of an issued order of which something is left to ship."""
    from django.utils.translation import gettext as _

    from logistics.selectors import open_to_ship

    if order.status not in ("sent", "confirmed") or not actor.can("logistics.add_shipment"):
        return None
    if not any(left > 0 for left in open_to_ship(order.lines.filter(cancelled=False)).values()):
        return None
    return _action("ship", _("Plan a shipment"), "logistics:shipment_plan", order, primary=order.status == "confirmed")


def _offer_receipt(actor, order):
    """Receiving what came without a shipment."""
    from django.utils.translation import gettext as _

    if order.status not in ("sent", "confirmed") or not actor.can("logistics.add_receipt"):
        return None
    if not any(line.open_quantity > 0 for line in order.lines.all()):
        return None
    return _action("receive", _("Receive goods"), "logistics:receipt_new", order)


def _offer_delivery(actor, order):
    """Delivering, on the page of a confirmed customer order."""
    from django.utils.translation import gettext as _

    if order.status != "confirmed" or not actor.can("logistics.add_delivery"):
        return None
    if not any(line.open_quantity > 0 for line in order.lines.all()):
        return None
    return _action("deliver", _("Deliver"), "logistics:delivery_new", order, primary=True)


def _find_shipments(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    """By number, container, B/L or vessel."""
    if not actor.can("logistics.view_shipment"):
        return []
    from logistics.models import Shipment

    found = Shipment.objects.visible_to(actor).search(text).select_related("origin", "destination")
    found = found.order_by("-pk")[:limit]
    return [(one.number, one.get_absolute_url(), f"{one.lane}, {one.get_status_display()}") for one in found]


def _find_receipts(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("logistics.view_receipt"):
        return []
    from logistics.models import Receipt

    found = Receipt.objects.visible_to(actor).search(text).select_related("warehouse").order_by("-pk")[:limit]
    return [(one.number, one.get_absolute_url(), f"{one.received_date}, {one.warehouse.name}") for one in found]


def _find_deliveries(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("logistics.view_delivery"):
        return []
    from logistics.models import Delivery

    found = Delivery.objects.visible_to(actor).search(text).select_related("order__customer").order_by("-pk")[:limit]
    return [(one.number, one.get_absolute_url(), f"{one.order.number}, {one.order.customer.name}") for one in found]
