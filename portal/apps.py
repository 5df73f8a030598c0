from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core.web import nav, search, tasks
        from portal.search import find_orders, find_shipments

        def entry(section, label, url_name, permission=None, **options):
            nav.register(section, label, url_name, permission, outside=True, **options)

        entry("tower", _("Your tasks"), "portal:home", badge=tasks.count, order=1)
        entry("buy", _("Orders"), "portal:orders", "sourcing.confirm_purchaseorder")
        entry("quality", _("Inspections"), "portal:inspections", "quality.view_inspection")
        entry("ship", _("Shipments"), "portal:shipments", "logistics.view_shipment", order=1)
        entry("money", _("Invoices"), "portal:invoices", "finance.view_supplierinvoice", order=1)
        entry("money", _("Letters of credit"), "portal:letters", "finance.view_letterofcredit", order=2)
        nav.register_inbox("portal:home", tasks.count, outside=True)
        search.register(_("Orders"), find_orders, outside=True)
        search.register(_("Shipments"), find_shipments, outside=True)
