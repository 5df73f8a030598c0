from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    role_permissions = {
        "catalog.view_product": ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin"),
        "catalog.add_product": ("buyer", "admin"),
        "catalog.change_product": ("buyer", "admin"),
    }
