"""Goods received: judged line by line, into lots."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from logistics.models.shipments import Shipment, ShipmentLine
from logistics.querysets import ReceiptQuerySet


@tracked()
class Receipt(Versioned):
    """Goods taken into a warehouse, judged line by line; posted when written."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    shipment = models.ForeignKey(
        Shipment, on_delete=models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name=_("shipment")
    )
    supplier = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    warehouse = models.ForeignKey(
        "inventory.Warehouse", on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse")
    )
    received_date = models.DateField(_("received"))
    delivery_note = models.CharField(_("delivery note"), max_length=60, blank=True)
    remarks = models.TextField(_("remarks"), blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="logistics_receipt_number")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("logistics:receipt", args=[self.pk])


class ReceiptLine(models.Model):
    """received = accepted + rejected, in stock units. ``short`` is what the shipment said and nobody found."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(
        "sourcing.PurchaseOrderLine", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    shipment_line = models.ForeignKey(ShipmentLine, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    accepted_quantity = models.DecimalField(_("accepted"), max_digits=14, decimal_places=4)
    rejected_quantity = models.DecimalField(_("rejected"), max_digits=14, decimal_places=4, default=0)
    short_quantity = models.DecimalField(_("short"), max_digits=14, decimal_places=4, default=0)
    damaged = models.BooleanField(_("damaged"), default=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, null=True, related_name="+")
    rejected_lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, null=True, related_name="+")
    goods_cost = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="Base currency, of accepted + rejected"
    )
    taken_quantity = models.DecimalField(
        max_digits=14, decimal_places=4, default=0, help_text="Of what was ours in transit, short included"
    )
    short_cost = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="Of what was ours and is missing"
    )
    owned_quantity = models.DecimalField(
        max_digits=14, decimal_places=4, default=0, help_text="Became ours only with this receipt"
    )
    owned_cost = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    over_quantity = models.DecimalField(
        _("over"), max_digits=14, decimal_places=4, default=0, help_text=_("Beyond what was shipped")
    )
    over_cost = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_quantity__gte=0, rejected_quantity__gte=0, short_quantity__gte=0),
                name="logistics_receiptline_positive",
            )
        ]
        indexes = [models.Index(fields=["order_line"], name="logistics_receiptline_order")]

    @property
    def received_quantity(self):
        return self.accepted_quantity + self.rejected_quantity
