from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.rls import house_only


class SalesConfig(AppConfig):
    name = "sales"
    row_security = house_only("sales_customer", "sales_customerorder", "sales_customerorderline")
    role_permissions = {
        "sales.view_customerorder": ("sales", "logistics", "warehouse", "finance", "approver", "buyer", "admin"),
        "sales.add_customerorder": ("sales", "admin"),
        "sales.change_customerorder": ("sales", "admin"),
        "sales.confirm_customerorder": ("sales", "admin"),
        "sales.cancel_customerorder": ("sales", "admin"),
        "sales.release_customerorder": ("finance", "admin"),
        "sales.change_customer": ("sales", "finance", "admin"),
    }

    def ready(self) -> None:
        from core.web import documents, nav, search
        from sales import events, handlers  # noqa: F401  (registers what this app announces and listens to)
        from sales.models import Customer, CustomerOrder

        view = "sales.view_customerorder"
        nav.register("sell", _("Customer orders"), "sales:customer_orders", view, icon="truck-delivery", order=10)
        nav.register("sell", _("Customers"), "sales:customers", view, icon="users", order=20)
        nav.register_new(
            _("Customer order"), "sales:customer_order_new", "sales.add_customerorder", icon="truck-delivery", order=20
        )
        search.register(_("Customer orders"), _find_orders)
        search.register(_("Customers"), _find_customers)
        documents.register(
            CustomerOrder,
            view,
            file_types=(
                ("purchase_order", _("The customer's order")),
                ("contract", _("Contract")),
                ("packing_instructions", _("Packing instructions")),
            ),
            answered_by="sales",
        )
        documents.register(Customer, view, answered_by="sales")


def _find_orders(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("sales.view_customerorder"):
        return []
    from sales.models import CustomerOrder

    found = CustomerOrder.objects.visible_to(actor).search(text).select_related("customer").order_by("-pk")[:limit]
    return [(o.number, o.get_absolute_url(), f"{o.customer.name}, {o.get_status_display()}") for o in found]


def _find_customers(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("sales.view_customerorder"):
        return []
    from sales.models import Customer

    rows = (
        Customer.objects.visible_to(actor).search(text).select_related("organisation__country").order_by("pk")[:limit]
    )
    return [(row.organisation.name, row.get_absolute_url(), row.organisation.country.label) for row in rows]
