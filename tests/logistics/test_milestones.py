"""Milestones come late, doubled and in any order; the shipment ends up in the same place."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken, TransitionRefused
from core.models import Event
from ledger.models import Posting
from logistics import services as logistics
from logistics import tracking
from logistics.containers import check_container
from logistics.models import Classifier, MilestoneCode
from logistics.services import MilestoneInput
from reference.models import ExchangeRate
from tests.factories_logistics import NOW, actual, estimated, planned_shipment, report

START = datetime(2027, 1, 10, tzinfo=UTC)


@pytest.fixture
def rates(world):
    for n in range(0, 80, 8):
        ExchangeRate.objects.create(
            kind="market", base_id="EUR", quote_id="USD", date=date(2027, 1, 8) + timedelta(days=n), source="ECB",
            rate=Decimal("1.05") + n / Decimal(1000),
        )  # fmt: skip


def reports(seed: int, count: int = 50) -> list[MilestoneInput]:
    """``count`` reports as carriers send them: plans, estimates that move, actuals, some of them corrected."""
    dice = random.Random(seed)
    found = []
    for _n in range(count):
        happened = START + timedelta(hours=dice.randrange(24 * 50))
        found.append(
            MilestoneInput(
                code=dice.choice(MilestoneCode.values),
                classifier=dice.choice(Classifier.values),
                happened_at=happened,
                issued_at=START + timedelta(minutes=dice.randrange(60 * 24 * 60)),
            )
        )
    return found


def state(shipment) -> dict:
    """Everything that follows from the reports, in shipment, lines and ledger."""
    shipment.refresh_from_db()
    days = Posting.objects.filter(entry__source_id=shipment.pk, account="inventory").values_list("entry__day")
    sums = dict(days.annotate(total=Sum("amount")).order_by())
    return {
        "status": shipment.status,
        "days": (shipment.departed_date, shipment.arrived_date, shipment.expected_arrival_date),
        "lines": [(line.owned_date, line.owned_cost, line.shipped_quantity) for line in shipment.lines.order_by("pk")],
        "ledger": {day: total for day, total in sums.items() if total},
    }


@pytest.mark.django_db
def test_the_same_fifty_reports_three_times_over_in_any_order_give_the_same_state(world, rates):
    order = world.sent_order()
    sent = reports(seed=7)
    found = []
    for seed in range(4):
        with transaction.atomic():
            shipment = planned_shipment(world, order)
            if seed == 0:
                report(world, shipment, *sent)
            else:
                tripled = sent * 3
                random.Random(seed).shuffle(tripled)
                while tripled:  # in dribs and drabs
                    report(world, shipment, *tripled[:9])
                    del tripled[:9]
            found.append(state(shipment))
            assert shipment.milestones.count() == len(
                {(r.code, r.classifier, r.happened_at, r.issued_at) for r in sent}
            )
            transaction.set_rollback(True)
    assert found[0]["ledger"], "the risk has passed among fifty reports"
    assert found[1:] == found[:1] * 3


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_what_counts_does_not_depend_on_the_order(seed, dice):
    sent = reports(seed, count=20)
    shuffled = sent * 2
    dice.shuffle(shuffled)
    assert {k: v.happened_at for k, v in tracking.standing(sent).items()} == {
        k: v.happened_at for k, v in tracking.standing(shuffled).items()
    }


@pytest.mark.django_db
def test_a_report_sent_twice_is_one_report_and_no_news(world, rates):
    shipment = planned_shipment(world, world.sent_order())
    said = actual("departed", date(2027, 1, 22))
    report(world, shipment, said)
    news, version = Event.objects.count(), shipment.version
    report(world, shipment, said, MilestoneInput("departed", "ACT", said.happened_at))
    shipment.refresh_from_db()
    assert (Event.objects.count(), shipment.milestones.count()) == (news, 1)
    assert shipment.version == version + 1


@pytest.mark.django_db
def test_an_actual_beats_any_later_estimate_and_the_last_estimate_beats_the_ones_before(world, rates):
    shipment = planned_shipment(world, world.sent_order())
    report(world, shipment, estimated("arrived", date(2027, 3, 1), said=date(2027, 1, 23)))
    report(world, shipment, estimated("arrived", date(2027, 2, 27), said=date(2027, 1, 22)))  # older news, came later
    assert shipment_now(shipment).slip_days == 4
    report(world, shipment, actual("arrived", date(2027, 2, 26)))
    report(world, shipment, estimated("arrived", date(2027, 3, 9), said=date(2027, 3, 2)))
    now = shipment_now(shipment)
    assert (now.arrived_date, now.slip_days, now.status) == (date(2027, 2, 26), 1, "arrived")


def shipment_now(shipment):
    shipment.refresh_from_db()
    return shipment


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("incoterm", "place", "code", "ours"),
    [
        ("EXW", "Ningbo works", "cargo_ready", False),
        ("EXW", "Ningbo works", "handed_over", True),
        ("FCA", "Ningbo terminal", "handed_over", True),
        ("CIP", "Rotterdam", "handed_over", True),
        ("FOB", "Ningbo", "handed_over", False),
        ("FOB", "Ningbo", "loaded", True),
        ("CIF", "Rotterdam", "loaded", True),
        ("FAS", "Ningbo", "handed_over", True),
        ("DAP", "Rotterdam", "loaded", False),
        ("DAP", "Rotterdam", "arrived", True),
        ("DAP", "our warehouse in Venlo", "arrived", False),
        ("DAP", "our warehouse in Venlo", "delivered", True),
        ("DPU", "Rotterdam", "arrived", False),
        ("DPU", "Rotterdam", "discharged", True),
    ],
)
def test_goods_become_ours_at_the_risk_point_of_the_rule(world, rates, incoterm, place, code, ours):
    order = world.sent_order(incoterm=incoterm, named_place=place)
    shipment = report(world, planned_shipment(world, order), actual(code, date(2027, 2, 1)))
    assert [line.owned_date for line in shipment.lines.all()] == [date(2027, 2, 1) if ours else None] * 2


@pytest.mark.django_db
def test_the_day_is_a_day_at_the_place(world, rates):
    shipment = planned_shipment(world, world.sent_order())
    late = datetime(2027, 1, 22, 20, tzinfo=UTC)  # already the 23rd in China
    report(world, shipment, MilestoneInput("departed", "ACT", late, issued_at=late, place="CNNGB"))
    assert shipment_now(shipment).departed_date == date(2027, 1, 23)


@pytest.mark.django_db
def test_what_cannot_have_happened_is_refused(world):
    shipment = planned_shipment(world, world.sent_order())
    with pytest.raises(RuleBroken, match="future"):
        report(world, shipment, MilestoneInput("departed", "ACT", NOW + timedelta(days=2)))
    with pytest.raises(RuleBroken, match="ZZZZZ"):
        report(world, shipment, MilestoneInput("departed", "ACT", NOW, place="ZZZZZ"))
    logistics.cancel_shipment(actor=world.actors["logistics"], shipment_id=shipment.pk, reason="No space")
    with pytest.raises(TransitionRefused):
        report(world, shipment, actual("departed", date(2027, 1, 22)))


def test_the_check_digit_of_a_container():
    """G01."""
    assert check_container("CSQU3054383") == check_container("csqu 305438-3") == "CSQU3054383"
    for wrong in ("CSQU3054384", "CSQX3054383", "CSQU305438", "", "ABCD1234567"):
        with pytest.raises(RuleBroken):
            check_container(wrong)
