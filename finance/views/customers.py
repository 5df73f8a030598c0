"""Customer invoices: made from deliveries, paid, credited."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.web import history, timeline
from core.web.access import page
from core.web.forms import form_page, posted_day, step
from finance import services
from finance.forms import CollectForm, CreditForm
from finance.models import CustomerInvoice
from finance.selectors.receivables import deliveries_to_invoice
from ledger.models import Entry

VIEW = "finance.view_customerinvoice"


def fetch(actor, pk: int) -> CustomerInvoice:
    rows = CustomerInvoice.objects.visible_to(actor).select_related("customer", "order", "delivery", "company")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def customer_invoice(request, pk: int):
    invoice, actor = fetch(request.actor, pk), request.actor
    context = {
        "invoice": invoice,
        "lines": invoice.lines.select_related("order_line"),
        "base": invoice.company.base_currency_id,
        "today": timezone.localdate(),
        "allocations": invoice.allocations.select_related("payment").order_by("pk"),
        "credits": invoice.credit_notes.order_by("pk"),
        "may_collect": actor.can("finance.add_collection") and invoice.open_amount > 0,
        "may_credit": actor.can("finance.add_creditnote") and invoice.credited_amount < invoice.amount,
        "journal": Entry.objects.of(invoice).prefetch_related("postings").order_by("pk"),
        "entries": timeline.of(actor, invoice),
        "changes": history.of(CustomerInvoice, invoice.pk),
    }
    return render(request, "finance/customer_invoice.html", context)


@page("finance.add_customerinvoice")
def customer_invoice_new(request):
    """Deliveries that are not invoiced yet; the ticked ones are invoiced, one each. ``?delivery=`` ticks one."""
    actor, today = request.actor, timezone.localdate()
    rows = list(deliveries_to_invoice(actor)[:200])
    if request.method == "POST":
        ticked = {key for pk in request.POST.getlist("delivery") if (key := as_id(pk)) is not None}

        def act():
            if not ticked:
                raise RuleBroken(_("Tick the deliveries first."))
            day = posted_day(request, "invoice_date", today)
            invoices = [services.DeliveryInvoice(pk, day) for pk in sorted(ticked)]
            return services.invoice_deliveries(actor=actor, invoices=invoices)

        said = ngettext("%(n)d invoice written.", "%(n)d invoices written.", len(ticked)) % {"n": len(ticked)}
        return step(
            request,
            act=act,
            back=reverse("finance:customer_invoice_new"),
            said=said,
            then=lambda made: made[0].get_absolute_url() if len(made) == 1 else reverse("finance:customer_invoices"),
        )
    context = {"rows": rows, "today": today, "ticked": request.GET.get("delivery", "")}
    return render(request, "finance/customer_invoice_new.html", context)


def _frame(invoice: CustomerInvoice, title: str, submit: str, intro: str) -> dict:
    links = [
        (_("Customer invoices"), reverse("finance:customer_invoices")),
        (invoice.number, invoice.get_absolute_url()),
    ]
    return {
        "title": title % {"invoice": invoice},
        "submit": submit,
        "intro": intro,
        "crumb_links": links,
        "cancel_url": invoice.get_absolute_url(),
    }


def _open(invoice: CustomerInvoice) -> str:
    said = {"open": f"{invoice.open_amount:,.2f}", "currency": invoice.currency_id, "customer": invoice.customer}
    return _("%(customer)s; %(open)s %(currency)s are open.") % said


@page("finance.add_collection")
def customer_collect(request, pk: int):
    invoice = fetch(request.actor, pk)
    initial = {"day": timezone.localdate(), "amount": invoice.open_amount}
    form = CollectForm(request.POST or None, initial=initial, document=invoice)

    def save():
        data = form.values()
        settled = services.Settled(invoice.pk, data["amount"])
        collection = services.Collection(invoice.customer_id, data["day"], [settled], data["reference"])
        return services.collect(actor=request.actor, collection=collection)

    return form_page(
        request,
        "web/form.html",
        form,
        save=save,
        then=lambda _payment: invoice.get_absolute_url(),
        context=_frame(invoice, _("Money received for %(invoice)s"), _("Record as received"), _open(invoice)),
    )


@page("finance.add_creditnote")
def customer_credit(request, pk: int):
    invoice = fetch(request.actor, pk)
    initial = {"day": timezone.localdate(), "amount": invoice.open_amount or None}
    form = CreditForm(request.POST or None, initial=initial, document=invoice)
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.credit_invoice(
            actor=request.actor, credit=services.Credit(invoice_id=invoice.pk, **form.values())
        ),
        then=lambda _note: invoice.get_absolute_url(),
        context=_frame(invoice, _("Credit note on %(invoice)s"), _("Issue the credit note"), _open(invoice)),
    )
