"""Nothing happens but the clock goes on: what time alone decides is restated by beat, in each company's own day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from core.models import Event
from core.outbox import drain
from iscm.celery import app
from kpis import services, tasks
from kpis.models import KpiClock, OrderLineFact
from kpis.selectors import Query, metric_rows, tower
from kpis.services import find_differences
from ledger.models import Purpose
from ledger.services import Draft, Line, post_many
from parties.models import Company
from tests.factories import make_world
from tests.factories_finance import boss
from tests.factories_kpis import DUE, Chain

pytestmark = pytest.mark.django_db
NOON = datetime(DUE.year, DUE.month, DUE.day, 12, tzinfo=UTC)


@pytest.fixture
def chain(world):
    return Chain(world)


def beat(monkeypatch, now: datetime) -> None:
    """What Celery beat does once a minute, with the clock standing at ``now``."""
    monkeypatch.setattr(timezone, "now", lambda: now)
    tasks.advance()


def days(count: int) -> date:
    return DUE + timedelta(days=count)


def of(chain, metric="on-time") -> dict:
    return metric_rows(metric, Query(chain.company.pk, side="purchase"))[0]


def test_beat_looks_every_minute():
    (entry,) = [one for one in app.conf.beat_schedule.values() if one["task"] == tasks.advance.name]
    assert entry["schedule"] <= 60


def test_a_commit_date_passes_at_the_companys_midnight_and_no_event_is_needed(chain, monkeypatch):
    line = chain.buy(10).lines.get()
    drain()
    events = Event.objects.count()
    almost = datetime(2026, 6, 10, 21, 59, tzinfo=UTC)  # a minute to midnight in Amsterdam
    beat(monkeypatch, almost)
    assert OrderLineFact.objects.get(line_id=line.pk).on_time is None
    assert of(chain)["lines"] == 0
    beat(monkeypatch, almost + timedelta(minutes=1))
    fact = OrderLineFact.objects.get(line_id=line.pk)
    assert (fact.on_time, fact.complete) == (False, False)
    assert (of(chain)["lines"], of(chain)["late"]) == (1, 1)
    assert Event.objects.count() == events
    assert find_differences(company_id=chain.company.pk, now=timezone.now()) == []


def test_each_company_has_its_own_midnight(chain, monkeypatch):
    west = Chain(make_world("WEST"))
    Company.objects.filter(pk=west.company.pk).update(time_zone="America/Los_Angeles")
    lines = [one.buy(10).lines.get() for one in (chain, west)]
    drain()
    verdicts = lambda: [OrderLineFact.objects.get(line_id=line.pk).on_time for line in lines]  # noqa: E731
    beat(monkeypatch, datetime(2026, 6, 10, 22, 0, tzinfo=UTC))
    assert verdicts() == [False, None]
    beat(monkeypatch, datetime(2026, 6, 11, 7, 0, tzinfo=UTC))
    assert verdicts() == [False, False]


def test_a_claim_window_closes_and_the_order_is_perfect_for_good(chain, monkeypatch):
    line = chain.buy(10).lines.get()
    chain.receive(line, 10, days(-1))
    drain()
    beat(monkeypatch, NOON + timedelta(days=13))  # the last day of 14
    assert of(chain, "perfect-order") | {"key": ""} == of(chain, "perfect-order") | {
        "key": "", "perfect": 0, "pending": 1, "provisional": True,
    }  # fmt: skip
    beat(monkeypatch, NOON + timedelta(days=14))
    found = of(chain, "perfect-order")
    assert (found["perfect"], found["pending"], found["provisional"]) == (1, 0, False)
    assert OrderLineFact.objects.get(line_id=line.pk).next_change_date is None


def test_what_was_never_delivered_becomes_final(chain, monkeypatch):
    line = chain.buy(10).lines.get()
    drain()
    beat(monkeypatch, NOON + timedelta(days=14))
    assert not OrderLineFact.objects.get(line_id=line.pk).final
    beat(monkeypatch, NOON + timedelta(days=15))
    assert OrderLineFact.objects.get(line_id=line.pk).final


def test_rolling_windows_end_on_the_clocks_day(chain, monkeypatch):
    """Sold on one day: 30 days later the sale has left the window of 30 days, and days of sales are undefined, not 0."""
    lines = [Line(account, amount, "EUR", amount) for account, amount in (("receivables", 100), ("revenue", -100))]
    draft = Draft(day=DUE, purpose=Purpose.CUSTOMER_INVOICE, source=chain.sell(10), lines=lines)
    post_many(actor=boss(chain.world), company_id=chain.company.pk, drafts=[draft])
    drain()

    def dso() -> float | None:
        return metric_rows("cash-to-cash", Query(chain.company.pk, window=30))[0]["dso"]

    beat(monkeypatch, NOON + timedelta(days=29))
    assert dso() == 30.0, "100 stood for 30 days on a flow of 100"
    assert tower.as_of_day(chain.company.pk, DUE) == days(29)
    beat(monkeypatch, NOON + timedelta(days=30))
    assert dso() is None


def test_the_beat_that_was_away_for_a_month_catches_up_in_batches(chain, monkeypatch):
    monkeypatch.setattr("kpis.services.clock.BATCH", 3)
    for _n in range(8):
        chain.buy(10)
    drain()
    done = services.advance(now=NOON + timedelta(days=30))
    assert done >= 8
    assert set(OrderLineFact.objects.values_list("on_time", "final")) == {(False, True)}
    assert services.advance(now=NOON + timedelta(days=30)) == 0


def test_the_clock_never_goes_back(chain, monkeypatch):
    beat(monkeypatch, NOON + timedelta(days=5))
    beat(monkeypatch, NOON)
    assert KpiClock.objects.get(pk=chain.company.pk).as_of == days(5)
