"""What is asked of a KPI, and how its answers are written."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from catalog.models import ProductGroup
from core.errors import RuleBroken
from inventory.models import Warehouse
from kpis.cash_to_cash import BALANCES, DAILY, FINANCE, FIVE_POINT, VARIANTS, YEAR
from kpis.models import Dimension, Side
from kpis.rules import STANDARD, Rule
from parties.models import Organisation
from reference.models import Country
from sourcing.models import Mode

METRICS = ("on-time", "landed-cost", "perfect-order", "cash-to-cash", "otif")
DIMENSIONS = ("mode", "incoterm", "supplier", "country", "month", "product-group", "shipment", "order")
SIDES = ("purchase", "sales", "all")
TOTAL = "total"
UNKNOWN, SEVERAL = "N/A", "Several"


@dataclass(frozen=True, slots=True)
class Query:
    """One question to a metric. ``first`` and ``last`` bound the days of the period, both included; None is open.

    ``as_of``: as it stood at the end of that day, None for now. Of cash-to-cash: ``window`` in days, ``variant`` (over what
    payables are read) and ``balance`` (which balances stand for the window).
    """

    company_id: int
    by: str = ""
    first: date | None = None
    last: date | None = None
    as_of: date | None = None
    side: str = "all"
    window: int = 365
    variant: str = FINANCE
    balance: str = DAILY
    rule: Rule = STANDARD

    def __post_init__(self) -> None:
        if self.by and self.by not in DIMENSIONS:
            raise RuleBroken(f"There is no dimension {self.by}; there are {', '.join(DIMENSIONS)}.", field="by")
        if self.side not in SIDES:
            raise RuleBroken(f"The side is one of {', '.join(SIDES)}.", field="side")
        if self.first and self.last and self.first > self.last:
            raise RuleBroken("The period ends before it begins.", field="to")
        if not 1 <= self.window <= 3660:
            raise RuleBroken("The window is 1 to 3660 days.", field="window")
        if self.variant not in VARIANTS or self.balance not in BALANCES:
            raise RuleBroken(f"Say {', '.join(VARIANTS)}; and {', '.join(BALANCES)}.", field="variant")
        if self.balance == FIVE_POINT and (self.window != YEAR or (self.first and not self.by)):
            raise RuleBroken("Five quarter ends make a year: leave the window at 365 days.", field="window")

    @property
    def sides(self) -> list[str]:
        return list(Side.values) if self.side == "all" else [self.side]

    @property
    def dim(self) -> str:
        """The roll-up that answers: months and wholes are read from the total."""
        name = self.by.replace("-", "_")
        return name if name in Dimension.values else Dimension.TOTAL

    @property
    def key_sql(self) -> str:
        """The key of a row of roll-ups or facts: the month, or the dimension's own."""
        return "to_char(day, 'YYYY-MM')" if self.by == "month" else "key"


def labels(by: str, keys: list[str]) -> dict[str, str]:
    """Human names of stored keys: an organisation's, a warehouse's, a country's, …"""
    ids = [int(key) for key in keys if key.isdecimal()]
    found: dict[str, str] = {}
    if by == "supplier":
        houses = [int(key[1:]) for key in keys if key.startswith("w")]
        found = {str(pk): name for pk, name in Organisation.objects.filter(pk__in=ids).values_list("pk", "name")}
        found |= {f"w{pk}": name for pk, name in Warehouse.objects.filter(pk__in=houses).values_list("pk", "name")}
    elif by == "product-group":
        found = {str(pk): name for pk, name in ProductGroup.objects.filter(pk__in=ids).values_list("pk", "name")}
    elif by == "country":
        found = {country.pk: country.name for country in Country.objects.filter(pk__in=keys)}
    elif by == "mode":
        found = {value: str(label) for value, label in Mode.choices}
    return {key: found.get(key, {"": UNKNOWN, "*": SEVERAL}.get(key, key)) for key in keys}


def number(value: Fraction | None, places: int = 4) -> float | None:
    """A ratio for showing, rounded half up once; None stays None (n/a)."""
    return None if value is None else float(rounded(value, places))


def rounded(value: Fraction, places: int) -> Decimal:
    """An exact fraction rounded half up (away from zero) to ``places`` decimals."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def percent(part: int | Decimal, whole: int | Decimal) -> float | None:
    """100 × part ÷ whole with four decimals, None where whole is 0."""
    return number(Fraction(part) / Fraction(whole) * 100) if whole else None


def amount(value: Decimal, decimals: int) -> str:
    """Money as a decimal string with the currency's decimals."""
    return str(value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def quantity(value: Decimal) -> str:
    """A quantity as a decimal string without trailing zeros."""
    return f"{value.normalize():f}" if value else "0"
