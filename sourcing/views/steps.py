"""What may happen to an order after it is written: each a button or a short form, each one service call."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.documents import as_id
from core.errors import RuleBroken
from core.web.access import page
from core.web.forms import form_page, step
from sourcing import services
from sourcing.forms import AmendForm, CommentForm, ReasonForm, line_formset, lines_of
from sourcing.services.confirm import Verdict
from sourcing.views.orders import fetch

VIEW = "sourcing.view_purchaseorder"


def _version(request) -> int | None:
    return as_id(request.POST.get("version"))


# Buttons that need nothing but a click: the service, whether it takes the day, and what is said when it is done.
_CLICKS: dict[str, tuple[Any, ...]] = {
    "submit": (services.submit_purchase_order, True, gettext_lazy("%(order)s waits for approval.")),
    "issue": (services.issue_purchase_order, True, gettext_lazy("%(order)s is issued; the supplier has been told.")),
    "send": (services.send_purchase_order, True, gettext_lazy("%(order)s is sent; the supplier has been told.")),
    "reopen": (services.reopen_purchase_order, False, gettext_lazy("%(order)s is open again.")),
}


@page(VIEW)
@require_POST
def take_step(request, pk: int, name: str):
    order = fetch(request.actor, pk)
    service, dated, said = _CLICKS[name]
    day = {"today": timezone.localdate()} if dated else {}
    return step(
        request,
        act=lambda: service(actor=request.actor, order_id=order.pk, version=_version(request), **day),
        back=order.get_absolute_url(),
        said=said % {"order": order},
    )


# Steps that end or turn back the order say why: the service, the heading, the button, a sentence above.
_REASONS = {
    "reject": (
        services.return_purchase_order,
        gettext_lazy("Send %(order)s back to draft"),
        gettext_lazy("Back to draft"),
        gettext_lazy("The buyer can change it and submit it again."),
    ),
    "close": (
        services.close_purchase_order,
        gettext_lazy("Close %(order)s short"),
        gettext_lazy("Close the order"),
        gettext_lazy("What has not been received is no longer expected. It can be opened again."),
    ),
    "cancel": (
        services.cancel_purchase_order,
        gettext_lazy("Cancel %(order)s"),
        gettext_lazy("Cancel the order"),
        gettext_lazy("It ends here and stays readable. Possible only while nothing is shipped, received or billed."),
    ),
}


@page(VIEW)
def give_reason(request, pk: int, name: str):
    order = fetch(request.actor, pk)
    service, title, submit, intro = _REASONS[name]
    form = ReasonForm(request.POST or None, document=order)
    return form_page(
        request,
        "web/form.html",
        form,
        context={**_frame(order), "title": title % {"order": order}, "submit": submit, "intro": intro},
        save=lambda: service(
            actor=request.actor, order_id=order.pk, reason=form.cleaned_data["reason"], version=order.version
        ),
        then=lambda done: done.get_absolute_url(),
    )


@page(VIEW)
def approve(request, pk: int):
    order = fetch(request.actor, pk)
    form = CommentForm(request.POST or None, document=order)
    return form_page(
        request,
        "web/form.html",
        form,
        context={
            **_frame(order),
            "title": _("Approve %(order)s") % {"order": order},
            "submit": _("Approve"),
            "intro": _("%(supplier)s, %(amount)s %(currency)s, %(incoterm)s %(place)s.")
            % {
                "supplier": order.supplier,
                "amount": f"{order.total:,.2f}",
                "currency": order.currency_id,
                "incoterm": order.incoterm,
                "place": order.named_place,
            },
        },
        save=lambda: services.approve_purchase_order(
            actor=request.actor, order_id=order.pk, comment=form.cleaned_data["comment"], version=order.version
        ),
        then=lambda done: done.get_absolute_url(),
    )


@page(VIEW)
@require_POST
def decide(request, pk: int):
    """The buyer's word on each line the supplier changed: ``verdict-<line>`` is accept or refuse; others still wait."""
    order = fetch(request.actor, pk)
    verdicts = [
        Verdict(line, value == "accept", request.POST.get(f"reason-{line}", ""))
        for key, value in request.POST.items()
        if key.startswith("verdict-")
        and (line := as_id(key.removeprefix("verdict-"))) is not None
        and value in ("accept", "refuse")
    ]

    def act():
        if not verdicts:
            raise RuleBroken(_("Choose accept or refuse for at least one line."))
        return services.decide_changes(
            actor=request.actor,
            order_id=order.pk,
            verdicts=verdicts,
            today=timezone.localdate(),
            version=_version(request),
        )

    return step(
        request, act=act, back=order.get_absolute_url() + "#answer", said=_("Your decision is with the supplier.")
    )


@page("sourcing.change_purchaseorder")
def amend(request, pk: int):
    """Change an issued order: the grid holds its live lines; what differs goes out as the next revision."""
    order = fetch(request.actor, pk)
    rows = lines_of(order)
    form = AmendForm(request.POST or None, document=order)
    lines = line_formset(rows=2)(request.POST or None, initial=rows, prefix="lines", actor=request.actor)
    before = {row["line"]: row for row in rows}
    for grid_row in lines.forms[: len(rows)]:
        grid_row.empty_permitted = False
    sent: list = []

    def save():
        changes = []
        for row in lines.forms:
            data = getattr(row, "cleaned_data", None) or {}
            known = before.get(data.get("line"))
            if data.get("DELETE"):
                if known:
                    changes.append((data["line"], None))
                    sent.append(row)
                continue
            if not data or not row.counts() or (known and not _differs(data, known)):
                continue
            changes.append((data["line"] if known else None, row.line_input()))
            sent.append(row)
        try:
            return services.amend_purchase_order(
                actor=request.actor,
                order_id=order.pk,
                lines=changes,
                reason=form.cleaned_data["reason"],
                today=timezone.localdate(),
                version=order.version,
            )
        except RuleBroken as error:
            raise lines.point(error, sent) from None

    return form_page(
        request,
        "sourcing/purchase_order_amend.html",
        form,
        lines=lines,
        context={**_frame(order), "order": order, "title": _("Amend %(order)s") % {"order": order}},
        save=save,
        then=lambda done: done.get_absolute_url(),
    )


def _differs(data: dict, known: dict) -> bool:
    return data["sku"] != known["sku"] or any(
        data[name] != known[name] for name in ("description", "quantity", "unit_price", "requested_date")
    )


def _frame(order) -> dict:
    return {
        "crumb_links": [
            (_("Purchase orders"), reverse("sourcing:purchase_orders")),
            (order.number, order.get_absolute_url()),
        ],
        "cancel_url": order.get_absolute_url(),
    }
