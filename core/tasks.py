from celery import shared_task
from django.utils import timezone

from core import heads, mail, outbox, pulse
from core.actor import system
from core.api import idempotency
from core.scope import scope


@shared_task(name="core.drain_outbox", ignore_result=True, expires=60)
def drain_outbox() -> None:
    outbox.drain()
    mail.send_due()


@shared_task(name="core.sweep", ignore_result=True, expires=10)
def sweep() -> None:
    """Beat asks for this every two seconds: the work whose nudge was lost, and a sign that beat and worker live."""
    pulse.swept()
    drain_outbox()


@shared_task(name="core.prune_outbox", ignore_result=True)
def prune_outbox() -> None:
    outbox.prune()
    idempotency.prune()


@shared_task(name="core.write_head", ignore_result=True)
def write_head() -> None:
    with scope(system()):
        heads.write_daily(timezone.now())
