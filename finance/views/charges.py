"""The charges of a shipment, receipt or delivery: estimated, billed, and what they make the goods cost."""

from typing import Any

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import NotVisible
from core.web.access import page
from core.web.forms import form_page, step
from finance import services
from finance.forms import BilledCharges, BillForm, ChargeForm
from finance.models import Charge
from finance.selectors.landed import ladder, landed_lines
from logistics.models import Delivery, Receipt, Shipment
from parties.models import Company

VIEW = "finance.view_charge"
MODELS: dict[str, type[Any]] = {"shipment": Shipment, "receipt": Receipt, "delivery": Delivery}


def _movement(actor, kind: str, pk: int):
    if kind not in MODELS:
        raise NotVisible()
    found = MODELS[kind].objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


def _own(actor, kind: str, pk: int):
    return Charge.objects.visible_to(actor).filter(**{f"{kind}_id": pk}).select_related("invoice").order_by("pk")


def _base(actor) -> str:
    return Company.objects.values_list("base_currency_id", flat=True).get(pk=actor.company_id)


@page(VIEW)
def charges_of(request, kind: str, pk: int):
    actor = request.actor
    document = _movement(actor, kind, pk)
    base = _base(actor)
    context = {
        "document": document,
        "kind": kind,
        "charges": list(_own(actor, kind, pk)),
        "base": base,
        "lines": landed_lines(kind, document) if kind != "delivery" else [],
        "ladder": ladder(kind, document, base),
        "may_add": actor.can("finance.add_charge"),
        "may_bill": actor.can("finance.add_supplierinvoice"),
    }
    return render(request, "finance/charges.html", context)


def _frame(document, kind: str, title: str) -> dict:
    url = reverse("finance:charges_of", args=[kind, document.pk])
    return {
        "title": title % {"document": document},
        "crumb_links": [(str(document), document.get_absolute_url()), (_("Charges"), url)],
        "cancel_url": url,
        "document": document,
    }


@page("finance.add_charge")
def charge_estimate(request, kind: str, pk: int):
    document, today = _movement(request.actor, kind, pk), timezone.localdate()
    form = ChargeForm(request.POST or None, initial={"day": today, "currency": _base(request.actor)})
    frame = _frame(document, kind, _("Estimate a charge for %(document)s"))
    intro = _("It waits until goods arrive, and they carry it pro rata; the bill corrects it.")
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.estimate_charge(
            actor=request.actor, charge=services.ChargeInput(**form.values(), **{f"{kind}_id": document.pk})
        ),
        then=lambda _charge: frame["cancel_url"],
        context={**frame, "submit": _("Estimate"), "intro": intro},
    )


@page("finance.add_supplierinvoice")
def charge_bill(request, kind: str, pk: int):
    """The bill of a forwarder, broker or insurer: what was estimated is prefilled, what was not can be added."""
    actor, today = request.actor, timezone.localdate()
    document = _movement(actor, kind, pk)
    waiting = [c for c in _own(actor, kind, pk) if not c.cancelled and c.invoice_id is None]
    rows = [
        {
            "charge": c.pk,
            "kind": c.kind,
            "basis": c.basis if c.basis != "direct" else "",
            "estimate": f"{c.estimate_amount:,.2f} {c.currency_id}",
        }
        for c in waiting
    ]
    initial = {
        "invoice_date": today,
        "currency": waiting[0].currency_id if waiting else _base(actor),
        "supplier": getattr(document, "forwarder_id", None),
    }
    form = BillForm(request.POST or None, initial=initial, actor=actor)
    grid = BilledCharges(request.POST or None, initial=[*rows, {}, {}, {}], prefix="lines")

    def save():
        data = form.cleaned_data
        lines = [one for row in grid.forms if (one := row.billed({f"{kind}_id": document.pk}))]
        invoice = services.ChargeInvoice(**form.head(), lines=lines, posted_date=data["posted_date"])
        return services.record_charge_invoice(actor=actor, invoice=invoice)

    return form_page(
        request,
        "finance/charge_bill.html",
        form,
        lines=grid,
        save=save,
        then=lambda _invoice: reverse("finance:charges_of", args=[kind, document.pk]),
        context=_frame(document, kind, _("Bill of charges for %(document)s")),
    )


@page("finance.add_charge")
@require_POST
def charge_cancel(request, pk: int):
    charge = (
        Charge.objects.visible_to(request.actor).select_related("shipment", "receipt", "delivery").filter(pk=pk).first()
    )
    if charge is None:
        raise NotVisible()
    kind = "shipment" if charge.shipment_id else "receipt" if charge.receipt_id else "delivery"
    return step(
        request,
        act=lambda: services.cancel_charge(actor=request.actor, charge_id=charge.pk, day=timezone.localdate()),
        back=reverse("finance:charges_of", args=[kind, charge.movement.pk]),
        said=_("The estimate is taken back from the goods."),
    )
