"""One purchase order on a page: where it stands, what is next, what was agreed, what happened."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core import approvals
from core.actor import Actor
from core.errors import NotVisible
from core.outbox import kind_of
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import Action, offered, one_primary, stepper
from reference import incoterms
from sourcing import selectors
from sourcing.flows import BEFORE_SENDING, ENDED, PURCHASE_ORDER, OrderStatus
from sourcing.models import PurchaseOrder, PurchaseOrderLine

S = OrderStatus
USUAL = (S.DRAFT, S.SENT, S.CONFIRMED)
WITH_APPROVAL = (S.DRAFT, S.SUBMITTED, S.APPROVED, S.SENT, S.CONFIRMED)
FORMS = {"amend", "reject", "close", "cancel", "approve"}  # steps that ask for something first


def fetch(actor: Actor, pk: int) -> PurchaseOrder:
    """The order with what its pages show, or NotVisible."""
    order = (
        PurchaseOrder.objects.visible_to(actor)
        .select_related("company", "supplier__country", "currency", "payment_term", "destination_country")
        .filter(pk=pk)
        .first()
    )
    if order is None:
        raise NotVisible()
    return order


@page("sourcing.view_purchaseorder")
def order_page(request, pk: int):
    order, actor, today = fetch(request.actor, pk), request.actor, timezone.localdate()
    lines = list(order.lines.select_related("unit", "product").order_by("position"))
    base = selectors.base_value(order, today)
    answers = selectors.confirmations(order)
    to_decide = answers and any(answer.to_decide for answer in answers)
    approval = selectors.approval(order, actor)
    actions = next_steps(order, actor, base, bool(to_decide), approval)
    context = {
        "order": order,
        "lines": lines,
        "base": base,
        "progress": selectors.progress(lines, today),
        "today": today,
        "steps": _steps(order, lines, approval),
        "actions": actions,
        "links": _links(order, actor),
        "blocked": _blocked(order, actor, base, approval),
        "advice": incoterms.container_advisory(order.incoterm) if _in_containers(order) else "",
        "answers": answers,
        "may_decide": order.status == S.SENT and actor.can("sourcing.decide_purchaseorder"),
        "approval": approval,
        "revisions": selectors.revision_changes(order),
        "entries": timeline.of(actor, order),
        "changes": history.of(PurchaseOrder, order.pk, children=((PurchaseOrderLine, "order"),)),
        **attachments.shown_on(request, order),
    }
    return render(request, "sourcing/purchase_order.html", context)


def next_steps(order: PurchaseOrder, actor: Actor, base, to_decide: bool, approval) -> list[Action]:
    """The buttons: of the flow's steps those that make sense now, one of them primary, then what apps above offer."""
    within_limit = base.amount is not None and approvals.covers(actor, base.amount)
    found = []
    for step in PURCHASE_ORDER.available(order, actor):
        if step.name in ("confirm", "settle"):  # the supplier's, and the form on this page
            continue
        if step.name == "issue" and not within_limit:
            continue
        if step.name == "approve" and approval is not None and approval.why_not:
            continue
        primary = step.style == "primary" or (step.name == "submit" and not within_limit)
        url = f"{order.get_absolute_url()}{step.name}/"
        found.append(Action(step.name, step.label, url, primary, step.style == "danger", post=step.name not in FORMS))
    if order.status == S.SENT and to_decide and actor.can("sourcing.decide_purchaseorder"):
        found.insert(0, Action("decide", _("Decide on the answer"), "#answer", primary=True, post=False))
    if order.status == S.DRAFT and actor.can("sourcing.change_purchaseorder"):
        found.append(Action("edit", _("Edit"), reverse("sourcing:purchase_order_edit", args=[order.pk]), post=False))
    return one_primary(found + offered(kind_of(order), order, actor))


def _steps(order: PurchaseOrder, lines: list[PurchaseOrderLine], approval) -> list[dict]:
    """The states of the order; after "confirmed" what its lines say: received, invoiced."""
    path = WITH_APPROVAL if approval is not None or order.status in (S.SUBMITTED, S.APPROVED) else USUAL
    if order.status in ENDED:
        return stepper(PURCHASE_ORDER, order, (*path, S.CLOSED))
    steps = stepper(PURCHASE_ORDER, order, path)
    live = [line for line in lines if not line.cancelled] if order.status == S.CONFIRMED else []
    reached = bool(live)
    for value, label, quantity in (
        ("received", _("Received"), "received_quantity"),
        ("invoiced", _("Invoiced"), "billed_quantity"),
    ):
        reached = reached and all(getattr(line, quantity) >= line.quantity for line in live)
        if reached:
            steps[-1]["is"] = "done"
        steps.append({"label": label, "value": value, "is": "current" if reached else "next"})
    return steps


def _links(order: PurchaseOrder, actor: Actor) -> list[dict]:
    links = []
    if actor.can("sourcing.add_purchaseorder"):
        copy = f"{reverse('sourcing:purchase_order_new')}?copy={order.pk}"
        links.append({"url": copy, "label": _("Order again"), "icon": "copy"})
    return links


def _in_containers(order: PurchaseOrder) -> bool:
    known = order.incoterm in incoterms.CURRENT
    return known and order.mode in ("", "sea") and order.status in (*BEFORE_SENDING, S.SENT)  # while terms may change


def _blocked(order: PurchaseOrder, actor: Actor, base, approval) -> list[dict]:
    """What stands between the order and its next step, in sentences, with a link to what unblocks it."""
    found = []
    before_sending = order.status in (S.DRAFT, S.SUBMITTED, S.APPROVED)
    if before_sending and base.missing:
        url = reverse("reference:exchange_rates")
        found.append({"text": base.missing, "url": url, "label": _("Exchange rates")})
    if order.status == S.DRAFT and actor.can("sourcing.change_purchaseorder"):
        undated = [line.position for line in order.lines.all() if not line.requested_date]
        if undated:
            url = reverse("sourcing:purchase_order_edit", args=[order.pk])
            text = _("It cannot be issued: line %(lines)s says no date by which the goods are needed.")
            found.append({"text": text % {"lines": ", ".join(map(str, undated))}, "url": url, "label": _("Edit")})
    if order.status == S.SUBMITTED and approval is not None and approval.why_not:
        text = _("It waits for approval. %(why)s") % {"why": approval.why_not}
        found.append({"text": text, "url": "#approval", "label": _("Who can approve it"), "waits": True})
    return found
