"""Inbound shipments: the lines of orders they carry, containers, milestones, trade documents."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from core.models.outbox import append_only
from logistics.querysets import ShipmentLineQuerySet, ShipmentQuerySet
from sourcing.models import Mode


class ShipmentStatus(models.TextChoices):
    """Computed from milestones and receipts; carriers report late and out of order, so it is never clicked."""

    PLANNED = "planned", _("Planned")
    BOOKED = "booked", _("Booked")
    DEPARTED = "departed", _("Under way")
    ARRIVED = "arrived", _("Arrived")
    CLEARED = "cleared", _("Cleared")
    RECEIVED = "received", _("Received")
    CANCELLED = "cancelled", _("Cancelled")


@tracked()
class Shipment(Versioned):
    """The inbound hub: purchase order lines on one transport document, from a place to one of our warehouses."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    status = models.CharField(_("status"), max_length=12, choices=ShipmentStatus, default=ShipmentStatus.PLANNED)
    mode = models.CharField(_("mode"), max_length=12)
    incoterm = models.CharField(_("Incoterm"), max_length=3)
    named_place = models.CharField(_("named place"), max_length=100, blank=True)
    forwarder = models.ForeignKey(
        "parties.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("forwarder"),
    )
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    vessel = models.CharField(_("vessel or flight"), max_length=100, blank=True)
    voyage = models.CharField(_("voyage"), max_length=40, blank=True)
    transport_document = models.CharField(_("B/L or AWB"), max_length=60, blank=True)
    origin = models.ForeignKey(
        "reference.Place",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("from"),
        db_index=False,
    )
    destination = models.ForeignKey(
        "reference.Place",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("to"),
        db_index=False,
    )
    warehouse = models.ForeignKey(
        "inventory.Warehouse",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("warehouse"),
    )
    planned_departure_date = models.DateField(_("planned departure"), null=True, blank=True)
    planned_arrival_date = models.DateField(_("planned arrival"), null=True, blank=True)
    expected_arrival_date = models.DateField(_("expected arrival"), null=True, blank=True, help_text=_("Computed"))
    departed_date = models.DateField(_("departed"), null=True, blank=True, help_text=_("Computed"))
    arrived_date = models.DateField(_("arrived"), null=True, blank=True, help_text=_("Computed"))
    freight_included = models.BooleanField(
        _("freight is in the price"),
        default=False,
        help_text=_("Then it is known to be 0 beside the goods; else it is known with its charge."),
    )
    hold_reason = models.CharField(
        _("on hold"),
        max_length=300,
        blank=True,
        help_text=_("Why it may not be loaded: a balance due before shipment, or what a person wrote."),
    )
    held_by = models.CharField(
        _("held by"), max_length=200, blank=True, help_text=_("Who set the hold by hand; empty: a balance due sets it.")
    )
    lifted_by = models.CharField(
        _("hold lifted by"),
        max_length=200,
        blank=True,
        help_text=_("Who let it be loaded though a balance is due; it is not held for that again."),
    )
    released_at = models.DateTimeField(_("released to load"), null=True, blank=True)
    released_by = models.CharField(max_length=200, blank=True)
    remarks = models.TextField(_("remarks"), blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("shipment")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="logistics_shipment_number")]
        indexes = [models.Index(fields=["company", "status", "-id"], name="logistics_shipment_status")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("logistics:shipment", args=[self.pk])

    @property
    def slip_days(self) -> int | None:
        """How many days later (negative: earlier) than planned the shipment arrives; None while either day is
        unknown.
        """
        due = self.arrived_date or self.expected_arrival_date
        return (due - self.planned_arrival_date).days if due and self.planned_arrival_date else None

    @property
    def lane(self) -> str:
        """“Ningbo → Rotterdam”; read both places with the shipment."""
        return f"{self.origin.name if self.origin else '–'} → {self.destination.name if self.destination else '–'}"

    @property
    def mode_label(self) -> str:
        """The mode in words; empty where old papers do not say."""
        return str(Mode(self.mode).label) if self.mode in Mode.values else self.mode


@tracked(of="shipment")
class ShipmentLine(models.Model):
    """Goods of one order line in one shipment. ``owned_*``: what became ours, when, at what cost (base currency)."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines", db_index=False)
    order_line = models.ForeignKey("sourcing.PurchaseOrderLine", on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(
        "sourcing.PurchaseOrder", on_delete=models.PROTECT, related_name="+", verbose_name=_("order")
    )
    supplier = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier")
    )
    # A forwarder sees the goods and not the order with its prices: what he needs of it stands here.
    order_number = models.CharField(_("order"), max_length=30)
    sku = models.CharField(_("SKU"), max_length=60)
    description = models.CharField(_("description"), max_length=250)
    unit = models.ForeignKey(
        "reference.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"), db_index=False
    )
    inspection = models.ForeignKey(
        "quality.Inspection", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    cartons = models.PositiveIntegerField(_("cartons"), null=True, blank=True)
    gross_weight_kg = models.DecimalField(
        _("gross weight (kg)"), max_digits=14, decimal_places=3, null=True, blank=True
    )
    volume_m3 = models.DecimalField(_("volume (m³)"), max_digits=14, decimal_places=6, null=True, blank=True)
    shipped_quantity = models.DecimalField(
        _("shipped"), max_digits=14, decimal_places=4, default=0, help_text=_("Counted on the order")
    )
    received_quantity = models.DecimalField(
        _("received"), max_digits=14, decimal_places=4, default=0, help_text=_("Accepted and rejected")
    )
    short_quantity = models.DecimalField(_("short"), max_digits=14, decimal_places=4, default=0)
    owned_date = models.DateField(_("ours since"), null=True, blank=True)
    owned_quantity = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    owned_cost = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="Of owned_quantity, in base currency"
    )
    taken_quantity = models.DecimalField(
        max_digits=14, decimal_places=4, default=0, help_text="Of owned_quantity, what receipts and shortages took"
    )
    received_cost = models.DecimalField(
        max_digits=18, decimal_places=4, default=0, help_text="Of owned_cost, what receipts and shortages took"
    )

    objects = ShipmentLineQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "order_line"], name="logistics_shipmentline_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, received_quantity__gte=0, short_quantity__gte=0),
                name="logistics_shipmentline_positive",
            ),
        ]

    @property
    def open_quantity(self):
        """What is still to be received or found missing; never negative."""
        return max(self.quantity - self.received_quantity - self.short_quantity, 0)


class Container(models.Model):
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="containers", db_index=False)
    number = models.CharField(_("container"), max_length=11)
    seal = models.CharField(_("seal"), max_length=30, blank=True)
    size_type = models.CharField(_("type"), max_length=6, blank=True, help_text="ISO 6346 size and type, e.g. 45G1")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "number"], name="logistics_container_once")]

    def __str__(self) -> str:
        return self.number


class MilestoneCode(models.TextChoices):
    """In the order in which they should happen (DCSA codes in brackets where there is one)."""

    BOOKED = "booked", _("Booking confirmed")
    CARGO_READY = "cargo_ready", _("Cargo ready")
    HANDED_OVER = "handed_over", _("Handed to the carrier")  # DCSA GTIN
    LOADED = "loaded", _("Loaded on board")  # DCSA LOAD
    DEPARTED = "departed", _("Departed")  # DCSA DEPA
    ARRIVED = "arrived", _("Arrived")  # DCSA ARRI
    DISCHARGED = "discharged", _("Discharged")  # DCSA DISC
    CLEARED = "cleared", _("Customs cleared")
    GATE_OUT = "gate_out", _("Left the terminal")  # DCSA GTOT
    DELIVERED = "delivered", _("Delivered to the warehouse")


class Classifier(models.TextChoices):
    """DCSA event classifiers."""

    PLANNED = "PLN", _("Planned")
    ESTIMATED = "EST", _("Estimated")
    ACTUAL = "ACT", _("Actual")


class Milestone(models.Model):
    """One report about one milestone; all are kept. An actual beats every estimate; of estimates the one issued last
    counts.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="milestones", db_index=False)
    code = models.CharField(_("milestone"), max_length=12, choices=MilestoneCode)
    classifier = models.CharField(_("classifier"), max_length=3, choices=Classifier)
    happened_at = models.DateTimeField(_("when"))
    place_date = models.DateField(_("day at the place"))
    issued_at = models.DateTimeField(_("reported by the carrier"), help_text=_("Not when we heard of it."))
    place = models.ForeignKey(
        "reference.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    reported_by = models.CharField(max_length=200)
    reported_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["happened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "code", "classifier", "happened_at", "issued_at"], name="logistics_milestone_once"
            )
        ]
        triggers = [append_only()]


class TradeDocumentType(models.TextChoices):
    COMMERCIAL_INVOICE = "commercial_invoice", _("Commercial invoice")
    PACKING_LIST = "packing_list", _("Packing list")
    BILL_OF_LADING = "bill_of_lading", _("Bill of lading")
    AIR_WAYBILL = "air_waybill", _("Air waybill")
    CERTIFICATE_OF_ORIGIN = "certificate_of_origin", _("Certificate of origin")
    INSURANCE_CERTIFICATE = "insurance_certificate", _("Insurance certificate")
    CUSTOMS_ENTRY = "customs_entry", _("Customs entry")


@tracked()
class TradeDocument(models.Model):
    """A paper the shipment needs: present or not, in time or not, in conflict with the others or not."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="documents", db_index=False)
    doc_type = models.CharField(_("document"), max_length=30, choices=TradeDocumentType)
    required = models.BooleanField(_("required"), default=True)
    number = models.CharField(_("number"), max_length=60, blank=True)
    received_date = models.DateField(_("received"), null=True, blank=True)
    conflict = models.CharField(_("conflict"), max_length=300, blank=True)
    attachment_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["shipment", "doc_type"], name="logistics_document_once")]
