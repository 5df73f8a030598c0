""" "When will I be paid?": a party's own invoices with what became of them, and the payments made to it."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web import attachments, timeline
from core.web.lists import Column, DocumentList
from finance.models import Payment, PaymentAllocation, SupplierInvoice
from portal.access import PartyListMixin, fetch, party_page
from portal.filters import InvoiceFilter

VIEW = "finance.view_supplierinvoice"


class InvoiceList(PartyListMixin, DocumentList):
    model = SupplierInvoice
    title = _("Invoices")
    permission = VIEW
    filterset_class = InvoiceFilter
    row_template = "portal/invoice_row.html"
    empty_text = _("None of your invoices is booked yet. Send an invoice on the page of its order.")
    presets = ((_("Accepted"), "status=posted"), (_("In dispute"), "status=disputed"))
    columns = (
        Column("supplier_number", _("Your number"), sort="supplier_number"),
        Column("status", _("Status"), sort="status"),
        Column("invoice_date", _("Date"), sort="invoice_date"),
        Column("due_date", _("Due"), sort="due_date"),
        Column("amount", _("Amount"), sort="amount", numeric=True),
        Column("open_amount", _("Still open"), numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).filter(supplier_id=actor.party_id)

    def context(self, actor):
        return {"today": timezone.localdate()}


@party_page(VIEW)
def invoice_page(request, pk: int):
    mine = SupplierInvoice.objects.visible_to(request.actor).filter(supplier_id=request.actor.party_id)
    invoice = fetch(mine, pk)
    paid = Payment.objects.visible_to(request.actor).filter(party_id=request.actor.party_id)
    allocations = (
        PaymentAllocation.objects.filter(invoice=invoice, payment__in=paid)
        .select_related("payment")
        .order_by("payment__payment_date", "pk")
    )
    context = {
        "invoice": invoice,
        "lines": list(invoice.lines.all()),
        "allocations": list(allocations),
        "today": timezone.localdate(),
        "entries": timeline.of(request.actor, invoice),
        **attachments.shown_on(request, invoice),
    }
    return render(request, "portal/invoice.html", context)
