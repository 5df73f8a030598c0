"""The real addresses, and a few pages that only tests have."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from core.errors import RuleBroken
from core.web import live
from core.web.access import page
from core.web.forms import DocumentForm, form_page
from core.web.lists import BulkAction, Column, DocumentList
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


urlpatterns = [
    path("t/orders/", Orders.as_view()),
    path("t/remarks/<int:pk>/", remarks),
    path("t/saved/<int:version>/", lambda request, version: HttpResponse(f"saved {version}")),
    path("t/live/", newest),
    *real,
]
