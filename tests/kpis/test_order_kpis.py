"""On time, OTIF and perfect order: what each flag says, and the published cases."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.outbox import drain
from kpis.models import OrderLineFact
from kpis.rules import Rule
from kpis.selectors import Query, metric_rows
from tests.factories_kpis import DUE, Chain

pytestmark = pytest.mark.django_db
LATER = DUE + timedelta(days=60)


@pytest.fixture
def chain(world):
    return Chain(world)


def row(chain, metric, **query):
    drain()
    return metric_rows(metric, Query(company_id=chain.company.pk, **query))[0]


def flags(line) -> tuple:
    drain()
    fact = OrderLineFact.objects.get(line_id=line.pk)
    return fact.on_time, fact.complete, fact.undamaged, fact.documented


def days(count: int) -> date:
    return DUE + timedelta(days=count)


def test_k01_five_orders_are_perfect_in_three_ways(chain):
    def deliver(order, *, late=(), short=(), damaged=(), papers=()):
        for number, line in enumerate(order.lines.all(), 1):
            sent = chain.deliver(
                line,
                9 if number in short else 10,
                days(2) if number in late else days(0),
                documents_ok=number not in papers,
            )
            if number in damaged:
                chain.give_back(sent, days(5))

    deliver(chain.sell(10, 10))
    # "short" and over at once: the customer closed the order with what he had
    deliver(chain.sell(10, 10, status="closed"), short=[2])
    deliver(chain.sell(10), late=[1])
    deliver(chain.sell(10, 10, 10), damaged=[1], papers=[2])
    deliver(chain.sell(10))
    chain.at(LATER)
    found = row(chain, "perfect-order")
    assert (found["orders"], found["perfect"], found["pct"]) == (5, 2, 40.0)
    assert (found["lines"], found["line_pct"]) == (9, 55.5556)
    assert found["product_pct"] == 40.96
    assert found["provisional"] is False


def test_k_02_an_order_failing_two_criteria_counts_once(chain):
    good, late, damaged, papers = (chain.sell(10) for _ in range(4))
    chain.deliver(good.lines.get(), 10, days(0))
    chain.deliver(late.lines.get(), 10, days(3), documents_ok=False)
    chain.give_back(chain.deliver(damaged.lines.get(), 10, days(0)), days(3))
    chain.deliver(papers.lines.get(), 10, days(0), documents_ok=False)
    chain.at(LATER)
    found = row(chain, "perfect-order", side="sales")
    assert (found["pct"], found["failed"], found["undocumented"]) == (25.0, 3, 2)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(Rule(), 60.0), (Rule(early_days=1), 40.0), (Rule(tolerance=Decimal("0.05")), 80.0)],
    ids=["no early limit", "at most a day early", "5 % quantity tolerance"],
)
def test_k08_otif_depends_on_window_and_tolerance(chain, rule, expected):
    for ordered, delivered, late in ((100, 100, 0), (50, 48, 0), (20, 20, 2), (10, 10, -3), (30, 30, 0)):
        chain.deliver(chain.sell(ordered).lines.get(), delivered, days(late))
    chain.at(LATER)
    found = row(chain, "otif", rule=rule)
    assert (found["lines"], found["pct"]) == (5, expected)


def test_k09_a_credit_note_restates_the_period_of_the_original_commit_date(chain):
    order = chain.sell(10)
    chain.deliver(order.lines.get(), 10, days(0))
    invoice = chain.invoice(order.lines.get(), 10, days(1))
    chain.at(LATER)
    june = {"first": date(2026, 6, 1), "last": date(2026, 6, 30)}
    assert row(chain, "perfect-order", **june)["pct"] == 100.0
    chain.credit(invoice, "goodwill", LATER)
    assert row(chain, "perfect-order", **june)["pct"] == 100.0, "goodwill leaves the flags alone"
    chain.credit(invoice, "price", LATER)
    found = row(chain, "perfect-order", **june)
    assert (found["pct"], found["undocumented"]) == (0.0, 1)
    assert row(chain, "perfect-order", first=date(2026, 8, 1))["orders"] == 0, "not the period of the credit note"


def test_x5_two_early_parts_are_on_time_and_in_full(chain):
    line = chain.buy(100).lines.get()
    chain.receive(line, 60, days(-5))
    chain.receive(line, 40, days(-1))
    assert flags(line)[:2] == (True, True)


def test_s06_a_part_that_comes_late_makes_the_line_late_and_its_share_stays_known(chain):
    line = chain.buy(100).lines.get()
    chain.receive(line, 60, days(-5))
    chain.receive(line, 40, days(2))
    assert flags(line)[:2] == (False, True)
    assert OrderLineFact.objects.get().quantity_on_time == 60


def test_x6_over_delivery_is_on_time_but_lifts_nothing_above_100_percent(chain):
    line = chain.buy(100).lines.get()
    chain.receive(line, 110, days(0))
    assert flags(line)[:2] == (True, False)
    assert OrderLineFact.objects.get().quantity_on_time == 100
    assert row(chain, "on-time")["pct"] == 100.0


def test_a_line_not_yet_received_is_unknown_until_its_day_has_passed_and_late_from_the_next(chain):
    line = chain.buy(100).lines.get()
    assert flags(line) == (None, None, None, None)
    assert row(chain, "on-time")["lines"] == 0
    chain.at(days(1))
    assert flags(line) == (False, False, None, None)
    assert row(chain, "on-time") | {"key": ""} == {"key": "", "lines": 1, "on_time": 0, "late": 1, "pct": 0.0}


def test_a_line_never_delivered_becomes_final_when_its_claim_window_ends(chain):
    line = chain.buy(100).lines.get()
    chain.at(days(14))
    assert flags(line)[0] is False and not OrderLineFact.objects.get().final
    chain.at(days(15))
    assert OrderLineFact.objects.get().final
    assert row(chain, "perfect-order")["provisional"] is False


def test_a_promise_the_supplier_moved_himself_still_counts_from_the_first(chain):
    order = chain.buy(100)
    line = order.lines.get()
    line.promised_date = days(20)
    line.save()
    chain.receive(line, 100, days(10))
    assert flags(line)[0] is False


def test_an_fob_supplier_is_judged_when_the_risk_passes_and_a_dap_supplier_at_our_door(chain):
    fob = chain.buy(100, promised_at="handover", incoterm="FOB").lines.get()
    dap = chain.buy(100, promised_at="destination").lines.get()
    for line in (fob, dap):
        shipped = chain.ship(line, 100, owned=days(-1))
        assert flags(line)[0] is (True if line == fob else None)
        chain.receive(line, 100, days(30), shipment_line=shipped)
    assert flags(fob)[:2] == (True, True)
    assert flags(dap)[:2] == (False, True)


def test_without_a_milestone_the_receipt_stands_in_for_the_hand_over(chain):
    line = chain.buy(100, promised_at="handover", incoterm="FOB").lines.get()
    shipped = chain.ship(line, 100)
    chain.receive(line, 100, days(1), shipment_line=shipped)
    assert flags(line)[0] is False


def test_goods_lost_after_the_hand_over_are_missing_though_not_late(chain):
    line = chain.buy(100, promised_at="handover", incoterm="FOB").lines.get()
    shipped = chain.ship(line, 100, owned=days(-1))
    chain.receive(line, 90, days(30), short_quantity=10, shipment_line=shipped)
    chain.at(days(40))
    assert flags(line)[1] is False


def test_samples_and_orders_the_customer_cancelled_are_left_out_but_not_those_we_cancelled(chain):
    chain.buy(10, sample=True)
    chain.sell(10, status="cancelled", cancelled_by_customer=True)
    ours = chain.sell(10, status="cancelled").lines.get()
    chain.at(days(1))
    assert flags(ours)[:2] == (False, False)
    assert row(chain, "on-time")["lines"] == 1


def test_damage_and_rejection_fail_a_purchase_line_and_the_window_must_close_before_it_is_good(chain):
    good, damaged, rejected = (chain.buy(10).lines.get() for _ in range(3))
    chain.receive(good, 10, days(0))
    chain.receive(damaged, 10, days(0), damaged=True)
    chain.receive(rejected, 8, days(0), rejected=2)
    assert [flags(line)[2] for line in (good, damaged, rejected)] == [None, False, False]
    chain.at(days(14))
    assert flags(good)[2] is None
    chain.at(days(15))
    assert flags(good) == (True, True, True, True)


def test_a_customer_has_his_own_claim_window_and_a_change_of_mind_is_no_fault(chain):
    from sales.models import Customer

    Customer.objects.create(company=chain.company, organisation=chain.world.customer, claim_days=30)
    kept, returned = (chain.deliver(chain.sell(10).lines.get(), 10, days(0)) for _ in range(2))
    chain.give_back(returned, days(25), reason="change_of_mind")
    chain.at(days(30))
    assert flags(kept.order_line)[2] is None
    chain.give_back(kept, days(29), reason="defect")
    chain.at(days(31))
    assert flags(kept.order_line)[2] is False
    assert flags(returned.order_line)[2] is True


def test_a_settled_invoice_closes_the_documents_before_the_window_does(chain):
    line = chain.sell(10).lines.get()
    chain.deliver(line, 10, days(0))
    assert flags(line)[3] is None
    chain.invoice(line, 10, days(0), settled=days(3))
    assert flags(line)[3] is True


def test_trade_documents_missing_when_the_goods_arrive_fail_the_line(chain):
    from logistics.models import TradeDocument

    in_time, missing, conflicting = (chain.buy(10).lines.get() for _ in range(3))
    for line, received, conflict in ((in_time, days(-2), ""), (missing, None, ""), (conflicting, days(-2), "weight")):
        shipped = chain.ship(line, 10, arrived_date=days(0))
        TradeDocument.objects.create(
            shipment=shipped.shipment, doc_type="packing_list", received_date=received, conflict=conflict
        )
        chain.receive(line, 10, days(0), shipment_line=shipped)
    chain.at(LATER)
    assert [flags(line)[3] for line in (in_time, missing, conflicting)] == [True, False, False]


def test_breakdowns_add_up_and_carry_human_keys(chain):
    for mode, country, day in (("sea", "NL", 0), ("air", "NL", 0), ("", None, 3), ("air_charter", "DE", 0)):
        chain.receive(chain.buy(10, mode=mode, destination_country_id=country).lines.get(), 10, days(day))
    drain()

    def by(dim):
        rows = metric_rows("on-time", Query(chain.company.pk, by=dim))
        return {r["key"]: (r["lines"], r["on_time"]) for r in rows}

    assert by("mode") == {"Ocean": (1, 1), "Air": (1, 1), "N/A": (1, 0), "Air Charter": (1, 1)}
    assert by("country") == {"Netherlands": (2, 2), "Germany": (1, 1), "N/A": (1, 0)}
    assert by("supplier") == {"Ningbo Haisong Metalware": (4, 3)}
    assert by("product-group") == {"Drinkware": (4, 3)}
    assert by("incoterm") == {"DAP": (4, 3)}
    assert by("month") == {"2026-06": (4, 3)}


def test_orders_and_shipments_count_as_wholes(chain):
    whole = chain.buy(10, 10)
    for line in whole.lines.all():
        chain.receive(line, 10, days(0))
    mixed = chain.buy(10, 10)
    for day, line in zip((0, 4), mixed.lines.all(), strict=True):
        chain.receive(line, 10, days(day))
    found = row(chain, "on-time", by="order")
    assert (found["count"], found["all_lines_on_time"], found["pct"]) == (2, 1, 50.0)
    found = row(chain, "on-time", by="shipment")
    assert (found["count"], found["all_lines_on_time"], found["pct"]) == (4, 3, 75.0)


def test_as_of_an_earlier_day_shows_what_was_known_then(chain):
    chain.receive(chain.buy(10).lines.get(), 10, days(-3))
    chain.receive(chain.buy(10).lines.get(), 10, days(9))
    chain.at(LATER)
    assert row(chain, "on-time")["pct"] == 50.0
    then = row(chain, "on-time", as_of=days(0))
    assert (then["lines"], then["pct"]) == (1, 100.0), "the second was not due yet"
    assert row(chain, "on-time", as_of=days(5))["late"] == 1
