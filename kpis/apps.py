from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.rls import house_only

_STAFF = ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin")


class KpisConfig(AppConfig):
    name = "kpis"
    row_security = house_only(
        "kpis_cashday",
        "kpis_cashfact",
        "kpis_landedcostfact",
        "kpis_landedday",
        "kpis_orderday",
        "kpis_orderfact",
        "kpis_orderlinefact",
    )
    role_permissions = {
        "kpis.view_kpi": _STAFF,
        "kpis.view_event": (*_STAFF, "supplier", "forwarder", "broker", "inspector"),
    }

    def ready(self) -> None:
        from core.web import nav
        from kpis import handlers  # noqa: F401  (subscribes to what happens below)

        view = "kpis.view_kpi"
        nav.register("tower", _("Control tower"), "kpis:home", view)
        nav.register("reports", _("Perfect order"), "kpis:perfect_order", view, order=10)
        nav.register("reports", _("On time, in full"), "kpis:on_time", view, order=20)
        nav.register("reports", _("Landed cost"), "kpis:landed_cost", view, order=30)
        nav.register("reports", _("Cash-to-cash"), "kpis:cash_to_cash", view, order=40)
        nav.register("settings", _("Event flow"), "kpis:event_flow", "core.view_outbox", order=90)
