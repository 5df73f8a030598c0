"""One best-effort message to Celery after a commit: "look". Losing it loses nothing; beat looks every few seconds anyway."""

import logging
import threading
import time

from django.db import connection, transaction

log = logging.getLogger(__name__)

QUIET_AFTER_FAILURE_S = 5.0  # a broker that is down costs one timeout, not one per commit

GATHER_S = 0.02  # what commits meanwhile is told of together: fewer messages, fewer and larger batches

_wanted = threading.Event()
_starting = threading.Lock()
_teller: threading.Thread | None = None


def after_commit() -> None:
    """This will nudge the workers once when the current transaction commits, however many events it announced.

    A thread of this process tells them: who has committed does not wait for the broker, up or down, and nudges that come
    within a moment become one.
    """
    if any(entry[1] is _nudge for entry in connection.run_on_commit):
        return
    transaction.on_commit(_nudge, robust=True)


def _nudge() -> None:
    global _teller
    _wanted.set()
    if _teller is None or not _teller.is_alive():  # the first time, and in a process that was forked since
        with _starting:
            if _teller is None or not _teller.is_alive():
                _teller = threading.Thread(target=_tell, name="nudge", daemon=True)
                _teller.start()


def _tell() -> None:
    from core.tasks import drain_outbox

    while _wanted.wait():
        time.sleep(GATHER_S)
        _wanted.clear()
        try:
            drain_outbox.apply_async(retry=False, ignore_result=True)
        except Exception as error:  # the broker is down: beat's sweep will find the work
            log.warning("broker unreachable, workers will sweep: %s", error)
            time.sleep(QUIET_AFTER_FAILURE_S)
