"""The list of inspections, one inspection, and what the purchase order's page says about them."""

from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.errors import NotVisible
from core.outbox import kind_of
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import Action, offered, one_primary, stepper
from core.web.lists import Column, DocumentList
from quality.filters import InspectionFilter
from quality.flows import INSPECTION, InspectionStatus
from quality.models import Inspection, InspectionLine

S = InspectionStatus
VIEW = "quality.view_inspection"


class InspectionList(DocumentList):
    model = Inspection
    title = _("Inspections")
    permission = VIEW
    filterset_class = InspectionFilter
    row_template = "quality/inspection_row.html"
    new = (_("Plan an inspection"), "quality:inspection_new", "quality.add_inspection")
    empty_text = _("No inspection has been planned. Book one for an issued order, before its goods are loaded.")
    presets = (
        (_("To be held"), "status=planned"),
        (_("Failed, to be decided"), "held=true"),
        (_("Passed or conceded"), "status=passed&status=conceded"),
    )
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("order_number", _("Order"), sort="order_number"),
        Column("supplier__name", _("Supplier"), sort="supplier__name"),
        Column("kind", _("Kind"), sort="kind"),
        Column("status", _("Result"), sort="status"),
        Column("planned_date", _("Planned"), sort="planned_date"),
        Column("inspected_date", _("Held"), sort="inspected_date"),
        Column("inspector__name", _("By")),
        Column("sample_size", _("Sample"), sort="sample_size", numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("supplier", "inspector")

    def context(self, actor):
        return {"today": timezone.localdate()}


def fetch(actor: Actor, pk: int) -> Inspection:
    found = (
        Inspection.objects.visible_to(actor)
        .select_related("supplier", "inspector", "reinspection_of", "company")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def inspection_page(request, pk: int):
    document, actor = fetch(request.actor, pk), request.actor
    later = Inspection.objects.visible_to(actor).filter(reinspection_of=document).exclude(status=S.CANCELLED).first()
    usual = (S.PLANNED, S.CONCEDED) if document.status == S.CONCEDED else (S.PLANNED, S.PASSED)
    context = {
        "inspection": document,
        "lines": list(document.lines.all()),
        "findings": list(document.findings.all()),
        "later": later,
        "today": timezone.localdate(),
        "steps": stepper(INSPECTION, document, usual),
        "actions": next_steps(document, actor, later),
        "entries": timeline.of(actor, document),
        "changes": history.of(Inspection, document.pk),
        **attachments.shown_on(request, document),
    }
    return render(request, "quality/inspection.html", context)


def next_steps(document: Inspection, actor: Actor, later: Inspection | None) -> list[Action]:
    """The buttons. The report decides between passed and failed, so both are one button."""
    found = []
    for step in INSPECTION.available(document, actor):
        if step.name == "fail" or (step.name == "concede" and later):
            continue
        name = "report" if step.name == "pass" else step.name
        url = f"{document.get_absolute_url()}{name}/"
        found.append(Action(name, step.label, url, step.style == "primary", step.style == "danger", post=False))
    if document.status in (S.FAILED, S.ABORTED) and later is None and actor.can("quality.add_inspection"):
        url = f"{reverse('quality:inspection_plan', args=[document.order_id])}?again={document.pk}"
        found.insert(0, Action("repeat", _now("Inspect again"), url, primary=True, post=False))
    return one_primary(found + offered(kind_of(document), document, actor))


def panel(request, order) -> str | None:
    """The inspections of a purchase order, for its page."""
    if not request.actor.can(VIEW):
        return None
    rows = list(Inspection.objects.visible_to(request.actor).filter(order=order).order_by("-pk")[:20])
    needed = order.lines.filter(product__inspection_required=True, cancelled=False).exists()
    if not rows and not needed:
        return None
    lines = InspectionLine.objects.filter(inspection__in=rows)
    for row in rows:
        row.presented = [line for line in lines if line.inspection_id == row.pk]
    return render_to_string("quality/_panel.html", {"inspections": rows, "order": order}, request)
