from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    role_permissions = {
        "ledger.view_entry": ("finance", "approver", "admin"),
        "ledger.close_period": ("finance", "admin"),
        "ledger.reopen_period": ("admin",),
    }
