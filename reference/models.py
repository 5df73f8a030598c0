"""What the world publishes: currencies and their rates, units, countries, working days, ports and airports.

Codes are the primary keys (ISO 4217, ISO 3166-1 alpha-2, UN/LOCODE, IATA), so a document that says "USD" or "CNNGB"
says so in its own row and nothing has to be joined to read it.
"""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from reference.querysets import CurrencyQuerySet, ExchangeRateQuerySet, FactQuerySet, PlaceQuerySet, UnitQuerySet


class Named(models.Model):
    """A fact with an English and a Chinese name; ``str()`` is the one in the reader's language."""

    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)

    class Meta:
        abstract = True

    @property
    def label(self) -> str:
        return self.name_zh if self.name_zh and (get_language() or "").startswith("zh") else self.name


class Currency(Named):
    """ISO 4217. ``decimals`` says how many an amount has (JPY 0, USD 2, KWD 3); core.money holds the same table."""

    code = models.CharField(_("code"), max_length=3, primary_key=True)
    numeric = models.CharField(_("numeric code"), max_length=3, blank=True)
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=2)
    active = models.BooleanField(_("active"), default=True, help_text=_("Withdrawn currencies stay, for old rates."))

    objects = CurrencyQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z]{3}$"), name="currency_code_is_three_capitals"),
            models.CheckConstraint(condition=Q(decimals__lte=4), name="currency_has_at_most_four_decimals"),
        ]

    def __str__(self):
        return self.code


class RateKind(models.TextChoices):
    MARKET = "market", _("Market")
    CUSTOMS = "customs", _("Customs")  # what customs publishes for a period; duty is computed with it


MANUAL = "manual"  # the source of a rate that one of us typed in


# Only rates typed in by hand are kept version by version: a published file can be loaded again at any time.
@pghistory.track(
    pghistory.InsertEvent(condition=pgtrigger.Q(new__source=MANUAL), level=pgtrigger.Statement),
    pghistory.UpdateEvent(condition=pgtrigger.Q(new__source=MANUAL), level=pgtrigger.Statement),
    pghistory.DeleteEvent(condition=pgtrigger.Q(old__source=MANUAL), level=pgtrigger.Statement),
    append_only=True,
)
class ExchangeRate(models.Model):
    """One unit of ``base`` costs ``rate`` units of ``quote`` on ``date`` (EUR/USD 1.0707: a euro is 1.0707 dollars)."""

    kind = models.CharField(_("kind"), max_length=8, choices=RateKind, default=RateKind.MARKET)
    base = models.ForeignKey(Currency, models.PROTECT, related_name="+", verbose_name=_("base"), db_index=False)
    quote = models.ForeignKey(Currency, models.PROTECT, related_name="+", verbose_name=_("quote"), db_index=False)
    date = models.DateField(_("date"))
    rate = models.DecimalField(_("rate"), max_digits=24, decimal_places=12)
    source = models.CharField(_("source"), max_length=20)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = ExchangeRateQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "base", "quote"]
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(fields=["kind", "base", "quote", "date", "source"], name="exchangerate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchangerate_is_positive"),
            models.CheckConstraint(condition=~Q(base=F("quote")), name="exchangerate_between_two_currencies"),
        ]
        indexes = [models.Index(fields=["-date", "base", "quote"], name="exchangerate_newest")]

    def __str__(self):
        return f"{self.base_id}/{self.quote_id} {self.rate.normalize():f} ({self.date})"


class Dimension(models.TextChoices):
    COUNT = "count", _("Count")
    SET = "set", _("Set")  # a set has as many pieces as the product says
    PACKAGE = "package", _("Package")  # a carton holds what the product says
    MASS = "mass", _("Weight")
    LENGTH = "length", _("Length")
    AREA = "area", _("Area")
    VOLUME = "volume", _("Volume")
    TIME = "time", _("Time")


class Unit(Named):
    """What a quantity is counted in. ``factor`` converts inside one dimension: to pieces, kg, m, m², m³ or hours.

    A carton or a set has no factor: how much is in it belongs to the product (catalog). ``unece`` is the code of
    UNECE Recommendation 20/21, which EDI messages and e-invoices use.
    """

    code = models.CharField(_("code"), max_length=8, primary_key=True)
    dimension = models.CharField(_("dimension"), max_length=8, choices=Dimension)
    factor = models.DecimalField(_("factor"), max_digits=24, decimal_places=12, null=True, blank=True)
    whole = models.BooleanField(_("whole numbers only"), default=False)
    unece = models.CharField(_("UNECE code"), max_length=3, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["dimension", "code"]
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [models.CheckConstraint(condition=Q(factor__gt=0), name="unit_factor_is_positive")]

    def __str__(self):
        return self.code


class Country(Named):
    """ISO 3166-1. ``eu`` is membership of the Union today (27 states), which decides the customs territory first."""

    code = models.CharField(_("code"), max_length=2, primary_key=True)
    alpha3 = models.CharField(_("alpha-3"), max_length=3, unique=True)
    numeric = models.CharField(_("numeric code"), max_length=3, unique=True)
    eu = models.BooleanField(_("EU"), default=False)
    currency = models.ForeignKey(
        Currency, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("currency")
    )

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z]{2}$"), name="country_code_is_two_capitals")
        ]

    def __str__(self):
        return self.label


class Calendar(Named):
    """The working days of a country (or of one factory): a weekly rest, days off, and make-up days that are worked."""

    code = models.CharField(_("code"), max_length=12, primary_key=True)
    country = models.ForeignKey(
        Country, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("country")
    )
    weekly_rest = models.CharField(
        _("weekly rest"),
        max_length=6,
        default="67",
        blank=True,
        help_text=_("ISO weekdays: 67 is Saturday and Sunday."),
    )
    known_through = models.DateField(_("known through"), help_text=_("Later days off are not published yet."))

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        constraints = [
            models.CheckConstraint(condition=Q(weekly_rest__regex=r"^[1-7]{0,6}$"), name="calendar_rest_is_weekdays")
        ]

    def __str__(self):
        return self.label


class DayKind(models.TextChoices):
    OFF = "off", _("Day off")
    WORKING = "working", _("Make-up working day")


class CalendarDay(Named):
    """A day that differs from its weekday: a public holiday, or a weekend day that is worked to make up for one."""

    calendar = models.ForeignKey(
        Calendar, models.CASCADE, related_name="days", verbose_name=_("calendar"), db_index=False
    )
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=8, choices=DayKind, default=DayKind.OFF)

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["calendar", "date"]
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="calendarday_once")]

    def __str__(self):
        return f"{self.calendar_id} {self.date} {self.label}"


class PlaceKind(models.TextChoices):
    PORT = "port", _("Port")
    AIRPORT = "airport", _("Airport")
    CITY = "city", _("Inland place")


class Place(Named):
    """A point that goods pass: a port or inland place by its UN/LOCODE, an airport by its IATA code."""

    code = models.CharField(_("code"), max_length=5, primary_key=True)
    unlocode = models.CharField(_("UN/LOCODE"), max_length=5, blank=True, db_index=True)
    kind = models.CharField(_("kind"), max_length=8, choices=PlaceKind)
    country = models.ForeignKey(Country, models.PROTECT, related_name="+", verbose_name=_("country"))
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5)
    timezone = models.CharField(_("time zone"), max_length=40, blank=True)
    main = models.BooleanField(_("main"), default=False, help_text=_("Offered first where a place is chosen."))
    source = models.CharField(_("source"), max_length=20)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["-main", "name", "code"]
        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^([A-Z]{2}[A-Z2-9]{3}|[A-Z]{3})$"), name="place_code_is_unlocode_or_iata"
            ),
            models.CheckConstraint(
                condition=Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="place_is_on_earth",
            ),
        ]

    def __str__(self):
        return f"{self.label} ({self.code})"
