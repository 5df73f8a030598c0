"""Goods sent to customers."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from logistics.querysets import DeliveryQuerySet


@tracked()
class Delivery(Versioned):
    """Goods sent to a customer out of lots; delivered when the proof of delivery says so."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    order = models.ForeignKey(
        "sales.CustomerOrder", on_delete=models.PROTECT, related_name="+", verbose_name=_("order"), db_index=False
    )
    warehouse = models.ForeignKey(
        "inventory.Warehouse", on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    shipped_date = models.DateField(_("shipped"))
    delivered_date = models.DateField(_("delivered"), null=True, blank=True, help_text=_("Proof of delivery"))
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking = models.CharField(_("tracking"), max_length=60, blank=True)
    mode = models.CharField(_("mode"), max_length=12, blank=True)
    freight_included = models.BooleanField(
        _("freight is in the price"),
        default=False,
        help_text=_("Then it is known to be 0 beside the goods; else it is known with its charge."),
    )
    documents_ok = models.BooleanField(_("documents complete"), default=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="logistics_delivery_number")]
        indexes = [models.Index(fields=["order"], name="logistics_delivery_order")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("logistics:delivery", args=[self.pk])


class DeliveryLine(models.Model):
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(
        "sales.CustomerOrderLine", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    cost = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="Cost of goods, base currency, when issued"
    )

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="logistics_deliveryline_positive")]
        indexes = [models.Index(fields=["order_line"], name="logistics_deliveryline_order")]
