from django.apps import AppConfig

from core.rls import house_only


class LedgerConfig(AppConfig):
    name = "ledger"
    row_security = house_only("ledger_entry", "ledger_posting")
    role_permissions = {
        "ledger.view_entry": ("finance", "approver", "admin"),
        "ledger.close_period": ("finance", "admin"),
        "ledger.reopen_period": ("admin",),
    }

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core.web import nav

        nav.register("money", _("Ledger"), "ledger:entries", "ledger.view_entry", order=60)
        nav.register("money", _("Periods"), "ledger:periods", "ledger.view_entry", order=65)
