"""Purchase orders and the supplier's answers to them."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from core.models.outbox import append_only
from sourcing.flows import PURCHASE_ORDER, LineAnswer, OrderStatus
from sourcing.querysets import PurchaseOrderLineQuerySet, PurchaseOrderQuerySet


class Mode(models.TextChoices):
    """How the goods travel; part of the order because Incoterm, lead time and KPIs hang on it."""

    SEA = "sea", _("Ocean")
    AIR = "air", _("Air")
    AIR_CHARTER = "air_charter", _("Air Charter")
    RAIL = "rail", _("Rail")
    ROAD = "road", _("Truck")
    COURIER = "courier", _("Courier")


@tracked()
class PurchaseOrder(Versioned):
    """An order to a supplier. Its lines carry quantities, prices and dates; it carries what they share."""

    coming: bool  # with_progress: is anything still to be received,
    unbilled: bool  # to be invoiced?
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    supplier = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier")
    )
    status = models.CharField(_("status"), max_length=12, choices=OrderStatus, default=OrderStatus.DRAFT)
    order_date = models.DateField(_("order date"))
    currency = models.ForeignKey(
        "reference.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency"), db_index=False
    )
    incoterm = models.CharField(_("Incoterm"), max_length=3)
    named_place = models.CharField(_("named place"), max_length=100)
    mode = models.CharField(_("mode"), max_length=12, choices=Mode, blank=True)
    payment_term = models.ForeignKey(
        "parties.PaymentTerm",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payment term"),
    )
    destination_country = models.ForeignKey(
        "reference.Country",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("destination"),
        db_index=False,
    )
    promised_at = models.CharField(
        _("promise is kept"),
        max_length=12,
        choices=[("handover", _("when the Incoterm's risk passes")), ("destination", _("at the destination"))],
        default="handover",
        help_text=_("Where on-time is judged: an FOB supplier at hand-over, not at our warehouse."),
    )
    sample = models.BooleanField(_("samples"), default=False, help_text=_("Left out of the KPIs."))
    supplier_reference = models.CharField(_("supplier's reference"), max_length=60, blank=True)
    remarks = models.TextField(_("remarks"), blank=True)
    deposit_paid = models.DecimalField(_("deposit paid"), max_digits=18, decimal_places=4, default=0)
    deposit_paid_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    deposit_used = models.DecimalField(
        _("deposit consumed by shipped goods"), max_digits=18, decimal_places=4, default=0
    )
    deposit_used_base = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    unit_price_order = models.BooleanField(
        _("unit-price order"),
        default=False,
        help_text=_("Prices are agreed, quantities come later: lines of 0 are allowed."),
    )
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=4, default=0)
    exchange_rate = models.DecimalField(
        _("rate to base currency"),
        max_digits=20,
        decimal_places=10,
        null=True,
        blank=True,
        help_text=_("Frozen when sent."),
    )
    base_total = models.DecimalField(
        _("total in base currency"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    revision = models.PositiveSmallIntegerField(_("revision"), default=0)
    created_by = models.CharField(_("created by"), max_length=200)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    end_reason = models.CharField(_("reason of cancelling or closing"), max_length=300, blank=True)

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase order")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="sourcing_order_number"),
            models.CheckConstraint(condition=Q(total__gte=0), name="sourcing_order_total"),
        ]
        indexes = [
            models.Index(fields=["company", "status", "-id"], name="sourcing_order_status"),
            models.Index(fields=["company", "supplier", "-id"], name="sourcing_order_supplier"),
        ]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=PURCHASE_ORDER.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("sourcing:purchase_order", args=[self.pk])

    @property
    def standing(self) -> tuple[str, str]:
        """Of an order read ``with_progress``: its status and the word for it. A confirmed order that was received reads so, one
        that was invoiced besides is complete.
        """
        if self.status != OrderStatus.CONFIRMED or self.coming:
            return self.status, self.get_status_display()
        return ("received", _now("Received")) if self.unbilled else ("complete", _now("Complete"))


@tracked(of="order")
class PurchaseOrderLine(models.Model):
    """One product of an order. Progress quantities are in the product's stock unit, written by the services above."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product")
    )
    sku = models.CharField(_("SKU"), max_length=60)
    description = models.CharField(_("description"), max_length=250)
    unit = models.ForeignKey(
        "reference.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"), db_index=False
    )
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    unit_price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=6)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    requested_date = models.DateField(_("requested date"), null=True, blank=True)
    original_promised_date = models.DateField(
        _("original promise"),
        null=True,
        blank=True,
        help_text=_("What on-time is measured against; it moves only with our amendment."),
    )
    promised_date = models.DateField(_("current promise"), null=True, blank=True)
    answer = models.CharField(_("supplier's answer"), max_length=10, choices=LineAnswer, default=LineAnswer.OPEN)
    cancelled = models.BooleanField(_("cancelled"), default=False)
    shipped_quantity = models.DecimalField(_("shipped"), max_digits=14, decimal_places=4, default=0)
    received_quantity = models.DecimalField(_("received"), max_digits=14, decimal_places=4, default=0)
    rejected_quantity = models.DecimalField(_("rejected"), max_digits=14, decimal_places=4, default=0)
    returned_quantity = models.DecimalField(_("returned"), max_digits=14, decimal_places=4, default=0)
    billed_quantity = models.DecimalField(_("billed"), max_digits=14, decimal_places=4, default=0)
    billed_amount = models.DecimalField(_("billed amount"), max_digits=18, decimal_places=4, default=0)
    grni_quantity = models.DecimalField(
        max_digits=14,
        decimal_places=4,
        default=0,
        help_text="Ours and not invoiced; negative: invoiced before it became ours",
    )
    grni_base = models.DecimalField(
        max_digits=18,
        decimal_places=4,
        default=0,
        help_text="What the ledger holds for it under goods owned, not invoiced",
    )

    objects = PurchaseOrderLineQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="sourcing_line_position"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, unit_price__gte=0, amount__gte=0), name="sourcing_line_positive"
            ),
            models.CheckConstraint(
                condition=Q(
                    shipped_quantity__gte=0, received_quantity__gte=0, rejected_quantity__gte=0, billed_quantity__gte=0
                ),
                name="sourcing_line_progress",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "product"], name="sourcing_line_product"),
            models.Index(
                fields=["company", "promised_date"],
                name="sourcing_line_due",
                condition=Q(cancelled=False, received_quantity__lt=F("quantity")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.sku}"

    @property
    def done_quantity(self):
        """What has happened to it and cannot be undone by changing the order."""
        return max(self.shipped_quantity, self.received_quantity, self.billed_quantity)

    @property
    def kept_quantity(self):
        """What has left or come, less what went back."""
        return max(self.shipped_quantity, self.received_quantity) - self.returned_quantity

    @property
    def open_quantity(self):
        """What is still to be received; never negative, 0 when cancelled."""
        return max(self.quantity - self.received_quantity, 0) if not self.cancelled else 0

    @property
    def owed_quantity(self):
        """What the supplier still owes of his promise: to hand over, or to bring where that is promised."""
        if self.cancelled:
            return 0
        kept = self.received_quantity
        if self.order.promised_at == "handover":
            kept = max(kept, self.shipped_quantity)
        return max(self.quantity - kept, 0)


class OrderRevision(models.Model):
    """An issued order as it was sent, frozen, so that both sides can always read what was agreed when."""

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    revision = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    content = models.JSONField(help_text="Header and lines as decimal strings and ISO dates")
    issued_at = models.DateTimeField(db_default=Now())
    issued_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-revision"]
        constraints = [models.UniqueConstraint(fields=["order", "revision"], name="sourcing_revision_once")]
        triggers = [append_only()]


class OrderConfirmation(models.Model):
    """One answer of the supplier to one revision; a newer one supersedes it, and all are kept."""

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="confirmations", db_index=False)
    number = models.PositiveSmallIntegerField()
    revision = models.PositiveSmallIntegerField()
    reference = models.CharField(_("supplier's reference"), max_length=60, blank=True)
    remarks = models.TextField(blank=True)
    answered_by = models.CharField(max_length=200)
    answered_at = models.DateTimeField(db_default=Now())
    compared: list  # by sourcing.selectors.confirmations: its lines beside the revision they answer
    to_decide: list  # those of them that wait for the buyer

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="sourcing_confirmation_once")]

    def __str__(self) -> str:
        return f"{self.order} / {self.number}"


class ConfirmationLine(models.Model):
    """The answer to one line. What differs from the order waits for the buyer unless it is within tolerance."""

    class Decision(models.TextChoices):
        NONE = "none", _("Nothing to decide")
        AUTOMATIC = "automatic", _("Accepted, within tolerance")
        PENDING = "pending", _("Waiting for the buyer")
        ACCEPTED = "accepted", _("Accepted by the buyer")
        REFUSED = "refused", _("Refused by the buyer")

    confirmation = models.ForeignKey(OrderConfirmation, on_delete=models.CASCADE, related_name="lines", db_index=False)
    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.CASCADE, related_name="answers")
    answer = models.CharField(max_length=10, choices=LineAnswer)
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    promised_date = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.NONE)
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["line__position"]
        constraints = [models.UniqueConstraint(fields=["confirmation", "line"], name="sourcing_answer_once")]
