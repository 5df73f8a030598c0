"""Which rate applies: of that day or the last before it, never zero, never one, never too old."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest

from core.actor import Actor, system
from core.errors import MissingRate, NotAllowed, RuleBroken
from core.money import Money
from reference import exchange, services
from reference.files import read_ecb
from reference.models import ExchangeRate
from tests.shared_data import shared_data

pytestmark = pytest.mark.django_db

TUESDAY = date(2025, 4, 15)
FINANCE = Actor(name="Fenna", channel="browser", company_id=1, permissions=frozenset({"reference.add_exchangerate"}))
BUYER = Actor(name="Bram", channel="browser", company_id=1)


def publish(*quotations, source="ECB", base="EUR", kind="market"):
    return services.load_exchange_rates(
        actor=system(),
        quotations=[(day, code, D(rate)) for day, code, rate in quotations],
        source=source,
        base=base,
        kind=kind,
    )


def enter(base, quote, on, rate, **kwargs):
    return services.set_exchange_rate(
        actor=FINANCE, base=base, quote=quote, on=on, rate=D(rate), confirmed=True, **kwargs
    )


# --- which rate ------------------------------------------------------------------------------------------------------


def test_the_rate_of_the_day():
    publish((TUESDAY, "USD", "1.1282"), (TUESDAY - timedelta(1), "USD", "1.1377"))
    assert exchange.rate("EUR", "USD", TUESDAY) == D("1.1282")


def test_or_the_last_before_it_within_the_stated_age():
    friday = date(2025, 4, 11)
    publish((friday, "USD", "1.1346"))
    found = exchange.find_rate("EUR", "USD", friday + timedelta(7))
    assert (found.value, found.date, found.source) == (D("1.1346"), friday, "ECB")
    assert exchange.rate("EUR", "USD", friday + timedelta(1), max_age_days=1) == D("1.1346")
    with pytest.raises(MissingRate, match="is of 11 Apr 2025, over 1 day old"):
        exchange.rate("EUR", "USD", friday + timedelta(2), max_age_days=1)
    with pytest.raises(MissingRate, match="over 7 days old"):
        exchange.rate("EUR", "USD", friday + timedelta(8))


def test_a_later_rate_is_never_used():
    publish((TUESDAY + timedelta(1), "USD", "1.1355"))
    with pytest.raises(MissingRate, match="no market rate from EUR to USD on or before 15 Apr 2025"):
        exchange.rate("EUR", "USD", TUESDAY)


def test_f12_no_rate_is_an_error_that_says_what_to_do():
    with pytest.raises(MissingRate) as refused:
        exchange.convert(Money(D(1), "USD"), "INR", TUESDAY)
    assert "from USD to INR" in str(refused.value)
    assert "enter one under Exchange rates" in str(refused.value)
    assert (refused.value.status, refused.value.code) == (422, "missing_rate")


def test_f12_rates_typed_in_and_their_age():
    for day, value in ((date(2016, 1, 1), "60.0"), (date(2016, 1, 10), "65.1"), (date(2016, 1, 30), "62.9")):
        enter("USD", "INR", day, value)
    assert exchange.rate("USD", "INR", date(2016, 1, 15)) == D("65.1")
    assert exchange.rate("USD", "INR", date(2016, 1, 30)) == D("62.9")
    with pytest.raises(MissingRate):
        exchange.rate("USD", "INR", date(2016, 1, 15), max_age_days=1)


def test_the_other_direction_is_the_exact_inverse():
    enter("USD", "CNY", TUESDAY, "7")
    assert exchange.convert(Money(D(700), "CNY"), "USD", TUESDAY) == Money(D("100.00"), "USD")
    assert exchange.convert(Money(D("0.07"), "CNY"), "USD", TUESDAY, rounded=False).amount == D("0.01")


def test_a_cross_rate_takes_both_euro_rates_of_one_day():
    monday = TUESDAY - timedelta(1)
    publish((monday, "USD", "1.1377"), (monday, "CNY", "8.3151"), (TUESDAY, "USD", "1.1282"))
    found = exchange.find_rate("USD", "CNY", TUESDAY)
    assert (found.date, found.per_quote, found.per_base) == (monday, D("8.3151"), D("1.1377"))


def test_the_newest_wins_and_on_one_day_the_one_typed_in():
    publish((TUESDAY, "USD", "1.1282"), (TUESDAY, "CNY", "8.2528"))
    enter("USD", "CNY", TUESDAY - timedelta(1), "7.30")
    assert exchange.find_rate("USD", "CNY", TUESDAY).source == "ECB"
    enter("USD", "CNY", TUESDAY, "7.31")
    assert exchange.find_rate("USD", "CNY", TUESDAY).source == "manual"
    assert exchange.rate("USD", "CNY", TUESDAY) == D("7.31")
    enter("EUR", "USD", TUESDAY, "1.13")
    assert exchange.rate("EUR", "USD", TUESDAY) == D("1.13")


def test_customs_rates_are_a_kind_of_their_own_and_hold_for_a_month():
    publish((TUESDAY, "USD", "1.1282"))
    publish((date(2025, 4, 1), "USD", "1.0808"), kind="customs", source="EU")
    assert exchange.rate("EUR", "USD", date(2025, 4, 30), kind="customs") == D("1.0808")
    assert exchange.rate("EUR", "USD", TUESDAY) == D("1.1282")
    with pytest.raises(MissingRate, match="customs rate"):
        exchange.rate("EUR", "USD", date(2025, 5, 3), kind="customs")


def test_the_same_currency_needs_no_rate_and_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert exchange.convert(Money(D("12.34"), "USD"), "USD", TUESDAY) == Money(D("12.34"), "USD")


def test_a_conversion_is_one_query_and_so_are_many(django_assert_num_queries):
    days = [TUESDAY - timedelta(n) for n in range(5)]
    publish(*[(day, code, "1.5") for day in days for code in ("USD", "CNY", "GBP")])
    with django_assert_num_queries(1):
        exchange.convert(Money(D(1), "USD"), "CNY", TUESDAY)
    pairs = [(a, b, day) for a in ("USD", "EUR", "CNY") for b in ("GBP", "USD", "CNY") for day in days]
    with django_assert_num_queries(1):
        found = exchange.rates_for(pairs)
    assert list(found) == pairs
    with pytest.raises(MissingRate, match="from USD to JPY"):
        exchange.rates_for([*pairs, ("USD", "JPY", TUESDAY)])


def test_a_moment_is_not_a_day():
    with pytest.raises(TypeError):
        exchange.rate("EUR", "USD", datetime(2025, 4, 15, 12, 0))


def test_converting_rounds_once_to_the_currencys_own_decimals():
    enter("USD", "JPY", TUESDAY, "142.505")
    enter("USD", "KWD", TUESDAY, "0.3066")
    assert exchange.convert(Money(D("1.00"), "USD"), "JPY", TUESDAY).amount == D(143)
    assert exchange.convert(Money(D("1.05"), "USD"), "KWD", TUESDAY).amount == D("0.322")
    assert exchange.convert(Money(D("1.05"), "USD"), "KWD", TUESDAY, rounded=False).amount == D("0.321930")


def test_erpnext_50114_a_million_pounds_stay_170_dollars():
    enter("LBP", "USD", TUESDAY, "0.00017")
    assert exchange.convert(Money(D(1_000_000), "LBP"), "USD", TUESDAY) == Money(D("170.00"), "USD")


def test_odoo_259632_a_charge_in_its_own_currency_is_not_converted_twice():
    enter("USD", "EUR", TUESDAY, "2")
    freight = Money(D(10), "USD")
    assert exchange.convert(freight, "EUR", TUESDAY) == Money(D(20), "EUR")
    assert exchange.convert(exchange.convert(freight, "EUR", TUESDAY), "USD", TUESDAY) == freight


def test_q09_best_bid_over_currencies():
    enter("CNY", "USD", TUESDAY, "0.14")
    bids = {"A": Money(D(700), "CNY"), "B": Money(D(105), "USD")}
    compared = {name: exchange.convert(bid, "USD", TUESDAY) for name, bid in bids.items()}
    assert min(compared, key=compared.get) == "A"
    assert compared["A"] == Money(D("98.00"), "USD")


def test_published_conversions_agree_to_their_last_digit():
    reference = json.loads(shared_data("fx/reference.json").read_text())
    wanted = {date.fromisoformat(case["date"]) for case in reference["conversions"]}
    history = read_ecb(shared_data("fx/eurofxref-hist.csv.gz"))
    days = {day for day, _code, _rate in history}
    assert (len(days), str(min(days)), str(max(days))) == (reference["rows"], reference["first"], reference["last"])
    near = [row for row in history if any(0 <= (day - row[0]).days <= 7 for day in wanted)]
    services.load_exchange_rates(actor=system(), quotations=near, source="ECB")
    for case in reference["conversions"]:
        on = date.fromisoformat(case["date"])
        converted = exchange.convert(Money(D(case["amount"]), case["frm"]), case["to"], on, rounded=False)
        assert str(converted.amount.quantize(D("0.000001"))) == case["result"], case
        assert str(exchange.find_rate(case["frm"], case["to"], on).date) == case["rate_date"], case


# --- typing one in ---------------------------------------------------------------------------------------------------


def test_finance_may_type_in_a_rate_and_correct_it():
    first = enter("USD", "CNY", TUESDAY, "7.30", note="bank statement")
    again = enter("USD", "CNY", TUESDAY, "7.31", note="bank statement")
    assert (first.pk, again.rate) == (again.pk, D("7.31"))
    assert list(again.events.order_by("pgh_id").values_list("rate", flat=True)) == [D("7.30"), D("7.31")]
    assert ExchangeRate.objects.count() == 1


def test_others_may_not():
    with pytest.raises(NotAllowed):
        services.set_exchange_rate(actor=BUYER, base="USD", quote="CNY", on=TUESDAY, rate=D("7.30"))
    assert not ExchangeRate.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quote": "USD"}, "two different currencies"),
        ({"quote": "XYZ"}, "not among the currencies"),
        ({"base": "usd"}, "currency code"),
        ({"rate": D(0)}, "greater than zero"),
        ({"rate": D("-7.3")}, "greater than zero"),
        ({"rate": D("1E12")}, "12 digits"),
        ({"rate": D("0.0000000000001")}, "12 digits"),
        ({"rate": D("NaN")}, "not a number"),
        ({"kind": "guess"}, "market or a customs rate"),
        ({"on": TUESDAY + timedelta(1)}, "has not come yet"),
    ],
)
def test_what_is_no_rate_is_refused(change, said):
    good = {"base": "USD", "quote": "CNY", "on": TUESDAY, "rate": D("7.3"), "today": TUESDAY}
    assert services.set_exchange_rate(actor=FINANCE, **good)
    with pytest.raises(RuleBroken, match=said):
        services.set_exchange_rate(actor=FINANCE, **(good | change))


def test_a_float_is_refused():
    with pytest.raises(TypeError):
        services.set_exchange_rate(actor=FINANCE, base="USD", quote="CNY", on=TUESDAY, rate=7.3)


def test_a_rate_the_wrong_way_round_is_asked_about():
    enter("USD", "CNY", TUESDAY, "7.30")
    wrong = {"actor": FINANCE, "base": "USD", "quote": "CNY", "on": TUESDAY + timedelta(1)}
    with pytest.raises(RuleBroken, match="looks like the other direction"):
        services.set_exchange_rate(**wrong, rate=D("0.137"))
    with pytest.raises(RuleBroken, match=r"far from the last known rate, 7\.3") as refused:
        services.set_exchange_rate(**wrong, rate=D("73.1"))
    assert "other direction" not in str(refused.value)
    assert services.set_exchange_rate(**wrong, rate=D("73.1"), confirmed=True)


def test_outside_parties_see_published_rates_only():
    publish((TUESDAY, "USD", "1.1282"))
    enter("USD", "CNY", TUESDAY, "7.30")
    supplier = Actor(name="Mei", channel="portal", party_id=7)
    assert {rate.source for rate in ExchangeRate.objects.visible_to(BUYER)} == {"ECB", "manual"}
    assert {rate.source for rate in ExchangeRate.objects.visible_to(supplier)} == {"ECB"}
