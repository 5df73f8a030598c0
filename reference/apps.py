from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

_ALL_STAFF = ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin")


class ReferenceConfig(AppConfig):
    name = "reference"
    verbose_name = _("Reference data")
    default_auto_field = "django.db.models.BigAutoField"

    # Published facts need no permission; rates do, because those typed in by hand are the house's own.
    role_permissions = {
        "reference.view_exchangerate": _ALL_STAFF,
        "reference.add_exchangerate": ("finance", "admin"),
    }

    def ready(self) -> None:
        from core.web import nav

        nav.register("ship", _("Incoterms"), "reference:incoterms", icon="scale", order=80)
        nav.register("ship", _("Ports and airports"), "reference:places", icon="anchor", order=85)
        nav.register("money", _("Exchange rates"), "reference:exchange_rates", "reference.view_exchangerate", order=80)
        nav.register("settings", _("Currencies"), "reference:currencies", icon="coins", order=60)
        nav.register("settings", _("Countries"), "reference:countries", icon="world", order=61)
        nav.register("settings", _("Units"), "reference:units", icon="ruler-measure", order=62)
        nav.register("settings", _("Holidays"), "reference:calendar_days", icon="calendar", order=63)
