from celery import shared_task

from core import mail, outbox


@shared_task(name="core.drain_outbox", ignore_result=True, expires=60)
def drain_outbox() -> None:
    outbox.drain()
    mail.send_due()


@shared_task(name="core.prune_outbox", ignore_result=True)
def prune_outbox() -> None:
    outbox.prune()
