"""What every service of finance needs: the company's currency, rates, numbers, and errors told together."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core.errors import RuleBroken
from core.models import Series
from core.money import EXACT, Money, round_amount
from parties.models import Company
from reference import exchange

RATE_AGE_DAYS = 10  # a weekend and a holiday; older than that, somebody must load rates
ZERO = Decimal(0)


def base_currency(company_id: int) -> str:
    """The company's base currency."""
    return Company.objects.values_list("base_currency_id", flat=True).get(pk=company_id)


class Rates:
    """The rates to the base currency that a set of documents needs, fetched in one query. Raises MissingRate."""

    def __init__(self, base: str, pairs: Iterable[tuple[str, date]]):
        self.base = base
        self.found = exchange.rates_for({(c, base, day) for c, day in pairs}, max_age_days=RATE_AGE_DAYS)

    def rate(self, currency: str, day: date) -> Decimal:
        """Base currency for one unit, as a number to be kept."""
        return self.found[currency, self.base, day].value

    def convert(self, amount: Decimal, currency: str, day: date) -> Decimal:
        """``amount`` in base currency, rounded once."""
        return round_amount(self.found[currency, self.base, day].convert(amount), self.base)


def part_of(total: Decimal, part: Decimal, whole: Decimal, currency: str) -> Decimal:
    """round(total × part ÷ whole); all of it when the part is the whole, so that nothing is left over."""
    if part == whole:
        return total
    return round_amount(EXACT.divide(EXACT.multiply(total, part), whole), currency)


def spoken_money(amount: Decimal, currency: str) -> str:
    """ "1,234.50 USD", for sentences; columns keep more decimals than a person wants to read."""
    return str(Money(round_amount(amount, currency), currency))


def take_numbers(company_id: int, prefix: str, days: Sequence[date]) -> list[str]:
    """One number for each document of these days, in their order, from the series of its year."""
    waiting: dict[int, list[str]] = {}
    for year in sorted({day.year for day in days}):
        count = sum(day.year == year for day in days)
        waiting[year] = Series.take(company_id=company_id, prefix=prefix, year=year, count=count)[::-1]
    return [waiting[day.year].pop() for day in days]


class Faults:
    """Wrong inputs, collected, so that a person sees all of them at once."""

    def __init__(self):
        self.errors: list[dict] = []

    def add(self, pointer: str, sentence: str) -> None:
        self.errors.append({"pointer": pointer, "detail": sentence})

    def refuse(self, kind: type[RuleBroken] = RuleBroken) -> None:
        """This will raise them, if there are any: the sentence itself when there is one, else how many."""
        if self.errors:
            count = len(self.errors)
            many = _("%(count)d inputs are wrong.") % {"count": count}
            raise kind(self.errors[0]["detail"] if count == 1 else many, errors=self.errors)


Pointer = Callable[[int], str]


def indexed(index: int) -> str:
    """Where the nth document of a bulk call stands."""
    return f"/{index}"


def alone(_index: int) -> str:
    """A single call's inputs stand at the root."""
    return ""
