"""Warehouses, lots with their landed-cost layers, and the moves that make every balance."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.models.outbox import append_only
from inventory.querysets import LotQuerySet, StockMoveQuerySet, StockQuerySet
from parties.querysets import CompanyQuerySet
from reference.units import spoken


@tracked()
class Warehouse(models.Model):
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    country = models.ForeignKey(
        "reference.Country", on_delete=models.PROTECT, related_name="+", verbose_name=_("country"), db_index=False
    )
    city = models.CharField(_("city"), max_length=100, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("warehouse")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="inventory_warehouse_code")]
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('inventory:stock')}?warehouse={self.pk}"


class Component(models.TextChoices):
    """What a cost layer pays for; the ladder of landed cost."""

    GOODS = "goods", _("Goods")
    FREIGHT = "freight", _("Freight")
    INSURANCE = "insurance", _("Insurance")
    DUTY = "duty", _("Duty")
    OTHER = "other", _("Fees and other")


class Lot(models.Model):
    """Goods received together, at one cost. Receiving only ever adds lots, so two clerks never wait for each other.

    ``cost_total`` is the sum of its layers; ``cost_issued`` what left with the goods that left: always
    round(cost_total × quantity issued ÷ quantity received), so nothing is left over when the last unit goes.
    A lot made of another one's goods (another warehouse, another quality, repacked) names it as its ``parent``: a late
    cost of the parent follows the goods.
    """

    class Quality(models.TextChoices):
        OK = "ok", _("Good")
        BLOCKED = "blocked", _("Blocked")
        REJECTED = "rejected", _("Rejected")

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("lot"), max_length=30)
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product")
    )
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    quality = models.CharField(_("quality"), max_length=10, choices=Quality, default=Quality.OK)
    received_date = models.DateField(_("received"))
    supplier = models.ForeignKey("parties.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="children",
        db_index=False,
        verbose_name=_("taken from"),
    )
    source_kind = models.CharField(
        max_length=60, help_text="logistics.receiptline, inventory.lot (taken from), or opening"
    )
    source_id = models.BigIntegerField(null=True)
    quantity_received = models.DecimalField(_("received quantity"), max_digits=14, decimal_places=4)
    quantity_on_hand = models.DecimalField(_("on hand"), max_digits=14, decimal_places=4)
    cost_total = models.DecimalField(_("cost"), max_digits=18, decimal_places=4, default=0)
    cost_issued = models.DecimalField(_("cost of what left"), max_digits=18, decimal_places=4, default=0)

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = _("lot")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="inventory_lot_number"),
            models.CheckConstraint(
                condition=Q(
                    quantity_received__gt=0, quantity_on_hand__gte=0, quantity_on_hand__lte=F("quantity_received")
                ),
                name="inventory_lot_quantity",
            ),
        ]
        indexes = [
            models.Index(
                fields=["product", "warehouse", "received_date", "id"],
                name="inventory_lot_fifo",
                condition=Q(quantity_on_hand__gt=0, quality="ok"),
            ),
            models.Index(fields=["source_kind", "source_id"], name="inventory_lot_source"),
            models.Index(
                fields=["company", "product", "warehouse"],
                name="inventory_lot_on_hand",
                condition=Q(quantity_on_hand__gt=0),
            ),
            models.Index(fields=["parent"], name="inventory_lot_parent", condition=Q(parent__isnull=False)),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("inventory:lot", args=[self.pk])

    @property
    def value(self):
        """Base currency: what is on hand of it is worth."""
        return self.cost_total - self.cost_issued

    @property
    def unit_cost(self):
        """Base currency per stock unit, unrounded; the extended amounts are the truth."""
        return self.cost_total / self.quantity_received


class CostLayer(models.Model):
    """One cost in a lot: goods, freight, duty, …, in base currency; a correction is another layer."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="layers")
    component = models.CharField(max_length=10, choices=Component)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    estimated = models.BooleanField(default=False)
    source_kind = models.CharField(max_length=60)
    source_id = models.BigIntegerField()
    day = models.DateField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["source_kind", "source_id"], name="inventory_layer_source")]
        triggers = [append_only()]


class MoveKind(models.TextChoices):
    RECEIPT = "receipt", _("Receipt")
    OPENING = "opening", _("Opening stock")
    DELIVERY = "delivery", _("Delivery")
    CUSTOMER_RETURN = "customer_return", _("Customer return")
    SUPPLIER_RETURN = "supplier_return", _("Return to supplier")
    SCRAP = "scrap", _("Scrap")
    ADJUSTMENT = "adjustment", _("Count difference")
    TRANSFER = "transfer", _("Transfer")


class StockMove(models.Model):
    """One change of one lot: what left or came, when, because of which document, at what cost. The balance is their
    sum.
    """

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="moves", verbose_name=_("lot"))
    kind = models.CharField(_("kind"), max_length=16, choices=MoveKind)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4, help_text=_("Negative: left"))
    cost = models.DecimalField(
        _("cost"), max_digits=18, decimal_places=4, help_text=_("Base currency, same sign as the quantity")
    )
    day = models.DateField(_("day"))
    document_kind = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    line_id = models.BigIntegerField(null=True)
    origin = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The move that this one takes back, wholly or in part",
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    moved_by = models.CharField(max_length=200)
    moved_at = models.DateTimeField(db_default=Now())

    objects = StockMoveQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["document_kind", "document_id"], name="inventory_move_document"),
            models.Index(fields=["company", "-id"], name="inventory_move_newest"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {spoken(self.quantity)}"


class Reservation(models.Model):
    """Goods promised to a customer order line and not yet delivered; one row a line and warehouse."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+")
    document_kind = models.CharField(max_length=60)
    line_id = models.BigIntegerField()
    quantity = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document_kind", "line_id", "warehouse"], name="inventory_reservation_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="inventory_reservation_positive"),
        ]
        indexes = [
            models.Index(fields=["product", "warehouse"], name="inventory_reservation_of", condition=Q(quantity__gt=0))
        ]


class Stock(models.Model):
    """What lies where: one row a product and warehouse, summed from lots and reservations by the database (a view)."""

    id = models.BigIntegerField(primary_key=True, help_text="product × 1,000,000 + warehouse")
    company = models.ForeignKey("parties.Company", on_delete=models.DO_NOTHING, related_name="+")
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.DO_NOTHING, related_name="+", verbose_name=_("product")
    )
    warehouse = models.ForeignKey(Warehouse, on_delete=models.DO_NOTHING, related_name="+", verbose_name=_("warehouse"))
    on_hand = models.DecimalField(_("on hand"), max_digits=18, decimal_places=4)
    blocked = models.DecimalField(
        _("blocked"), max_digits=18, decimal_places=4, help_text=_("Blocked or rejected: not for sale")
    )
    reserved = models.DecimalField(_("reserved"), max_digits=18, decimal_places=4)
    available = models.DecimalField(_("available"), max_digits=18, decimal_places=4)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=4, help_text=_("Base currency, landed cost"))
    oldest_date = models.DateField(_("oldest lot"))

    objects = StockQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "inventory_stock"

    def __str__(self) -> str:
        return f"{self.product} @ {self.warehouse}"
