from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"
    role_permissions = {
        "sales.view_customerorder": ("sales", "logistics", "warehouse", "finance", "approver", "buyer", "admin"),
        "sales.add_customerorder": ("sales", "admin"),
        "sales.change_customerorder": ("sales", "admin"),
        "sales.confirm_customerorder": ("sales", "admin"),
        "sales.cancel_customerorder": ("sales", "admin"),
        "sales.release_customerorder": ("finance", "admin"),
        "sales.change_customer": ("sales", "finance", "admin"),
    }

    def ready(self) -> None:
        from sales import events, handlers  # noqa: F401  (registers what this app announces and listens to)
