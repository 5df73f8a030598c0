"""A supplier's orders, and his answer to them, line by line."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.web import attachments, timeline
from core.web.actions import Action, stepper
from core.web.forms import form_page
from core.web.lists import Column, DocumentList
from finance.models import LetterOfCredit
from portal.access import PartyListMixin, fetch, party_page
from portal.filters import OrderFilter
from portal.forms import AnswerFormSetClass, ConfirmForm
from sourcing import selectors, services
from sourcing.flows import PURCHASE_ORDER, LineAnswer, OrderStatus
from sourcing.models import PurchaseOrder
from sourcing.services.confirm import Answer

VIEW = "sourcing.view_purchaseorder"
WAITING = (LineAnswer.OPEN, LineAnswer.AGAIN)
S = OrderStatus


class OrderList(PartyListMixin, DocumentList):
    model = PurchaseOrder
    title = _("Orders")
    permission = VIEW
    filterset_class = OrderFilter
    row_template = "portal/order_row.html"
    empty_text = _("No order has been issued to you yet. You will get an e-mail when one is.")
    presets = ((_("To confirm"), "to_confirm=true"), (_("Confirmed"), "status=confirmed"))
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("status", _("Status"), sort="status"),
        Column("order_date", _("Ordered"), sort="order_date"),
        Column("next_promise", _("Promised"), sort="next_promise"),
        Column("supplier_reference", _("Your number")),
        Column("total", _("Amount"), numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("company").with_progress()


def order_of(request, pk: int) -> PurchaseOrder:
    """The party's own order: the supplier's. Others (a forwarder, an inspector) see shipments and inspections."""
    related = ("company", "currency", "payment_term", "destination_country")
    return fetch(PurchaseOrder.objects.visible_to(request.actor).select_related(*related), pk)


@party_page(VIEW)
def order_page(request, pk: int):
    order = order_of(request, pk)
    lines = list(order.lines.select_related("unit").order_by("position"))
    waiting = order.status == S.SENT and any(line.answer in WAITING for line in lines if not line.cancelled)
    may_confirm = request.actor.can("sourcing.confirm_purchaseorder") and order.status == S.SENT
    actions = []
    if may_confirm:
        label = _now("Confirm") if waiting else _now("Change your answer")
        url = reverse("portal:order_confirm", args=[order.pk])
        actions.append(Action("confirm", label, url, primary=waiting, post=False))
    context = {
        "order": order,
        "lines": lines,
        "steps": stepper(PURCHASE_ORDER, order, (S.SENT, S.CONFIRMED, S.CLOSED)),
        "actions": actions,
        "waiting": waiting,
        "answers": selectors.confirmations(order),
        "letters": LetterOfCredit.objects.visible_to(request.actor).filter(order=order).order_by("pk"),
        "revisions": selectors.revision_changes(order),
        "entries": timeline.of(request.actor, order),
        **attachments.shown_on(request, order),
    }
    return render(request, "portal/order.html", context)


@party_page("sourcing.confirm_purchaseorder")
def confirm(request, pk: int):
    """Every open line with three answers; "accept all" answers those not answered yet, at one touch."""
    order = order_of(request, pk)
    lines = [
        line
        for line in order.lines.select_related("unit").order_by("position")
        if not line.cancelled and line.answer != LineAnswer.ACCEPTED
    ]
    if order.status != S.SENT or not lines:
        messages.info(request, _now("There is nothing to confirm on %(order)s.") % {"order": order})
        return redirect("portal:order", pk=order.pk)
    accept_all = "accept_all" in request.POST
    form = ConfirmForm(request.POST or None, initial={"reference": order.supplier_reference}, document=order)
    grid = AnswerFormSetClass(None if accept_all else request.POST or None, prefix="lines", order_lines=lines)

    def save():
        sent = [] if accept_all else grid.answers()
        answers = (
            [Answer(line.pk, LineAnswer.ACCEPTED) for line in lines if line.answer in WAITING]
            if accept_all
            else [answer for _form, answer in sent]
        )
        if not answers:
            raise RuleBroken(_now("Choose an answer for at least one line."))
        try:
            return services.answer_purchase_order(
                actor=request.actor,
                order_id=order.pk,
                answers=answers,
                reference=form.cleaned_data["reference"],
                remarks=form.cleaned_data["remarks"],
                version=order.version,
            )
        except RuleBroken as error:
            for one in error.errors:  # the service counts what was sent, the page every line
                parts = one["pointer"].strip("/").split("/")
                if len(parts) == 3 and parts[1].isdigit() and int(parts[1]) < len(sent):
                    one["pointer"] = f"/lines/{grid.forms.index(sent[int(parts[1])][0])}/{parts[2]}"
            raise

    def then(done: PurchaseOrder) -> str:
        said: dict[str, str] = {
            S.CONFIRMED: _now("Thank you: %(order)s is confirmed."),
            S.SENT: _now("Thank you: your answer to %(order)s is with the buyer."),
        }
        messages.success(request, said[done.status] % {"order": done})
        return reverse("portal:order", args=[done.pk])

    return form_page(
        request,
        "portal/order_confirm.html",
        form,
        lines=None if accept_all else grid,
        context={
            "order": order,
            "grid": grid,
            "waiting_count": sum(line.answer in WAITING for line in lines),
            "crumb_links": [
                (_now("Orders"), reverse("portal:orders")),
                (order.number, reverse("portal:order", args=[order.pk])),
            ],
        },
        save=save,
        then=then,
    )
