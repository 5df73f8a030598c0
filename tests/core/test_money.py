"""Money to the last minor unit: the cases in which well-known systems lost or made a cent.

"odoo#72494" and the like name public bug reports; the numbers are theirs, the code is ours.
Cases F18 and L04–L06 are the project's own worked cases, each computed by a second route.
"""

from decimal import Decimal as D
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from core.money import (
    CurrencyMismatch,
    Money,
    allocate,
    allocate_units,
    decimals,
    from_units,
    line_total,
    round_amount,
    share_of_rest,
    to_units,
)

# --- Money ---------------------------------------------------------------------------------------------------------


def test_adding_the_same_currency_adds():
    assert Money(D("0.10"), "USD") + Money(D("0.20"), "USD") == Money(D("0.30"), "USD")
    assert Money.total([Money(D("1.5"), "USD"), Money(D("2.5"), "USD")], "USD") == Money(D(4), "USD")
    assert Money.total([], "KWD") == Money(D("0.000"), "KWD")


@pytest.mark.parametrize("step", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b])
def test_two_currencies_never_mix(step):
    with pytest.raises(CurrencyMismatch, match="different currencies"):
        step(Money(D(700), "CNY"), Money(D(105), "USD"))


def test_the_same_number_in_two_currencies_is_not_the_same_money():
    assert Money(D(10), "USD") != Money(D(10), "EUR")


@pytest.mark.parametrize("amount", [1.1, 0.0, "1.10", True, None])
def test_only_decimals_and_whole_numbers_are_money(amount):
    with pytest.raises(TypeError):
        Money(amount, "USD")
    with pytest.raises(TypeError):
        Money(D(1), "USD") * amount
    with pytest.raises(TypeError):
        allocate(D("1.00"), [D(1), amount], "USD")


@pytest.mark.parametrize("amount", [D("NaN"), D("Infinity"), D("-Infinity")])
def test_not_a_number_is_refused(amount):
    with pytest.raises(RuleBroken, match="not a number"):
        Money(amount, "USD")


@pytest.mark.parametrize("code", ["usd", "US", "USDX", "", None, "U$D", "USD\n"])
def test_a_currency_is_three_capital_letters(code):
    with pytest.raises(RuleBroken, match="currency code"):
        Money(D(1), code)


def test_money_cannot_be_changed():
    with pytest.raises(AttributeError):
        Money(D(1), "USD").amount = D(2)


def test_money_is_written_with_its_own_decimals():
    assert str(Money(D("1234.5"), "USD")) == "1,234.50 USD"
    assert str(Money(D(1234), "JPY")) == "1,234 JPY"
    assert str(Money(D("0.123456"), "USD")) == "0.123456 USD"


# --- decimals and rounding -----------------------------------------------------------------------------------------


def test_decimals_follow_iso_4217():
    for code in ("JPY", "KRW", "VND", "XPF", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF"):
        assert decimals(code) == 0, code
    for code in ("KWD", "BHD", "OMR", "TND", "JOD", "IQD", "LYD"):
        assert decimals(code) == 3, code
    for code in ("CLF", "UYW"):
        assert decimals(code) == 4, code
    for code in ("USD", "EUR", "CNY", "GBP", "INR", "HUF", "IDR", "TWD", "LBP"):
        assert decimals(code) == 2, code


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("2.675", "USD", "2.68"),  # the float 2.675 rounds to 2.67
        ("2.665", "USD", "2.67"),  # half to even would give 2.66
        ("-2.675", "USD", "-2.68"),
        ("0.5", "JPY", "1"),
        ("-0.5", "JPY", "-1"),
        ("1.2345", "KWD", "1.235"),
        ("-0.004", "USD", "0.00"),
        ("99999999999999999999999999999999.995", "USD", "100000000000000000000000000000000.00"),
    ],
)
def test_round_half_away_from_zero_once(amount, currency, expected):
    assert str(round_amount(D(amount), currency)) == expected


def test_line_total_multiplies_exactly_then_rounds_once():
    assert line_total(D(3), D("0.335"), "USD") == D("1.01")  # 1.005
    assert line_total(D("1000000.000001"), D("999999999999.999999"), "USD") == D("1000000000000999999.00")
    assert line_total(D("12.5"), D("3.3"), "JPY") == D(41)  # 41.25


def test_units_and_back():
    assert to_units(D("12.34"), "USD") == 1234
    assert to_units(D("12.3400"), "USD") == 1234
    assert to_units(D(1234), "JPY") == 1234
    assert to_units(D("-1.234"), "KWD") == -1234
    assert from_units(-1234, "KWD") == D("-1.234")
    with pytest.raises(RuleBroken, match="Round the amount first"):
        to_units(D("0.005"), "USD")


# --- sharing out ---------------------------------------------------------------------------------------------------


def test_f18_payment_plan_30_40_30():
    assert allocate(D("9999.99"), [30, 40, 30], "USD") == [D("3000.00"), D("3999.99"), D("3000.00")]


def test_l06_123_22_over_three_equal_rows():
    parts = allocate(D("123.22"), [D(1)] * 3, "USD")
    assert sorted(parts) == [D("41.07"), D("41.07"), D("41.08")]
    assert parts[0] == D("41.08"), "of equal remainders the earlier line gets the cent"
    assert sum(parts) == D("123.22")


def test_l09_x10_five_over_999_rows_and_100_over_7():
    parts = allocate(D("5.00"), [D(1)] * 999, "USD")
    assert (parts.count(D("0.01")), parts.count(D("0.00"))) == (500, 499)
    assert sum(parts) == D("5.00")
    parts = allocate(D("100.00"), [D(1)] * 7, "USD")
    assert (parts.count(D("14.29")), parts.count(D("14.28"))) == (4, 3)
    parts = allocate(D("4.99"), [D(1)] * 1000, "USD")
    assert (parts.count(D("0.01")), parts.count(D("0.00"))) == (499, 501)
    parts = allocate(D("0.50"), [D(1)] * 100, "USD")
    assert (parts.count(D("0.01")), parts.count(D("0.00"))) == (50, 50)


def test_l18_by_weight():
    kilograms = [D(250 * 20), D(200 * 15), D(180 * 5)]
    assert allocate(D("1500.00"), kilograms, "USD") == [D("842.70"), D("505.62"), D("151.68")]


def test_x11_boxes_are_shared_by_stock_quantity():
    assert allocate(D("130.00"), [12, 12], "USD") == [D("65.00"), D("65.00")]


@pytest.mark.parametrize(
    ("basis", "weights", "expected"),
    [
        ("value", [1200000, 1500000, 800000], [144000, 180000, 96000]),
        ("weight", [800, 400, 1200], [140000, 70000, 210000]),
        ("volume", [D("4.0"), D("6.0"), D("10.0")], [84000, 126000, 210000]),
        ("quantity", [1000, 500, 2000], [120000, 60000, 240000]),
        ("equal", [1, 1, 1], [140000, 140000, 140000]),
    ],
)
def test_case_l06_freight_under_five_bases(basis, weights, expected):
    assert allocate_units(420000, weights) == expected


def test_case_l04_landed_cost_adds_to_the_cent():
    """US ocean entry, three lines: duty on FOB, freight by volume, insurance and fees by value, broker equally."""
    fob = [line_total(1000, D("12.00"), "USD"), line_total(500, D("30.00"), "USD"), line_total(2000, D("4.00"), "USD")]
    volume = [D("4.0"), D("6.0"), D("10.0")]
    rates = [(D("0.025"), D("0.25")), (D(0), D("0.25")), (D("0.065"), D(0))]
    duty = [
        round_amount(value * base, "USD") + round_amount(value * extra, "USD")
        for value, (base, extra) in zip(fob, rates, strict=True)
    ]
    charges = [
        duty,
        allocate(D("4200.00"), volume, "USD"),
        allocate(D("175.00"), fob, "USD"),
        allocate(D("121.24") + D("43.75"), fob, "USD"),
        allocate(D("180.00"), [1, 1, 1], "USD"),
        allocate(D("650.00"), volume, "USD"),
    ]
    landed = [sum(parts, start=value) for value, *parts in zip(fob, *charges, strict=True)]
    assert duty == [D("3300.00"), D("3750.00"), D("520.00")]
    assert landed == [D("16446.57"), D("20410.71"), D("11082.71")]
    assert sum(landed) == D("47939.99")
    units = [round_amount(total / quantity, "CLF") for total, quantity in zip(landed, [1000, 500, 2000], strict=True)]
    assert units == [D("16.4466"), D("40.8214"), D("5.5414")]  # case L05: four decimals for display


def test_odoo_72494_xpf_has_no_decimals():
    lines = [line_total(q, D(p), "XPF") for q, p in ((9, 666), (7, 133), (3, 131), (5, 525))]
    parts = allocate(D(333), lines, "XPF")
    assert sum(parts) == 333
    assert all(part == part.to_integral_value() for part in parts)


def test_odoo_77155_by_quantity():
    assert sum(allocate(D("1000.00"), [6, 6, 3, 6], "USD")) == D("1000.00")


def test_odoo_56433_ten_dong_over_three():
    assert allocate(D(10), [1, 1, 1], "VND") == [4, 3, 3]


def test_odoo_11737_goods_that_leave_one_by_one_leave_nothing_behind():
    for value, pieces in ((D("15.00"), 13), (D("4.00"), 1000), (D("0.07"), 3)):
        rest, taken = value, []
        for left in range(pieces, 0, -1):
            part = share_of_rest(rest, 1, left, "USD")
            taken.append(part)
            rest -= part
        assert rest == 0
        assert sum(taken) == value
        assert max(taken) - min(taken) <= D("0.01")


def test_share_of_rest_refuses_more_than_is_left():
    assert share_of_rest(D("10.00"), D(0), D(3), "USD") == 0
    with pytest.raises(RuleBroken, match="only 3 is left"):
        share_of_rest(D("10.00"), D("3.001"), D(3), "USD")


def test_erpnext_50114_and_42890_a_rate_is_a_factor_and_never_one():
    assert Money(D(1_000_000), "LBP").at_rate(D("0.00017"), "USD").rounded() == Money(D(170), "USD")
    goods = Money(line_total(10, D("1.1"), "USD"), "USD").at_rate(D(6300), "INR").rounded()
    assert (goods + Money(D(3000), "INR")).amount / 10 == D(7230)


@pytest.mark.parametrize("rate", [D(0), D("-0.14")])
def test_money_does_not_vanish_in_an_exchange(rate):
    with pytest.raises(RuleBroken, match="greater than zero"):
        Money(D(1), "CNY").at_rate(rate, "USD")


def test_q09_the_cheapest_quote_is_found_after_conversion():
    quotes = {"A": Money(D(700), "CNY").at_rate(D("0.14"), "USD"), "B": Money(D(105), "USD")}
    assert min(quotes, key=quotes.get) == "A"
    assert quotes["A"] == Money(D("98.00"), "USD")


@pytest.mark.parametrize("weights", [[], [0], [D("0.00"), 0]])
def test_nothing_to_share_by_is_an_error_and_not_equal_shares(weights):
    with pytest.raises(RuleBroken, match="totals zero"):
        allocate(D("100.00"), weights, "USD")


def test_negative_weights_are_refused():
    with pytest.raises(RuleBroken, match="negative"):
        allocate(D("100.00"), [5, -4], "USD")


def test_a_credit_mirrors_the_debit():
    assert allocate(D("-100.00"), [1] * 7, "USD") == [-part for part in allocate(D("100.00"), [1] * 7, "USD")]


def test_fractions_of_a_cent_are_not_shared():
    with pytest.raises(RuleBroken, match="Round the amount first"):
        allocate(D("0.005"), [1, 1], "USD")


weight = st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False)
currency = st.sampled_from(["USD", "EUR", "CNY", "GBP", "JPY", "KRW", "VND", "KWD", "BHD", "TND"])


@given(total=st.integers(-(10**14), 10**14), weights=st.lists(weight, min_size=1, max_size=40), currency=currency)
def test_parts_always_add_up_and_none_is_off_by_a_unit(total, weights, currency):
    whole = sum(weights)
    if whole == 0:
        return
    amount = from_units(total, currency)
    parts = allocate(amount, weights, currency)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        # |part − total·w/W| < 1 unit, multiplied out so that nothing is divided
        assert abs(to_units(part, currency) * whole - total * weight) < whole
        assert weight or part == 0, "who has no share pays nothing"


@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(1, 50), min_size=2, max_size=30))
def test_a_larger_weight_never_gets_less(total, weights):
    parts = [part for _, part in sorted(zip(weights, allocate_units(total, weights), strict=True))]
    assert all(a <= b for a, b in pairwise(parts))
