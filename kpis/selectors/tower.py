"""The numbers of the control tower, read in a handful of queries over the roll-ups, whatever the number of orders.

They are those of ``kpis.selectors.metric_rows`` for the same period (a test holds them to it); this module reads the
daily rows of all periods it shows at once instead of asking metric by metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from core.outbox import HANDLERS, SEALER
from kpis.cash_to_cash import FINANCE, CashToCash, span
from kpis.facts.landed import COMPONENTS
from kpis.models import Dimension, KpiClock, LandedDay, OrderDay, Side
from kpis.selectors import cash

DAYS = 90  # of the periods that are compared
WEEKS = 13  # of a sparkline: the same 90 days and a bit
MONTHS = 12
STALE_SECONDS = 60
FLAGS = ("late", "incomplete", "damaged", "undocumented")
COUNTS = ("promised", "judged", "failed", "perfect", "final", *FLAGS)
MONEY = ("goods", *COMPONENTS, "landed", "lines", "lines_known")


@dataclass(frozen=True)
class Freshness:
    """Up to which event the KPIs are computed, when that happened, and how long the oldest one owed has waited."""

    position: int
    at: datetime | None
    lag_seconds: float
    pending: int  # id of the oldest event still owed to a KPI, 0 when all is done

    @property
    def stale(self) -> bool:
        return self.lag_seconds > STALE_SECONDS

    @property
    def token(self) -> str:
        """Changes whenever the page would: a new event, a KPI caught up, or falling behind."""
        return f"{self.position}.{self.pending}.{int(self.stale)}"


_FRESHNESS = """
WITH oldest AS (
    SELECT min(d.event_id) AS event_id
    FROM unnest(%(handlers)s::text[]) h CROSS JOIN LATERAL (
        SELECT event_id FROM core_delivery WHERE handler = h AND done_at IS NULL ORDER BY id LIMIT 1
    ) d
), through AS (
    SELECT coalesce(
        (SELECT s.position - 1 FROM core_sealedevent s JOIN oldest o ON o.event_id = s.event_id),
        (SELECT max(position) FROM core_sealedevent), 0
    ) AS position
)
SELECT t.position, e.recorded_at, coalesce(extract(epoch FROM clock_timestamp() - w.recorded_at), 0)::float,
    coalesce(o.event_id, 0)
FROM through t CROSS JOIN oldest o
LEFT JOIN core_sealedevent s ON s.position = t.position
LEFT JOIN core_event e ON e.id = s.event_id
LEFT JOIN core_event w ON w.id = o.event_id
"""


def freshness() -> Freshness:
    """One query, as dear as there are handlers."""
    handlers = [SEALER, *(name for name in HANDLERS if name.startswith("kpis."))]
    with connection.cursor() as cursor:
        cursor.execute(_FRESHNESS, {"handlers": handlers})
        return Freshness(*cursor.fetchone())


@dataclass(frozen=True)
class Period:
    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int = DAYS) -> "Period":
        return cls(last - timedelta(days=days - 1), last)

    @property
    def before(self) -> "Period":
        """The one of the same length just before."""
        return Period.ending(self.first - timedelta(days=1), (self.last - self.first).days + 1)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def as_of_day(company_id: int, today: date) -> date:
    """The day up to which the company's facts are judged."""
    return KpiClock.objects.filter(pk=company_id).values_list("as_of", flat=True).first() or today


@dataclass
class Perfect:
    """Whole orders of one side, promised in the period, and in the one before."""

    side: str
    period: Period
    now: dict[str, int]
    before: dict[str, int]
    history: list[float | None]


def perfect_orders(company_id: int, last: date) -> Perfect:
    """One query. The customers' orders; the suppliers' where there are no customers' in either period."""
    period = Period.ending(last)
    rows = list(
        OrderDay.objects.filter(
            company_id=company_id, level="order", dim=Dimension.TOTAL, day__gte=period.before.first, day__lte=last
        ).values("side", "day", *COUNTS)
    )
    side = Side.SALES if any(row["side"] == Side.SALES and row["judged"] for row in rows) else Side.PURCHASE
    rows = [row for row in rows if row["side"] == side]
    history = []
    for week in weeks(last):
        sums = _sums(rows, week, ("judged", "failed"))
        history.append(share(sums["judged"] - sums["failed"], sums["judged"]))
    return Perfect(side, period, _sums(rows, period, COUNTS), _sums(rows, period.before, COUNTS), history)


@dataclass
class Landed:
    """Sums in base currency over the lines received in the period whose freight is known."""

    side: str
    period: Period
    now: dict[str, Decimal]
    before: dict[str, Decimal]
    history: list[float | None]


def landed_cost(company_id: int, last: date) -> Landed:
    """One query. What was received; what was delivered where nothing was received in either period."""
    period = Period.ending(last)
    rows = list(
        LandedDay.objects.filter(
            company_id=company_id, dim=Dimension.TOTAL, day__gte=period.before.first, day__lte=last
        ).values("side", "day", *MONEY)
    )
    side = Side.PURCHASE if any(row["side"] == Side.PURCHASE for row in rows) else Side.SALES
    rows = [row for row in rows if row["side"] == side]
    history = []
    for week in weeks(last):
        sums = _sums(rows, week, ("landed", "goods"))
        history.append(share(sums["landed"] - sums["goods"], sums["goods"]))
    return Landed(side, period, _sums(rows, period, MONEY), _sums(rows, period.before, MONEY), history)


@dataclass
class Cash:
    """Cash-to-cash now, a period ago, and at the end of each of the last months."""

    now: CashToCash
    before: CashToCash
    months: list[CashToCash] = field(default_factory=list)


def cash_to_cash(company_id: int, last: date, *, window: int = 365) -> Cash | None:
    """Three queries; None while nothing has been posted."""
    since = cash.history(company_id)
    if since is None or since > last:
        return None
    ends = [end for end in month_ends(last, MONTHS) if end >= since]
    curve = cash.curve(company_id, span(min(ends[0], last - timedelta(days=DAYS)), window), last)

    def measure(day: date) -> CashToCash:
        return curve.measure(day, window, history=since, variant=FINANCE)

    return Cash(measure(last), measure(last - timedelta(days=DAYS)), [measure(end) for end in ends])


# --- small arithmetic ------------------------------------------------------------------------------------------------


def weeks(last: date) -> list[Period]:
    """The last weeks, oldest first."""
    return [Period.ending(last - timedelta(days=7 * n), 7) for n in reversed(range(WEEKS))]


def month_ends(last: date, count: int) -> list[date]:
    """``last`` and the last days of the months before, oldest first."""
    ends = [last]
    while len(ends) < count:
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends[::-1]


def share(part, whole) -> float | None:
    """In percent, for a sparkline; None where undefined."""
    return float(part * 100 / whole) if whole else None


def _sums(rows: Sequence[dict], period: Period, names: Sequence[str]) -> dict:
    return {name: sum(row[name] for row in rows if row["day"] in period) for name in names}
