"""The Celery app: workers drain the outbox when nudged; beat sweeps what a lost nudge left behind."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import task_prerun, worker_init
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iscm.settings")

app = Celery("iscm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep the outbox": {"task": "core.sweep", "schedule": 2.0, "options": {"expires": 10}},
    "let time change the KPIs": {"task": "kpis.advance", "schedule": 60.0, "options": {"expires": 60}},
    "write down the head of the event chain": {"task": "core.write_head", "schedule": crontab(minute=40)},
    "prune the outbox": {"task": "core.prune_outbox", "schedule": crontab(hour=3, minute=20)},
}


@worker_init.connect
def _refuse_powerful_role(**_kwargs) -> None:
    """A worker that could bypass row-level security does not start."""
    from iscm.health import refuse_powerful_role

    refuse_powerful_role()


@task_prerun.connect
def _working_connection(**_kwargs) -> None:
    """A task begins as a request does: what the database has closed meanwhile, or is old, is opened anew."""
    close_old_connections()
