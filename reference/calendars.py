"""Working days: what a lead time of "20 working days" means in a country that rests and makes up by decree.

China moves weekends: a long holiday is paid for with Saturdays or Sundays that are worked. A calendar therefore knows
days off *and* make-up days. Days after ``known_through`` follow the weekly rest only, because nobody has published
more: ``is_certain`` says so, and a page shows such a date as provisional.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from core.errors import RuleBroken
from reference.models import Calendar, CalendarDay, DayKind

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingCalendar:
    """A calendar in memory. Load it once with ``load_calendar`` and ask it as often as needed: no query per day."""

    code: str
    weekly_rest: frozenset[int]  # ISO weekdays, Monday is 1
    days_off: frozenset[date]
    make_up: frozenset[date]
    known_through: date

    def is_working_day(self, day: date) -> bool:
        if day in self.make_up:
            return True
        return day not in self.days_off and day.isoweekday() not in self.weekly_rest

    def is_certain(self, day: date) -> bool:
        """Whether the days off up to ``day`` are published."""
        return day <= self.known_through

    def without_make_up(self) -> "WorkingCalendar":
        """The same calendar for a site that does not work the make-up days."""
        return WorkingCalendar(self.code, self.weekly_rest, self.days_off, frozenset(), self.known_through)


def load_calendar(code: str) -> WorkingCalendar:
    """This will read a calendar and its days (two queries). Raises RuleBroken when there is none of that code."""
    return load_calendars([code])[code]


def load_calendars(codes: Iterable[str]) -> dict[str, WorkingCalendar]:
    """This will read several calendars in two queries."""
    codes = set(codes)
    found = {calendar.code: calendar for calendar in Calendar.objects.filter(code__in=codes)}
    for code in sorted(codes - found.keys()):
        raise RuleBroken(
            _("There is no working calendar “%(code)s”. Add it, or choose one that exists.") % {"code": code},
            field="calendar",
        )
    days: dict[str, dict[str, set[date]]] = {code: {DayKind.OFF: set(), DayKind.WORKING: set()} for code in codes}
    for code, day, kind in CalendarDay.objects.filter(calendar__in=codes).values_list("calendar_id", "date", "kind"):
        days[code][kind].add(day)
    return {
        code: WorkingCalendar(
            code=code,
            weekly_rest=frozenset(int(digit) for digit in calendar.weekly_rest),
            days_off=frozenset(days[code][DayKind.OFF]),
            make_up=frozenset(days[code][DayKind.WORKING]),
            known_through=calendar.known_through,
        )
        for code, calendar in found.items()
    }


def add_working_days(start: date, days: int, calendar: str | WorkingCalendar) -> date:
    """This will return the last day of a step of ``days`` working days that begins on ``start``.

    ``start`` itself is worked when it is a working day: one day's work from Monday ends on Monday. Five days of work
    from Friday 13 February 2026 in China end on 26 February (Saturday 14 is a make-up day, 16 to 23 are off).
    Raises RuleBroken when ``days`` is less than one.
    """
    if days < 1:
        raise RuleBroken(_("A step takes at least one working day."), field="days")
    calendar = _calendar(calendar)
    return working_days_after(start - _DAY, days, calendar)


def working_days_after(day: date, days: int, calendar: str | WorkingCalendar) -> date:
    """This will return the ``days``-th working day after ``day`` (before it, when negative), ``day`` not counted.

    Zero returns ``day`` itself, worked or not.
    """
    calendar = _calendar(calendar)
    step = _DAY if days > 0 else -_DAY
    left = abs(days)
    while left:
        day += step
        left -= calendar.is_working_day(day)
    return day


def next_working_day(day: date, calendar: str | WorkingCalendar) -> date:
    """This will return ``day`` when it is a working day, else the first one after it."""
    calendar = _calendar(calendar)
    while not calendar.is_working_day(day):
        day += _DAY
    return day


def count_working_days(first: date, last: date, calendar: str | WorkingCalendar) -> int:
    """This will count the working days from ``first`` to ``last``, both included; none when ``last`` is earlier."""
    calendar = _calendar(calendar)
    return sum(calendar.is_working_day(first + timedelta(days=n)) for n in range((last - first).days + 1))


def _calendar(calendar: str | WorkingCalendar) -> WorkingCalendar:
    return calendar if isinstance(calendar, WorkingCalendar) else load_calendar(calendar)
