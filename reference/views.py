"""Pages of reference data: lists, the exchange-rate form, and the Incoterms table."""

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.errors import MissingRate, NotVisible
from core.web.access import page
from core.web.charts import Chart, Series
from core.web.forms import form_page
from core.web.lists import Column, DocumentList
from reference import exchange, incoterms, services
from reference.exchange import PIVOT
from reference.filters import (
    CalendarDayFilter,
    CountryFilter,
    CurrencyFilter,
    ExchangeRateFilter,
    PlaceFilter,
    UnitFilter,
)
from reference.forms import ExchangeRateForm, PairForm
from reference.models import CalendarDay, Country, Currency, ExchangeRate, Place, Unit
from reference.selectors import weekly_rates

VIEW_RATE = "reference.view_exchangerate"


class CurrencyList(DocumentList):
    model = Currency
    title = _("Currencies")
    outside = True
    filterset_class = CurrencyFilter
    row_template = "reference/currency_row.html"
    order = ("code",)
    presets = ((_("In use"), "active=true"),)
    columns = (
        Column("code", _("Code"), sort="code"),
        Column("label", _("Name"), sort="name"),
        Column("numeric", _("Number")),
        Column("decimals", _("Decimals"), sort="decimals", numeric=True),
        Column("active", _("In use")),
    )


class CountryList(DocumentList):
    model = Country
    title = _("Countries")
    outside = True
    filterset_class = CountryFilter
    row_template = "reference/country_row.html"
    order = ("name",)
    presets = ((_("European Union"), "eu=true"),)
    columns = (
        Column("code", _("Code"), sort="code"),
        Column("name", _("Name"), sort="name"),
        Column("name_zh", _("Chinese name")),
        Column("alpha3", _("Alpha-3"), sort="alpha3"),
        Column("numeric", _("Number")),
        Column("eu", _("EU")),
        Column("currency_id", _("Currency"), sort="currency"),
    )


class UnitList(DocumentList):
    model = Unit
    title = _("Units")
    outside = True
    filterset_class = UnitFilter
    row_template = "reference/unit_row.html"
    order = ("dimension", "code")
    columns = (
        Column("code", _("Code"), sort="code"),
        Column("label", _("Name"), sort="name"),
        Column("dimension", _("Dimension"), sort="dimension"),
        Column("factor", _("In pcs, kg, m, m², m³ or hours"), numeric=True),
        Column("whole", _("Whole numbers only")),
        Column("unece", _("UNECE code")),
    )


class PlaceList(DocumentList):
    model = Place
    title = _("Ports and airports")
    outside = True
    filterset_class = PlaceFilter
    row_template = "reference/place_row.html"
    order = ("-main", "name")
    presets = (
        (_("Main"), "main=true"),
        (_("Ports"), "kind=port"),
        (_("Airports"), "kind=airport"),
    )
    columns = (
        Column("code", _("Code"), sort="code"),
        Column("name", _("Name"), sort="name"),
        Column("name_zh", _("Chinese name")),
        Column("kind", _("Kind"), sort="kind"),
        Column("country__label", _("Country"), sort="country__name"),
        Column("latitude", _("Latitude"), numeric=True),
        Column("longitude", _("Longitude"), numeric=True),
        Column("timezone", _("Time zone"), sort="timezone"),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("country")


class CalendarDayList(DocumentList):
    model = CalendarDay
    title = _("Holidays and make-up days")
    outside = True
    filterset_class = CalendarDayFilter
    row_template = "reference/calendar_day_row.html"
    order = ("date", "calendar")
    columns = (
        Column("date", _("Day"), sort="date"),
        Column("calendar__label", _("Calendar"), sort="calendar__name"),
        Column("label", _("Holiday")),
        Column("kind", _("Kind"), sort="kind"),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("calendar")


class ExchangeRateList(DocumentList):
    """The rates as they are stored; each pair has a page with its course."""

    model = ExchangeRate
    title = _("Exchange rates")
    permission = VIEW_RATE
    filterset_class = ExchangeRateFilter
    row_template = "reference/exchange_rate_row.html"
    order = ("-date", "base", "quote")
    presets = ((_("Entered by hand"), "source=manual"), (_("Customs"), "kind=customs"))
    new = (_("Enter a rate"), "reference:exchange_rate_new", services.ADD_RATE)
    empty_text = _("No rates are loaded. Load the central bank's file with load_fx, or enter a rate.")
    columns = (
        Column("date", _("Day"), sort="date"),
        Column("base_id", _("One unit of"), sort="base"),
        Column("rate", _("Costs"), sort="rate", numeric=True),
        Column("quote_id", _("Units of"), sort="quote"),
        Column("kind", _("Kind")),
        Column("source", _("Source"), sort="source"),
        Column("note", _("Note")),
    )


@page(VIEW_RATE)
def currency_pair(request, base, quote):
    """The course of one pair over a year, and the rate that applies today (through the euro where need be)."""
    form = PairForm(request.GET or None, initial={"base": base, "quote": quote})
    if request.GET and form.is_valid():
        chosen = form.cleaned_data
        return redirect("reference:currency_pair", chosen["base"].pk, chosen["quote"].pk)
    if base == quote or Currency.objects.filter(pk__in=[base, quote]).count() < 2:
        raise NotVisible(_now("There is no such pair of currencies."))
    today = timezone.localdate()
    try:
        found, missing = exchange.find_rate(base, quote, today), ""
    except MissingRate as error:
        found, missing = None, str(error)
    points = weekly_rates(base, quote, until=today)
    chart = None
    if any(rate is not None for _day, rate in points):
        chart = Chart(
            kind="line",
            title=_now("One %(base)s in %(quote)s, week by week") % {"base": base, "quote": quote},
            unit=quote,
            categories=[date_format(day, "j M Y") for day, _rate in points],
            series=[Series("actual", _now("Market rate"), [rate for _day, rate in points])],
            decimals=4,
            category_heading=_now("Week to"),
        )
    context = {"form": form, "base": base, "quote": quote, "found": found, "missing": missing, "chart": chart}
    return render(request, "reference/currency_pair.html", context)


@page(services.ADD_RATE)
def exchange_rate_new(request):
    """Enter a rate by hand, or correct the one entered for that pair and day."""
    today = timezone.localdate()
    given = {name: request.GET[name] for name in ("base", "quote") if name in request.GET}
    form = ExchangeRateForm(request.POST or None, initial={"on": today, "base": PIVOT, **given})
    back = reverse("reference:exchange_rates")
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.set_exchange_rate(actor=request.actor, today=today, **form.values()),
        then=lambda rate: f"{back}?base={rate.base_id}&quote={rate.quote_id}",
        context={
            "title": _("Enter an exchange rate"),
            "crumb_links": [(_("Exchange rates"), back)],
            "cancel_url": back,
        },
    )


@page(outside=True)
def incoterms_page(request):
    """Who pays for what, and whose loss it is, under every rule."""
    rules = [incoterms.RULES[code] for code in incoterms.CURRENT]
    return render(
        request,
        "reference/incoterms.html",
        {
            "rules": rules,
            "groups": [
                (_("Any mode of transport"), [rule for rule in rules if rule.mode == "any"]),
                (_("Sea and inland waterways only"), [rule for rule in rules if rule.mode == "sea"]),
            ],
            "costs": [
                (label, [(rule.code, _CELLS[rule.costs[item]]) for rule in rules])
                for item, label in incoterms.ITEMS.items()
            ],
            "losses": [
                (label, [(rule.code, _CELLS[incoterms.who_bears_loss(rule.code, loss)]) for rule in rules])
                for loss, label in incoterms.LOSSES.items()
            ],
            "risk": [(rule.code, rule.risk.label) for rule in rules],
            "details": [_detail(rule) for rule in rules],
        },
    )


# What a cell says, and the class that colours it.
_CELLS = {
    "S": (_("seller"), "pays-seller"),
    "B": (_("buyer"), "pays-buyer"),
    "P": (_("by place"), "pays-depends"),
    "K": (_("buyer*"), "pays-depends"),
    "-": (_("nobody"), "pays-nobody"),
}


def _detail(rule: incoterms.Rule) -> dict:
    place = incoterms.usual_place(rule.code)
    steps = {
        side: [incoterms.ITEMS[item] for item in incoterms.steps(rule.code, side, named_place_kind=place)]
        for side in (incoterms.Side.SELLER, incoterms.Side.BUYER)
    }
    return {
        "rule": rule,
        "usual": place.label,
        "seller": steps[incoterms.Side.SELLER],
        "buyer": steps[incoterms.Side.BUYER],
        "insurance": incoterms.insurance_advisory(rule.code),
        "container": incoterms.container_advisory(rule.code),
    }
