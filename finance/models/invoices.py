"""What suppliers of goods and of services bill us, and how far their bills may differ from what was agreed."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from finance.flows import SUPPLIER_INVOICE, InvoiceStatus
from finance.querysets import SupplierInvoiceQuerySet
from parties.querysets import CompanyQuerySet


class InvoiceKind(models.TextChoices):
    GOODS = "goods", _("Goods")
    CHARGES = "charges", _("Freight, duty or services")


@tracked()
class SupplierInvoice(Versioned):
    """An invoice of a supplier of goods or of services (forwarder, broker, inspection agency).

    ``amount`` is what the supplier asks; ``disputed_amount`` of it is not accepted and never in the ledger;
    ``base_amount`` is what stands in payables for the rest, at the rates frozen when it was posted.
    """

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    supplier = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier")
    )
    supplier_number = models.CharField(_("supplier's number"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=InvoiceKind)
    status = models.CharField(_("status"), max_length=12, choices=InvoiceStatus, default=InvoiceStatus.DRAFT)
    invoice_date = models.DateField(_("invoice date"))
    posted_date = models.DateField(_("posted"), null=True, blank=True)
    due_date = models.DateField(_("due"), null=True, blank=True)
    payment_term = models.ForeignKey(
        "parties.PaymentTerm",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payment term"),
    )
    shipment = models.ForeignKey(
        "logistics.Shipment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("shipment"),
        help_text=_("Which shipment it bills; its papers and dates then decide when it is due."),
        db_index=False,
    )
    currency = models.ForeignKey(
        "reference.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency"), db_index=False
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    disputed_amount = models.DecimalField(_("disputed"), max_digits=18, decimal_places=4, default=0)
    exchange_rate = models.DecimalField(
        max_digits=20,
        decimal_places=10,
        null=True,
        blank=True,
        help_text="Base currency for one unit, frozen when posted",
    )
    base_amount = models.DecimalField(
        _("amount in base currency"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    advance_amount = models.DecimalField(_("deposit consumed"), max_digits=18, decimal_places=4, default=0)
    advance_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    credited_amount = models.DecimalField(_("debit notes"), max_digits=18, decimal_places=4, default=0)
    credited_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    paid_amount = models.DecimalField(_("paid"), max_digits=18, decimal_places=4, default=0)
    paid_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    dispute_reason = models.CharField(_("dispute"), max_length=300, blank=True)
    created_by = models.CharField(max_length=200)
    created_by_id = models.BigIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = SupplierInvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier invoice")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_invoice_number"),
            models.UniqueConstraint(
                fields=["company", "supplier", "supplier_number"],
                condition=~Q(status="cancelled"),
                name="finance_invoice_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    paid_amount__gte=0,
                    paid_amount__lte=F("amount") - F("advance_amount") - F("disputed_amount") - F("credited_amount"),
                ),
                name="finance_invoice_not_overpaid",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, disputed_amount__gte=0), name="finance_invoice_positive"),
        ]
        indexes = [
            models.Index(fields=["company", "status", "due_date"], name="finance_invoice_due"),
            models.Index(fields=["company", "supplier", "-id"], name="finance_invoice_supplier"),
            models.Index(fields=["shipment"], name="finance_invoice_shipment"),
        ]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=SUPPLIER_INVOICE.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:supplier_invoice", args=[self.pk])

    @property
    def payable_amount(self):
        """What may be paid in all: without what is disputed, credited, or covered by the deposit."""
        return self.amount - self.advance_amount - self.disputed_amount - self.credited_amount

    @property
    def open_amount(self):
        return self.payable_amount - self.paid_amount if self.status in InvoiceStatus.payable() else 0 * self.amount

    @property
    def open_base(self):
        """What still stands in payables for it, in base currency."""
        return (self.base_amount or 0) - self.advance_base - self.credited_base - self.paid_base


class SupplierInvoiceLine(models.Model):
    """Goods: an order line, quantity and price. Charges: the charge it settles.

    ``accepted_*`` is the part that was posted; ``grni_base``, what it took from "goods owned, not invoiced" at the
    goods' own rate; ``price_base``, what its price moved the cost of the goods by.
    """

    invoice = models.ForeignKey(SupplierInvoice, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        "sourcing.PurchaseOrderLine", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    charge = models.ForeignKey("finance.Charge", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    description = models.CharField(_("description"), max_length=250, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4, default=1)
    unit_price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=6)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    accepted_quantity = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    accepted_amount = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    grni_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    price_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0, unit_price__gte=0), name="finance_invoiceline_positive")
        ]
        indexes = [models.Index(fields=["order_line"], name="finance_invoiceline_order")]


class DebitReason(models.TextChoices):
    PRICE = "price", _("Wrong price")
    SHORT = "short", _("Short delivery")
    RETURN = "return", _("Goods returned")
    QUALITY = "quality", _("Defects")
    OTHER = "other", _("Other")


@tracked()
class DebitNote(models.Model):
    """What a supplier owes back on an invoice: it lowers what we owe for it."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    invoice = models.ForeignKey(SupplierInvoice, on_delete=models.PROTECT, related_name="debit_notes")
    debit_date = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=12, choices=DebitReason)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    base_amount = models.DecimalField(max_digits=18, decimal_places=4)
    payable_amount = models.DecimalField(
        max_digits=18,
        decimal_places=4,
        help_text="Of the amount, what lowered the payable; the rest the supplier owes us",
    )
    payable_base = models.DecimalField(max_digits=18, decimal_places=4)
    order_line = models.ForeignKey(
        "sourcing.PurchaseOrderLine", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4, default=0)
    reopen_billing = models.BooleanField(
        _("may be billed again"), default=False, help_text=_("The quantity counts as not invoiced from now on.")
    )
    remarks = models.CharField(_("remarks"), max_length=300, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = CompanyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_debit_number"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, quantity__gte=0, payable_amount__gte=0, payable_amount__lte=F("amount")),
                name="finance_debit_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.number


@tracked()
class MatchTolerance(models.Model):
    """How far an invoice may exceed order and goods: for the company, a supplier, a product, or a product of a supplier.

    The most particular row that says something about a measure decides; empty says nothing, 0 allows nothing. Where a
    row gives an amount and a percentage, the lower of the two holds.
    """

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    supplier = models.ForeignKey(
        "parties.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("supplier"),
    )
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    quantity_pct = models.DecimalField(_("quantity (%)"), max_digits=7, decimal_places=3, null=True, blank=True)
    quantity_abs = models.DecimalField(_("quantity (units)"), max_digits=14, decimal_places=4, null=True, blank=True)
    price_pct = models.DecimalField(_("price (%)"), max_digits=7, decimal_places=3, null=True, blank=True)
    price_abs = models.DecimalField(_("price (amount)"), max_digits=18, decimal_places=6, null=True, blank=True)
    bill_rejected = models.BooleanField(
        _("rejected goods may be billed"), null=True, blank=True, help_text=_("Empty: as the wider rule says; else no.")
    )

    objects = CompanyQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "supplier", "product"], nulls_distinct=False, name="finance_tolerance_once"
            ),
            models.CheckConstraint(
                condition=(Q(quantity_pct=None) | Q(quantity_pct__gte=0))
                & (Q(quantity_abs=None) | Q(quantity_abs__gte=0))
                & (Q(price_pct=None) | Q(price_pct__gte=0))
                & (Q(price_abs=None) | Q(price_abs__gte=0)),
                name="finance_tolerance_positive",
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(str(part) for part in (self.supplier, self.product) if part) or str(_("Everything"))
