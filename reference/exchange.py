"""Exchange rates: which one applies on a day, and what an amount becomes.

The rule: the rate of that day, or the last one published before it, within a stated age. A rate may be stored in the
direction asked for, in the other one, or only against the euro (the European Central Bank publishes nothing else);
then the two euro rates *of one day* make the cross rate. On the same day a rate typed in by hand goes before a
published one, and a stored pair before a cross. A rate that is missing is an error, never zero and never one.

Amounts are multiplied and divided by the published rates themselves, never by a rounded cross rate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal

from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import MissingRate
from core.money import EXACT, Money, check_currency
from reference.models import MANUAL, ExchangeRate, RateKind

PIVOT = "EUR"
MAX_AGE_DAYS = {RateKind.MARKET.value: 7, RateKind.CUSTOMS.value: 31}  # customs publishes for a month


@dataclass(frozen=True, slots=True)
class FoundRate:
    """One unit of ``base`` is ``per_quote / per_base`` units of ``quote``: the two published numbers, undivided.

    ``date`` is the day the rate was published for, ``source`` who published it ("ECB", "manual").
    """

    base: str
    quote: str
    date: date
    per_quote: Decimal
    per_base: Decimal
    source: str
    kind: str

    @property
    def value(self) -> Decimal:
        """The rate as one number with 28 significant digits, to be shown or stored."""
        return Context(prec=28).divide(self.per_quote, self.per_base)

    def convert(self, amount: Decimal) -> Decimal:
        """This will return ``amount`` of the base currency in the quote currency, unrounded (60 digits)."""
        return EXACT.divide(EXACT.multiply(amount, self.per_quote), self.per_base)


def rate(base: str, quote: str, on: date, *, kind: str = "market", max_age_days: int | None = None) -> Decimal:
    """This will return how many units of ``quote`` one unit of ``base`` costs on ``on``. See ``find_rate``."""
    return find_rate(base, quote, on, kind=kind, max_age_days=max_age_days).value


def find_rate(base: str, quote: str, on: date, *, kind: str = "market", max_age_days: int | None = None) -> FoundRate:
    """This will return the rate of ``on`` or the last before it, with its own day and source (one query).

    ``max_age_days``: how old it may be; 7 days for market rates, 31 for customs rates unless stated.
    Raises MissingRate with a sentence that says which pair, which day, and what to do.
    """
    return rates_for([(base, quote, on)], kind=kind, max_age_days=max_age_days)[base, quote, on]


def convert(
    money: Money, to: str, on: date, *, kind: str = "market", max_age_days: int | None = None, rounded: bool = True
) -> Money:
    """This will return ``money`` in the currency ``to`` at the rate of ``on`` (one query; none for the same currency).

    Rounded once, half away from zero, to the decimals of ``to``; ``rounded=False`` keeps all digits, for unit prices
    and for comparisons. Raises MissingRate; see ``find_rate``.
    """
    found = find_rate(money.currency, to, on, kind=kind, max_age_days=max_age_days)
    converted = Money(found.convert(money.amount), to)
    return converted.rounded() if rounded else converted


Pair = tuple[str, str, date]


def rates_for(pairs: Iterable[Pair], *, kind: str = "market", max_age_days: int | None = None) -> dict[Pair, FoundRate]:
    """This will return the rates of many (base, quote, day) in one query; the first one missing raises MissingRate."""
    wanted = list(dict.fromkeys(pairs))
    found = known_rates_for(wanted, kind=kind, max_age_days=max_age_days)
    for base, quote, on in wanted:
        if (base, quote, on) not in found:
            raise MissingRate(_missing(base, quote, on, kind, _age(kind, max_age_days)), field="currency")
    return {pair: found[pair] for pair in wanted}


def known_rates_for(
    pairs: Iterable[Pair], *, kind: str = "market", max_age_days: int | None = None
) -> dict[Pair, FoundRate]:
    """This will return those of the rates that are known, in one query: for charts, never for money."""
    age = _age(kind, max_age_days)
    found: dict[Pair, FoundRate] = {}
    ask = []
    for base, quote, on in dict.fromkeys(pairs):
        if isinstance(on, datetime) or not isinstance(on, date):
            raise TypeError(f"A rate is of a day, not of {on!r}")
        if check_currency(base) == check_currency(quote):
            found[base, quote, on] = FoundRate(base, quote, on, Decimal(1), Decimal(1), "identity", kind)
        else:
            ask.append((base, quote, on))
    if ask:
        for number, day, per_quote, per_base, source in _look_up(ask, kind, age):
            base, quote, on = ask[number - 1]
            found[base, quote, on] = FoundRate(base, quote, day, per_quote, per_base, source, kind)
    return found


def _age(kind: str, max_age_days: int | None) -> int:
    if kind not in MAX_AGE_DAYS:
        raise ValueError(f"There is no kind of rate {kind!r}.")
    return MAX_AGE_DAYS[kind] if max_age_days is None else max_age_days


# For each pair the newest of: the stored pair, the stored pair the other way round, and the two euro rates of one day.
# Each branch walks the unique index (kind, base, quote, date, source) backwards and stops at the first row.
_SQL = """
SELECT w.n, r.date, r.per_quote, r.per_base, r.source
FROM unnest(%(bases)s::text[], %(quotes)s::text[], %(days)s::date[]) WITH ORDINALITY AS w(base, quote, day, n)
CROSS JOIN LATERAL (
    SELECT * FROM (
      SELECT * FROM (
        (SELECT date, rate AS per_quote, 1 AS per_base, source, 1 AS detour FROM {table}
         WHERE kind = %(kind)s AND base_id = w.base AND quote_id = w.quote AND date BETWEEN w.day - %(age)s AND w.day
         ORDER BY date DESC, source <> %(manual)s, source LIMIT 1)
        UNION ALL
        (SELECT date, 1, rate, source, 2 FROM {table}
         WHERE kind = %(kind)s AND base_id = w.quote AND quote_id = w.base AND date BETWEEN w.day - %(age)s AND w.day
         ORDER BY date DESC, source <> %(manual)s, source LIMIT 1)
        UNION ALL
        (SELECT q.date, q.rate, b.rate,
                CASE WHEN q.source = b.source THEN q.source ELSE b.source || ', ' || q.source END, 3
         FROM {table} b
         JOIN {table} q ON q.kind = b.kind AND q.base_id = b.base_id AND q.quote_id = w.quote AND q.date = b.date
         WHERE b.kind = %(kind)s AND b.base_id = %(pivot)s AND b.quote_id = w.base
           AND b.date BETWEEN w.day - %(age)s AND w.day
         ORDER BY b.date DESC, b.source <> %(manual)s, b.source, q.source <> %(manual)s, q.source LIMIT 1)
      ) AS found
    ) found
    ORDER BY date DESC, source <> %(manual)s, detour
    LIMIT 1
) r
"""


def _look_up(ask: Sequence[tuple[str, str, date]], kind: str, age: int) -> list[tuple]:
    bases, quotes, days = (list(column) for column in zip(*ask, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL.format(table=ExchangeRate._meta.db_table),
            {
                "bases": bases,
                "quotes": quotes,
                "days": days,
                "kind": kind,
                "age": age,
                "manual": MANUAL,
                "pivot": PIVOT,
            },
        )
        return [(n, day, Decimal(quote), Decimal(base), source) for n, day, quote, base, source in cursor.fetchall()]


def _missing(base: str, quote: str, on: date, kind: str, age: int) -> str:
    """The sentence for the person who asked: which rate, which day, what is known instead, and what to do."""
    told = {
        "base": base,
        "quote": quote,
        "kind": RateKind(kind).label.lower(),
        "day": date_format(on, "j M Y"),
        "age": age,
    }
    older = _look_up([(base, quote, on)], kind, 40_000)
    if older:
        told["last"] = date_format(older[0][1], "j M Y")
        what = ngettext(
            "The last %(kind)s rate from %(base)s to %(quote)s before %(day)s is of %(last)s, over %(age)s day old.",
            "The last %(kind)s rate from %(base)s to %(quote)s before %(day)s is of %(last)s, over %(age)s days old.",
            age,
        )
    else:
        what = _("There is no %(kind)s rate from %(base)s to %(quote)s on or before %(day)s.")
    return f"{what % told} " + _("Load the bank's rates or enter one under Exchange rates, then try again.")
