"""Money that moves: to suppliers (requested, approved, paid), from customers (collected), and back from suppliers."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from finance.flows import PAYMENT, PaymentStatus
from finance.querysets import PaymentQuerySet
from parties.querysets import CompanyQuerySet


class PaymentDirection(models.TextChoices):
    OUT = "out", _("To a supplier")
    IN = "in", _("From a customer")
    REFUND = "ref", _("Refund from a supplier")


@tracked()
class BankAccount(models.Model):
    """Where a supplier is paid. New or changed data cools off before money goes there, and a second person confirms it."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    holder = models.CharField(_("account holder"), max_length=200)
    account = models.CharField(_("account number or IBAN"), max_length=40)
    bank_code = models.CharField(_("BIC or bank code"), max_length=20, blank=True)
    bank_name = models.CharField(_("bank"), max_length=120, blank=True)
    entered_date = models.DateField(_("entered"))
    usable_from = models.DateField(_("usable from"))
    entered_by = models.CharField(max_length=200)
    entered_by_id = models.BigIntegerField(null=True, editable=False)
    confirmed_by = models.CharField(_("confirmed by"), max_length=200, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank account")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["organisation"], condition=Q(active=True), name="finance_one_account"),
        ]

    def __str__(self) -> str:
        return f"{self.holder} · …{self.account[-4:]}"

    def get_absolute_url(self) -> str:
        return reverse("finance:account", args=[self.organisation_id])


@tracked()
class Payment(Versioned):
    """Money paid or collected; posted on the day it moves, its exchange difference with it."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    direction = models.CharField(_("direction"), max_length=3, choices=PaymentDirection)
    party = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("party")
    )
    status = models.CharField(_("status"), max_length=12, choices=PaymentStatus, default=PaymentStatus.DRAFT)
    payment_date = models.DateField(_("date"))
    currency = models.ForeignKey(
        "reference.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency"), db_index=False
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    base_amount = models.DecimalField(
        _("amount in base currency"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    exchange_difference = models.DecimalField(
        _("exchange difference"), max_digits=18, decimal_places=4, default=0, help_text=_("Positive: a loss")
    )
    bank_account = models.ForeignKey(
        BankAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("account")
    )
    reference = models.CharField(_("reference"), max_length=60, blank=True)
    returned_date = models.DateField(_("came back"), null=True, blank=True)
    return_reason = models.CharField(_("why it came back"), max_length=200, blank=True)
    requested_by = models.CharField(max_length=200)
    requested_by_id = models.BigIntegerField(null=True)
    approved_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_payment_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="finance_payment_positive"),
        ]
        indexes = [
            models.Index(fields=["company", "direction", "-id"], name="finance_payment_direction"),
            models.Index(fields=["company", "party", "-id"], name="finance_payment_party"),
        ]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=PAYMENT.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:payment", args=[self.pk])


class PaymentAllocation(models.Model):
    """What a payment settles: an invoice, or the deposit of an order; of a refund, the deposit it gives back. ``base`` is what
    it took off the books, or put there.

    ``discount``: the part of ``amount`` that need not be paid, because the invoice is paid early.
    """

    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="allocations")
    invoice = models.ForeignKey(
        "finance.SupplierInvoice",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="allocations",
        db_index=False,
    )
    order = models.ForeignKey(
        "sourcing.PurchaseOrder", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    customer_invoice = models.ForeignKey(
        "finance.CustomerInvoice",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="allocations",
        db_index=False,
    )
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    discount = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    base = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="finance_allocation_positive"),
            models.CheckConstraint(
                condition=Q(discount=0) | Q(discount__gt=0, discount__lt=F("amount"), invoice__isnull=False),
                name="finance_allocation_discount",
            ),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, order=None, customer_invoice=None)
                | Q(invoice=None, order__isnull=False, customer_invoice=None)
                | Q(invoice=None, order=None, customer_invoice__isnull=False),
                name="finance_allocation_of_one",
            ),
        ]
        indexes = [
            models.Index(fields=["invoice"], name="finance_allocation_invoice"),
            models.Index(fields=["order"], name="finance_allocation_order"),
            models.Index(fields=["customer_invoice"], name="finance_allocation_customer"),
        ]

    @property
    def cash(self):
        """What is really paid of it."""
        return self.amount - self.discount
