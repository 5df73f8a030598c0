"""Questions that span rows of reference data."""

from datetime import date, timedelta
from decimal import Decimal

from reference import exchange


def weekly_rates(base: str, quote: str, *, until: date, weeks: int = 52) -> list[tuple[date, Decimal | None]]:
    """This will return the rate from ``base`` to ``quote`` week by week, ``weeks`` of them, ending on ``until``.

    None for a week of which no rate is known. One query.
    """
    days = [until - timedelta(weeks=n) for n in range(weeks - 1, -1, -1)]
    found = exchange.known_rates_for([(base, quote, day) for day in days])
    return [(day, found[base, quote, day].value if (base, quote, day) in found else None) for day in days]
