"""Customers, their orders, and what we promised them."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from sales.flows import CUSTOMER_ORDER, CustomerOrderStatus
from sales.querysets import CustomerOrderLineQuerySet, CustomerOrderQuerySet, CustomerQuerySet


@tracked()
class Customer(Versioned):
    """An organisation as our customer: credit, terms, and how long it may claim."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    organisation = models.OneToOneField("parties.Organisation", on_delete=models.PROTECT, related_name="+")
    payment_term = models.ForeignKey(
        "parties.PaymentTerm", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    currency = models.ForeignKey(
        "reference.Currency", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    credit_limit = models.DecimalField(
        _("credit limit"),
        max_digits=18,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("Base currency; empty: none."),
    )
    open_balance = models.DecimalField(
        _("open balance"),
        max_digits=18,
        decimal_places=4,
        default=0,
        editable=False,
        help_text=_("Base currency: invoiced and not paid, as finance wrote it down last."),
    )
    overdue_since = models.DateField(
        _("overdue since"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Due date of the oldest invoice not paid in time."),
    )
    claim_days = models.PositiveSmallIntegerField(
        _("claim window (days)"), default=14, help_text=_("After delivery, where a kind of claim has none of its own.")
    )
    damage_claim_days = models.PositiveSmallIntegerField(
        _("for damage (days)"), null=True, blank=True, help_text=_("Found on unpacking; empty: the claim window.")
    )
    quality_claim_days = models.PositiveSmallIntegerField(
        _("for defects (days)"), null=True, blank=True, help_text=_("Found in use; empty: the claim window.")
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")

    def __str__(self) -> str:
        return str(self.organisation)

    def get_absolute_url(self) -> str:
        return reverse("sales:customer", args=[self.pk])


@tracked()
class CustomerOrder(Versioned):
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    customer = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("customer")
    )
    status = models.CharField(
        _("status"), max_length=12, choices=CustomerOrderStatus, default=CustomerOrderStatus.DRAFT
    )
    order_date = models.DateField(_("order date"))
    currency = models.ForeignKey(
        "reference.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency"), db_index=False
    )
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    warehouse = models.ForeignKey(
        "inventory.Warehouse", on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    ship_to_country = models.ForeignKey(
        "reference.Country",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ship to"),
        db_index=False,
    )
    incoterm = models.CharField(_("Incoterm"), max_length=3, blank=True)
    mode = models.CharField(_("mode"), max_length=12, blank=True)
    payment_term = models.ForeignKey(
        "parties.PaymentTerm", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sample = models.BooleanField(_("samples"), default=False, help_text=_("Left out of the KPIs."))
    remarks = models.TextField(_("remarks"), blank=True)
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=4, default=0)
    exchange_rate = models.DecimalField(
        _("rate to base currency"),
        max_digits=20,
        decimal_places=10,
        null=True,
        blank=True,
        help_text=_("Frozen when confirmed."),
    )
    base_total = models.DecimalField(
        _("total in base currency"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    created_by = models.CharField(_("created by"), max_length=200)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    end_reason = models.CharField(_("reason of cancelling or closing"), max_length=300, blank=True)
    ended_date = models.DateField(_("cancelled or closed on"), null=True, blank=True)
    credit_released_by = models.CharField(_("credit released by"), max_length=200, blank=True)
    credit_released_reason = models.CharField(_("reason of the release"), max_length=300, blank=True)
    cancelled_by_customer = models.BooleanField(_("cancelled by the customer"), default=False)

    objects = CustomerOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer order")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="sales_order_number")]
        indexes = [
            models.Index(fields=["company", "status", "-id"], name="sales_order_status"),
            models.Index(fields=["company", "customer", "-id"], name="sales_order_customer"),
        ]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=CUSTOMER_ORDER.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sales:customer_order", args=[self.pk])


@tracked(of="order")
class CustomerOrderLine(models.Model):
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(CustomerOrder, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product")
    )
    sku = models.CharField(_("SKU"), max_length=60)
    description = models.CharField(_("description"), max_length=250)
    unit = models.ForeignKey("reference.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    unit_price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=6)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    commit_date = models.DateField(_("original commit date"), null=True, blank=True)
    promised_date = models.DateField(_("current promise"), null=True, blank=True)
    cancelled = models.BooleanField(_("cancelled"), default=False)
    reserved_quantity = models.DecimalField(_("reserved"), max_digits=14, decimal_places=4, default=0)
    delivered_quantity = models.DecimalField(_("delivered"), max_digits=14, decimal_places=4, default=0)
    returned_quantity = models.DecimalField(_("returned"), max_digits=14, decimal_places=4, default=0)
    billed_quantity = models.DecimalField(_("billed"), max_digits=14, decimal_places=4, default=0)

    stock: Any  # by the order's page: inventory.selectors.Level where the order is shipped from

    objects = CustomerOrderLineQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="sales_line_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0, unit_price__gte=0), name="sales_line_positive"),
            models.CheckConstraint(
                condition=Q(
                    reserved_quantity__gte=0,
                    delivered_quantity__gte=0,
                    returned_quantity__gte=0,
                    billed_quantity__gte=0,
                ),
                name="sales_line_progress",
            ),
        ]
        indexes = [models.Index(fields=["company", "product"], name="sales_line_product")]

    def __str__(self) -> str:
        return f"{self.position} {self.sku}"

    @property
    def open_quantity(self):
        """Stock units still to be delivered; what came back does not open the line again."""
        return max(self.quantity - self.delivered_quantity, 0) if not self.cancelled else 0
