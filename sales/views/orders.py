"""One customer order on a page: where it stands, what is next, what is promised, what happened."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotVisible, RuleBroken
from core.outbox import kind_of
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import Action, offered, one_primary, stepper
from inventory.selectors import Level, levels
from sales import selectors, services
from sales.flows import CUSTOMER_ORDER, CustomerOrderStatus
from sales.models import CustomerOrder, CustomerOrderLine

S = CustomerOrderStatus
VIEW = "sales.view_customerorder"
USUAL = (S.DRAFT, S.CONFIRMED, S.CLOSED)
FORMS = {"close", "cancel"}  # steps that ask for something first


def fetch(actor: Actor, pk: int) -> CustomerOrder:
    """The order with what its pages show, or NotVisible."""
    order = (
        CustomerOrder.objects.visible_to(actor)
        .select_related("company", "customer", "warehouse", "currency", "payment_term", "ship_to_country")
        .filter(pk=pk)
        .first()
    )
    if order is None:
        raise NotVisible()
    return order


@page(VIEW)
def order_page(request, pk: int):
    order, actor, today = fetch(request.actor, pk), request.actor, timezone.localdate()
    lines = list(order.lines.select_related("unit", "product").order_by("position"))
    stock = levels(actor, product_ids={line.product_id for line in lines}, warehouse_ids=[order.warehouse_id])
    for line in lines:
        line.stock = stock.get((line.product_id, order.warehouse_id), Level())
        line.missing = line.open_quantity - line.reserved_quantity if order.status == S.CONFIRMED else 0
    done = selectors.progress(lines, today)
    base = selectors.base_value(order, today)
    context = {
        "order": order,
        "lines": lines,
        "base": base,
        "progress": done,
        "today": today,
        "steps": stepper(CUSTOMER_ORDER, order, USUAL),
        "actions": next_steps(order, actor, done, lines),
        "links": _links(order, actor),
        "blocked": _blocked(order, actor, base, lines, today),
        "entries": timeline.of(actor, order),
        "changes": history.of(CustomerOrder, order.pk, children=((CustomerOrderLine, "order"),)),
        **attachments.shown_on(request, order),
    }
    return render(request, "sales/customer_order.html", context)


def next_steps(order: CustomerOrder, actor: Actor, done: selectors.Progress, lines) -> list[Action]:
    """The buttons: of the flow's steps those that make sense now, one of them primary, then what apps above offer."""
    found, started = [], any(line.delivered_quantity or line.billed_quantity for line in lines)
    for step in CUSTOMER_ORDER.available(order, actor):
        if step.name == "cancel" and started:
            continue
        url = f"{order.get_absolute_url()}{step.name}/"
        found.append(
            Action(
                step.name, step.label, url, step.style == "primary", step.style == "danger", post=step.name not in FORMS
            )
        )
    own = [
        ("edit", "sales.change_customerorder", S.DRAFT, _("Edit")),
        ("repromise", "sales.change_customerorder", S.CONFIRMED, _("Move the promise")),
    ]
    for name, permission, status, label in own:
        if order.status == status and actor.can(permission):
            found.append(Action(name, label, f"{order.get_absolute_url()}{name}/", post=False))
    if order.status == S.DRAFT and actor.can("sales.release_customerorder") and not order.credit_released_by:
        found.append(Action("release", _("Release the credit"), f"{order.get_absolute_url()}release/", post=False))
    reservable = [line for line in done.waiting if line.stock.available > 0]
    if order.status == S.CONFIRMED and reservable and actor.can("sales.confirm_customerorder"):
        found.insert(
            0, Action("reserve", _("Reserve what has come"), f"{order.get_absolute_url()}reserve/", primary=True)
        )
    return one_primary(found + offered(kind_of(order), order, actor))


def _links(order: CustomerOrder, actor: Actor) -> list[dict]:
    if not actor.can("sales.add_customerorder"):
        return []
    return [
        {"url": f"{reverse('sales:customer_order_new')}?copy={order.pk}", "label": _("Order again"), "icon": "copy"}
    ]


def _blocked(order: CustomerOrder, actor: Actor, base: selectors.BaseValue, lines, today) -> list[dict]:
    """What stands between a draft and its confirmation, in sentences, with a link to what unblocks it."""
    if order.status != S.DRAFT:
        return []
    found = []
    if base.missing:
        found.append({"text": base.missing, "url": reverse("reference:exchange_rates"), "label": _("Exchange rates")})
    undated = [str(line.position) for line in lines if not line.promised_date]
    if undated:
        text = _("It cannot be confirmed: line %(lines)s has no promised date.") % {"lines": ", ".join(undated)}
        found.append({"text": text, "url": reverse("sales:customer_order_edit", args=[order.pk]), "label": _("Edit")})
    try:
        order.base_total = base.amount  # in memory only: a draft is priced when it is confirmed
        services.refuse_over_credit(actor=actor, orders=[order], currency=base.currency, today=today, locking=False)
    except RuleBroken as refusal:
        customer = order.customer
        url = f"{reverse('sales:customers')}?organisation={customer.pk}"
        found.append({"text": str(refusal), "url": url, "label": _("Credit of %(customer)s") % {"customer": customer}})
    return found
