"""The steps of a customer order in the browser: each one service call."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.documents import as_id
from core.web.access import page
from core.web.forms import form_page, step
from sales import services
from sales.forms import CancelForm, ReasonForm, RepromiseForm
from sales.views.orders import VIEW, fetch


@page(VIEW)
@require_POST
def confirm(request, pk: int):
    order = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: services.confirm_customer_order(
            actor=request.actor,
            order_id=order.pk,
            today=timezone.localdate(),
            version=as_id(request.POST.get("version")),
        ),
        back=order.get_absolute_url(),
        said=_("%(order)s is confirmed.") % {"order": order},
    )


@page("sales.confirm_customerorder")
@require_POST
def reserve(request, pk: int):
    order = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: services.reserve_waiting(actor=request.actor, order_ids=[order.pk]),
        back=order.get_absolute_url(),
        said=_("What there is is reserved for %(order)s.") % {"order": order},
    )


# Steps that say why: the service, whether it takes the day, the form, the heading, the button, a sentence above.
_REASONS: dict[str, tuple[Any, ...]] = {
    "close": (
        services.close_customer_order,
        True,
        ReasonForm,
        gettext_lazy("Close %(order)s short"),
        gettext_lazy("Close the order"),
        gettext_lazy("What has not been delivered will not be. What is reserved for it is free again."),
    ),
    "cancel": (
        services.cancel_customer_order,
        True,
        CancelForm,
        gettext_lazy("Cancel %(order)s"),
        gettext_lazy("Cancel the order"),
        gettext_lazy("It ends here and stays readable. Possible only while nothing is delivered or billed."),
    ),
    "release": (
        services.release_credit,
        False,
        ReasonForm,
        gettext_lazy("Release the credit of %(order)s"),
        gettext_lazy("Release"),
        gettext_lazy(
            "The order may be confirmed as it stands, over the customer's limit. An edit takes the release back."
        ),
    ),
}


@page(VIEW)
def give_reason(request, pk: int, name: str):
    order = fetch(request.actor, pk)
    service, dated, form_class, title, submit, intro = _REASONS[name]
    form = form_class(request.POST or None, document=order)
    day = {"today": timezone.localdate()} if dated else {}
    return form_page(
        request,
        "web/form.html",
        form,
        context={**_frame(order), "title": title % {"order": order}, "submit": submit, "intro": intro},
        save=lambda: service(actor=request.actor, order_id=order.pk, version=order.version, **form.values(), **day),
        then=lambda done: done.get_absolute_url(),
    )


@page("sales.change_customerorder")
def repromise(request, pk: int):
    order = fetch(request.actor, pk)
    lines = [line for line in order.lines.all() if line.open_quantity]
    form = RepromiseForm(request.POST or None, document=order, lines=lines)
    return form_page(
        request,
        "web/form.html",
        form,
        context={
            **_frame(order),
            "title": _("Move the promise of %(order)s") % {"order": order},
            "submit": _("Promise these dates"),
            "intro": _("Tell the customer as well. On-time is judged by the commit date, which stays."),
        },
        save=lambda: services.repromise(
            actor=request.actor,
            order_id=order.pk,
            dates=form.dates(),
            reason=form.cleaned_data["reason"],
            asked_by_customer=form.cleaned_data["asked_by_customer"],
            today=timezone.localdate(),
            version=order.version,
        ),
        then=lambda done: done.get_absolute_url(),
    )


def _frame(order) -> dict:
    return {
        "crumb_links": [
            (_("Customer orders"), reverse("sales:customer_orders")),
            (order.number, order.get_absolute_url()),
        ],
        "cancel_url": order.get_absolute_url(),
    }
