"""One supplier invoice: what it asks, what matches, what it moved, when it is due and whether it is safe to pay."""

from typing import Any

from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.documents import as_id
from core.errors import NotVisible
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import Action, one_primary, stepper
from core.web.forms import form_page, step
from finance import services
from finance.flows import SUPPLIER_INVOICE, InvoiceStatus
from finance.forms import DayForm, DebitForm, DisputeForm, GoodsInvoiceForm, GoodsLines, SettleForm
from finance.models import SupplierInvoice, SupplierInvoiceLine
from finance.selectors.match import match_invoice_lines, propose
from finance.selectors.payables import payables
from ledger.models import Entry
from logistics.models import Shipment
from sourcing.models import PurchaseOrder, PurchaseOrderLine

VIEW = "finance.view_supplierinvoice"
FORMS = ("dispute", "settle", "cancel")


def fetch(actor, pk: int) -> SupplierInvoice:
    rows = SupplierInvoice.objects.visible_to(actor).select_related("supplier", "company", "shipment", "payment_term")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def supplier_invoice(request, pk: int):
    invoice, actor, today = fetch(request.actor, pk), request.actor, timezone.localdate()
    related = ("order_line__order", "order_line__product", "charge__shipment", "charge__receipt", "charge__delivery")
    lines: list[Any] = list(invoice.lines.select_related(*related))
    draft = invoice.status == InvoiceStatus.DRAFT
    matches = match_invoice_lines(lines, company_id=invoice.company_id) if draft else {}
    for line in lines:
        line.match = matches.get(line.pk)
        line.accepted = line.match.accepted_amount if line.match else line.accepted_amount
    orders = {line.order_line.order for line in lines if line.order_line}
    reasons = [reason for match in matches.values() for reason in match.reasons]
    context = {
        "invoice": invoice,
        "lines": lines,
        "accepted": sum(line.accepted for line in lines),
        "order": orders.pop() if len(orders) == 1 else None,
        "base": invoice.company.base_currency_id,
        "today": today,
        "steps": stepper(SUPPLIER_INVOICE, invoice, (InvoiceStatus.DRAFT, InvoiceStatus.POSTED)),
        "actions": _actions(invoice, actor, bool(reasons)),
        "reasons": reasons,
        "payables": payables(actor, on=today, invoices=[invoice], orders=[]) if not draft else [],
        "allocations": invoice.allocations.select_related("payment").order_by("pk"),
        "debit_notes": invoice.debit_notes.order_by("pk"),
        "may_debit": actor.can("finance.post_supplierinvoice"),
        "journal": Entry.objects.of(invoice).prefetch_related("postings").order_by("pk"),
        "entries": timeline.of(actor, invoice),
        "changes": history.of(SupplierInvoice, invoice.pk),
        **attachments.shown_on(request, invoice),
    }
    return render(request, "finance/supplier_invoice.html", context)


def _actions(invoice: SupplierInvoice, actor, exceeds: bool) -> list[Action]:
    found = []
    for one in SUPPLIER_INVOICE.available(invoice, actor):
        if one.name == ("post" if exceeds else "dispute"):
            continue  # what matches is posted, what does not is disputed
        url = f"{invoice.get_absolute_url()}{one.name}/"
        primary = one.style == "primary" or one.name == "dispute"
        found.append(Action(one.name, one.label, url, primary, one.style == "danger", post=one.name not in FORMS))
    if invoice.open_amount > 0 and actor.can("finance.add_payment"):
        url = f"{reverse('finance:payment_new')}?invoice={invoice.pk}"
        found.insert(0, Action("pay", _("Request payment"), url, True, post=False))
    if (
        invoice.kind == "goods"
        and invoice.status in InvoiceStatus.payable()
        and actor.can("finance.post_supplierinvoice")
    ):
        found.append(Action("debit", _("Debit note"), f"{invoice.get_absolute_url()}debit/", post=False))
    return one_primary(found)


@page("finance.add_supplierinvoice")
def invoice_new(request):
    """``?order=`` or ``?shipment=``: the lines that are still to be billed, at the ordered price."""
    actor, today = request.actor, timezone.localdate()
    order = _chosen(PurchaseOrder.objects.visible_to(actor), request.GET.get("order"))
    shipment = _chosen(Shipment.objects.visible_to(actor), request.GET.get("shipment"))
    if order is None and shipment is None:
        return _choose(request)
    lines = PurchaseOrderLine.objects.visible_to(actor).select_related("order").order_by("order_id", "position")
    if shipment is not None:
        shipped = dict(shipment.lines.values_list("order_line_id", "quantity"))
        lines = list(lines.filter(pk__in=shipped))
        order = order or (lines[0].order if lines else None)
        lines = [line for line in lines if order is not None and line.order.supplier_id == order.supplier_id]
    else:
        shipped, lines = {}, list(lines.filter(order=order))
    rows = [
        {
            "order_line": one.line.pk,
            "product": f"{one.line.order} · {one.line.sku}",
            "quantity": min(one.quantity, shipped.get(one.line.pk, one.quantity)),
            "unit_price": one.unit_price,
        }
        for one in propose(lines, company_id=actor.company_id)
    ]
    header = {"invoice_date": today, "supplier": order and order.supplier_id, "currency": order and order.currency_id}
    form = GoodsInvoiceForm(request.POST or None, initial=header, actor=actor)
    grid = GoodsLines(request.POST or None, initial=rows, prefix="lines")
    for row in grid.forms:
        row.empty_permitted = False

    def save():
        kept = [row for row in grid.forms if row.cleaned_data and not row.cleaned_data.get("DELETE")]
        return services.record_supplier_invoice(
            actor=actor, invoice=form.invoice(kept, shipment.pk if shipment else None)
        )

    source = shipment or order
    return form_page(
        request,
        "finance/supplier_invoice_form.html",
        form,
        lines=grid,
        save=save,
        then=lambda invoice: invoice.get_absolute_url(),
        context={
            "title": _("Invoice for %(source)s") % {"source": source},
            "crumb_links": [(_("Supplier invoices"), reverse("finance:supplier_invoices")), (str(source), source.get_absolute_url())],
            "cancel_url": reverse("finance:supplier_invoices"),
            "nothing": not rows,
        },
    )  # fmt: skip


def _chosen(rows, given: str | None):
    key = as_id(given)
    if key is None:
        return None
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotVisible()
    return found


def _choose(request):
    """Which order or shipment does the paper name? Open ones first."""
    text = request.GET.get("q", "").strip()[:60]
    orders = PurchaseOrder.objects.visible_to(request.actor).open().select_related("supplier").order_by("-pk")
    shipments = Shipment.objects.visible_to(request.actor).order_by("-pk")
    if text:
        orders, shipments = orders.search(text), shipments.search(text)
    context = {
        "text": text,
        "orders": orders[:20],
        "shipments": shipments[:20] if text else shipments.filter(~Q(status="cancelled"))[:10],
        "bill_url": "finance:charge_bill",
    }
    return render(request, "finance/supplier_invoice_choose.html", context)


@page(VIEW)
@require_POST
def invoice_post(request, pk: int):
    invoice = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: services.post_supplier_invoice(
            actor=request.actor, invoice_id=invoice.pk, version=_version(request)
        ),
        back=invoice.get_absolute_url(),
        said=_("%(invoice)s is matched and posted.") % {"invoice": invoice},
    )


def _version(request) -> int | None:
    return as_id(request.POST.get("version"))


def _frame(invoice: SupplierInvoice, title: str, submit: str, intro: str = "") -> dict:
    links = [
        (_("Supplier invoices"), reverse("finance:supplier_invoices")),
        (invoice.number, invoice.get_absolute_url()),
    ]
    return {
        "title": title % {"invoice": invoice},
        "submit": submit,
        "intro": intro,
        "crumb_links": links,
        "cancel_url": invoice.get_absolute_url(),
    }


@page(VIEW)
def invoice_dispute(request, pk: int):
    invoice = fetch(request.actor, pk)
    lines = SupplierInvoiceLine.objects.filter(invoice=invoice).select_related("order_line__order")
    matches = match_invoice_lines(list(lines), company_id=invoice.company_id).values()
    accepted = sum(match.accepted_amount for match in matches)
    said = {
        "accepted": f"{accepted:,.2f}",
        "rest": f"{invoice.amount - accepted:,.2f}",
        "currency": invoice.currency_id,
    }
    intro = _(
        "%(accepted)s %(currency)s are posted and can be paid; %(rest)s %(currency)s wait until you have settled it."
    )
    form = DisputeForm(request.POST or None, document=invoice)
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.dispute_supplier_invoice(
            actor=request.actor, invoice_id=invoice.pk, version=invoice.version, **form.values()
        ),
        then=lambda done: done.get_absolute_url(),
        context=_frame(invoice, _("Dispute part of %(invoice)s"), _("Post the undisputed part"), intro % said),
    )


@page(VIEW)
def invoice_settle(request, pk: int):
    invoice = fetch(request.actor, pk)
    form = SettleForm(request.POST or None, initial={"day": timezone.localdate()}, document=invoice)
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.settle_dispute(
            actor=request.actor, invoice_id=invoice.pk, version=invoice.version, **form.values()
        ),
        then=lambda done: done.get_absolute_url(),
        context=_frame(invoice, _("Settle the dispute about %(invoice)s"), _("Settle"), invoice.dispute_reason),
    )


@page(VIEW)
def invoice_cancel(request, pk: int):
    invoice = fetch(request.actor, pk)
    form = DayForm(request.POST or None, initial={"day": timezone.localdate()}, document=invoice)
    intro = _("Everything it moved is moved back on this day; the number can be recorded again.")
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.cancel_supplier_invoice(
            actor=request.actor, invoice_id=invoice.pk, version=invoice.version, **form.values()
        ),
        then=lambda done: done.get_absolute_url(),
        context=_frame(invoice, _("Cancel %(invoice)s"), _("Cancel the invoice"), intro),
    )


@page("finance.post_supplierinvoice")
def invoice_cancel_debit(request, pk: int, note: int):
    invoice = fetch(request.actor, pk)
    form = DayForm(request.POST or None, initial={"day": timezone.localdate()})
    intro = _("What it lowered is owed again from this day.")
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.cancel_debit_note(
            actor=request.actor, invoice_id=invoice.pk, note_id=note, **form.values()
        ),
        then=lambda _note: invoice.get_absolute_url(),
        context=_frame(invoice, _("Cancel a debit note on %(invoice)s"), _("Cancel the debit note"), intro),
    )


@page("finance.post_supplierinvoice")
def invoice_debit(request, pk: int):
    invoice = fetch(request.actor, pk)
    form = DebitForm(request.POST or None, initial={"day": timezone.localdate()}, invoice=invoice)
    intro = _("It lowers what we owe on the invoice; what is already paid of it the supplier owes us.")
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.issue_debit_note(actor=request.actor, debit=form.debit(invoice.pk)),
        then=lambda _note: invoice.get_absolute_url(),
        context=_frame(invoice, _("Debit note on %(invoice)s"), _("Issue the debit note"), intro),
    )
