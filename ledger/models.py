"""The ledger: append-only balanced entries in the company's base currency, and the periods that may be closed.

It is made for the three headline KPIs and for explaining every number, not for statutory books: account classes, not a
chart of accounts. Meanings follow decision 15 of the requirements (docs/ledger.md).
"""

import pgtrigger
from django.apps import apps
from django.db import models
from django.db.models.functions import Now
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from core.audit import tracked
from ledger.querysets import EntryQuerySet, PeriodQuerySet, PostingQuerySet


class Account(models.TextChoices):
    """Account classes. Debits are positive, credits negative."""

    INVENTORY = "inventory", _("Inventory owned, in transit included")
    GRNI = "grni", _("Goods owned, not invoiced")
    PAYABLES = "payables", _("Trade payables")
    ACCRUED_CHARGES = "accrued_charges", _("Accrued charges")
    SUPPLIER_ADVANCES = "supplier_advances", _("Supplier deposits paid")
    RECEIVABLES = "receivables", _("Trade receivables")
    CUSTOMER_ADVANCES = "customer_advances", _("Customer deposits received")
    CLAIMS = "claims", _("Claims on suppliers, carriers, insurers")
    CASH = "cash", _("Cash")
    REVENUE = "revenue", _("Revenue")
    COGS = "cogs", _("Cost of goods sold")
    FX_DIFFERENCE = "fx_difference", _("Exchange differences")
    SCRAP = "scrap", _("Scrap and stock differences")
    DISCOUNTS = "discounts", _("Discounts for paying early")
    EXPENSES = "expenses", _("Other expenses")
    OPENING = "opening", _("Opening balances")


class Purpose(models.TextChoices):
    """Why an entry was made. GOODS_OWNED is what "material purchases" sums."""

    OPENING = "opening", _("Opening balance")
    GOODS_OWNED = "goods_owned", _("Goods became ours")
    GOODS_ADJUSTED = "goods_adjusted", _("Short, over or rejected goods")
    SUPPLIER_INVOICE = "supplier_invoice", _("Supplier invoice")
    CHARGE_ESTIMATE = "charge_estimate", _("Estimated charge")
    CHARGE_INVOICE = "charge_invoice", _("Freight, duty or broker invoice")
    PAYMENT = "payment", _("Payment")
    DEPOSIT = "deposit", _("Deposit")
    DELIVERY = "delivery", _("Goods delivered")
    CUSTOMER_INVOICE = "customer_invoice", _("Customer invoice")
    COLLECTION = "collection", _("Collection")
    CUSTOMER_RETURN = "customer_return", _("Customer return")
    CREDIT_NOTE = "credit_note", _("Credit note")
    SUPPLIER_RETURN = "supplier_return", _("Return to supplier")
    STOCK_DIFFERENCE = "stock_difference", _("Stock difference")
    REVALUATION = "revaluation", _("Exchange revaluation")


@tracked()
class Period(models.Model):
    """An accounting period of one company; while closed, nothing is posted into it through any door."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    first_date = models.DateField(_("first day"))
    last_date = models.DateField(_("last day"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=200, blank=True)
    closed_by_id = models.BigIntegerField(null=True, editable=False)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("period")
        ordering = ["-first_date"]
        constraints = [
            models.UniqueConstraint(fields=["company", "first_date"], name="ledger_period_once"),
            models.CheckConstraint(
                condition=models.Q(last_date__gte=models.F("first_date")), name="ledger_period_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_date:%Y-%m-%d} – {self.last_date:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("ledger:periods")


class Entry(models.Model):
    """One balanced entry, made by one step of one document."""

    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField(help_text="The commercial day, at the company's place")
    purpose = models.CharField(max_length=20, choices=Purpose)
    source_kind = models.CharField(max_length=60)
    source_id = models.BigIntegerField()
    source_number = models.CharField(max_length=40)
    party = models.ForeignKey("parties.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    memo = models.CharField(max_length=200, blank=True)
    posted_at = models.DateTimeField(db_default=Now())
    posted_by = models.CharField(max_length=200)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        indexes = [
            models.Index(fields=["source_kind", "source_id"], name="ledger_entry_source"),
            models.Index(fields=["company", "day"], name="ledger_entry_day"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="period_open",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="added"),
                declare=[("closed_day", "date")],
                func="""
                    SELECT a.day INTO closed_day FROM (SELECT DISTINCT company_id, day FROM added) a
                    JOIN ledger_period p ON p.company_id = a.company_id AND a.day BETWEEN p.first_date AND p.last_date
                    WHERE p.closed_at IS NOT NULL LIMIT 1;
                    IF closed_day IS NOT NULL THEN
                        RAISE EXCEPTION 'the period of % is closed', closed_day USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.source_number}"

    def get_absolute_url(self) -> str:
        return reverse("ledger:entry", args=[self.pk])

    @property
    def source_url(self) -> str:
        """The page of the document that made it; empty where there is none."""
        try:
            return apps.get_model(self.source_kind)(pk=self.source_id).get_absolute_url()
        except (LookupError, ValueError, AttributeError, NoReverseMatch):
            return ""


class Posting(models.Model):
    """One side of an entry: ``amount`` in base currency, and what the document said in its own currency."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="postings")
    account = models.CharField(max_length=20, choices=Account)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    currency = models.CharField(max_length=3)
    document_amount = models.DecimalField(max_digits=18, decimal_places=4)

    objects = PostingQuerySet.as_manager()

    class Meta:
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="balanced",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="added"),
                # What stood there balances, and stays. To add it up again was planned badly where nothing was counted yet.
                func="""
                    IF EXISTS (SELECT FROM added GROUP BY entry_id HAVING sum(amount) <> 0) THEN
                        RAISE EXCEPTION 'an entry does not balance' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"

    @property
    def credit(self):
        return -self.amount
