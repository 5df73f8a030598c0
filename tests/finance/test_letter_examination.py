"""Which documents comply with a letter of credit (cases F06 and F08, trade case F-14, decision 21): rules without a database."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from finance.models import LetterOfCredit
from finance.selectors.examination import (
    WEEKDAYS,
    Billed,
    Papers,
    discrepancies,
    examine_by,
    latest_presentation,
    minimum_cover,
    quantity_tolerance,
)
from reference.calendars import WorkingCalendar
from reference.models import Dimension
from tests.shared_data import case

PAPERS = ["commercial_invoice", "packing_list", "bill_of_lading", "insurance_certificate"]
ON_BOARD = date(2026, 3, 10)
COMPLYING = Papers(
    presented=date(2026, 3, 24),
    amount=D(10000),
    value=D(10000),
    available=D(10000),
    documents=PAPERS,
    shipped=ON_BOARD,
    invoice_quantity=D(1000),
    packing_quantity=D(1000),
    insured=D(11000),
    lines=[Billed("MUG", D(1000), D(1000), Dimension.COUNT)],
)


def credit(**changes) -> LetterOfCredit:
    """10,000 USD, shipped by 15 March, presented within 21 days and by 5 April."""
    said = {
        "currency_id": "USD",
        "amount": D(10000),
        "latest_shipment_date": date(2026, 3, 15),
        "expiry_date": date(2026, 4, 5),
        "presentation_days": 21,
        "documents": PAPERS,
        "tolerance_percent": D(0),
        "insurance_percent": D(110),
        "partial_shipments": True,
    }
    return LetterOfCredit(**{**said, **changes})


def found(letter=None, calendar=WEEKDAYS, **changes) -> list[str]:
    values = {name: getattr(COMPLYING, name) for name in Papers.__slots__}
    return [one.code for one in discrepancies(letter or credit(), Papers(**{**values, **changes}), calendar)]


def test_f06_the_latest_presentation_is_21_days_after_shipment_and_never_after_expiry():
    given = case("F06")
    inputs = zip(given["inputs"]["shipments"], given["inputs"]["expiry"], strict=True)
    latest = [latest_presentation(date.fromisoformat(day), date.fromisoformat(end)).isoformat() for day, end in inputs]
    assert latest == given["expected"] == ["2026-03-31", "2026-03-25"]


def test_f08_the_least_insurance_is_110_percent_rounded_up():
    given = case("F08")
    value = D(str(given["inputs"]["cif"]))
    assert minimum_cover(value, "USD") == D("11060.85") == D(str(given["expected"]))
    assert minimum_cover(D(1), "JPY") == 2  # 1.1 yen: there is no tenth of one
    assert minimum_cover(D(100), "KWD", D(120)) == D("120.000")


def test_what_complies_has_no_discrepancy():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"presented": date(2026, 4, 1)}, "late_presentation"),  # 31 March was the last day
        ({"presented": date(2026, 4, 7)}, "expired"),  # Monday after Sunday 5 April is the last
        ({"shipped": date(2026, 3, 16)}, "late_shipment"),
        ({"amount": D("10000.01")}, "overdrawn"),
        ({"packing_quantity": D(998)}, "quantity_conflict"),
        ({"insured": D("10999.99")}, "insurance"),
        ({"insured": None}, "insurance"),
        ({"documents": PAPERS[1:]}, "missing_document"),
        ({"conflicts": ["Packing list: 410 cartons, 412 on the invoice"]}, "conflict"),
        ({"lines": [Billed("MUG", D(1000), D(1001), Dimension.COUNT)]}, "over_quantity"),
    ],
)
def test_each_discrepancy_is_found_alone(changes, code):
    assert found(**changes) == [code]


def test_f14_presented_after_expiry_and_another_quantity_on_the_packing_list_are_both_told():
    """One notice lists every discrepancy (art. 16, decision 21)."""
    both = found(presented=date(2026, 4, 20), packing_quantity=D(998), documents=PAPERS[:3], insured=None)
    assert both == ["expired", "quantity_conflict", "missing_document"]


def test_the_last_day_moves_on_when_the_bank_is_closed_and_the_shipment_does_not():
    """Art. 29: 5 April 2026 is a Sunday and the 6th a holiday; the latest shipment stays."""
    easter = WorkingCalendar("NL", frozenset({6, 7}), frozenset({date(2026, 4, 6)}), frozenset(), date.max)
    letter = credit(presentation_days=40)
    assert found(letter, easter, presented=date(2026, 4, 7)) == []
    assert found(letter, easter, presented=date(2026, 4, 8)) == ["expired"]
    sunday = credit(latest_shipment_date=date(2026, 3, 8))
    assert found(sunday, shipped=date(2026, 3, 9)) == ["late_shipment"]


def test_the_bank_has_five_banking_days_after_the_day_of_presentation():
    friday = date(2026, 11, 20)
    assert examine_by(friday, WEEKDAYS) == date(2026, 11, 27)
    holiday = WorkingCalendar("NL", frozenset({6, 7}), frozenset({date(2026, 11, 24)}), frozenset(), date.max)
    assert examine_by(friday, holiday) == date(2026, 11, 30)


def test_decision_21_five_percent_more_or_less_is_for_what_is_weighed_not_for_pieces():
    """Art. 30(b); what the credit itself states holds for both."""
    counted = (Dimension.COUNT, Dimension.SET, Dimension.PACKAGE)
    assert [quantity_tolerance(D(0), one) for one in counted] == [0, 0, 0]
    assert quantity_tolerance(D(0), Dimension.MASS) == 5
    assert quantity_tolerance(D(10), Dimension.COUNT) == 10 == quantity_tolerance(D(10), Dimension.MASS)
    for dimension, billed, codes in (
        (Dimension.MASS, D(1050), []),
        (Dimension.MASS, D("1050.01"), ["over_quantity"]),
        (Dimension.COUNT, D(1050), ["over_quantity"]),
    ):
        assert found(lines=[Billed("X", D(1000), billed, dimension)]) == codes
    about = credit(tolerance_percent=D(10))
    assert about.limit == 11000
    assert found(about, lines=[Billed("MUG", D(1000), D(1100), Dimension.COUNT)]) == []


def test_part_of_the_goods_complies_only_where_the_credit_allows_it():
    part = {"lines": [Billed("MUG", D(1000), D(400), Dimension.COUNT)], "amount": D(4000), "value": D(4000)}
    whole = credit(partial_shipments=False)
    assert found(**part) == []
    assert found(whole, **part) == ["partial_shipment"]
    assert found(whole, earlier=True) == ["partial_shipment"]
    assert found(whole) == []


def test_the_fee_is_a_share_of_the_amount_and_a_fixed_sum():
    """FIN-05: 0.75 % of 100,000 and 150 are 900."""
    letter = credit(amount=D(100000), fee_percent=D("0.75"), fee_fixed=D(150))
    assert letter.fee == 900


def test_what_is_available_is_what_is_left_of_the_amount_and_its_tolerance():
    letter = credit(tolerance_percent=D(5), drawn_amount=D(10400))
    assert (letter.limit, letter.available_amount) == (10500, 100)
    letter.drawn_amount = D(11000)  # waived
    assert letter.available_amount == 0


def test_without_a_day_on_board_only_expiry_is_judged():
    missing = [one for one in PAPERS if one != "bill_of_lading"]
    assert found(shipped=None, documents=missing, presented=date(2026, 4, 5)) == ["missing_document"]
    late = COMPLYING.presented + timedelta(days=30)
    assert found(shipped=None, documents=missing, presented=late) == ["expired", "missing_document"]
