"""Whatever lawful things happen, in whatever batches and order the workers hear of them: the KPIs are what they must be."""

from collections import Counter
from decimal import Decimal

import pytest

from core.models import Delivery as Owed
from core.outbox import drain
from finance.models import Charge
from kpis.facts.engine import rows
from kpis.models import CashDay, KpiClock, LandedCostFact, LandedDay, OrderDay, OrderFact, OrderLineFact
from kpis.selectors import Query, metric_rows
from kpis.selectors.cash import answers
from kpis.services import find_differences, rebuild
from tests.kpis import oracle
from tests.kpis.story import STEPS, Story

pytestmark = pytest.mark.django_db
STEPS_EACH = 260
KPIS = (OrderLineFact, OrderFact, LandedCostFact, OrderDay, LandedDay, CashDay)


@pytest.fixture(params=[1, 2, 3])
def story(world, request):
    story = Story(world, request.param)
    for _n in range(STEPS_EACH):
        story.happen()
        if story.rng.random() < 0.4:
            story.work()
    drain()
    assert not Owed.objects.filter(done_at=None).exists()
    return story


def stored() -> dict:
    """Every KPI row without its own id."""
    return {
        model: sorted(
            tuple(str(value) for name, value in row.items() if name != "id") for row in model.objects.values()
        )
        for model in KPIS
    }


def test_facts_and_roll_ups_are_what_a_rebuild_and_a_pencil_say(story, clock):
    company, today = story.world.company.pk, KpiClock.objects.get().as_of
    assert today == story.today
    assert len(story.done) >= len(STEPS) - 6, f"too little happened: {story.done}, refused {story.refused}"

    # a rebuild finds nothing to change, and making everything anew gives the same rows
    assert find_differences(company_id=company, now=clock) == []
    incremental = stored()
    for model in KPIS:
        model.objects.all().delete()
    rows_of_cash = "DELETE FROM kpis_cashfact RETURNING entry_id"
    rows(rows_of_cash, {})
    rebuild(company_id=company, now=clock)
    assert stored() == incremental

    # flags, line by line
    lines = {"purchase": oracle.purchase_lines(company, today), "sales": oracle.sales_lines(company, today)}
    facts = {
        (fact.side, fact.line_id): (
            fact.order_id, fact.day, (fact.on_time, fact.complete, fact.undamaged, fact.documented),
        )
        for fact in OrderLineFact.objects.all()
    }  # fmt: skip
    assert facts == {(side, line): right for side, of in lines.items() for line, right in of.items()}
    for side, of in lines.items():
        (told,) = metric_rows("perfect-order", Query(company, side=side))
        right = oracle.perfect_orders(of)
        assert Counter({name: told[name] for name in ("orders", "failed", "perfect", "late")}) == Counter(
            {name: right[name] for name in ("orders", "failed", "perfect", "late")}
        )
        (told,) = metric_rows("on-time", Query(company, side=side))
        verdicts = [flags[0] for _order, _day, flags in of.values() if flags[0] is not None]
        assert (told["lines"], told["on_time"]) == (len(verdicts), sum(verdicts))

    # landed cost, line by line, and no cent of a bill lost on the way
    landed = {
        (fact.side, fact.line_id): {
            name: getattr(fact, name)
            for name in ("goods", "freight", "insurance", "duty", "other")
            if name != "goods" or fact.side == "purchase"
        }
        for fact in LandedCostFact.objects.all()
    }
    assert landed == oracle.landed_cost(company)
    assert Charge.objects.filter(shares__isnull=False).exists()
    assert oracle.wrongly_carried_charges(company) == []
    (told,) = metric_rows("landed-cost", Query(company, side="purchase"))
    assert Decimal(told["goods_all"]) == sum(
        parts["goods"] for (side, _), parts in landed.items() if side == "purchase"
    )

    # cash-to-cash, day by day
    for window in (30, 365):
        ((_key, found),) = answers(Query(company, window=window))
        right = oracle.cash_to_cash(company, today, window)
        assert {"dio": found.dio, "dso": found.dso, "dpo": found.dpo, "c2c": found.c2c} == right
    assert found.c2c is not None
