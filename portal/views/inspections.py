"""Inspections: the agency's own to report, the supplier's to read."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.web import attachments, timeline
from core.web.forms import form_page
from core.web.lists import Column, DocumentList
from portal.access import PartyListMixin, fetch, party_page
from portal.filters import InspectionFilter
from portal.forms import FindingFormSet, ReportForm
from quality import services
from quality.models import Inspection
from quality.services import FindingInput

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


def may_report(request, inspection: Inspection) -> bool:
    return inspection.status == "planned" and request.actor.can("quality.report_inspection")


def shown(request, inspection: Inspection) -> dict:
    return {
        "inspection": inspection,
        "lines": list(inspection.lines.all()),
        "findings": list(inspection.findings.all()),
        "report_url": reverse("portal:inspection_report", args=[inspection.pk])
        if may_report(request, inspection)
        else "",
        "entries": timeline.of(request.actor, inspection),
        **attachments.shown_on(request, inspection),
    }


@party_page(VIEW)
def inspection_page(request, pk: int):
    return render(request, "portal/inspection.html", shown(request, inspection_of(request, pk)))


@party_page("quality.report_inspection")
def report(request, pk: int):
    """What was found; the sampling plan decides whether the lot passes."""
    inspection = inspection_of(request, pk)
    form = ReportForm(request.POST or None, initial={"inspected_date": timezone.localdate()}, document=inspection)
    findings = FindingFormSet(request.POST or None, prefix="findings")

    def save():
        data = form.cleaned_data
        return services.report_inspection(
            actor=request.actor,
            inspection_id=inspection.pk,
            inspected_date=data["inspected_date"],
            made_pct=data["made_pct"],
            packed_pct=data["packed_pct"],
            report=data["report"],
            findings=[
                FindingInput(row["defect_class"], row["description"], int(row["count"]))
                for finding in findings.forms
                if finding.has_changed() and (row := finding.cleaned_data) and not row.get("DELETE")
            ],
            version=inspection.version,
        )

    return form_page(
        request,
        "portal/inspection_report.html",
        form,
        lines=findings,
        context={
            "inspection": inspection,
            "crumb_links": [
                (_now("Inspections"), reverse("portal:inspections")),
                (inspection.number, reverse("portal:inspection", args=[inspection.pk])),
            ],
        },
        save=save,
        then=lambda done: reverse("portal:inspection", args=[done.pk]),
    )
