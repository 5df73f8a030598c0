from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"
    role_permissions = {
        "inventory.view_stock": ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin"),
        "inventory.change_stock": ("warehouse", "logistics", "admin"),
        "inventory.add_warehouse": ("logistics", "admin"),
    }

    def ready(self) -> None:
        from inventory import events  # noqa: F401  (registers the names this app announces)
