"""The lists of money."""

from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.web.lists import BulkAction, Column, DocumentList, each, sums_by_currency
from finance import services
from finance.filters import ChargeFilter, CustomerInvoiceFilter, LetterFilter, MoneyFilter, SupplierInvoiceFilter
from finance.models import Charge, CustomerInvoice, LetterOfCredit, MatchTolerance, Payment, SupplierInvoice


class SupplierInvoiceList(DocumentList):
    model = SupplierInvoice
    title = _("Supplier invoices")
    permission = "finance.view_supplierinvoice"
    filterset_class = SupplierInvoiceFilter
    row_template = "finance/supplier_invoice_row.html"
    new = (_("Record an invoice"), "finance:supplier_invoice_new", "finance.add_supplierinvoice")
    empty_text = _("Invoices of suppliers, forwarders and brokers stand here, matched against orders and goods.")
    presets = (
        (_("To post"), "status=draft"),
        (_("Disputed"), "status=disputed"),
        (_("Open"), "open=true"),
        (_("Overdue"), "overdue=true"),
        (_("Freight, duty, services"), "kind=charges"),
    )
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("supplier__name", _("Supplier"), sort="supplier__name"),
        Column("supplier_number", _("Their number"), sort="supplier_number"),
        Column("get_status_display", _("Status"), sort="status"),
        Column("invoice_date", _("Date"), sort="invoice_date"),
        Column("due_date", _("Due"), sort="due_date"),
        Column("amount", _("Amount"), sort="amount", numeric=True),
        Column("open_amount", _("Open"), numeric=True),
    )
    bulk_actions = (BulkAction("post", _("Match and post"), "finance.post_supplierinvoice"),)

    def rows(self, actor):
        return super().rows(actor).select_related("supplier")

    def context(self, actor):
        return {"today": timezone.localdate()}

    def totals(self, found):
        value = F("amount") - F("advance_amount") - F("disputed_amount") - F("credited_amount") - F("paid_amount")
        return {"amount": sums_by_currency(found, "amount"), "open_amount": sums_by_currency(found.open(), value)}

    def bulk(self, name, found, actor):
        return each(
            found,
            lambda invoice: services.post_supplier_invoice(actor=actor, invoice_id=invoice.pk),
            lambda n: ngettext("%(n)d invoice posted.", "%(n)d invoices posted.", n) % {"n": n},
        )


class ChargeList(DocumentList):
    model = Charge
    title = _("Charges")
    permission = "finance.view_charge"
    filterset_class = ChargeFilter
    row_template = "finance/charge_row.html"
    empty_text = _("Freight, insurance, duty and fees stand here, estimated or billed. Add them on a shipment's page.")
    presets = ((_("Not billed"), "billed=false&cancelled=false"), (_("Billed"), "billed=true"))
    columns = (
        Column("description", _("Charge")),
        Column("movement", _("For")),
        Column("day", _("Day"), sort="day"),
        Column("get_basis_display", _("Shared")),
        Column("estimate_base", _("Estimate"), sort="estimate_base", numeric=True),
        Column("actual_base", _("Billed"), sort="actual_base", numeric=True),
        Column("variance_base", _("Difference"), numeric=True),
        Column("capitalised_base", _("On goods"), sort="capitalised_base", numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("shipment", "receipt", "delivery", "company")

    def totals(self, found):
        sums = found.filter(cancelled=False).aggregate(
            estimate_base=Sum("estimate_base"), actual_base=Sum("actual_base"), capitalised_base=Sum("capitalised_base")
        )
        return {name: f"{value or 0:,.2f}" for name, value in sums.items()}


class PaymentList(DocumentList):
    model = Payment
    title = _("Payments")
    permission = "finance.view_payment"
    filterset_class = MoneyFilter
    row_template = "finance/payment_row.html"
    empty_text = _(
        "Money paid to suppliers and received from customers stands here. Ask for a payment on the payables page."
    )
    presets = (
        (_("To approve"), "direction=out&status=draft"),
        (_("To pay"), "direction=out&status=approved"),
        (_("Paid"), "direction=out&status=paid"),
        (_("Received"), "direction=in"),
        (_("Refunds"), "direction=ref"),
    )
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("party__name", _("Party"), sort="party__name"),
        Column("get_direction_display", _("Direction"), sort="direction"),
        Column("get_status_display", _("Status"), sort="status"),
        Column("payment_date", _("Date"), sort="payment_date"),
        Column("amount", _("Amount"), sort="amount", numeric=True),
        Column("exchange_difference", _("Exchange difference"), sort="exchange_difference", numeric=True),
    )
    bulk_actions = (BulkAction("approve", _("Approve"), "finance.approve_payment"),)

    def rows(self, actor):
        return super().rows(actor).select_related("party", "company")

    def totals(self, found):
        one_way = found.order_by().values("direction").distinct()[:2].count() == 1
        return {"amount": sums_by_currency(found, "amount")} if one_way else None  # money in and out does not add up

    def bulk(self, name, found, actor):
        return each(
            found,
            lambda payment: services.approve_payment(actor=actor, payment_id=payment.pk),
            lambda n: ngettext("%(n)d payment approved.", "%(n)d payments approved.", n) % {"n": n},
        )


class LetterList(DocumentList):
    model = LetterOfCredit
    title = _("Letters of credit")
    permission = "finance.view_letterofcredit"
    filterset_class = LetterFilter
    row_template = "finance/letter_row.html"
    empty_text = _(
        "Letters of credit stand here, with what is drawn and until when. Open one on the page of an order whose payment "
        "term names it."
    )
    presets = (
        (_("To approve"), "status=draft"),
        (_("To be issued"), "status=approved"),
        (_("Documents to decide about"), "to_decide=true"),
        (_("Issued"), "status=issued"),
        (_("Expired, to close"), "expired=true"),
    )
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("supplier__name", _("Beneficiary"), sort="supplier__name"),
        Column("order__number", _("Order"), sort="order__number"),
        Column("get_status_display", _("Status"), sort="status"),
        Column("latest_shipment_date", _("Latest shipment"), sort="latest_shipment_date"),
        Column("expiry_date", _("Expiry"), sort="expiry_date"),
        Column("amount", _("Amount"), sort="amount", numeric=True),
        Column("drawn_amount", _("Drawn"), sort="drawn_amount", numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("supplier", "order")

    def context(self, actor):
        return {"today": timezone.localdate()}

    def totals(self, found):
        return {name: sums_by_currency(found, name) for name in ("amount", "drawn_amount")}


class CustomerInvoiceList(DocumentList):
    model = CustomerInvoice
    title = _("Customer invoices")
    permission = "finance.view_customerinvoice"
    filterset_class = CustomerInvoiceFilter
    row_template = "finance/customer_invoice_row.html"
    new = (_("Invoice deliveries"), "finance:customer_invoice_new", "finance.add_customerinvoice")
    empty_text = _("Invoices to customers stand here, one for each delivery.")
    presets = ((_("Open"), "open=true"), (_("Overdue"), "overdue=true"), (_("Settled"), "open=false"))
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("customer__name", _("Customer"), sort="customer__name"),
        Column("order__number", _("Order"), sort="order__number"),
        Column("invoice_date", _("Date"), sort="invoice_date"),
        Column("due_date", _("Due"), sort="due_date"),
        Column("amount", _("Amount"), sort="amount", numeric=True),
        Column("open_amount", _("Open"), numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("customer", "order")

    def context(self, actor):
        return {"today": timezone.localdate()}

    def totals(self, found):
        value = F("amount") - F("credited_amount") + F("refund_amount") - F("paid_amount")
        return {"amount": sums_by_currency(found, "amount"), "open_amount": sums_by_currency(found, value)}


class ToleranceList(DocumentList):
    model = MatchTolerance
    title = _("Invoice tolerances")
    permission = "finance.change_tolerance"
    row_template = "finance/tolerance_row.html"
    order = ("supplier__name", "product__sku")
    new = (_("New rule"), "finance:tolerance_new", "finance.change_tolerance")
    empty_text = _(
        "No tolerance is allowed: an invoice may exceed neither what was ordered nor what there is of the goods."
    )
    columns = (
        Column("supplier", _("For")),
        Column("quantity_pct", _("Quantity"), numeric=True, unit="%"),
        Column("quantity_abs", _("Quantity"), numeric=True, unit=_("units")),
        Column("price_pct", _("Price"), numeric=True, unit="%"),
        Column("price_abs", _("Price"), numeric=True, unit=_("amount")),
        Column("bill_rejected", _("Rejected goods billed")),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("supplier", "product")
