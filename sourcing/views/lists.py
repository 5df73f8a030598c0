"""The list of purchase orders."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.web.lists import BulkAction, Column, DocumentList, each, sums_by_currency
from sourcing import services
from sourcing.filters import PurchaseOrderFilter
from sourcing.imports import PurchaseOrderImporter
from sourcing.models import PurchaseOrder


class PurchaseOrderList(DocumentList):
    model = PurchaseOrder
    title = _("Purchase orders")
    permission = "sourcing.view_purchaseorder"
    filterset_class = PurchaseOrderFilter
    importer = PurchaseOrderImporter()
    row_template = "sourcing/purchase_order_row.html"
    template_name = "sourcing/purchase_order_list.html"
    new = (_("New order"), "sourcing:purchase_order_new", "sourcing.add_purchaseorder")
    empty_text = _("Orders to suppliers stand here: who makes what by when, and how far it is.")
    presets = (
        (_("To approve"), "status=submitted"),
        (_("Waiting for the supplier"), "status=sent"),
        (_("Goods to come"), "status=confirmed&progress=to_come"),
        (_("To be invoiced"), "progress=to_bill"),
        (_("Late"), "late=true"),
    )
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("supplier", _("Supplier"), sort="supplier__name"),
        Column("status", _("Status"), sort="status"),
        Column("order_date", _("Order date"), sort="order_date"),
        Column("next_promise", _("Promised"), sort="next_promise"),
        Column("incoterm", _("Incoterm"), sort="incoterm"),
        Column("total", _("Amount"), sort="total", numeric=True),
        Column("received_share", _("Received"), sort="received_share", numeric=True),
    )
    bulk_actions = (
        BulkAction("submit", _("Submit"), "sourcing.submit_purchaseorder"),
        BulkAction("issue", _("Issue"), "sourcing.send_purchaseorder"),
        BulkAction("cancel", _("Cancel"), "sourcing.cancel_purchaseorder", danger=True, reason=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("supplier").with_progress()

    def context(self, actor):
        return {"today": timezone.localdate()}

    def totals(self, found):
        return {"total": sums_by_currency(found, "total")}

    def export_row(self, row):
        return (
            row.number,
            row.supplier.name,
            row.standing[1],
            row.order_date,
            row.next_promise,
            f"{row.incoterm} {row.named_place}",
            row.total,
            None if row.received_share is None else round(row.received_share * 100, 1),
        )

    def bulk(self, name, found, actor):
        today = timezone.localdate()
        if name == "submit":
            return each(
                found,
                lambda order: services.submit_purchase_order(actor=actor, order_id=order.pk, today=today),
                lambda n: ngettext("%(n)d order submitted.", "%(n)d orders submitted.", n) % {"n": n},
            )
        if name == "issue":
            return each(
                found,
                lambda order: _issue(actor, order, today),
                lambda n: ngettext("%(n)d order issued.", "%(n)d orders issued.", n) % {"n": n},
            )
        reason = self.request.POST.get("reason", "")
        return each(
            found,
            lambda order: services.cancel_purchase_order(actor=actor, order_id=order.pk, reason=reason),
            lambda n: ngettext("%(n)d order cancelled.", "%(n)d orders cancelled.", n) % {"n": n},
        )


def _issue(actor, order, today):
    """A draft is issued, an approved order sent: to the buyer it is the same wish."""
    act = services.send_purchase_order if order.status == "approved" else services.issue_purchase_order
    return act(actor=actor, order_id=order.pk, today=today)
