"""What needs the party's action, by due date."""

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.models import Note
from core.web import documents
from core.web.access import page
from core.web.tasks import groups, lead_where_allowed
from finance.models import SupplierInvoice
from logistics.models import Shipment
from parties.models import Membership
from portal.filters import to_confirm
from quality.models import Inspection
from sourcing.models import PurchaseOrder

UNDER_WAY = ("booked", "departed", "arrived", "cleared")


@page(outside=True)
def home(request):
    actor = request.actor
    if actor.is_staff:
        return redirect("/")
    tasks = list(work.waiting_for(actor)[:200])
    lead_where_allowed(actor, tasks)
    return render(
        request,
        "portal/home.html",
        {
            "groups": groups(tasks, timezone.localdate()),
            "count": len(tasks),
            "counts": counts(actor),
            "messages_to_us": messages_to(actor),
        },
    )


def counts(actor: Actor) -> list[dict]:
    """What the party has with us: each number is that of the list behind it."""
    found = []

    def add(permission: str, label: str, queryset, url_name: str, query: str) -> None:
        if actor.can(permission):
            found.append({"label": label, "count": queryset.count(), "url": f"{reverse(url_name)}?{query}"})

    orders = PurchaseOrder.objects.visible_to(actor)
    if actor.can("sourcing.confirm_purchaseorder"):
        add(
            "sourcing.view_purchaseorder",
            _("Orders to confirm"),
            to_confirm(orders),
            "portal:orders",
            "to_confirm=true",
        )
        confirmed = orders.filter(status="confirmed")
        add("sourcing.view_purchaseorder", _("Confirmed orders"), confirmed, "portal:orders", "status=confirmed")
    shipments = Shipment.objects.visible_to(actor).filter(status__in=UNDER_WAY)
    query = "&".join(f"status={status}" for status in UNDER_WAY)
    add("logistics.view_shipment", _("Shipments under way"), shipments, "portal:shipments", query)
    inspections = Inspection.objects.visible_to(actor).filter(status="planned")
    add("quality.view_inspection", _("Inspections planned"), inspections, "portal:inspections", "status=planned")
    invoices = SupplierInvoice.objects.visible_to(actor).filter(status="disputed")
    add("finance.view_supplierinvoice", _("Invoices in dispute"), invoices, "portal:invoices", "status=disputed")
    return found


def messages_to(actor: Actor) -> list[dict]:
    """The last messages from us, with the document they are about."""
    own_people = Membership.objects.filter(organisation_id=actor.party_id).values("user_id")
    notes = list(Note.objects.filter(party_id=actor.party_id).exclude(user_id__in=own_people).order_by("-id")[:5])
    named = documents.names_and_links(actor, [(note.document_kind, note.document_id) for note in notes])
    return [
        {"note": note, "name": named[key][0], "url": named[key][1]}
        for note in notes
        if (key := (note.document_kind, note.document_id)) in named
    ]
