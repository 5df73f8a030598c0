"""Letters of credit (documentary credits, UCP 600): what the bank undertakes, and the documents presented under it."""

from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from core.documents import Versioned
from core.money import EXACT, round_amount
from finance.flows import LETTER_OF_CREDIT, PRESENTATION, LetterStatus, PresentationStatus
from finance.querysets import LetterOfCreditQuerySet, PresentationQuerySet
from logistics.models import TradeDocumentType


@tracked()
class LetterOfCredit(Versioned):
    """A bank's irrevocable undertaking to pay the supplier of one order against documents that comply with it.

    We are the applicant, the supplier is the beneficiary. ``drawn_amount``: of presentations that complied or whose
    discrepancies were waived; at most ``amount`` and its tolerance comply.
    """

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=30)
    order = models.ForeignKey(
        "sourcing.PurchaseOrder",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("order"),
        db_index=False,
    )
    supplier = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("beneficiary")
    )
    bank = models.ForeignKey(
        "parties.Organisation",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("issuing bank"),
        db_index=False,
    )
    bank_reference = models.CharField(_("bank's number"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=LetterStatus, default=LetterStatus.DRAFT)
    currency = models.ForeignKey(
        "reference.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency"), db_index=False
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    tolerance_percent = models.DecimalField(_("tolerance (%)"), max_digits=5, decimal_places=2, default=0)
    drawn_amount = models.DecimalField(_("drawn"), max_digits=18, decimal_places=4, default=0)
    latest_shipment_date = models.DateField(_("latest shipment"))
    expiry_date = models.DateField(_("expiry"))
    presentation_days = models.PositiveSmallIntegerField(_("days for presentation"), default=21)
    partial_shipments = models.BooleanField(_("partial shipments allowed"), default=True)
    documents = ArrayField(
        models.CharField(max_length=30, choices=TradeDocumentType), verbose_name=_("documents"), default=list
    )
    insurance_percent = models.DecimalField(_("insurance cover (%)"), max_digits=6, decimal_places=2, default=110)
    fee_percent = models.DecimalField(_("bank's fee (%)"), max_digits=6, decimal_places=4, default=0)
    fee_fixed = models.DecimalField(_("bank's fixed fee"), max_digits=18, decimal_places=4, default=0)
    issued_date = models.DateField(_("issued"), null=True, blank=True)
    reason = models.CharField(_("why it ended"), max_length=200, blank=True)
    requested_by = models.CharField(max_length=200)
    requested_by_id = models.BigIntegerField(null=True, editable=False)
    approved_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = LetterOfCreditQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter of credit")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_letter_number"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=LetterStatus.standing()), name="finance_letter_one_standing"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount__gt=0, drawn_amount__gte=0, fee_percent__gte=0, fee_fixed__gte=0, insurance_percent__gte=110
                )
                & Q(tolerance_percent__gte=0, tolerance_percent__lte=100, presentation_days__gte=1),
                name="finance_letter_amounts",
            ),
            models.CheckConstraint(
                condition=Q(expiry_date__gte=F("latest_shipment_date")), name="finance_letter_expires_later"
            ),
        ]
        indexes = [
            models.Index(fields=["order"], name="finance_letter_order"),
            models.Index(fields=["company", "status", "expiry_date"], name="finance_letter_expiry"),
        ]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=LETTER_OF_CREDIT.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("finance:letter", args=[self.pk])

    @property
    def limit(self) -> Decimal:
        """The most that may be drawn: the amount and its tolerance (UCP 600 art. 30)."""
        return round_amount(
            EXACT.multiply(self.amount, 1 + EXACT.divide(self.tolerance_percent, 100)), self.currency_id
        )

    @property
    def available_amount(self) -> Decimal:
        """What is left to draw; never below 0."""
        return max(self.limit - self.drawn_amount, Decimal(0))

    @property
    def fee(self) -> Decimal:
        """What the bank asks, in the credit's currency: 0.75 % of 100,000 and 150 are 900."""
        percent = round_amount(EXACT.divide(EXACT.multiply(self.amount, self.fee_percent), 100), self.currency_id)
        return percent + self.fee_fixed

    @property
    def paper_labels(self) -> list[str]:
        """The documents asked for, in words."""
        return [str(TradeDocumentType(one).label) for one in self.documents]


@tracked()
class Presentation(Versioned):
    """Documents presented under a credit for one invoice, as they were examined.

    ``discrepancies``: all of them, ``{"code", "detail"}`` each, fixed when the documents were examined: a refusal states
    every one (UCP 600 art. 16). Quantities are those of the invoice and of the packing list, added up over their lines.
    """

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(_("number"), max_length=40)
    letter = models.ForeignKey(
        LetterOfCredit, on_delete=models.PROTECT, related_name="presentations", verbose_name=_("letter of credit")
    )
    invoice = models.ForeignKey(
        "finance.SupplierInvoice", on_delete=models.PROTECT, related_name="presentations", verbose_name=_("invoice")
    )
    shipment = models.ForeignKey(
        "logistics.Shipment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("shipment"),
        db_index=False,
    )
    status = models.CharField(
        _("status"), max_length=12, choices=PresentationStatus, default=PresentationStatus.PRESENTED
    )
    presented_date = models.DateField(_("presented"))
    examine_by = models.DateField(_("examine by"))
    amount = models.DecimalField(_("amount drawn"), max_digits=18, decimal_places=4)
    documents = ArrayField(
        models.CharField(max_length=30, choices=TradeDocumentType), verbose_name=_("documents"), default=list
    )
    shipped_date = models.DateField(_("on board"), null=True, blank=True)
    invoice_quantity = models.DecimalField(_("quantity on the invoice"), max_digits=18, decimal_places=4)
    packing_quantity = models.DecimalField(
        _("quantity on the packing list"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    insured_amount = models.DecimalField(_("insured"), max_digits=18, decimal_places=4, null=True, blank=True)
    discrepancies = models.JSONField(_("discrepancies"), default=list, encoder=DjangoJSONEncoder)
    decided_date = models.DateField(_("decided"), null=True, blank=True, help_text=_("Complied, waived or refused"))
    examined_by = models.CharField(max_length=200, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(_("why it was waived"), max_length=300, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = PresentationQuerySet.as_manager()

    class Meta:
        verbose_name = _("presentation of documents")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="finance_presentation_number"),
            models.UniqueConstraint(
                fields=["invoice"], condition=~Q(status="refused"), name="finance_presentation_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="finance_presentation_positive"),
        ]
        triggers = [pgtrigger.FSM(name="status_flow", field="status", transitions=PRESENTATION.transitions())]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"{reverse('finance:letter', args=[self.letter_id])}#presentation-{self.pk}"

    @property
    def paper_labels(self) -> list[str]:
        """The documents presented, in words."""
        return [str(TradeDocumentType(one).label) for one in self.documents]
