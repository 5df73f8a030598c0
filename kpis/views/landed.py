"""Landed cost: the ladder from the supplier's price to the door, and each line that it is the sum of."""

from decimal import Decimal

from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from core.web.access import page
from core.web.charts import Chart, Series
from finance.models import ChargeShare
from inventory.models import CostLayer, Lot
from kpis.models import LandedDay, Side
from kpis.selectors import metric_rows
from kpis.views.asked import ask, heading, keyed, linked, percent_chart, shown, with_
from kpis.views.lists import VIEW, landed_rows, link
from logistics.models import DeliveryLine, ReceiptLine

COMPONENTS = ("goods", "freight", "insurance", "duty", "other")
COLOURS = ["goods", "freight", "insurance", "duty", "fees"]


def component_names() -> dict[str, str]:
    return {
        "goods": _("Goods"),
        "freight": _("Freight"),
        "insurance": _("Insurance"),
        "duty": _("Duty"),
        "other": _("Other"),
    }


@page(VIEW)
def landed_cost(request):
    asked = ask(request)
    currency = request.memberships[0].company.base_currency_id
    whole = _money_row(metric_rows("landed-cost", with_(asked.query, by=""))[0])
    rows = keyed(asked, metric_rows("landed-cost", asked.query), LandedDay)
    rows = [{**linked(asked, _money_row(row), "kpis:landed_lines", {}), "ask": row.get("ask")} for row in rows]
    for row in rows:
        if row["ask"] is not None:
            row["urls"] = {
                "total": asked.url("kpis:landed_lines", **row["ask"]),
                "known": asked.url("kpis:landed_lines", **row["ask"], freight="known"),
            }
    rows = shown(rows, asked.query.by)
    names = component_names()
    goods = whole["goods"]
    context = {
        "asked": asked,
        "whole": whole,
        "currency": currency,
        "urls": {
            "total": asked.url("kpis:landed_lines"),
            "known": asked.url("kpis:landed_lines", freight="known"),
            "unknown": asked.url("kpis:landed_lines", freight="unknown"),
        },
        "rows": rows,
        "ladder": Chart(
            kind="ladder",
            title=_("From the supplier's price to the door"),
            unit=currency,
            categories=list(names.values()),
            keys=COLOURS,
            series=[Series("goods", _("Cost"), [whole[name] for name in names])],
            decimals=0,
            total=_("Landed"),
            category_heading=_("Component"),
        )
        if goods
        else None,
        "parts": [(names[name], whole[name], whole[name] / goods if goods else None) for name in COMPONENTS],
        "chart": percent_chart(_("Uplift over goods"), rows, [("freight", _("Uplift"), "uplift_pct")], heading(asked)),
        "heading": heading(asked),
    }
    return render(request, "kpis/landed_cost.html", context)


def _money_row(row: dict) -> dict:
    """Amounts as decimals again: the KPI writes them as strings, for the API."""
    names = (*COMPONENTS, "landed", "goods_all", "insurance_all", "estimated", "actual")
    row = {**row, **{name: Decimal(row[name]) for name in names}}
    return {**row, "variance": row["actual"] - row["estimated"], "lines_unknown": row["lines"] - row["lines_known"]}


@page(VIEW)
def landed_line(request, pk):
    """One receipt or delivery line: its ladder, what was estimated and what it came to, its charges and lots."""
    fact = get_object_or_404(landed_rows(request.actor), pk=pk)
    names = component_names()
    parts = [
        {
            "name": names[name],
            "amount": getattr(fact, name),
            "estimate": getattr(fact, f"{name}_estimate", None),
            "actual": getattr(fact, f"{name}_actual", None),
        }
        for name in COMPONENTS
    ]
    for part in parts:
        both = part["estimate"] is not None and part["actual"] is not None
        part["variance"] = part["actual"] - part["estimate"] if both else None
    bought = fact.side == Side.PURCHASE
    shares = ChargeShare.objects.filter(**{"receipt_line_id" if bought else "delivery_line_id": fact.line_id})
    line = (
        ReceiptLine.objects.filter(company_id=fact.company_id, pk=fact.line_id).select_related("receipt").first()
        if bought
        else DeliveryLine.objects.filter(company_id=fact.company_id, pk=fact.line_id).select_related("delivery").first()
    )
    lots = []
    if bought and line is not None:
        lots = list(Lot.objects.visible_to(request.actor).filter(pk__in=[line.lot_id, line.rejected_lot_id]))
        layers = CostLayer.objects.filter(lot__in=lots).order_by("day", "id")
        for lot in lots:
            lot.shown_layers = [layer for layer in layers if layer.lot_id == lot.pk]
    context = {
        "fact": fact,
        "bought": bought,
        "currency": request.memberships[0].company.base_currency_id,
        "parts": parts,
        "unit_landed": fact.landed / fact.quantity if fact.quantity else None,
        "shares": shares.select_related("charge__invoice").order_by("charge__component", "pk"),
        "lots": lots,
        "document_url": link(request.actor, "logistics:receipt" if bought else "logistics:delivery", fact.document_id),
        "order_url": link(
            request.actor, "sourcing:purchase_order" if bought else "sales:customer_order", fact.order_id
        ),
        "shipment_url": link(request.actor, "logistics:shipment", fact.shipment_id) if fact.shipment_id else "",
        "ladder": Chart(
            kind="ladder",
            title=_("From price to door"),
            unit=request.memberships[0].company.base_currency_id,
            categories=list(names.values()),
            keys=COLOURS,
            series=[Series("goods", _("Cost"), [part["amount"] for part in parts])],
            decimals=2,
            total=_("Landed"),
            category_heading=_("Component"),
        ),
    }
    return render(request, "kpis/landed_line.html", context)
