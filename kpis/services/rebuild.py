"""Everything again from the sources, with the very SQL the handlers use; or a comparison that writes nothing."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from kpis import facts
from kpis.facts import cash
from kpis.services.clock import start_clocks, take_lock
from kpis.services.recompute import chunks

CHUNK = 10_000
SHOWN = 20

Progress = Callable[[int], object]


@transaction.atomic
def rebuild(*, company_id: int, now: datetime, progress: Progress = lambda _n: None) -> None:
    """This will make every fact and roll-up of a company what its documents say, in one transaction.

    What is right is not written again. Handlers wait meanwhile, readers see the old numbers until the commit.
    ``progress`` is called with the number of documents done.
    """
    _begin(now)
    for fact in facts.ALL:
        for chunk in chunks(fact.subjects(company_id), CHUNK):
            fact.rewrite(chunk)
            progress(len(chunk))
        fact.repair_rollup(company_id)
    cash.rebuild(company_id)


@transaction.atomic
def find_differences(*, company_id: int, now: datetime, progress: Progress = lambda _n: None) -> list[str]:
    """The first keys at which stored facts or roll-ups are not what the documents say; empty when all is right."""
    _begin(now)
    found: list[str] = []
    for fact in facts.ALL:
        for chunk in chunks(fact.subjects(company_id), CHUNK):
            found += fact.differences(chunk, SHOWN)
            progress(len(chunk))
        found += fact.rollup_differences(company_id, SHOWN)
    return found + cash.differences(company_id, SHOWN)


def _begin(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_timeout = 0")
    take_lock(wait=True)
    start_clocks(now=now)
