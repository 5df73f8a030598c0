"""One shipment on a page: where it stands, what was reported, what is missing, what is next."""

from typing import Any

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.errors import NotVisible
from core.outbox import kind_of
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import Action, offered, one_primary
from logistics import services, steps, tracking
from logistics.forms import DocumentRecordForm, MilestoneForm
from logistics.models import Classifier, MilestoneCode, Shipment, ShipmentLine, ShipmentStatus
from reference import incoterms

S = ShipmentStatus
VIEW = "logistics.view_shipment"
_LABELS = {
    "release": _("Release to load"),
    "receive": _("Receive"),
    "edit": _("Edit"),
    "hold": _("Put on hold"),
    "lift_hold": _("Lift the hold"),
    "take_over": _("Take the goods over"),
    "cancel": _("Cancel"),
}


def fetch(actor: Actor, pk: int) -> Shipment:
    found = (
        Shipment.objects.visible_to(actor)
        .select_related("company", "forwarder", "origin", "destination", "warehouse")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def shipment_page(request, pk: int):
    document, actor = fetch(request.actor, pk), request.actor
    lines = list(
        ShipmentLine.objects.visible_to(actor)
        .filter(shipment=document)
        .select_related("supplier", "inspection", "unit")
        .order_by("pk")
    )
    reports = list(document.milestones.select_related("place"))
    offered_steps = steps.of_shipment(document, actor)
    blocked = services.what_blocks(document) if "release" in offered_steps and document.released_at is None else []
    context = {
        "shipment": document,
        "lines": lines,
        "cartons": sum(line.cartons or 0 for line in lines),
        "weight": sum(line.gross_weight_kg or 0 for line in lines),
        "volume": sum(line.volume_m3 or 0 for line in lines),
        "containers": list(document.containers.all()),
        "papers": list(document.documents.all()),
        "milestones": _table(reports, document),
        "today": timezone.localdate(),
        "steps": _stepper(document),
        "actions": next_steps(document, actor, offered_steps, lines, blocked),
        "blocked": blocked,
        "advice": incoterms.container_advisory(document.incoterm) if document.containers.exists() else "",
        "milestone_form": MilestoneForm(initial={"day": timezone.localdate()}) if "report" in offered_steps else None,
        "document_form": DocumentRecordForm(initial={"received_date": timezone.localdate()})
        if "document" in offered_steps
        else None,
        "entries": timeline.of(actor, document),
        "changes": history.of(Shipment, document.pk, children=((ShipmentLine, "shipment"),)),
        **attachments.shown_on(request, document),
    }
    return render(request, "logistics/shipment.html", context)


def next_steps(document: Shipment, actor: Actor, offered_steps: list[str], lines, blocked) -> list[Action]:
    """The buttons; the one that moves the goods on is primary: release, then receive."""
    found = []
    here = document.get_absolute_url()
    arrived = document.status in (S.DEPARTED, S.ARRIVED, S.CLEARED)
    unowned = any(line.owned_date is None for line in lines) and arrived
    for name in offered_steps:
        if name in ("report", "document") or (name == "take_over" and not unowned):
            continue
        if name == "release":
            found.append(Action(name, _LABELS[name], f"{here}release/", primary=not blocked))
        elif name == "receive":
            url = f"{reverse('logistics:receipt_new')}?shipment={document.pk}"
            found.append(Action(name, _LABELS[name], url, primary=arrived, post=False))
        elif name == "lift_hold":
            found.append(Action(name, _LABELS[name], f"{here}lift-hold/"))
        else:
            url = f"{here}{name.replace('_', '-')}/"
            found.append(Action(name, _LABELS[name], url, danger=name == "cancel", post=False))
    return one_primary(found + offered(kind_of(document), document, actor))


def _stepper(document: Shipment) -> list[dict]:
    """Where the goods are: done, here, next."""
    usual = [S.PLANNED, S.BOOKED, S.DEPARTED, S.ARRIVED, S.CLEARED, S.RECEIVED]
    if document.status == S.CANCELLED:
        usual = [S.PLANNED, S.CANCELLED]
    at = usual.index(S(document.status))
    return [
        {"label": one.label, "value": one, "is": "done" if n < at else "current" if n == at else "next"}
        for n, one in enumerate(usual)
    ]


def _table(reports, document: Shipment) -> list[dict]:
    """Planned, estimated and actual side by side, in the order in which they should happen, with the slip in days.

    Where nobody reported a plan, departure and arrival have that of the shipment.
    """
    standing: dict[tuple[str, str], Any] = {**tracking.standing(reports)}  # the rows of the shipment's milestones
    plans = {
        MilestoneCode.DEPARTED: document.planned_departure_date,
        MilestoneCode.ARRIVED: document.planned_arrival_date,
    }
    rows = []
    for code in MilestoneCode:
        planned, estimated, actual = (standing.get((str(code), str(c))) for c in Classifier)
        due, plan = actual or estimated, planned.place_date if planned else plans.get(code)
        rows.append(
            {
                "label": code.label,
                "planned": plan,
                "estimated": estimated.place_date if estimated else None,
                "actual": actual.place_date if actual else None,
                "place": next((one.place for one in (actual, estimated, planned) if one and one.place), None),
                "note": next((one.note for one in (actual, estimated, planned) if one and one.note), ""),
                "slip": (due.place_date - plan).days if due and plan else None,
                "by": actual.reported_by if actual else "",
            }
        )
    return rows
