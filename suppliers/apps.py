from django.apps import AppConfig


class SuppliersConfig(AppConfig):
    name = "suppliers"
    role_permissions = {
        "suppliers.view_supplier": ("buyer", "approver", "quality", "logistics", "finance", "admin"),
        "suppliers.change_supplier": ("buyer", "admin"),
        "suppliers.hold_supplier": ("approver", "quality", "finance", "admin"),
    }
