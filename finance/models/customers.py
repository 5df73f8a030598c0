"""What customers owe us, and what reduces it."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from core.models.outbox import append_only
from finance.querysets import CustomerInvoiceQuerySet
from parties.querysets import CompanyQuerySet


@tracked()
class CustomerInvoice(Versioned):
    """What a customer owes for goods delivered (ex VAT, as revenue and receivables are read on one basis)."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    customer = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("customer")
    )
    order = models.ForeignKey(
        "sales.CustomerOrder", on_delete=models.PROTECT, related_name="+", verbose_name=_("order"), db_index=False
    )
    delivery = models.ForeignKey(
        "logistics.Delivery", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    invoice_date = models.DateField(_("invoice date"))
    due_date = models.DateField(_("due"))
    currency = models.ForeignKey("reference.Currency", on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    exchange_rate = models.DecimalField(max_digits=20, decimal_places=10)
    base_amount = models.DecimalField(max_digits=18, decimal_places=4)
    credited_amount = models.DecimalField(_("credited"), max_digits=18, decimal_places=4, default=0)
    credited_base = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="Of the credits, what lowered the receivable"
    )
    refund_amount = models.DecimalField(
        _("owed back"), max_digits=18, decimal_places=4, default=0, help_text="Credits beyond what was still open"
    )
    paid_amount = models.DecimalField(_("paid"), max_digits=18, decimal_places=4, default=0)
    paid_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    settled_date = models.DateField(_("settled"), null=True, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = CustomerInvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer invoice")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_custinvoice_number"),
            models.UniqueConstraint(
                fields=["delivery"], condition=Q(delivery__isnull=False), name="finance_custinvoice_delivery"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="finance_custinvoice_positive"),
            models.CheckConstraint(
                condition=Q(paid_amount__lte=F("amount") - F("credited_amount") + F("refund_amount"))
                & Q(credited_amount__lte=F("amount")),
                name="finance_custinvoice_not_overpaid",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "due_date"], name="finance_custinvoice_due"),
            models.Index(fields=["order"], name="finance_custinvoice_order"),
            models.Index(fields=["company", "customer", "-id"], name="finance_custinvoice_of"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:customer_invoice", args=[self.pk])

    @property
    def open_amount(self):
        return self.amount - self.credited_amount + self.refund_amount - self.paid_amount

    @property
    def open_base(self):
        return self.base_amount - self.credited_base - self.paid_base


class CustomerInvoiceLine(models.Model):
    invoice = models.ForeignKey(CustomerInvoice, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        "sales.CustomerOrderLine", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    amount = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["order_line"], name="finance_custline_order")]


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

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    invoice = models.ForeignKey(CustomerInvoice, on_delete=models.PROTECT, related_name="credit_notes")
    customer_return = models.ForeignKey(
        "logistics.CustomerReturn", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    credit_date = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=12, choices=CreditReason)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    base_amount = models.DecimalField(max_digits=18, decimal_places=4)
    refund_amount = models.DecimalField(
        _("owed back"), max_digits=18, decimal_places=4, default=0, help_text="The part the customer had already paid"
    )
    remarks = models.CharField(_("remarks"), max_length=300, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit note")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_credit_number"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, refund_amount__gte=0, refund_amount__lte=F("amount")),
                name="finance_credit_positive",
            ),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:customer_invoice", args=[self.invoice_id])
