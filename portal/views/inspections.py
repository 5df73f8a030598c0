"""Inspections: the agency's own to report, the supplier's to read."""

from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core.web import attachments, timeline
from core.web.lists import Column, DocumentList
from portal.access import PartyListMixin, fetch, party_page
from portal.filters import InspectionFilter
from quality.models import Inspection

VIEW = "quality.view_inspection"


class InspectionList(PartyListMixin, DocumentList):
    model = Inspection
    title = _("Inspections")
    permission = VIEW
    filterset_class = InspectionFilter
    row_template = "portal/inspection_row.html"
    empty_text = _("No inspection names you yet.")
    presets = ((_("Planned"), "status=planned"),)
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("status", _("Result"), sort="status"),
        Column("kind", _("Kind"), sort="kind"),
        Column("place", _("Place")),
        Column("planned_date", _("Planned"), sort="planned_date"),
        Column("inspected_date", _("Inspected"), sort="inspected_date"),
    )


def inspection_of(request, pk: int) -> Inspection:
    return fetch(Inspection.objects.visible_to(request.actor), pk)


def shown(request, inspection: Inspection) -> dict:
    return {
        "inspection": inspection,
        "lines": list(inspection.lines.all()),
        "findings": list(inspection.findings.all()),
        "may_report": inspection.status == "planned" and request.actor.can("quality.report_inspection"),
        "entries": timeline.of(request.actor, inspection),
        **attachments.shown_on(request, inspection),
    }


@party_page(VIEW)
def inspection_page(request, pk: int):
    return render(request, "portal/inspection.html", shown(request, inspection_of(request, pk)))
