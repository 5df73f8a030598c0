"""Shipments: the forwarder's own, and of the supplier's only his goods in them."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from core.web import attachments, timeline
from core.web.forms import form_page
from core.web.lists import Column, DocumentList
from logistics import services
from logistics.models import Classifier, MilestoneCode, Shipment, ShipmentLine
from portal.access import PartyListMixin, fetch, party_page
from portal.filters import ShipmentFilter
from portal.forms import MilestoneForm

VIEW = "logistics.view_shipment"


class ShipmentList(PartyListMixin, DocumentList):
    model = Shipment
    title = _("Shipments")
    permission = VIEW
    filterset_class = ShipmentFilter
    row_template = "portal/shipment_row.html"
    empty_text = _("No shipment names you yet.")
    presets = ((_("Under way"), "status=booked&status=departed&status=arrived&status=cleared"),)
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("status", _("Status"), sort="status"),
        Column("mode", _("Mode")),
        Column("origin__name", _("From")),
        Column("destination__name", _("To")),
        Column("planned_departure_date", _("Departure"), sort="planned_departure_date"),
        Column("expected_arrival_date", _("Arrival"), sort="expected_arrival_date"),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("origin", "destination")


def shipment_of(request, pk: int) -> Shipment:
    related = ("origin", "destination", "warehouse", "forwarder")
    return fetch(Shipment.objects.visible_to(request.actor).select_related(*related), pk)


def shown(request, shipment: Shipment) -> dict:
    """What the shipment's page shows this party."""
    lines = ShipmentLine.objects.visible_to(request.actor).filter(shipment=shipment).order_by("id")
    return {
        "shipment": shipment,
        "lines": list(lines),
        "containers": list(shipment.containers.all()),
        "milestones": list(shipment.milestones.select_related("place").order_by("-happened_at", "-id")),
        "entries": timeline.of(request.actor, shipment),
        **attachments.shown_on(request, shipment),
    }


def may_report(request, shipment: Shipment) -> bool:
    return shipment.status not in ("received", "cancelled") and request.actor.can("logistics.report_milestone")


@party_page(VIEW)
def shipment_page(request, pk: int):
    shipment = shipment_of(request, pk)
    context = shown(request, shipment)
    if may_report(request, shipment):
        context["milestone_form"] = MilestoneForm(
            initial={
                "day": timezone.localdate(),
                "classifier": Classifier.ACTUAL,
                "code": next_milestone(context["milestones"]),
            }
        )
    return render(request, "portal/shipment.html", context)


def next_milestone(milestones) -> str:
    """What is most likely to be reported next: the one after the last that happened."""
    steps = MilestoneCode.values
    done = [steps.index(one.code) for one in milestones if one.classifier == Classifier.ACTUAL]
    return steps[min(max(done, default=-1) + 1, len(steps) - 1)]


@party_page("logistics.report_milestone")
@require_POST
def report_milestone(request, pk: int):
    shipment = shipment_of(request, pk)
    form = MilestoneForm(request.POST)
    return form_page(
        request,
        "portal/shipment.html",
        form,
        context={**shown(request, shipment), "milestone_form": form},
        save=lambda: services.report_milestone(
            actor=request.actor, shipment_id=shipment.pk, report=form.report(), now=timezone.now()
        ),
        then=lambda _done: reverse("portal:shipment", args=[shipment.pk]) + "#milestones",
    )
