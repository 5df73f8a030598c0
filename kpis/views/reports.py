"""Perfect order, and on time and in full: one question in the address, every number a link to its documents."""

from django.db.models import Sum
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.web.access import page
from kpis.models import Dimension, OrderDay
from kpis.selectors import metric_rows
from kpis.views.asked import Asked, ask, heading, keyed, linked, percent_chart, shown, with_
from kpis.views.lists import VIEW
from kpis.views.numbers import flags

_PERFECT_LISTS = {
    "total": "judged",
    "perfect": "perfect",
    "pending": "pending",
    "failed": "failed",
    "late": "late",
    "incomplete": "incomplete",
    "damaged": "damaged",
    "undocumented": "undocumented",
}
_TIMED_LISTS = {"total": "due", "on_time": "on_time", "late": "late", "otif": "otif", "failed": "not_otif"}


@page(VIEW)
def perfect_order(request):
    asked = ask(request)
    whole = metric_rows("perfect-order", with_(asked.query, by=""))[0]
    rows = keyed(asked, metric_rows("perfect-order", asked.query), OrderDay, level="order")
    rows = shown([linked(asked, row, "kpis:orders", _PERFECT_LISTS) for row in rows], asked.query.by)
    split = _final_split(asked)
    counts = {
        "judged": whole["orders"],
        **{k: whole[k] for k in ("failed", "late", "incomplete", "damaged", "undocumented")},
    }
    context = {
        "asked": asked,
        "whole": whole,
        "split": split,
        "urls": {name: asked.url("kpis:orders", result=result) for name, result in _PERFECT_LISTS.items()}
        | {name: asked.url("kpis:orders", result=name) for name in ("final", "provisional", "held")}
        | {
            "lines": asked.url("kpis:order_lines", result="judged"),
            "lines_failed": asked.url("kpis:order_lines", result="failed"),
        },
        "rows": rows,
        "flags": flags(
            counts,
            side=asked.query.side,
            first=asked.query.first,
            last=asked.query.last,
            by_line=False,
            linked=asked.linked,
        ),
        "chart": percent_chart(_("Perfect orders"), rows, [("actual", _("Perfect"), "pct")], heading(asked)),
        "heading": heading(asked),
    }
    return render(request, "kpis/perfect_order.html", context)


def _final_split(asked: Asked) -> dict | None:
    """How many of the judged orders can still change; stored facts only know today's."""
    if not asked.linked:
        return None
    days = OrderDay.objects.filter(
        company_id=asked.query.company_id, level="order", dim=Dimension.TOTAL, side__in=asked.query.sides
    )
    if asked.query.first:
        days = days.filter(day__gte=asked.query.first)
    if asked.query.last:
        days = days.filter(day__lte=asked.query.last)
    sums = days.aggregate(judged=Sum("judged", default=0), final=Sum("final", default=0))
    return {"final": sums["final"], "provisional": sums["judged"] - sums["final"]}


@page(VIEW)
def on_time(request):
    asked = ask(request)
    timed, full = (metric_rows(metric, with_(asked.query, by=""))[0] for metric in ("on-time", "otif"))
    whole = {
        **full,
        **timed,
        "failed": full["failed"],
        "otif": full["otif"],
        "otif_pct": full["pct"],
        "pct": timed["pct"],
    }
    by_key = {row["key"]: row for row in metric_rows("otif", asked.query)}
    rows = [
        {
            **row,
            "otif": by_key[row["key"]]["otif"],
            "failed": by_key[row["key"]]["failed"],
            "otif_pct": by_key[row["key"]]["pct"],
        }
        for row in metric_rows("on-time", asked.query)
    ]
    rows = keyed(asked, rows, OrderDay, level="line")
    rows = shown([linked(asked, row, "kpis:order_lines", _TIMED_LISTS) for row in rows], asked.query.by)
    context = {
        "asked": asked,
        "whole": whole,
        "urls": {name: asked.url("kpis:order_lines", result=result) for name, result in _TIMED_LISTS.items()},
        "rows": rows,
        "chart": percent_chart(
            _("On time, and on time in full"),
            rows,
            [("actual", _("On time"), "pct"), ("fees", _("On time in full"), "otif_pct")],
            heading(asked),
        ),
        "heading": heading(asked),
    }
    return render(request, "kpis/on_time.html", context)
