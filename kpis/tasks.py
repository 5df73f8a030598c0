from celery import shared_task
from django.utils import timezone

from kpis import services


@shared_task(name="kpis.advance", ignore_result=True, expires=60)
def advance() -> None:
    services.advance(now=timezone.now())
