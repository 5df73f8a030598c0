from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"
    role_permissions = {
        "kpis.view_kpi": ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin"),
    }
