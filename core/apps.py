from django.apps import AppConfig
from django.db import connections


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        from core import rls
        from core.web import nav, tasks

        pre_migrate.connect(without_time_limit, sender=self)
        post_migrate.connect(rls.apply, sender=self)
        nav.register_inbox("tasks", tasks.count)


def without_time_limit(using: str = "default", **_kwargs) -> None:
    """A migration takes as long as it takes: the limit of 30 seconds is for requests and worker batches."""
    with connections[using].cursor() as cursor:
        cursor.execute("SET transaction_timeout = 0")
