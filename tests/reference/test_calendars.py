"""Working days in countries that rest, and make up for it, by decree."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from core.errors import RuleBroken
from reference.calendars import (
    add_working_days,
    count_working_days,
    load_calendar,
    load_calendars,
    next_working_day,
    working_days_after,
)

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 2, 13)


@pytest.fixture(autouse=True)
def _facts():
    call_command("load_reference", verbosity=0)


def test_sys15_five_days_over_the_spring_festival():
    china = load_calendar("CN")
    assert add_working_days(FRIDAY, 5, china) == date(2026, 2, 26)  # Saturday 14 February is worked
    assert add_working_days(FRIDAY, 5, china.without_make_up()) == date(2026, 2, 27)
    assert add_working_days(FRIDAY, 5, "CN") == date(2026, 2, 26)


def test_china_2026_as_announced():
    china = load_calendar("CN")
    worked = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    assert all(china.is_working_day(date.fromisoformat(day)) for day in worked)
    assert all(date.fromisoformat(day).isoweekday() > 5 for day in worked)
    off = [day for n in range(365) if not china.is_working_day(day := date(2026, 1, 1) + timedelta(days=n))]
    weekdays_off = [day for day in off if day.isoweekday() <= 5]
    assert len(weekdays_off) == 19  # 1-2 Jan, 16-20 and 23 Feb, 6 Apr, 1/4/5 May, 19 Jun, 25 Sep, 1/2/5/6/7 Oct
    assert date(2026, 2, 23) in weekdays_off


@pytest.mark.parametrize(
    ("calendar", "holidays"),
    [
        ("NL", ["2026-01-01", "2026-04-03", "2026-04-06", "2026-04-27", "2026-05-14", "2026-05-25", "2026-12-25"]),
        (
            "US",
            ["2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03"]
            + ["2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25"],
        ),
    ],
)
def test_weekday_holidays_of_2026(calendar, holidays):
    loaded = load_calendar(calendar)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [str(day) for day in days if day.isoweekday() <= 5 and not loaded.is_working_day(day)] == holidays


def test_a_step_counts_its_first_day_and_may_begin_on_a_rest_day():
    assert add_working_days(date(2026, 3, 2), 1, "NL") == date(2026, 3, 2)
    assert add_working_days(date(2026, 3, 7), 1, "NL") == date(2026, 3, 9)
    with pytest.raises(RuleBroken, match="at least one"):
        add_working_days(date(2026, 3, 2), 0, "NL")


def test_days_after_and_before():
    assert working_days_after(FRIDAY, 1, "NL") == date(2026, 2, 16)
    assert working_days_after(date(2026, 2, 16), -1, "NL") == FRIDAY
    assert working_days_after(date(2026, 2, 15), 0, "NL") == date(2026, 2, 15)
    assert working_days_after(date(2026, 4, 2), 1, "NL") == date(2026, 4, 7)  # Good Friday to Easter Monday


def test_next_and_count():
    assert next_working_day(date(2026, 2, 15), "CN") == date(2026, 2, 24)
    assert next_working_day(date(2026, 2, 14), "CN") == date(2026, 2, 14)
    assert count_working_days(FRIDAY, date(2026, 2, 26), "CN") == 5
    assert count_working_days(date(2026, 2, 26), FRIDAY, "CN") == 0


def test_beyond_what_is_published_the_calendar_says_so():
    china = load_calendar("CN")
    assert china.is_certain(date(2026, 12, 31))
    assert not china.is_certain(date(2027, 1, 1))


def test_several_calendars_are_two_queries(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert load_calendars(["CN", "NL", "US"]).keys() == {"CN", "NL", "US"}


def test_an_unknown_calendar_is_refused():
    with pytest.raises(RuleBroken, match="no working calendar “XX”"):
        add_working_days(FRIDAY, 5, "XX")
