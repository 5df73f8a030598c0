"""The real addresses, and a few pages that only tests have."""

from datetime import UTC, date, datetime

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import path

from core.actor import system
from core.errors import RuleBroken
from core.web import live, nav
from core.web.access import page
from core.web.actions import Action
from core.web.charts import Chart, Series
from core.web.forms import DateInput, DecimalField, DocumentForm, form_page
from core.web.lists import BulkAction, Column, DocumentList
from core.web.tiles import Tile
from iscm.urls import urlpatterns as real
from sourcing.filters import PurchaseOrderFilter
from sourcing.models import PurchaseOrder


class Orders(DocumentList):
    model = PurchaseOrder
    title = "Orders"
    permission = "sourcing.view_purchaseorder"
    filterset_class = PurchaseOrderFilter
    row_template = "web/_empty.html"
    columns = (
        Column("number", "Number", sort="number"),
        Column("supplier__name", "Supplier", sort="supplier__name"),
        Column("status", "Status"),
        Column("total", "Total", sort="total", numeric=True),
        Column("remarks", "Remarks"),
    )
    presets = (("Drafts", "status=draft"),)
    bulk_actions = (BulkAction("count", "Count"), BulkAction("refuse", "Refuse", permission="nobody.may"))

    def rows(self, actor):
        return super().rows(actor).select_related("supplier")

    def bulk(self, name, found, actor):
        return f"{found.count()} counted."


class RemarksForm(DocumentForm):
    remarks = forms.CharField()


@page("sourcing.change_purchaseorder")
def remarks(request, pk):
    order = get_object_or_404(PurchaseOrder.objects.visible_to(request.actor), pk=pk)
    form = RemarksForm(request.POST or None, initial={"remarks": order.remarks}, document=order)

    def save():
        text = form.values()["remarks"]
        if text == "bad":
            raise RuleBroken("This remark is on the list.", field="remarks")
        order.remarks = (order.remarks + " " + text).strip()
        order.bump()
        order.save()
        return order

    return form_page(
        request,
        "web/form.html",
        form,
        save=save,
        then=lambda order: f"/t/saved/{order.version}/",
        context={"title": "Remarks"},
    )


def newest(request):
    return live.answer(request, seen="7", template="web/_empty.html", context={"text": "news"})


class LineForm(forms.Form):
    sku = forms.CharField(label="Product")
    quantity = DecimalField()
    unit_price = DecimalField(label="Unit price")
    wanted = forms.DateField(widget=DateInput, required=False)


class HeadForm(forms.Form):
    place = forms.CharField(label="Named place", help_text="The port.")
    deposit = DecimalField(required=False)
    urgent = forms.BooleanField(required=False)


SHOWCASE = """
{% extends "base.html" %}{% load static %}
{% block title %}Showcase{% endblock %}{% block heading %}PO-2026-00041{% endblock %}
{% block crumbs %}{% include "web/_crumb.html" with url="/t/orders/" label="Orders" %}{% endblock %}
{% block actions %}{% include "web/_actions.html" %}{% endblock %}
{% block content %}
<div class="tiles">{% tile tile %}</div>
<div class="sheet">{% include "web/_stepper.html" %}
{% include "web/_blocked.html" with text="On hold." url="/" label="Lift it" %}{% include "web/_facts.html" %}
{% include "web/_dates.html" with promised=day expected=later %}{% state "late" "Late" %}</div>
<div class="columns"><div class="sheet">{% chart chart id="landed" %}</div>
<div class="sheet">{% include "web/_timeline.html" %}
{% include "web/_history.html" %}{% include "web/_notes.html" with document_kind="t.order" document_id=1 %}
{% include "web/_files.html" with document_kind="t.order" document_id=1 %}</div></div>
<form method="post" class="sheet">{% csrf_token %}{% form_token %}{% include "web/_form_errors.html" %}
<div class="fields">{% field form.place %}{% field form.deposit unit="USD" %}{% field form.urgent %}</div>
{% include "web/_grid.html" with caption="Lines" product="quantity unit_price" sums="quantity" %}</form>
{% endblock %}
{% block scripts %}<script src="{% static 'vendor/echarts.min.js' %}"></script>
<script src="{% static 'js/charts.js' %}"></script><script src="{% static 'js/grid.js' %}"></script>{% endblock %}
"""


def showcase(request):
    """Every part of a page, without a database."""
    sent = (
        QueryDict("lines-TOTAL_FORMS=1&lines-INITIAL_FORMS=0&lines-0-sku=A&lines-0-quantity=x")
        if "refused" in request.GET
        else None
    )
    lines = forms.formset_factory(LineForm, extra=2, can_delete=True)(sent, prefix="lines")
    form = HeadForm(sent)
    if sent is not None:
        lines.is_valid()
    when = datetime(2026, 3, 12, 8, tzinfo=UTC)
    context = {
        "actor": system(),
        "nav": [
            nav.Section(
                "buy", "Buy", "ship", [nav.Item("Orders", "/t/orders/", "", 3, True), nav.Item("Lines", "/", "", None)]
            )
        ],
        "new_items": [nav.Item("Order", "/x/", "plus", None)],
        "inbox": nav.Item("Tasks", "/t/", "bell", 12),
        "identity": ("Harbor & Pine", "Buyer"),
        "form": form,
        "lines": lines,
        "tile": Tile("Perfect order", "87.3", "%", "+2.1 points", True, [80, 82, 87.3], when, True, "/x/"),
        "chart": Chart(
            "ladder",
            "Landed cost",
            "USD / pc",
            ["Goods", "Duty"],
            [Series("goods", "Cost", [10, 1.5])],
            ["goods", "duty"],
        ),
        "steps": [
            {"label": label, "is": state}
            for label, state in (("Draft", "done"), ("Sent", "current"), ("Confirmed", "next"))
        ],
        "actions": [Action("send", "Send", "/x/", primary=True), Action("cancel", "Cancel", "/x/", danger=True)],
        "facts": [("Incoterm", "FOB Ningbo")],
        "day": when.date(),
        "later": date(2026, 3, 17),
        "entries": [{"at": when, "who": "Wei Chen", "door": "portal", "what": "Confirmed", "url": "/x/"}],
        "changes": [{"at": when, "who": "Maud", "fields": [("Place", "Shanghai", "Ningbo"), ("Remarks", "", "x")]}],
    }
    return HttpResponse(engines["django"].from_string(SHOWCASE).render(context, request))


urlpatterns = [
    path("t/showcase/", showcase),
    path("t/orders/", Orders.as_view()),
    path("t/remarks/<int:pk>/", remarks),
    path("t/saved/<int:version>/", lambda request, version: HttpResponse(f"saved {version}")),
    path("t/live/", newest),
    *real,
]
