"""Facts (one row per line, order or movement) and the daily roll-ups that are moved by new − stored.

A fact is a pure function of the rows of its document, the rules (kpis.rules) and the company's as-of day. Nothing here is
a source: ``rebuild_kpis`` computes every row again. Dimension columns hold keys as text: "" is unknown, "*" several,
"12" an organisation or product group, "w3" goods sold from the warehouse 3.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    PURCHASE = "purchase", _("Purchase")
    SALES = "sales", _("Sales")


class Dimension(models.TextChoices):
    """What a roll-up is kept by, one row per day and key."""

    TOTAL = "total", _("Total")
    SUPPLIER = "supplier", _("Supplier")
    COUNTRY = "country", _("Destination")
    PRODUCT_GROUP = "product_group", _("Product group")
    MODE = "mode", _("Mode")
    INCOTERM = "incoterm", _("Incoterm")


def _company(**options) -> models.ForeignKey:
    """No constraint and no index of its own: facts are written by the thousand, and every index starts with it."""
    return models.ForeignKey(
        "parties.Company", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, **options
    )


def _amount(**options) -> models.DecimalField:
    return models.DecimalField(max_digits=24, decimal_places=4, **options)


class KpiClock(models.Model):
    """The as-of day of a company's facts: flags that hang on time (due, claim window) are judged at the end of this day."""

    company = models.OneToOneField("parties.Company", on_delete=models.CASCADE, primary_key=True, related_name="+")
    as_of = models.DateField()


class Keyed(models.Model):
    """What every fact can be grouped by, and the day (of its period) on which it counts."""

    company = _company()
    side = models.CharField(max_length=8, choices=Side)
    day = models.DateField()
    supplier = models.CharField(max_length=20)
    country = models.CharField(max_length=20)
    product_group = models.CharField(max_length=20)
    mode = models.CharField(max_length=12)
    incoterm = models.CharField(max_length=3)

    class Meta:
        abstract = True


class Judged(Keyed):
    """The four flags of a perfect order; empty while unknown. ``day`` is the original commit date."""

    on_time = models.BooleanField(null=True)
    complete = models.BooleanField(null=True)
    undamaged = models.BooleanField(null=True)
    documented = models.BooleanField(null=True)
    otif = models.BooleanField(null=True, help_text="On time and in full: at least what was ordered")
    final = models.BooleanField(help_text="No passing of time will change the flags any more")

    class Meta:
        abstract = True


class OrderLineFact(Judged):
    """One line of a purchase or customer order, judged."""

    line_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    product_id = models.BigIntegerField()
    ordered = models.DecimalField(max_digits=14, decimal_places=4)
    quantity = models.DecimalField(max_digits=18, decimal_places=4, help_text="Arrived so far")
    quantity_on_time = models.DecimalField(
        max_digits=18, decimal_places=4, help_text="Arrived in time, at most what was ordered"
    )
    last_day = models.DateField(null=True, help_text="Of the last arrival")
    is_open = models.BooleanField(help_text="Something is still owed")
    next_change_date = models.DateField(null=True, help_text="The day on which time alone changes a flag")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["side", "order_id", "line_id"], name="kpis_line_once")]
        indexes = [
            models.Index(fields=["company", "side", "day"], name="kpis_line_day"),
            models.Index(fields=["company", "side", "day"], name="kpis_line_open", condition=Q(is_open=True)),
            models.Index(
                fields=["company", "next_change_date"],
                name="kpis_line_due",
                condition=Q(next_change_date__isnull=False),
            ),
        ]


class OrderFact(Judged):
    """A whole order: a flag holds when it holds for every line, fails when it fails for one. ``day``: of its last line."""

    order_id = models.BigIntegerField()
    lines = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["side", "order_id"], name="kpis_order_once")]
        indexes = [models.Index(fields=["company", "side", "day"], name="kpis_order_day")]


class LandedCostFact(Keyed):
    """What the goods of one receipt line (purchase) or delivery line (sales) cost at the door, in base currency.

    Each component is its actual amount where one is posted, else the estimate; both are kept. ``day`` is that of the
    receipt or delivery.
    """

    line_id = models.BigIntegerField()
    document_id = models.BigIntegerField(help_text="The receipt or delivery")
    shipment_id = models.BigIntegerField(null=True, help_text="The inbound shipment, where there is one")
    order_id = models.BigIntegerField()
    product_id = models.BigIntegerField()
    quantity = models.DecimalField(max_digits=18, decimal_places=4)
    goods = _amount()
    freight = _amount()
    insurance = _amount()
    duty = _amount()
    other = _amount()
    freight_estimate = _amount(null=True)
    freight_actual = _amount(null=True)
    insurance_estimate = _amount(null=True)
    insurance_actual = _amount(null=True)
    duty_estimate = _amount(null=True)
    duty_actual = _amount(null=True)
    other_estimate = _amount(null=True)
    other_actual = _amount(null=True)
    landed = _amount()
    estimated = _amount(help_text="Of shares that have both, the estimate")
    actual = _amount(help_text="and what it came to")
    freight_known = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["side", "document_id", "line_id"], name="kpis_landed_once")]
        indexes = [
            models.Index(fields=["company", "side", "day"], name="kpis_landed_day"),
        ]


class CashFact(models.Model):
    """A ledger entry that is in the roll-up. Entries never change, so applying each exactly once is all there is to it."""

    entry_id = models.BigIntegerField(primary_key=True)
    company = _company()


class OrderDay(models.Model):
    """How many lines or whole orders, promised for a day, were on time, complete, … by dimension."""

    company = _company()
    level = models.CharField(max_length=5, choices=[("line", _("Line")), ("order", _("Order"))])
    side = models.CharField(max_length=8, choices=Side)
    dim = models.CharField(max_length=13, choices=Dimension)
    day = models.DateField()
    key = models.CharField(max_length=20)
    promised = models.BigIntegerField(help_text="All of them, due or not")
    timed = models.BigIntegerField(help_text="Known to be on time or late")
    on_time = models.BigIntegerField()
    otif = models.BigIntegerField()
    judged = models.BigIntegerField(help_text="At least one flag is known")
    perfect = models.BigIntegerField()
    failed = models.BigIntegerField(help_text="At least one flag fails")
    late = models.BigIntegerField()
    incomplete = models.BigIntegerField()
    damaged = models.BigIntegerField()
    undocumented = models.BigIntegerField()
    final = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "level", "side", "dim", "day", "key"], name="kpis_orderday_once"
            ),
            models.CheckConstraint(
                condition=Q(perfect__gte=0, failed__gte=0, judged__gte=models.F("perfect") + models.F("failed"))
                & Q(timed=models.F("on_time") + models.F("late"), promised__gte=models.F("judged")),
                name="kpis_orderday_sane",
            ),
        ]


class LandedDay(models.Model):
    """Landed cost by day and dimension, in base currency; sums are over lines whose freight is known, ``*_all`` over all."""

    company = _company()
    side = models.CharField(max_length=8, choices=Side)
    dim = models.CharField(max_length=13, choices=Dimension)
    day = models.DateField()
    key = models.CharField(max_length=20)
    lines = models.BigIntegerField()
    lines_known = models.BigIntegerField()
    quantity_all = _amount()
    quantity = _amount()
    goods_all = _amount()
    insurance_all = _amount()
    goods = _amount()
    freight = _amount()
    insurance = _amount()
    duty = _amount()
    other = _amount()
    landed = _amount()
    estimated = _amount(help_text="Of charge shares that have both, the estimate")
    actual = _amount(help_text="and what it came to")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "side", "dim", "day", "key"], name="kpis_landedday_once"),
            models.CheckConstraint(
                condition=Q(lines_known__gte=0, lines__gte=models.F("lines_known"))
                & Q(
                    landed=models.F("goods")
                    + models.F("freight")
                    + models.F("insurance")
                    + models.F("duty")
                    + models.F("other")
                ),
                name="kpis_landedday_sane",
            ),
        ]


class CashDay(models.Model):
    """Net flow of one account class on one day (debits positive). A balance is a running sum, so back-dating needs no repair.

    ``account`` is one of ledger.Account, or "purchases": what entered inventory by purchase that day (a memo, not an account).
    """

    PURCHASES = "purchases"

    company = _company()
    day = models.DateField()
    account = models.CharField(max_length=20)
    flow = _amount()
    postings = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "day", "account"], name="kpis_cashday_once")]
