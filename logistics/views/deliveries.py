"""Deliveries to customers and what comes back from them."""

from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.outbox import kind_of
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import Action, offered, one_primary
from core.web.forms import form_page
from inventory.selectors import Level, levels
from logistics import services, steps
from logistics.forms import CameBackRows, CustomerReturnForm, DeliveredForm, DeliverRows, DeliveryForm
from logistics.models import CustomerReturn, CustomerReturnLine, Delivery
from logistics.views.receipts import scan_codes
from sales.flows import CustomerOrderStatus
from sales.models import CustomerOrder

VIEW = "logistics.view_delivery"
ZERO = Decimal(0)


@page("logistics.add_delivery")
def new(request):
    """``?order=``: what is open of a confirmed customer order, filled in as far as there are goods."""
    actor = request.actor
    wanted = as_id(request.GET.get("order"))
    if wanted is None:
        return redirect("sales:customer_orders")
    found = CustomerOrder.objects.visible_to(actor).select_related("customer", "warehouse")
    order = found.filter(pk=wanted, status=CustomerOrderStatus.CONFIRMED).first()
    if order is None:
        raise NotVisible()
    lines = [line for line in order.lines.select_related("unit").order_by("position") if line.open_quantity > 0]
    codes = scan_codes({line.product_id for line in lines})
    stock = levels(actor, product_ids={line.product_id for line in lines}, warehouse_ids=[order.warehouse_id])
    for line in lines:
        line.available = stock.get((line.product_id, order.warehouse_id), Level()).available
        line.codes = codes.get(line.product_id, "")
    form = DeliveryForm(request.POST or None, initial={"shipped_date": timezone.localdate(), "mode": order.mode})
    first = [
        {"quantity": min(line.open_quantity, line.reserved_quantity + max(line.available, ZERO)) or None}
        for line in lines
    ]
    rows = DeliverRows(request.POST or None, prefix="lines", things=lines, initial=first)

    def save():
        try:
            return services.ship_delivery(actor=actor, delivery=form.content(order, rows))
        except RuleBroken as error:
            raise rows.point(error, "quantity") from None

    return form_page(
        request,
        "logistics/rows_form.html",
        form,
        lines=rows,
        context={
            "title": _("Deliver %(order)s") % {"order": order},
            "intro": f"{order.customer.name} · {order.warehouse.name}",
            "rows_heading": _("Goods"),
            "scan": True,
            "submit": _("Ship"),
            "crumb_links": [(_("Deliveries"), reverse("logistics:deliveries"))],
            "cancel_url": order.get_absolute_url(),
        },
        save=save,
        then=lambda made: made.get_absolute_url(),
    )


def fetch(actor: Actor, pk: int) -> Delivery:
    found = Delivery.objects.visible_to(actor).select_related("company", "order__customer", "warehouse")
    document = found.filter(pk=pk).first()
    if document is None:
        raise NotVisible()
    return document


@page(VIEW)
def delivery_page(request, pk: int):
    document, actor = fetch(request.actor, pk), request.actor
    lines: list[Any] = list(document.lines.select_related("order_line__unit").order_by("pk"))
    back = returned_of(lines)
    for line in lines:
        line.returned = back.get(line.pk, ZERO)
    context = {
        "delivery": document,
        "lines": lines,
        "cost": sum((line.cost for line in lines), ZERO),
        "base": document.company.base_currency_id,
        "shows_cost": actor.can("inventory.view_stock"),
        "actions": next_steps(document, actor, any(line.quantity > line.returned for line in lines)),
        "entries": timeline.of(actor, document),
        "changes": history.of(Delivery, document.pk),
        **attachments.shown_on(request, document),
    }
    return render(request, "logistics/delivery.html", context)


def returned_of(lines) -> dict[int, Decimal]:
    """What came back already, by delivery line."""
    rows = CustomerReturnLine.objects.filter(delivery_line__in=lines).order_by().values_list("delivery_line_id")
    return dict(rows.annotate(total=Sum("quantity")))


def next_steps(document: Delivery, actor: Actor, some_left: bool) -> list[Action]:
    here = document.get_absolute_url()
    labels = {"delivered": _("Confirm the delivery"), "take_back": _("Take goods back")}
    found = [
        Action(name, labels[name], f"{here}{name.replace('_', '-')}/", primary=name == "delivered", post=False)
        for name in steps.of_delivery(document, actor)
        if name != "take_back" or some_left
    ]
    return one_primary(found + offered(kind_of(document), document, actor))


@page("logistics.add_delivery")
def delivered(request, pk: int):
    document = fetch(request.actor, pk)
    form = DeliveredForm(
        request.POST or None, document=document, initial={"delivered_date": timezone.localdate(), "documents_ok": True}
    )
    return form_page(
        request,
        "web/form.html",
        form,
        context={
            **_frame(document),
            "title": _("%(delivery)s has arrived") % {"delivery": document},
            "submit": _("Confirm the delivery"),
        },
        save=lambda: services.confirm_delivered(actor=request.actor, delivery_ids=[document.pk], **form.values()),
        then=lambda _done: document.get_absolute_url(),
    )


@page("logistics.add_return")
def take_back(request, pk: int):
    document = fetch(request.actor, pk)
    lines: list[Any] = list(document.lines.select_related("order_line").order_by("pk"))
    back = returned_of(lines)
    for line in lines:
        line.returned = back.get(line.pk, ZERO)
    lines = [line for line in lines if line.quantity > line.returned]
    form = CustomerReturnForm(request.POST or None, initial={"returned_date": timezone.localdate()})
    rows = CameBackRows(request.POST or None, prefix="lines", things=lines)

    def save():
        wanted = [
            services.CustomerReturnLineInput(
                row.thing.pk, row.cleaned_data["quantity"], row.cleaned_data["disposition"]
            )
            for row in rows.kept()
        ]
        try:
            return services.take_back(
                actor=request.actor, order_id=document.order_id, lines=wanted, **form.cleaned_data
            )
        except RuleBroken as error:
            raise rows.point(error, "quantity") from None

    return form_page(
        request,
        "logistics/rows_form.html",
        form,
        lines=rows,
        context={
            **_frame(document),
            "title": _("Take goods of %(delivery)s back") % {"delivery": document},
            "submit": _("Take back"),
            "rows_heading": _("Goods"),
            "intro": _("Damage, a defect or a wrong item counts as our fault; a change of mind does not."),
        },
        save=save,
        then=lambda done: done.get_absolute_url(),
    )


def _frame(document: Delivery) -> dict:
    return {
        "crumb_links": [
            (_("Deliveries"), reverse("logistics:deliveries")),
            (document.number, document.get_absolute_url()),
        ],
        "cancel_url": document.get_absolute_url(),
    }


@page(VIEW)
def customer_return_page(request, pk: int):
    found = CustomerReturn.objects.visible_to(request.actor).select_related("company", "order__customer").filter(pk=pk)
    document = found.first()
    if document is None:
        raise NotVisible()
    lines = document.lines.select_related("delivery_line__order_line__unit", "delivery_line__delivery").order_by("pk")
    context = {
        "document": document,
        "lines": lines,
        "base": document.company.base_currency_id,
        "shows_cost": request.actor.can("inventory.view_stock"),
        "actions": one_primary(offered(kind_of(document), document, request.actor)),
        "entries": timeline.of(request.actor, document),
        **attachments.shown_on(request, document),
    }
    return render(request, "logistics/customer_return.html", context)
