from django.apps import AppConfig

from core.rls import Policy, documents_of

ORDER = "sourcing.purchaseorder"
_NOT_DRAFT = "status NOT IN ('draft', 'submitted', 'approved')"


class SourcingConfig(AppConfig):
    name = "sourcing"
    row_security = {
        # nobody but its supplier: whoever carries or inspects the goods sees no prices
        "sourcing_purchaseorder": Policy(
            read=f"{documents_of(ORDER)} AND supplier_id = app_party() AND {_NOT_DRAFT}", write=True
        ),
        # a line, a confirmation and a revision are seen with their order (its own policy applies inside)
        "sourcing_purchaseorderline": Policy(
            read="order_id IN (SELECT o.id FROM sourcing_purchaseorder o)", write=True
        ),
        "sourcing_orderconfirmation": Policy(
            read="order_id IN (SELECT o.id FROM sourcing_purchaseorder o)", write=True
        ),
        "sourcing_confirmationline": Policy(
            read="confirmation_id IN (SELECT c.id FROM sourcing_orderconfirmation c)", write=True
        ),
        "sourcing_orderrevision": Policy(read="order_id IN (SELECT o.id FROM sourcing_purchaseorder o)"),
    }
    role_permissions = {
        "sourcing.view_purchaseorder": (
            "buyer",
            "approver",
            "quality",
            "logistics",
            "warehouse",
            "finance",
            "admin",
            "supplier",
        ),
        "sourcing.add_purchaseorder": ("buyer", "admin"),
        "sourcing.change_purchaseorder": ("buyer", "admin"),
        "sourcing.submit_purchaseorder": ("buyer", "admin"),
        "sourcing.approve_purchaseorder": ("buyer", "approver", "admin"),
        "sourcing.send_purchaseorder": ("buyer", "approver", "admin"),
        "sourcing.confirm_purchaseorder": ("supplier",),
        "sourcing.decide_purchaseorder": ("buyer", "approver", "admin"),
        "sourcing.cancel_purchaseorder": ("buyer", "approver", "admin"),
        "sourcing.close_purchaseorder": ("buyer", "approver", "admin"),
    }

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core.web import documents, nav, search, tasks
        from sourcing import events  # noqa: F401  (registers the names this app announces)
        from sourcing.models import PurchaseOrder

        nav.register(
            "buy",
            _("Purchase orders"),
            "sourcing:purchase_orders",
            "sourcing.view_purchaseorder",
            icon="shopping-cart",
            order=10,
            badge=tasks.counter(ORDER),
        )
        nav.register_new(
            _("Purchase order"),
            "sourcing:purchase_order_new",
            "sourcing.add_purchaseorder",
            icon="shopping-cart",
            order=10,
        )
        search.register(_("Purchase orders"), _find)
        documents.register(
            PurchaseOrder,
            "sourcing.view_purchaseorder",
            file_types=(
                ("contract", _("Contract")),
                ("proforma_invoice", _("Proforma invoice")),
                ("specification", _("Specification")),
                ("artwork", _("Artwork")),
                ("photo", _("Photo")),
            ),
            portal_url_name="portal:order",
            answered_by="buyer",
        )


def _find(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("sourcing.view_purchaseorder"):
        return []
    from sourcing.models import PurchaseOrder

    found = PurchaseOrder.objects.visible_to(actor).search(text).select_related("supplier").order_by("-pk")[:limit]
    return [(o.number, o.get_absolute_url(), f"{o.supplier.name}, {o.get_status_display()}") for o in found]
