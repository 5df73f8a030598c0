from django.apps import AppConfig

from core.rls import Policy, documents_of

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
    }

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core.web import documents
        from logistics import events  # noqa: F401  (registers the names this app announces)
        from logistics.models import Shipment, TradeDocumentType

        documents.register(
            Shipment,
            "logistics.view_shipment",
            file_types=(*TradeDocumentType.choices, ("photo", _("Photo"))),
            portal_url_name="portal:shipment",
            answered_by="logistics",
        )
