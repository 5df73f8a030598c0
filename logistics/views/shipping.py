"""Planning and editing shipments, and the steps taken from their pages."""

from typing import Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.documents import as_id
from core.errors import RuleBroken
from core.web.access import page
from core.web.forms import form_page, step
from logistics import selectors, services
from logistics.forms import DocumentRecordForm, MilestoneForm, ReasonForm, ShipmentForm, ShipRows, TakeOverForm
from logistics.models import Shipment
from logistics.views.shipments import VIEW, fetch
from reference.models import Place
from sourcing.flows import OPEN
from sourcing.models import PurchaseOrder, PurchaseOrderLine

MOST_LINES = 200


def open_lines(actor, *, orders=None, without: int | None = None, keep=()) -> list[PurchaseOrderLine]:
    """Order lines that can be shipped, oldest promise first, each with what is ``left`` of it."""
    found = PurchaseOrderLine.objects.visible_to(actor).filter(order__status__in=OPEN, cancelled=False)
    if orders is not None:
        found = found.filter(order_id__in=orders)
    lines = list(
        found.select_related("order__supplier", "unit").order_by("promised_date", "order_id", "position")[:1000]
    )
    left = selectors.open_to_ship(lines, without=without)
    for line in lines:
        line.left = left.get(line.pk, 0)
    return [line for line in lines if line.left > 0 or line.pk in keep][:MOST_LINES]


@page("logistics.add_shipment")
def choose(request):
    """Which orders' goods go together."""
    wanted = [key for pk in request.GET.getlist("order") if (key := as_id(pk)) is not None]
    if wanted:
        return redirect(f"{reverse('logistics:shipment_plan')}?{'&'.join(f'order={pk}' for pk in wanted)}")
    lines = open_lines(request.actor)
    orders: dict[int, dict] = {}
    for line in lines:
        row = orders.setdefault(line.order_id, {"order": line.order, "lines": 0, "promised": line.promised_date})
        row["lines"] += 1
    context = {
        "title": _("Plan a shipment"),
        "orders": list(orders.values()),
        "crumb_links": [(_("Shipments"), reverse("logistics:shipments"))],
        "today": timezone.localdate(),
    }
    return render(request, "logistics/shipment_choose.html", context)


@page("logistics.add_shipment")
def plan(request):
    """``?order=<id>`` (any number of them): a shipment of what is open of these orders."""
    wanted = [key for pk in request.GET.getlist("order") if (key := as_id(pk)) is not None]
    orders = list(PurchaseOrder.objects.visible_to(request.actor).filter(pk__in=wanted, status__in=OPEN))
    if not orders:
        return redirect("logistics:shipment_new")
    lines = open_lines(request.actor, orders=[order.pk for order in orders])
    if not lines:
        messages.info(request, _("Everything of %(orders)s is shipped or planned already.") % {"orders": orders[0]})
        return redirect("logistics:shipments")
    form = ShipmentForm(request.POST or None, initial=_usual(request.actor, orders[0]), actor=request.actor)
    rows = ShipRows(
        request.POST or None, prefix="lines", things=lines, initial=[{"quantity": line.left} for line in lines]
    )
    return _write(
        request,
        form,
        rows,
        title=_("Plan a shipment"),
        back=reverse("logistics:shipments"),
        save=lambda content: services.plan_shipment(actor=request.actor, shipment=content, today=timezone.localdate()),
    )


@page("logistics.change_shipment")
def edit(request, pk: int):
    document = fetch(request.actor, pk)
    own = {line.order_line_id: line.quantity for line in document.lines.all()}
    orders = {line.order_id for line in document.lines.all()}
    lines = open_lines(request.actor, orders=orders, without=document.pk, keep=own)
    names = (
        "mode", "planned_departure_date", "planned_arrival_date", "carrier", "vessel", "voyage", "transport_document",
        "freight_included", "remarks", "forwarder", "warehouse",
    )  # fmt: skip
    initial = {name: getattr(document, name) for name in names}
    initial |= {"origin": document.origin_id or "", "destination": document.destination_id or ""}
    initial["containers"] = "\n".join(
        " ".join(part for part in (one.number, one.seal, one.size_type) if part) for one in document.containers.all()
    )
    form = ShipmentForm(request.POST or None, initial=initial, document=document, actor=request.actor)
    first = [{"quantity": own.get(line.pk)} for line in lines]
    rows = ShipRows(request.POST or None, prefix="lines", things=lines, initial=first)
    return _write(
        request,
        form,
        rows,
        title=_("Edit %(shipment)s") % {"shipment": document},
        back=document.get_absolute_url(),
        save=lambda content: services.edit_shipment(
            actor=request.actor, shipment_id=document.pk, shipment=content, version=document.version
        ),
    )


def _usual(actor, order: PurchaseOrder) -> dict:
    """The last shipment of this supplier says how his goods usually travel."""
    last = Shipment.objects.visible_to(actor).filter(lines__supplier_id=order.supplier_id).order_by("-pk").first()
    found = {"mode": order.mode or "sea"}
    if last is not None:
        found |= {"origin": last.origin_id, "destination": last.destination_id}
        found |= {"forwarder": last.forwarder_id, "warehouse": last.warehouse_id}
    return found


def _write(request, form: ShipmentForm, rows, *, title: str, save, back: str):
    def act():
        try:
            return save(form.content(rows))
        except RuleBroken as error:
            for one in error.errors:
                if one["pointer"].startswith("/containers"):
                    one["pointer"] = "/containers"
            raise rows.point(error, "quantity") from None

    return form_page(
        request,
        "logistics/shipment_form.html",
        form,
        lines=rows,
        context={
            "title": title,
            "crumb_links": [(_("Shipments"), reverse("logistics:shipments"))],
            "cancel_url": back,
            "places": Place.objects.filter(main=True).order_by("name")[:200],
        },
        save=act,
        then=lambda done: done.get_absolute_url(),
    )


@page(VIEW)
@require_POST
def release(request, pk: int):
    document = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: services.release_to_load(actor=request.actor, shipment_id=document.pk),
        back=document.get_absolute_url(),
        said=_("%(shipment)s is released to load.") % {"shipment": document},
    )


@page("logistics.hold_shipment")
@require_POST
def lift_hold(request, pk: int):
    document = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: services.lift_hold(actor=request.actor, shipment_id=document.pk),
        back=document.get_absolute_url(),
        said=_("%(shipment)s is no longer on hold.") % {"shipment": document},
    )


@page("logistics.report_milestone")
@require_POST
def milestone(request, pk: int):
    document = fetch(request.actor, pk)
    form = MilestoneForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, " ".join(f"{form[name].label}: {' '.join(map(str, said))}" for name, said in form.errors.items())
        )
        return redirect(f"{document.get_absolute_url()}#milestones")
    return step(
        request,
        act=lambda: services.report_milestone(
            actor=request.actor, shipment_id=document.pk, report=form.report(), now=timezone.now()
        ),
        back=f"{document.get_absolute_url()}#milestones",
        said=_("Reported."),
    )


@page("logistics.record_document")
@require_POST
def document(request, pk: int):
    shipment = fetch(request.actor, pk)
    form = DocumentRecordForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, " ".join(f"{form[name].label}: {' '.join(map(str, said))}" for name, said in form.errors.items())
        )
        return redirect(f"{shipment.get_absolute_url()}#documents")
    return step(
        request,
        act=lambda: services.record_document(actor=request.actor, shipment_id=shipment.pk, **form.cleaned_data),
        back=f"{shipment.get_absolute_url()}#documents",
        said=_("Recorded."),
    )


# Steps that ask something first: the service, the permission, the form, the heading, the button, a sentence above.
_FORMS: dict[str, tuple[Any, ...]] = {
    "hold": (
        services.hold_shipment,
        "logistics.hold_shipment",
        ReasonForm,
        gettext_lazy("Put %(shipment)s on hold"),
        gettext_lazy("Put on hold"),
        gettext_lazy("It cannot be released to load until the hold is lifted. Whoever tries reads your reason."),
    ),
    "cancel": (
        services.cancel_shipment,
        "logistics.change_shipment",
        ReasonForm,
        gettext_lazy("Cancel %(shipment)s"),
        gettext_lazy("Cancel the shipment"),
        gettext_lazy("Its goods can be planned again. Possible only before they leave."),
    ),
    "take-over": (
        services.take_goods_over,
        "logistics.take_over_shipment",
        TakeOverForm,
        gettext_lazy("Take over the goods of %(shipment)s"),
        gettext_lazy("Take over"),
        gettext_lazy("The risk has passed, but the ledger could not take the goods on that day."),
    ),
}


@page(VIEW)
def ask(request, pk: int, name: str):
    shipment = fetch(request.actor, pk)
    service, permission, form_class, title, submit, intro = _FORMS[name]
    request.actor.needs(permission)
    form = form_class(request.POST or None, **({"document": shipment} if form_class is ReasonForm else {}))
    return form_page(
        request,
        "web/form.html",
        form,
        context={
            "crumb_links": [
                (_("Shipments"), reverse("logistics:shipments")),
                (shipment.number, shipment.get_absolute_url()),
            ],
            "cancel_url": shipment.get_absolute_url(),
            "title": title % {"shipment": shipment},
            "submit": submit,
            "intro": intro,
        },
        save=lambda: service(
            actor=request.actor,
            shipment_id=shipment.pk,
            **{key: value for key, value in form.cleaned_data.items() if key != "version"},
        ),
        then=lambda _done: shipment.get_absolute_url(),
    )
