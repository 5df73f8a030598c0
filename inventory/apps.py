from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.rls import house_only


class InventoryConfig(AppConfig):
    name = "inventory"
    row_security = house_only("inventory_costlayer", "inventory_lot", "inventory_stockmove")
    role_permissions = {
        "inventory.view_stock": ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin"),
        "inventory.change_stock": ("warehouse", "logistics", "admin"),
        "inventory.add_warehouse": ("logistics", "admin"),
    }

    def ready(self) -> None:
        from core.web import documents, nav, search, states
        from inventory import events  # noqa: F401  (registers the names this app announces)
        from inventory.models import Lot

        view = "inventory.view_stock"
        nav.register("stock", _("Stock"), "inventory:stock", view, icon="building-warehouse", order=10)
        nav.register("stock", _("Lots"), "inventory:lots", view, icon="stack-2", order=20)
        nav.register("stock", _("Moves"), "inventory:moves", view, icon="arrows-exchange", order=30)
        nav.register("stock", _("Warehouses"), "inventory:warehouses", view, icon="home", order=40)
        search.register(_("Lots"), _find)
        states.register("good", "ok")
        documents.register(Lot, view)


def _find(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("inventory.view_stock"):
        return []
    from inventory.models import Lot

    found = Lot.objects.visible_to(actor).search(text).select_related("product", "warehouse").order_by("-pk")[:limit]
    return [(lot.number, lot.get_absolute_url(), f"{lot.product.sku}, {lot.warehouse}") for lot in found]
