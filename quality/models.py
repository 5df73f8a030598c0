"""Inspections: what was presented, what was drawn, what was found, and the verdict that gates shipment and payment."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from quality.flows import INSPECTION, RELEASING, InspectionStatus
from quality.querysets import InspectionQuerySet


class InspectionKind(models.TextChoices):
    PPI = "ppi", _("Pre-production")
    DUPRO = "dupro", _("During production")
    PSI = "psi", _("Pre-shipment")
    INCOMING = "incoming", _("Incoming")


class Severity(models.TextChoices):
    NORMAL = "normal", _("Normal")
    TIGHTENED = "tightened", _("Tightened")
    REDUCED = "reduced", _("Reduced")


class DefectClass(models.TextChoices):
    CRITICAL = "critical", _("Critical")
    MAJOR = "major", _("Major")
    MINOR = "minor", _("Minor")


@tracked()
class Inspection(Versioned):
    """An inspection of lines of one purchase order; the lot is what is presented, not what was ordered."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    kind = models.CharField(_("kind"), max_length=10, choices=InspectionKind, default=InspectionKind.PSI)
    order = models.ForeignKey(
        "sourcing.PurchaseOrder", on_delete=models.PROTECT, related_name="+", verbose_name=_("order"), db_index=False
    )
    # An agency sees the inspection and not the order with its prices: what it needs of it stands here.
    order_number = models.CharField(_("order"), max_length=30)
    supplier = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier")
    )
    inspector = models.ForeignKey(
        "parties.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agency"),
    )
    status = models.CharField(_("status"), max_length=12, choices=InspectionStatus, default=InspectionStatus.PLANNED)
    planned_date = models.DateField(_("planned"))
    inspected_date = models.DateField(_("inspected"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)
    level = models.CharField(_("inspection level"), max_length=3, default="II")
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.NORMAL)
    aql_critical = models.CharField(_("AQL critical"), max_length=6, default="0")
    aql_major = models.CharField(_("AQL major"), max_length=6, default="2.5")
    aql_minor = models.CharField(_("AQL minor"), max_length=6, default="4.0")
    plan = models.JSONField(
        _("sampling plan"), default=list, help_text=_("Per defect class: severity, n, Ac, Re, found, verdict.")
    )
    stopped = models.BooleanField(
        _("acceptance stopped"),
        default=False,
        help_text=_("Five rejections on tightened inspection: the supplier must act first."),
    )
    sample_size = models.PositiveIntegerField(_("sample size"), null=True, blank=True)
    made_pct = models.DecimalField(_("made (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    packed_pct = models.DecimalField(_("packed (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    reinspection_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    charged_to_supplier = models.BooleanField(_("charged to the supplier"), default=False)
    report = models.TextField(_("report"), blank=True)
    concession_reason = models.CharField(_("reason of the concession"), max_length=300, blank=True)
    conceded_by = models.CharField(max_length=200, blank=True)
    reported_by = models.CharField(max_length=200, blank=True)
    reported_by_id = models.BigIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="quality_inspection_number")]
        indexes = [
            models.Index(fields=["order", "-id"], name="quality_inspection_order"),
            models.Index(fields=["company", "status", "planned_date"], name="quality_inspection_due"),
        ]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=INSPECTION.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("quality:inspection", args=[self.pk])

    @property
    def releases(self) -> bool:
        """Its goods may be loaded, and their balance paid: passed, or accepted by a signed concession."""
        return self.status in RELEASING


class InspectionLine(models.Model):
    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="lines", db_index=False)
    order_line = models.ForeignKey(
        "sourcing.PurchaseOrderLine", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sku = models.CharField(_("SKU"), max_length=60)
    description = models.CharField(_("description"), max_length=250)
    unit = models.ForeignKey(
        "reference.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"), db_index=False
    )
    quantity = models.DecimalField(_("quantity presented"), max_digits=14, decimal_places=4)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "order_line"], name="quality_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="quality_line_positive"),
        ]
        indexes = [models.Index(fields=["order_line", "inspection"], name="quality_line_of")]


class Finding(models.Model):
    """Defects of one class and kind found in the sample."""

    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="findings")
    defect_class = models.CharField(_("class"), max_length=10, choices=DefectClass)
    description = models.CharField(_("defect"), max_length=200)
    count = models.PositiveIntegerField(_("found"))

    class Meta:
        ordering = ["id"]
