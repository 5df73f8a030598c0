"""Time alone changes flags: a commit date passes, a claim window closes. Each company's clock says up to which day."""

from datetime import date, datetime

from django.db import connection, transaction

from core.actor import system
from core.scope import scope
from kpis.facts.engine import rows, run
from kpis.models import KpiClock
from kpis.services.recompute import recompute_orders

BATCH = 2000  # orders in one transaction, so that handlers wait for less than a second


@transaction.atomic
def start_clocks(*, now: datetime) -> None:
    """This will give each company that has none a clock that shows its own day at ``now``."""
    run(
        "INSERT INTO kpis_kpiclock (company_id, as_of) SELECT id, (%(now)s AT TIME ZONE time_zone)::date FROM parties_company c "
        "WHERE NOT EXISTS (SELECT FROM kpis_kpiclock k WHERE k.company_id = c.id) ON CONFLICT DO NOTHING",
        {"now": now},
    )


def advance(*, now: datetime) -> int:
    """This will move every clock to its company's day and recompute what is due; returns how many orders.

    Costs one look at an index when no day has begun and nothing is due. Each batch is its own transaction.
    """
    with scope(system()):
        if not take_lock():
            return 0  # a handler or a rebuild is at work; the next tick is a minute away
        start_clocks(now=now)
        run(
            "UPDATE kpis_kpiclock k SET as_of = (%(now)s AT TIME ZONE c.time_zone)::date FROM parties_company c "
            "WHERE c.id = k.company_id AND k.as_of < (%(now)s AT TIME ZONE c.time_zone)::date",
            {"now": now},
        )
    return recompute_due()


def set_day(*, company_id: int, day: date) -> int:
    """This will move a company's clock forward to ``day`` (simulations, tests) and recompute what is due by then.

    Raises ValueError for a day before the clock's: flags that time has decided need a rebuild to be undecided.
    """
    with scope(system()):
        take_lock(wait=True)
        clock, _created = KpiClock.objects.get_or_create(company_id=company_id, defaults={"as_of": day})
        if day < clock.as_of:
            raise ValueError(f"The clock of company {company_id} shows {clock.as_of} and does not go back to {day}.")
        KpiClock.objects.filter(pk=company_id).update(as_of=day)
    return recompute_due()


def recompute_due() -> int:
    """This will recompute, batch by batch, the orders whose flags time has changed; returns how many."""
    done = 0
    while True:
        with scope(system()):
            if not take_lock():
                return done
            due = rows(
                "SELECT DISTINCT f.side, f.order_id FROM kpis_kpiclock k JOIN kpis_orderlinefact f "
                "ON f.company_id = k.company_id AND f.next_change_date <= k.as_of LIMIT %(limit)s",
                {"limit": BATCH},
            )
            for side in sorted({side for side, _order in due}):
                recompute_orders(side=side, order_ids=sorted(pk for of, pk in due if of == side))
        done += len(due)
        if len(due) < BATCH:
            return done


def take_lock(*, wait: bool = False) -> bool:
    """This will take, until the transaction ends, the lock under which every fact and roll-up is written."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SET LOCAL lock_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('kpis', 0))")
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('kpis', 0))")
        return cursor.fetchone()[0]
