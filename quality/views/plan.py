"""Booking an inspection: the order first, then what of it is presented."""

from datetime import timedelta

from django import forms
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.web.access import page
from core.web.forms import form_page
from quality import services
from quality.forms import PlanForm, PresentedRows
from quality.models import Inspection
from quality.selectors import released_quantity
from sourcing.flows import OPEN
from sourcing.models import PurchaseOrder


class OrderForm(forms.Form):
    order = forms.ModelChoiceField(PurchaseOrder.objects.none(), label=_("Purchase order"))

    def __init__(self, *args, actor, **kwargs):
        super().__init__(*args, **kwargs)
        orders = PurchaseOrder.objects.visible_to(actor).filter(status__in=OPEN).select_related("supplier")
        self.fields["order"].queryset = orders.order_by("-pk")
        self.fields["order"].label_from_instance = lambda order: f"{order.number} · {order.supplier.name}"


@page("quality.add_inspection")
def choose_order(request):
    """Which order's goods are presented."""
    form = OrderForm(request.GET or None, actor=request.actor)
    if request.GET and form.is_valid():
        return redirect("quality:inspection_plan", form.cleaned_data["order"].pk)
    context = {
        "title": _now("Plan an inspection"),
        "form": form,
        "crumb_links": [(_now("Inspections"), reverse("quality:inspections"))],
        "intro": _now("Inspections are held on goods of an issued order."),
    }
    return render(request, "quality/choose_order.html", context)


@page("quality.add_inspection")
def plan(request, order_id: int):
    """Book the inspection; ``?again=<inspection>`` repeats one that failed or was aborted."""
    order = PurchaseOrder.objects.visible_to(request.actor).select_related("supplier").filter(pk=order_id).first()
    if order is None:
        raise NotVisible()
    lines = [line for line in order.lines.select_related("unit").order_by("position") if not line.cancelled]
    released = released_quantity([line.pk for line in lines])
    for line in lines:
        line.released = released[line.pk]
    header, presented = {"planned_date": timezone.localdate() + timedelta(days=3)}, {}
    again = as_id(request.GET.get("again"))
    if again is not None:
        before = Inspection.objects.visible_to(request.actor).filter(pk=again, order=order).first()
        if before is None:
            raise NotVisible()
        names = ("kind", "place", "level", "aql_critical", "aql_major", "aql_minor")
        header |= {name: getattr(before, name) for name in names}
        header |= {"inspector": before.inspector_id, "reinspection_of": before.pk}
        presented = dict(before.lines.values_list("order_line_id", "quantity"))
    rows = [
        {"quantity": presented.get(line.pk) if presented else max(line.quantity - line.released, 0) or None}
        for line in lines
    ]
    form = PlanForm(request.POST or None, initial=header, actor=request.actor, order=order)
    grid = PresentedRows(request.POST or None, prefix="lines", things=lines, initial=rows)

    def save():
        try:
            return services.plan_inspection(actor=request.actor, inspection=form.content(grid))
        except RuleBroken as error:
            raise grid.point(error, "quantity") from None

    return form_page(
        request,
        "quality/inspection_plan.html",
        form,
        lines=grid,
        context={
            "order": order,
            "title": _now("Plan an inspection of %(order)s") % {"order": order},
            "crumb_links": [(_now("Inspections"), reverse("quality:inspections"))],
            "cancel_url": reverse("quality:inspections"),
        },
        save=save,
        then=lambda made: made.get_absolute_url(),
    )
