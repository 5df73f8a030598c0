"""One best-effort message to Celery after a commit: "look". Losing it loses nothing; beat looks every few seconds anyway."""

import logging
import time

from django.db import connection, transaction

log = logging.getLogger(__name__)

QUIET_AFTER_FAILURE_S = 5.0  # a broker that is down costs one timeout, not one per request
_silent_until = 0.0


def after_commit() -> None:
    """This will nudge the workers once when the current transaction commits, however many events it announced."""
    if any(entry[1] is _nudge for entry in connection.run_on_commit):
        return
    transaction.on_commit(_nudge, robust=True)


def _nudge() -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    from core.tasks import drain_outbox

    try:
        drain_outbox.apply_async(retry=False, ignore_result=True)
    except Exception as error:  # the broker is down: beat's sweep will find the work
        _silent_until = time.monotonic() + QUIET_AFTER_FAILURE_S
        log.warning("broker unreachable, workers will sweep: %s", error)
