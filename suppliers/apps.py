from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.rls import house_only

VIEW = "suppliers.view_supplier"


class SuppliersConfig(AppConfig):
    name = "suppliers"
    row_security = house_only("suppliers_supplieritem")  # what everybody else asks for the same goods
    role_permissions = {
        VIEW: ("buyer", "approver", "quality", "logistics", "finance", "admin"),
        "suppliers.add_supplier": ("buyer", "admin"),
        "suppliers.change_supplier": ("buyer", "admin"),
        "suppliers.advance_supplier": ("approver", "quality", "admin"),
        "suppliers.hold_supplier": ("approver", "quality", "finance", "admin"),
    }

    def ready(self) -> None:
        from core.web import documents, nav, states
        from suppliers import events  # noqa: F401  (registers the names this app announces)
        from suppliers.models import Supplier

        nav.register("buy", _("Suppliers"), "suppliers:suppliers", VIEW, icon="building-factory-2", order=60)
        nav.register_new(
            _("Supplier"), "suppliers:supplier_new", "suppliers.add_supplier", icon="building-factory-2", order=55
        )
        documents.register(
            Supplier,
            VIEW,
            file_types=(
                ("contract", _("Contract")),
                ("licence", _("Business licence")),
                ("certificate", _("Certificate")),
                ("audit_report", _("Audit report")),
            ),
        )
        states.register("rest", "prospect")
        states.register("busy", "qualified")
        states.register("good", "preferred")
