"""What a report is asked for, and its answers with the lists behind them: shared by the report pages."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.web.charts import Chart, Series
from kpis.forms import ReportForm
from kpis.selectors import Query, tower
from kpis.selectors.query import labels
from kpis.views.numbers import list_url, period_words

DEFAULTS = {"window": "365", "side": "all", "by": "month"}


@dataclass
class Asked:
    """What the address asks for: the form, the question to the KPI, and whether lists can follow it."""

    form: ReportForm
    query: Query
    window: str
    linked: bool  # a past day is computed afresh; the lists hold what stands today
    as_of: date | None = None

    @property
    def period(self) -> str:
        return period_words(self.query.first, self.query.last)

    def url(self, name: str, **more) -> str:
        """The list of documents behind a number of this answer, "" where there is none."""
        if not self.linked:
            return ""
        return list_url(name, **{"side": self.query.side, "from_": self.query.first, "to": self.query.last, **more})


def ask(request, form_class=ReportForm, **defaults) -> Asked:
    given = {**DEFAULTS, **defaults}
    form = form_class({**given, **request.GET.dict()})
    data = form.cleaned_data if form.is_valid() else given
    actor, today = request.actor, timezone.localdate()
    clock = tower.as_of_day(actor.company_id, today)
    window = data.get("window") or given["window"]
    as_of = data.get("as_of") or None
    first, last = data.get("from"), data.get("to")
    end = last or as_of or clock
    if window != "all" and not first:
        first = end - timedelta(days=int(window) - 1)
    if window != "all" or as_of:
        last = end
    query = Query(
        company_id=actor.company_id,
        by=data.get("by") or given["by"],
        first=first,
        last=last,
        as_of=as_of,
        side=data.get("side") or "all",
    )
    return Asked(form, query, window, linked=as_of is None or as_of >= clock, as_of=as_of)


def with_(query: Query, **changes) -> Query:
    return replace(query, **changes)


def keyed(asked: Asked, rows: list[dict], rollup, **more) -> list[dict]:
    """The rows of a breakdown, each with what its lists are asked for: the stored key, or the month's days."""
    query = asked.query
    if query.by == "month":
        return [{**row, "ask": _month(row["key"], query)} for row in rows]
    if not asked.linked:
        return rows
    stored = rollup.objects.filter(company_id=query.company_id, side__in=query.sides, dim=query.dim, **more)
    if query.first:
        stored = stored.filter(day__gte=query.first)
    if query.last:
        stored = stored.filter(day__lte=query.last)
    keys = list(stored.order_by().values_list("key", flat=True).distinct())
    names = labels(query.by, keys)
    keys.sort(key=lambda key: (names[key], key))
    if [names[key] for key in keys] != [row["key"] for row in rows]:
        return rows  # computed otherwise than stored: no list reproduces it
    name = query.by.replace("-", "_")
    return [{**row, "ask": {name: key or "-"}} for row, key in zip(rows, keys, strict=True)]


def _month(key: str, query: Query) -> dict:
    year, month = map(int, key.split("-"))
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return {"from_": max(first, query.first or first), "to": min(last, query.last or last)}


def linked(asked: Asked, row: dict, target: str, results: dict[str, str]) -> dict:
    """The row with an address for each of its counts: ``urls[name]``."""
    if "ask" not in row:
        return {**row, "urls": {}}
    return {**row, "urls": {name: asked.url(target, **row["ask"], result=result) for name, result in results.items()}}


def _month_name(key: str) -> str:
    year, month = map(int, key.split("-"))
    return date_format(date(year, month, 1), "M Y")


def shown(rows: list[dict], by: str) -> list[dict]:
    for row in rows:
        row["name"] = _month_name(row["key"]) if by == "month" else _named(row["key"])
    return rows


def _named(key: str) -> str:
    return {"N/A": _("not known"), "Several": _("several")}.get(key, key)


def percent_chart(title: str, rows: list[dict], series: list[tuple[str, str, str]], heading: str) -> Chart | None:
    """Bars of percentages by key; ``series``: (colour key, name, column)."""
    if not any(row.get(series[0][2]) is not None for row in rows):
        return None
    return Chart(
        kind="bar",
        title=title,
        unit="%",
        categories=[row["name"] for row in rows],
        series=[Series(key, name, [row.get(column) for row in rows]) for key, name, column in series],
        urls=[row.get("urls", {}).get("total", "") for row in rows],
        decimals=1,
        category_heading=heading,
    )


def heading(asked: Asked) -> str:
    return str(dict(asked.form.fields["by"].choices).get(asked.query.by, ""))
