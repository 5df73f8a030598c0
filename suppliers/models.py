"""The supplier side of an organisation: where it stands with us, what it sells us at what price, and what is on hold."""

import pgtrigger
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from suppliers.flows import SUPPLIER, Hold, Lifecycle
from suppliers.querysets import SupplierItemQuerySet, SupplierQuerySet


@tracked()
class Supplier(Versioned):
    """An organisation as our supplier."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    organisation = models.OneToOneField(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    lifecycle = models.CharField(_("lifecycle"), max_length=12, choices=Lifecycle, default=Lifecycle.PROSPECT)
    lifecycle_reason = models.CharField(_("reason of the last step"), max_length=300, blank=True)
    hold = models.CharField(_("hold"), max_length=10, choices=Hold, blank=True)
    hold_reason = models.CharField(_("reason of the hold"), max_length=300, blank=True)
    hold_from_date = models.DateField(_("on hold since"), null=True, blank=True)
    hold_release_date = models.DateField(_("released on"), null=True, blank=True)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time (days)"), null=True, blank=True)
    date_tolerance_days = models.PositiveSmallIntegerField(
        _("promise tolerance (days)"),
        default=2,
        help_text=_("A promised date within this many days of ours is accepted by itself."),
    )
    currency = models.ForeignKey(
        "reference.Currency",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("currency"),
        db_index=False,
    )
    payment_term = models.ForeignKey(
        "parties.PaymentTerm",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payment term"),
    )
    incoterm = models.CharField(_("usual Incoterm"), max_length=3, blank=True)
    named_place = models.CharField(_("usual named place"), max_length=100, blank=True)

    objects = SupplierQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hold="") | ~models.Q(hold_reason=""), name="suppliers_hold_has_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(lifecycle__in=Lifecycle.values) & models.Q(hold__in=["", *Hold.values]),
                name="suppliers_known_states",
            ),
        ]
        indexes = [models.Index(fields=["company", "lifecycle"], name="suppliers_lifecycle")]
        triggers = [pgtrigger.FSM(name="lifecycle_flow", field="lifecycle", transitions=SUPPLIER.transitions())]

    def __str__(self) -> str:
        return str(self.organisation)

    def get_absolute_url(self) -> str:
        return reverse("suppliers:supplier", args=[self.pk])


@tracked(of="supplier")
class SupplierItem(models.Model):
    """What a supplier calls a product, asks for it, and how little of it he makes (``minimum_quantity``, stock units)."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="items", db_index=False)
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product")
    )
    supplier_sku = models.CharField(_("supplier's number"), max_length=60, blank=True)
    unit_price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=6, null=True, blank=True)
    currency = models.ForeignKey(
        "reference.Currency",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("currency"),
        db_index=False,
    )
    minimum_quantity = models.DecimalField(_("minimum order"), max_digits=14, decimal_places=4, default=0)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time (days)"), null=True, blank=True)

    objects = SupplierItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier item")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "product"], name="suppliers_item_once"),
            models.CheckConstraint(
                condition=models.Q(minimum_quantity__gte=0) & (models.Q(unit_price=None) | models.Q(unit_price__gte=0)),
                name="suppliers_item_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_sku or self.product.sku}"
