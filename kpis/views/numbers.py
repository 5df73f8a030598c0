"""Numbers with the lists behind them, as the tower and the reports show them alike."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from core.web.charts import Chart, Series
from kpis.cash_to_cash import CashToCash
from kpis.selectors.query import rounded


@dataclass(frozen=True)
class Flag:
    """One condition of a perfect order: how many hold it, how many fail it, and both lists."""

    name: str
    held: int
    failed: int
    percent: str  # for people
    width: str  # for the bar: with a dot in any language
    held_url: str
    failed_url: str
    whole: bool = False  # the intersection of the others


def list_url(name: str, **asked) -> str:
    """A list's address with what is asked of it; empty answers left out."""
    asked = {key.rstrip("_"): value for key, value in asked.items() if value not in (None, "", "all")}
    return f"{reverse(name)}?{urlencode(asked)}" if asked else reverse(name)


_FLAGS = (("late", "not_late"), ("incomplete", "complete"), ("damaged", "undamaged"), ("undocumented", "documented"))


def flags(
    counts: dict, *, side: str, first: date | None, last: date | None, by_line: bool, linked: bool = True
) -> list[Flag]:
    """The four flags and their intersection, from the counts ``judged``, ``failed``, ``late``, …"""
    names = {
        "late": _("On time"),
        "incomplete": _("Complete"),
        "damaged": _("Undamaged"),
        "undocumented": _("Documents right"),
    }
    judged = counts["judged"]
    target = "kpis:order_lines" if by_line else "kpis:orders"

    def flag(name: str, failed: int, held_result: str, failed_result: str, whole: bool = False) -> Flag:
        held_url, failed_url = (
            list_url(target, side=side, from_=first, to=last, result=result) if linked else ""
            for result in (held_result, failed_result)
        )
        held = judged - failed
        percent = 100 * held / judged if judged else None
        said = _("n/a") if percent is None else number_format(round(percent, 1), 1)
        return Flag(name, held, failed, said, f"{percent or 0:.2f}%", held_url, failed_url, whole)

    found = [flag(names[failed], counts[failed], held, failed) for failed, held in _FLAGS]
    return [*found, flag(_("All four"), counts["failed"], "held", "failed", whole=True)]


def cash_chart(months: list[CashToCash], *, today: date) -> Chart:
    """Days of inventory and receivables up, days of payables down, and what remains, month by month."""

    def series(name: str, sign: int = 1) -> list:
        return [None if getattr(one, name) is None else sign * rounded(getattr(one, name), 1) for one in months]

    return Chart(
        kind="stack",
        title=_("Cash-to-cash by month"),
        unit=_("days"),
        categories=[date_format(one.last, "M Y") if one.last != today else date_format(one.last) for one in months],
        series=[
            Series("dio", _("Inventory (DIO)"), series("dio")),
            Series("dso", _("Receivables (DSO)"), series("dso")),
            Series("dpo", _("Payables (−DPO)"), series("dpo", -1)),
            Series("total", _("Cash-to-cash"), series("c2c")),
        ],
        urls=[list_url("kpis:cash_to_cash", as_of=one.last) for one in months],
        decimals=1,
        category_heading=_("As of the end of"),
    )


def period_words(first: date | None, last: date | None) -> str:
    """A period, both days included."""
    if first and last:
        return f"{date_format(first)} – {date_format(last)}"
    if last:
        return _("up to %(day)s") % {"day": date_format(last)}
    return _("from %(day)s") % {"day": date_format(first)} if first else _("all time")
