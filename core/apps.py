from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from core import rls
        from core.web import nav, tasks

        post_migrate.connect(rls.apply, sender=self)
        nav.register_inbox("tasks", tasks.count)
