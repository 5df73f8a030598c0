"""Goods that come back from customers, and go back to suppliers."""

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from logistics.models.deliveries import DeliveryLine
from logistics.models.receipts import Receipt, ReceiptLine
from logistics.querysets import CustomerReturnQuerySet, SupplierReturnQuerySet


class ReturnReason(models.TextChoices):
    DAMAGED = "damaged", _("Damaged")
    DEFECT = "defect", _("Defect")
    WRONG_ITEM = "wrong_item", _("Wrong item")
    CHANGE_OF_MIND = "change_of_mind", _("Change of mind")

    @classmethod
    def faults(cls):
        """Reasons that are ours and count against a perfect order."""
        return (cls.DAMAGED, cls.DEFECT, cls.WRONG_ITEM)


class Disposition(models.TextChoices):
    RESTOCK = "restock", _("Back to stock")
    BLOCK = "block", _("Blocked for inspection")
    SCRAP = "scrap", _("Scrapped")


@tracked()
class CustomerReturn(Versioned):
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    order = models.ForeignKey(
        "sales.CustomerOrder", on_delete=models.PROTECT, related_name="+", verbose_name=_("order")
    )
    returned_date = models.DateField(_("returned"))
    reason = models.CharField(_("reason"), max_length=20, choices=ReturnReason)
    remarks = models.TextField(_("remarks"), blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = CustomerReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer return")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="logistics_return_number")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("logistics:customer_return", args=[self.pk])


class CustomerReturnLine(models.Model):
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    customer_return = models.ForeignKey(CustomerReturn, on_delete=models.PROTECT, related_name="lines")
    delivery_line = models.ForeignKey(DeliveryLine, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    disposition = models.CharField(_("disposition"), max_length=10, choices=Disposition)
    cost = models.DecimalField(max_digits=18, decimal_places=4, default=0, help_text="Cost brought back, base currency")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["delivery_line"], name="logistics_customerreturn_of")]


@tracked()
class SupplierReturn(Versioned):
    """Rejected or accepted goods sent back to a supplier."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="+", verbose_name=_("receipt"))
    returned_date = models.DateField(_("returned"))
    reason = models.CharField(_("reason"), max_length=300)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = SupplierReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier return")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="logistics_supplierreturn_number")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("logistics:supplier_return", args=[self.pk])


class SupplierReturnLine(models.Model):
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    supplier_return = models.ForeignKey(SupplierReturn, on_delete=models.PROTECT, related_name="lines")
    receipt_line = models.ForeignKey(ReceiptLine, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    rejected_quantity = models.DecimalField(
        _("of it rejected at receipt"),
        max_digits=14,
        decimal_places=4,
        default=0,
        help_text=_("Out of the rejected lot"),
    )
    cost = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="What left with the goods, base currency"
    )
    goods_cost = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="Of it, the goods' own price"
    )

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["receipt_line"], name="logistics_supplierreturn_of")]
