"""Money: supplier and customer invoices, charges and their shares (landed cost), payments and credit notes."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from core.models.outbox import append_only
from finance.flows import PAYMENT, SUPPLIER_INVOICE, InvoiceStatus, PaymentStatus
from inventory.models import Component
from parties.querysets import CompanyQuerySet, DocumentQuerySet


class InvoiceKind(models.TextChoices):
    GOODS = "goods", _("Goods")
    CHARGES = "charges", _("Freight, duty or services")


class SupplierInvoiceQuerySet(DocumentQuerySet):
    hidden_states = (InvoiceStatus.DRAFT,)

    def search(self, text: str):
        return self.filter(Q(number__icontains=text) | Q(supplier_number__icontains=text) | Q(supplier__name__icontains=text))


@tracked()
class SupplierInvoice(Versioned):
    """An invoice of a supplier of goods or of services (forwarder, broker, inspection agency)."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("number"), max_length=30)
    supplier = models.ForeignKey("parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier"))
    supplier_number = models.CharField(_("supplier's number"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=InvoiceKind)
    status = models.CharField(_("status"), max_length=12, choices=InvoiceStatus, default=InvoiceStatus.DRAFT)
    invoice_date = models.DateField(_("invoice date"))
    due_date = models.DateField(_("due"), null=True, blank=True)
    currency = models.ForeignKey("reference.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    exchange_rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True, help_text="Frozen when posted")
    base_amount = models.DecimalField(_("amount in base currency"), max_digits=18, decimal_places=4, null=True, blank=True)
    advance_amount = models.DecimalField(_("deposit consumed"), max_digits=18, decimal_places=4, default=0)
    advance_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    paid_amount = models.DecimalField(_("paid"), max_digits=18, decimal_places=4, default=0)
    paid_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    dispute_reason = models.CharField(_("dispute"), max_length=300, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = SupplierInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_invoice_number"),
            models.UniqueConstraint(
                fields=["supplier", "supplier_number"], condition=~Q(status="cancelled"), name="finance_invoice_once"
            ),
            models.CheckConstraint(
                condition=Q(paid_amount__gte=0, paid_amount__lte=models.F("amount") - models.F("advance_amount")),
                name="finance_invoice_not_overpaid",
            ),
        ]
        indexes = [models.Index(fields=["company", "status", "due_date"], name="finance_invoice_due")]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=SUPPLIER_INVOICE.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:supplier_invoice", args=[self.pk])

    @property
    def open_amount(self):
        return self.amount - self.advance_amount - self.paid_amount


@tracked()
class Charge(models.Model):
    """A cost that goods carry besides their price: estimated, then invoiced; shared over the receipts it belongs to."""

    class Kind(models.TextChoices):
        FREIGHT = "freight", _("Main freight and surcharges")
        ORIGIN = "origin", _("Origin charges")
        DESTINATION = "destination", _("Destination terminal and delivery")
        INSURANCE = "insurance", _("Insurance")
        DUTY = "duty", _("Duty")
        ENTRY_FEE = "entry_fee", _("Customs entry fees")
        BROKER = "broker", _("Customs broker")
        INSPECTION = "inspection", _("Inspection")
        BANK = "bank", _("Bank and credit fees")
        OTHER = "other", _("Other")

    class Basis(models.TextChoices):
        VALUE = "value", _("by value")
        QUANTITY = "quantity", _("by quantity")
        WEIGHT = "weight", _("by weight")
        VOLUME = "volume", _("by volume")
        CARTONS = "cartons", _("by cartons")
        EQUAL = "equal", _("equally by line")

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    shipment = models.ForeignKey("logistics.Shipment", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    receipt = models.ForeignKey("logistics.Receipt", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    delivery = models.ForeignKey("logistics.Delivery", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    component = models.CharField(max_length=10, choices=Component)
    basis = models.CharField(_("shared"), max_length=10, choices=Basis)
    description = models.CharField(_("description"), max_length=200, blank=True)
    currency = models.ForeignKey("reference.Currency", on_delete=models.PROTECT, related_name="+")
    estimate_amount = models.DecimalField(_("estimate"), max_digits=18, decimal_places=4, null=True, blank=True)
    estimate_base = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    actual_amount = models.DecimalField(_("actual"), max_digits=18, decimal_places=4, null=True, blank=True)
    actual_base = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    invoice = models.ForeignKey(SupplierInvoice, on_delete=models.PROTECT, null=True, blank=True, related_name="charges")
    capitalised_base = models.DecimalField(max_digits=18, decimal_places=4, default=0, help_text="Already shared over lots")
    day = models.DateField()

    objects = CompanyQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(shipment__isnull=False, receipt=None, delivery=None)
                | Q(shipment=None, receipt__isnull=False, delivery=None)
                | Q(shipment=None, receipt=None, delivery__isnull=False),
                name="finance_charge_of_one_movement",
            ),
            models.CheckConstraint(
                condition=Q(estimate_amount__isnull=False) | Q(actual_amount__isnull=False), name="finance_charge_has_amount"
            ),
        ]
        indexes = [models.Index(fields=["shipment"], name="finance_charge_shipment"), models.Index(fields=["receipt"], name="finance_charge_receipt")]


class ChargeShare(models.Model):
    """A charge's part on one line (base currency); the parts of a charge always add up to it.

    ``receipt_line`` for goods that came in, ``delivery_line`` for what it cost to bring them to a customer.
    """

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="shares")
    receipt_line = models.ForeignKey("logistics.ReceiptLine", on_delete=models.PROTECT, null=True, related_name="+")
    delivery_line = models.ForeignKey("logistics.DeliveryLine", on_delete=models.PROTECT, null=True, related_name="+")
    estimate = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    actual = models.DecimalField(max_digits=18, decimal_places=4, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["charge", "receipt_line", "delivery_line"], nulls_distinct=False, name="finance_share_once"),
        ]
        indexes = [
            models.Index(fields=["receipt_line"], name="finance_share_receipt"),
            models.Index(fields=["delivery_line"], name="finance_share_delivery"),
        ]


class SupplierInvoiceLine(models.Model):
    """Goods: an order line, quantity and price. Charges: the charge it settles."""

    invoice = models.ForeignKey(SupplierInvoice, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("sourcing.PurchaseOrderLine", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    description = models.CharField(max_length=250, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=4, default=1)
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    amount = models.DecimalField(max_digits=18, decimal_places=4)


class PaymentDirection(models.TextChoices):
    OUT = "out", _("To a supplier")
    IN = "in", _("From a customer")


class PaymentQuerySet(DocumentQuerySet):
    hidden_states = (PaymentStatus.DRAFT, PaymentStatus.APPROVED, PaymentStatus.CANCELLED)


@tracked()
class Payment(Versioned):
    """Money paid or collected; posted on the day it moves, its exchange difference with it."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("number"), max_length=30)
    direction = models.CharField(_("direction"), max_length=3, choices=PaymentDirection)
    party = models.ForeignKey("parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("party"))
    status = models.CharField(_("status"), max_length=12, choices=PaymentStatus, default=PaymentStatus.DRAFT)
    payment_date = models.DateField(_("date"))
    currency = models.ForeignKey("reference.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    base_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=60, blank=True)
    requested_by = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_payment_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="finance_payment_positive"),
        ]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=PAYMENT.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:payment", args=[self.pk])


class PaymentAllocation(models.Model):
    """What a payment settles: an invoice, or the deposit of an order."""

    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="allocations")
    invoice = models.ForeignKey(SupplierInvoice, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    order = models.ForeignKey("sourcing.PurchaseOrder", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    customer_invoice = models.ForeignKey("finance.CustomerInvoice", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    customer_order = models.ForeignKey("sales.CustomerOrder", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    amount = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="finance_allocation_positive")]


@tracked()
class CustomerInvoice(Versioned):
    """What a customer owes for goods delivered (ex VAT, as revenue and receivables are read on one basis)."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("number"), max_length=30)
    customer = models.ForeignKey("parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("customer"))
    order = models.ForeignKey("sales.CustomerOrder", on_delete=models.PROTECT, related_name="+", verbose_name=_("order"))
    delivery = models.ForeignKey("logistics.Delivery", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    invoice_date = models.DateField(_("invoice date"))
    due_date = models.DateField(_("due"))
    currency = models.ForeignKey("reference.Currency", on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    exchange_rate = models.DecimalField(max_digits=20, decimal_places=10)
    base_amount = models.DecimalField(max_digits=18, decimal_places=4)
    credited_amount = models.DecimalField(_("credited"), max_digits=18, decimal_places=4, default=0)
    credited_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    paid_amount = models.DecimalField(_("paid"), max_digits=18, decimal_places=4, default=0)
    paid_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    settled_date = models.DateField(_("settled"), null=True, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = CompanyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_custinvoice_number"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, paid_amount__lte=models.F("amount") - models.F("credited_amount")),
                name="finance_custinvoice_not_overpaid",
            ),
        ]
        indexes = [models.Index(fields=["company", "due_date"], name="finance_custinvoice_due"), models.Index(fields=["order"], name="finance_custinvoice_order")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:customer_invoice", args=[self.pk])

    @property
    def open_amount(self):
        return self.amount - self.credited_amount - self.paid_amount


class CustomerInvoiceLine(models.Model):
    invoice = models.ForeignKey(CustomerInvoice, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("sales.CustomerOrderLine", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    amount = models.DecimalField(max_digits=18, decimal_places=4)


class CreditReason(models.TextChoices):
    PRICE = "price", _("Wrong price")
    QUANTITY = "quantity", _("Wrong quantity")
    TAX = "tax", _("Wrong tax")
    DOCUMENT = "document", _("Wrong document")
    DEFECT = "defect", _("Defect or damage")
    RETURN = "return", _("Goods returned")
    GOODWILL = "goodwill", _("Goodwill")

    @classmethod
    def document_errors(cls):
        """Reasons that say the documents were not right first time."""
        return (cls.PRICE, cls.QUANTITY, cls.TAX, cls.DOCUMENT)


class CreditNote(models.Model):
    """Reduces a customer invoice; posted when written, never changed."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("number"), max_length=30)
    invoice = models.ForeignKey(CustomerInvoice, on_delete=models.PROTECT, related_name="credit_notes")
    customer_return = models.ForeignKey("logistics.CustomerReturn", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    credit_date = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=12, choices=CreditReason)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    base_amount = models.DecimalField(max_digits=18, decimal_places=4)
    remarks = models.CharField(_("remarks"), max_length=300, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = CompanyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_credit_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="finance_credit_positive"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:credit_note", args=[self.pk])
