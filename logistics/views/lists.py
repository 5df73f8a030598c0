"""The lists of shipments, receipts, deliveries and returns."""

from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web.lists import Column, DocumentList
from logistics.filters import (
    CustomerReturnFilter,
    DeliveryFilter,
    ReceiptFilter,
    ShipmentFilter,
    SupplierReturnFilter,
)
from logistics.models import CustomerReturn, Delivery, Receipt, Shipment, SupplierReturn


class ShipmentList(DocumentList):
    model = Shipment
    title = _("Shipments")
    permission = "logistics.view_shipment"
    filterset_class = ShipmentFilter
    row_template = "logistics/shipment_row.html"
    new = (_("Plan a shipment"), "logistics:shipment_new", "logistics.add_shipment")
    empty_text = _("Nothing is under way. Plan a shipment of what suppliers have ready.")
    presets = (
        (_("To load"), "status=planned&status=booked"),
        (_("Under way"), "status=departed"),
        (_("Arrived"), "status=arrived&status=cleared"),
        (_("Late"), "late=true"),
        (_("On hold"), "held=true"),
    )
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("status", _("Status"), sort="status"),
        Column("lane", _("Lane")),
        Column("departed_date", _("Departure"), sort="departed_date"),
        Column("expected_arrival_date", _("Arrival"), sort="expected_arrival_date"),
        Column("slip_days", _("Slip"), numeric=True, unit=_("days")),
        Column("suppliers", _("Goods of")),
        Column("mode", _("Mode"), sort="mode"),
        Column("transport_document", _("B/L or AWB")),
        Column("forwarder__name", _("Forwarder"), sort="forwarder__name"),
    )

    def rows(self, actor):
        found = super().rows(actor).select_related("forwarder", "origin", "destination")
        return found.prefetch_related("lines__supplier")

    def export_row(self, row):
        suppliers = ", ".join(sorted({line.supplier.name for line in row.lines.all()}))
        return (
            row.number,
            row.get_status_display(),
            row.lane,
            row.departed_date or row.planned_departure_date,
            row.arrived_date or row.expected_arrival_date,
            row.slip_days,
            suppliers,
            row.mode_label,
            row.transport_document,
            row.forwarder.name if row.forwarder else "",
        )


class ReceiptList(DocumentList):
    model = Receipt
    title = _("Receipts")
    permission = "logistics.view_receipt"
    filterset_class = ReceiptFilter
    row_template = "logistics/receipt_row.html"
    new = (_("Receive goods"), "logistics:receipt_choose", "logistics.add_receipt")
    empty_text = _("Nothing has been received yet.")
    presets = ((_("Short, over, rejected or damaged"), "faulty=true"),)
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("received_date", _("Received"), sort="received_date"),
        Column("supplier__name", _("Supplier"), sort="supplier__name"),
        Column("shipment__number", _("Shipment"), sort="shipment__number"),
        Column("warehouse__name", _("Warehouse"), sort="warehouse__name"),
        Column("delivery_note", _("Delivery note")),
        Column("line_count", _("Lines"), numeric=True),
        Column("faults", _("Faulty lines"), numeric=True),
    )

    def rows(self, actor):
        wrong = Q(lines__rejected_quantity__gt=0) | Q(lines__short_quantity__gt=0) | Q(lines__damaged=True)
        return (
            super()
            .rows(actor)
            .select_related("supplier", "shipment", "warehouse")
            .annotate(line_count=Count("lines"), faults=Count("lines", filter=wrong | Q(lines__over_quantity__gt=0)))
        )


class DeliveryList(DocumentList):
    model = Delivery
    title = _("Deliveries")
    permission = "logistics.view_delivery"
    filterset_class = DeliveryFilter
    row_template = "logistics/delivery_row.html"
    empty_text = _("Nothing was delivered yet. Goods leave from the page of a confirmed customer order.")
    presets = ((_("On the way"), "open=true"),)
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("order__number", _("Order"), sort="order__number"),
        Column("order__customer__name", _("Customer"), sort="order__customer__name"),
        Column("shipped_date", _("Shipped"), sort="shipped_date"),
        Column("delivered_date", _("Delivered"), sort="delivered_date"),
        Column("warehouse__name", _("From"), sort="warehouse__name"),
        Column("carrier", _("Carrier")),
        Column("tracking", _("Tracking")),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("order__customer", "warehouse")

    def context(self, actor):
        return {"today": timezone.localdate()}


class CustomerReturnList(DocumentList):
    model = CustomerReturn
    title = _("Customer returns")
    permission = "logistics.view_delivery"
    filterset_class = CustomerReturnFilter
    row_template = "logistics/customer_return_row.html"
    empty_text = _("No customer has sent anything back.")
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("order__number", _("Order"), sort="order__number"),
        Column("order__customer__name", _("Customer"), sort="order__customer__name"),
        Column("returned_date", _("Came back"), sort="returned_date"),
        Column("reason", _("Reason"), sort="reason"),
        Column("quantity", _("Quantity"), numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("order__customer").annotate(quantity=Sum("lines__quantity"))


class SupplierReturnList(DocumentList):
    model = SupplierReturn
    title = _("Returns to suppliers")
    permission = "logistics.view_receipt"
    filterset_class = SupplierReturnFilter
    row_template = "logistics/supplier_return_row.html"
    empty_text = _("Nothing was sent back to a supplier. Goods go back from the page of their receipt.")
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("receipt__number", _("Receipt"), sort="receipt__number"),
        Column("receipt__supplier__name", _("Supplier"), sort="receipt__supplier__name"),
        Column("returned_date", _("Sent back"), sort="returned_date"),
        Column("reason", _("Reason")),
        Column("quantity", _("Quantity"), numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("receipt__supplier").annotate(quantity=Sum("lines__quantity"))
