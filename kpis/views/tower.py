"""The control tower: the headline KPIs, what is late, who acts next, what is under way. It keeps itself current."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.web import live, tasks
from core.web.access import page
from core.web.charts import Chart, Series
from kpis.models import Side
from kpis.selectors import tower, work
from kpis.selectors.query import rounded
from kpis.views.numbers import cash_chart, flags, period_words
from sourcing.models import PurchaseOrder

VIEW = "kpis.view_kpi"


@dataclass(frozen=True)
class KpiTile:
    """One headline: its value written out, what the change means, and the report behind it."""

    key: str
    name: str
    value: str
    unit: str
    change: str
    better: bool | None
    history: list
    spoken: str  # the sparkline in words
    note: str
    url: str


@page(VIEW)
def home(request):
    """The first page of staff; an outside party is led to the portal (core.web.access)."""
    fresh = tower.freshness()
    return render(request, "kpis/tower.html", {**_content(request, fresh), "seen": _token(fresh)})


@page(VIEW)
def tower_live(request):
    """What changes on the control tower; 204 while no event has come and nothing fell behind."""
    fresh = tower.freshness()
    return live.answer(
        request, seen=_token(fresh), template="kpis/tower.html#tower", context=lambda: _content(request, fresh)
    )


def _token(fresh: tower.Freshness) -> str:
    return f"{fresh.token}.{timezone.localdate():%y%m%d}"


def _content(request, fresh: tower.Freshness) -> dict:
    actor, today = request.actor, timezone.localdate()
    company = request.memberships[0].company
    last = tower.as_of_day(actor.company_id, today)
    cash = tower.cash_to_cash(actor.company_id, last)
    perfect = tower.perfect_orders(actor.company_id, last)
    landed = tower.landed_cost(actor.company_id, last)
    may = {
        "buy": actor.can("sourcing.view_purchaseorder"),
        "sell": actor.can("sales.view_customerorder"),
        "ship": actor.can("logistics.view_shipment"),
    }
    late = work.late(actor, today=today, **may)
    lanes = work.lanes(actor, today=today) if may["ship"] else None
    hands = work.who_acts_next(actor, today=today)
    tasks.lead_where_allowed(actor, hands.tasks)
    context = {
        "fresh": fresh,
        "today": today,
        "may": may,
        "late": late,
        "lanes": lanes,
        "hands": hands,
        "tiles": [_cash_tile(cash), _perfect_tile(perfect), _landed_tile(landed)],
        "perfect": perfect,
        "flags": flags(
            perfect.now, side=perfect.side, first=perfect.period.first, last=perfect.period.last, by_line=False
        ),
        "ladder": _ladder(landed, company.base_currency_id),
        "cash_chart": cash_chart(cash.months, today=last) if cash else None,
        "period": period_words(perfect.period.first, perfect.period.last),
    }
    quiet = not (cash or perfect.now["promised"] or landed.now["lines"] or hands.total or not late.nothing)
    if quiet and not (lanes and lanes.total):
        context["fresh_company"] = not PurchaseOrder.objects.visible_to(actor).exists()
    return context


def _cash_tile(cash: tower.Cash | None) -> KpiTile:
    now, before = (cash.now.c2c, cash.before.c2c) if cash else (None, None)
    note = _("%(days)s-day window") % {"days": cash.now.days if cash else 365}
    if cash and cash.now.partial:
        note = ngettext("only %(days)s day of history", "only %(days)s days of history", cash.now.days) % {
            "days": cash.now.days
        }
    if now is None and cash:
        note = _("n/a until something is sold")
    return KpiTile(
        key="cash",
        name=_("Cash-to-cash"),
        value=_said(now),
        unit=_("days"),
        **_change(now, before, _("days"), lower_is_better=True),
        history=[None if one.c2c is None else float(one.c2c) for one in cash.months] if cash else [],
        spoken=_("Cash-to-cash at the end of the last months"),
        note=note,
        url=reverse("kpis:cash_to_cash"),
    )


def _perfect_tile(perfect: tower.Perfect) -> KpiTile:
    now, before = _held(perfect.now), _held(perfect.before)
    whose = _("customer orders") if perfect.side == Side.SALES else _("supplier orders")
    open_ = perfect.now["judged"] - perfect.now["final"]
    note = _("%(number)s %(whose)s in 90 days") % {"number": _grouped(perfect.now["judged"]), "whose": whose}
    if open_ > 0:
        note += " · " + _("%(number)s may still change") % {"number": _grouped(open_)}
    return KpiTile(
        key="perfect",
        name=_("Perfect order"),
        value=_said(now),
        unit="%",
        **_change(now, before, _("points"), lower_is_better=False),
        history=perfect.history,
        spoken=_("Perfect orders in percent, week by week"),
        note=note,
        url=_url("kpis:perfect_order", perfect.side, perfect.period),
    )


def _landed_tile(landed: tower.Landed) -> KpiTile:
    now, before = _uplift(landed.now), _uplift(landed.before)
    note = _("over %(number)s lines in 90 days") % {"number": _grouped(landed.now["lines_known"])}
    missing = landed.now["lines"] - landed.now["lines_known"]
    if missing:
        note += " · " + _("%(number)s without freight") % {"number": _grouped(missing)}
    return KpiTile(
        key="landed",
        name=_("Landed-cost uplift"),
        value=_said(now),
        unit=_("% over goods"),
        **_change(now, before, _("points"), lower_is_better=True),
        history=landed.history,
        spoken=_("Landed-cost uplift in percent, week by week"),
        note=note,
        url=_url("kpis:landed_cost", landed.side, landed.period),
    )


def _held(counts: dict) -> Fraction | None:
    """Perfect orders in percent: those of which nothing failed (kpis.selectors.rows says the same)."""
    judged = counts["judged"]
    return Fraction(100 * (judged - counts["failed"]), judged) if judged else None


def _uplift(sums: dict) -> Fraction | None:
    goods = sums["goods"]
    return Fraction(sums["landed"] - goods) / Fraction(goods) * 100 if goods else None


def _change(now: Fraction | None, before: Fraction | None, unit: str, *, lower_is_better: bool) -> dict:
    if now is None or before is None:
        return {"change": "", "better": None}
    moved = rounded(now - before, 1)
    if not moved:
        return {"change": _("as 90 days before"), "better": None}
    sign = "+" if moved > 0 else "−"
    return {
        "change": f"{sign}{number_format(abs(moved), 1)} {unit}",
        "better": (moved < 0) == lower_is_better,
    }


def _ladder(landed: tower.Landed, currency: str) -> Chart | None:
    """What each 100 of goods costs at the door."""
    goods = landed.now["goods"]
    if not goods:
        return None
    names = {
        "goods": _("Goods"),
        "freight": _("Freight"),
        "insurance": _("Insurance"),
        "duty": _("Duty"),
        "other": _("Other"),
    }
    return Chart(
        kind="ladder",
        title=_("Landed cost of 100 %(currency)s of goods") % {"currency": currency},
        unit=currency,
        categories=list(names.values()),
        keys=["goods", "freight", "insurance", "duty", "fees"],
        series=[Series("goods", _("Cost"), [landed.now[name] * 100 / goods for name in names])],
        decimals=1,
        total=_("Landed"),
        category_heading=_("Component"),
    )


def _url(name: str, side: str, period: tower.Period) -> str:
    return f"{reverse(name)}?{urlencode({'side': side, 'from': period.first, 'to': period.last})}"


def _said(value: Fraction | None) -> str:
    return _("n/a") if value is None else number_format(rounded(value, 1), 1, force_grouping=True)


def _grouped(number: int | Decimal) -> str:
    return number_format(number, 0, force_grouping=True)
