from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

VIEW = "catalog.view_product"


class CatalogConfig(AppConfig):
    name = "catalog"
    role_permissions = {
        VIEW: ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin"),
        "catalog.add_product": ("buyer", "admin"),
        "catalog.change_product": ("buyer", "admin"),
    }

    def ready(self) -> None:
        from catalog import events  # noqa: F401  (registers the names this app announces)
        from catalog.models import Product
        from core.web import documents, nav, search

        nav.register("buy", _("Products"), "catalog:products", VIEW, icon="package", order=70)
        nav.register("settings", _("Product groups"), "catalog:groups", VIEW, icon="tag", order=45)
        nav.register_new(_("Product"), "catalog:product_new", "catalog.add_product", icon="package", order=60)
        search.register(_("Products"), _find)
        documents.register(
            Product,
            VIEW,
            file_types=(
                ("specification", _("Specification")),
                ("artwork", _("Artwork")),
                ("certificate", _("Certificate")),
                ("photo", _("Photo")),
            ),
        )


def _find(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    from catalog.models import Product

    if not actor.can(VIEW):
        return []
    found = Product.objects.visible_to(actor).search(text).order_by("-active", "sku")[:limit]
    return [(f"{product.sku} {product.name}", product.get_absolute_url(), product.name_zh) for product in found]
