from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"
    role_permissions = {
        "kpis.view_kpi": ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin"),
    }

    def ready(self) -> None:
        from kpis import handlers  # noqa: F401  (subscribes to what happens below)
