"""What goods cost besides their price: charges, and their shares on the lines they belong to."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from finance.querysets import ChargeQuerySet
from inventory.models import Component


class ChargeKind(models.TextChoices):
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

    @property
    def component(self) -> str:
        """The step of the landed-cost ladder it belongs to."""
        return {
            "freight": Component.FREIGHT,
            "origin": Component.FREIGHT,
            "destination": Component.FREIGHT,
            "insurance": Component.INSURANCE,
            "duty": Component.DUTY,
            "entry_fee": Component.DUTY,
        }.get(self.value, Component.OTHER)

    @property
    def usual_basis(self) -> str:
        return {
            "freight": ChargeBasis.VOLUME,
            "origin": ChargeBasis.VOLUME,
            "destination": ChargeBasis.VOLUME,
            "broker": ChargeBasis.EQUAL,
            "inspection": ChargeBasis.QUANTITY,
        }.get(self.value, ChargeBasis.VALUE)


class ChargeBasis(models.TextChoices):
    VALUE = "value", _("by value")
    QUANTITY = "quantity", _("by quantity")
    WEIGHT = "weight", _("by weight")
    VOLUME = "volume", _("by volume")
    CARTONS = "cartons", _("by cartons")
    EQUAL = "equal", _("equally by line")
    DIRECT = "direct", _("as stated by line")


@tracked()
class Charge(Versioned):
    """A cost that goods carry besides their price: estimated, then invoiced; shared over the lines it belongs to.

    It counts at its actual amount once that is known, else at its estimate. ``capitalised_base`` is what the shares on
    received goods (or delivered ones) add up to; the rest waits on the shipment until the goods arrive.
    """

    Kind = ChargeKind
    Basis = ChargeBasis

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    shipment = models.ForeignKey(
        "logistics.Shipment", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    receipt = models.ForeignKey(
        "logistics.Receipt", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    delivery = models.ForeignKey(
        "logistics.Delivery", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ChargeKind)
    component = models.CharField(max_length=10, choices=Component)
    basis = models.CharField(_("shared"), max_length=10, choices=ChargeBasis)
    direct = models.JSONField(
        default=dict, blank=True, help_text="Of a direct basis: how much each line of the movement carries, by its id"
    )
    description = models.CharField(_("description"), max_length=200, blank=True)
    currency = models.ForeignKey("reference.Currency", on_delete=models.PROTECT, related_name="+", db_index=False)
    estimate_amount = models.DecimalField(_("estimate"), max_digits=18, decimal_places=4, null=True, blank=True)
    estimate_base = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    actual_amount = models.DecimalField(
        _("actual"), max_digits=18, decimal_places=4, null=True, blank=True, help_text="In the invoice's currency"
    )
    actual_base = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    invoice = models.ForeignKey(
        "finance.SupplierInvoice",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="charges",
        db_index=False,
    )
    capitalised_base = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="Already shared over goods"
    )
    cancelled = models.BooleanField(_("cancelled"), default=False)
    day = models.DateField(help_text="Of the estimate, or of the invoice that made it")
    created_by = models.CharField(max_length=200, blank=True)

    objects = ChargeQuerySet.as_manager()

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
                condition=Q(estimate_amount__isnull=False) | Q(actual_amount__isnull=False) | Q(cancelled=True),
                name="finance_charge_has_amount",
            ),
            models.CheckConstraint(
                condition=(Q(estimate_amount=None) | Q(estimate_amount__gte=0))
                & (Q(actual_amount=None) | Q(actual_amount__gte=0)),
                name="finance_charge_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["shipment"], name="finance_charge_shipment"),
            models.Index(fields=["receipt"], name="finance_charge_receipt"),
            models.Index(fields=["delivery"], name="finance_charge_delivery"),
            models.Index(fields=["invoice"], name="finance_charge_invoice"),
        ]

    def __str__(self) -> str:
        return self.description or self.get_kind_display()

    @property
    def base(self):
        """What it counts at now, in base currency: actual if known, else estimated; nothing once cancelled."""
        if self.cancelled:
            return 0 * self.capitalised_base
        return self.estimate_base if self.actual_base is None else self.actual_base

    @property
    def variance_base(self):
        """Actual less estimate, once both are known."""
        return None if self.actual_base is None or self.estimate_base is None else self.actual_base - self.estimate_base

    @property
    def movement(self):
        """The document it belongs to."""
        return self.shipment or self.receipt or self.delivery


class ChargeShare(models.Model):
    """A charge's part on one line (base currency); the parts of a wholly received charge add up to it.

    ``receipt_line`` for goods that came in, ``delivery_line`` for what it cost to bring them to a customer. ``stock``
    and ``expensed`` say where the part went: into goods on hand, or into cost of goods sold (delivery: expenses).
    """

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="shares", db_index=False)
    receipt_line = models.ForeignKey(
        "logistics.ReceiptLine", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    delivery_line = models.ForeignKey(
        "logistics.DeliveryLine", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    estimate = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    actual = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    stock = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    expensed = models.DecimalField(max_digits=18, decimal_places=4, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charge", "receipt_line", "delivery_line"], nulls_distinct=False, name="finance_share_once"
            ),
            models.CheckConstraint(
                condition=Q(receipt_line=None, delivery_line__isnull=False)
                | Q(receipt_line__isnull=False, delivery_line=None),
                name="finance_share_of_one_line",
            ),
            models.CheckConstraint(
                condition=Q(actual=None, estimate=F("stock") + F("expensed")) | Q(actual=F("stock") + F("expensed")),
                name="finance_share_placed",
            ),
        ]
        indexes = [
            models.Index(fields=["receipt_line"], name="finance_share_receipt"),
            models.Index(fields=["delivery_line"], name="finance_share_delivery"),
        ]
