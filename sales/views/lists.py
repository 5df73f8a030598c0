"""The list of customer orders."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.web.lists import BulkAction, Column, DocumentList, each, sums_by_currency
from sales import services
from sales.filters import CustomerOrderFilter
from sales.imports import CustomerOrderImporter
from sales.models import CustomerOrder


class CustomerOrderList(DocumentList):
    model = CustomerOrder
    title = _("Customer orders")
    permission = "sales.view_customerorder"
    filterset_class = CustomerOrderFilter
    importer = CustomerOrderImporter()
    row_template = "sales/customer_order_row.html"
    template_name = "sales/customer_order_list.html"
    new = (_("New order"), "sales:customer_order_new", "sales.add_customerorder")
    empty_text = _("What customers ordered stands here: what is promised for when, and how far it is.")
    presets = (
        (_("To confirm"), "status=draft"),
        (_("To deliver"), "to_deliver=true"),
        (_("Waiting for goods"), "short=true"),
        (_("Late"), "late=true"),
    )
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("customer__name", _("Customer"), sort="customer__name"),
        Column("status", _("Status"), sort="status"),
        Column("order_date", _("Order date"), sort="order_date"),
        Column("next_promise", _("Promised"), sort="next_promise"),
        Column("warehouse__name", _("From"), sort="warehouse__name"),
        Column("total", _("Amount"), sort="total", numeric=True),
        Column("delivered_share", _("Delivered"), sort="delivered_share", numeric=True),
    )
    bulk_actions = (
        BulkAction("confirm", _("Confirm"), "sales.confirm_customerorder"),
        BulkAction("cancel", _("Cancel"), "sales.cancel_customerorder", danger=True, reason=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("customer", "warehouse").with_progress()

    def context(self, actor):
        return {"today": timezone.localdate()}

    def totals(self, found):
        return {"total": sums_by_currency(found, "total")}

    def export_row(self, row):
        share = None if row.delivered_share is None else round(row.delivered_share * 100, 1)
        return (
            row.number, row.customer.name, row.get_status_display(), row.order_date, row.next_promise,
            row.warehouse.name,
            row.total, share,
        )  # fmt: skip

    def bulk(self, name, found, actor):
        today = timezone.localdate()
        if name == "confirm":
            return each(
                found,
                lambda order: services.confirm_customer_order(actor=actor, order_id=order.pk, today=today),
                lambda n: ngettext("%(n)d order confirmed.", "%(n)d orders confirmed.", n) % {"n": n},
            )
        reason = self.request.POST.get("reason", "")
        return each(
            found,
            lambda order: services.cancel_customer_order(actor=actor, order_id=order.pk, reason=reason, today=today),
            lambda n: ngettext("%(n)d order cancelled.", "%(n)d orders cancelled.", n) % {"n": n},
        )
