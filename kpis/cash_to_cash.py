"""Cash-to-cash as exact fractions (SCOR AM.1.1), and the published variants of its parts.

The days of a balance are (average daily balance) ÷ (flow ÷ days), and the days cancel: the sum of end-of-day balances over
the window ÷ the flow in the window, one fraction of two exact amounts. Undefined where nothing flowed: None, never 0.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from ledger.models import Account

PURCHASES = "purchases"  # the memo beside the accounts, see kpis.facts.cash
INVENTORY = (Account.INVENTORY,)
RECEIVABLES = (Account.RECEIVABLES,)
PAYABLES = (Account.PAYABLES, Account.GRNI, Account.ACCRUED_CHARGES)  # owed, invoiced or not (decision 15)
USED = (
    *INVENTORY, *RECEIVABLES, *PAYABLES, Account.SUPPLIER_ADVANCES, Account.CUSTOMER_ADVANCES, Account.REVENUE, Account.COGS, PURCHASES,
)  # fmt: skip
FINANCE, SCOR = "finance", "scor"
VARIANTS = {FINANCE: "payables over cost of goods sold", SCOR: "payables over material purchases"}
DAILY, CLOSING, TWO_POINT, FIVE_POINT = "daily", "closing", "two-point", "five-point"
BALANCES = {  # which balance stands for the window: ours is exact, the others are how others publish theirs
    DAILY: "every end of day of the window",
    CLOSING: "the last day alone",
    TWO_POINT: "mean of opening and closing (financial statements)",
    FIVE_POINT: "mean of five quarter ends, over a year (SCOR card)",
}
YEAR = 365


@dataclass(frozen=True)
class CashToCash:
    """The parts in days, up to the end of ``last`` over ``days`` days (fewer than asked where there is no more history)."""

    last: date
    window: int
    days: int
    dio: Fraction | None
    dso: Fraction | None
    dpo: Fraction | None
    advances: Fraction | None
    customer_advances: Fraction | None

    @property
    def c2c(self) -> Fraction | None:
        if self.dio is None or self.dso is None or self.dpo is None:
            return None
        return self.dio + self.dso - self.dpo

    @property
    def c2c_net_of_advances(self) -> Fraction | None:
        """What the standard formula does not see: deposits paid tie up cash, deposits received free it."""
        if self.c2c is None or self.advances is None or self.customer_advances is None:
            return None
        return self.c2c + self.advances - self.customer_advances

    @property
    def partial(self) -> bool:
        return self.days < self.window


class Curve:
    """Daily balances and flows of account classes over a span of days, summed up once, so that any window costs the same."""

    def __init__(
        self, first: date, last: date, opening: Mapping[str, Decimal], flows: Iterable[tuple[date, str, Decimal]]
    ):
        """``opening``: balances at the start of ``first``. ``flows``: (day, account, amount) from first to last."""
        self.first, self.last = first, last
        self.opening = {account: opening.get(account, Decimal(0)) for account in USED}
        length = (last - first).days + 1
        moved: dict[str, list[Decimal]] = {account: [Decimal(0)] * length for account in USED}
        for day, account, amount in flows:
            moved[account][(day - first).days] += amount
        self.balances: dict[str, list[Decimal]] = {}
        self._sums: dict[str, list[Decimal]] = {}  # of balances, of all days before
        self._flows: dict[str, list[Decimal]] = {}
        for account, amounts in moved.items():
            balance, balances, sums, flowed = self.opening[account], [], [Decimal(0)], [Decimal(0)]
            for amount in amounts:
                balance += amount
                balances.append(balance)
                sums.append(sums[-1] + balance)
                flowed.append(flowed[-1] + amount)
            self.balances[account], self._sums[account], self._flows[account] = balances, sums, flowed

    def sum_of_balances(self, accounts: Sequence[str], last: date, days: int) -> Decimal:
        """The sum of the end-of-day balances of the ``days`` days up to ``last``."""
        return sum((_between(self._sums[a], (last - self.first).days + 1, days) for a in accounts), Decimal(0))

    def flow(self, account: str, last: date, days: int) -> Decimal:
        """What flowed in the ``days`` days up to ``last``."""
        return _between(self._flows[account], (last - self.first).days + 1, days)

    def balance(self, accounts: Sequence[str], on: date) -> Decimal:
        """The balance at the end of a day, or at the start of the first one."""
        return sum(
            (self.balances[a][index] if (index := (on - self.first).days) >= 0 else self.opening[a] for a in accounts),
            Decimal(0),
        )

    def _summed(self, accounts: Sequence[str], last: date, days: int, balance: str) -> Fraction:
        """The sum of end-of-day balances, or what the given points make of it: their mean × the days."""
        if balance == DAILY:
            return Fraction(self.sum_of_balances(accounts, last, days))
        points = points_of(last, days, balance)
        return sum((Fraction(self.balance(accounts, on)) for on in points), Fraction(0)) / len(points) * days

    def measure(
        self, last: date, window: int, *, history: date | None, variant: str = FINANCE, balance: str = DAILY
    ) -> CashToCash:
        """Cash-to-cash at the end of ``last``; ``history`` is the first day of the company's ledger, None when it is empty.

        ``balance``: one of BALANCES; other than daily, the curve must begin with ``span(…, balance=…)``.
        """
        known = 0 if history is None or history > last else (last - history).days + 1
        days = min(window, known)
        cogs, revenue = self.flow(Account.COGS, last, days), -self.flow(Account.REVENUE, last, days)
        bought = self.flow(PURCHASES, last, days) if variant == SCOR else cogs
        return CashToCash(
            last=last,
            window=window,
            days=days,
            dio=ratio(self._summed(INVENTORY, last, days, balance), cogs),
            dso=ratio(self._summed(RECEIVABLES, last, days, balance), revenue),
            dpo=ratio(-self._summed(PAYABLES, last, days, balance), bought),
            advances=ratio(self._summed([Account.SUPPLIER_ADVANCES], last, days, balance), cogs),
            customer_advances=ratio(-self._summed([Account.CUSTOMER_ADVANCES], last, days, balance), revenue),
        )


def span(last: date, window: int, balance: str = DAILY) -> date:
    """The first day a curve needs for a window of ``window`` days up to ``last``."""
    first = last - timedelta(days=window - 1)
    return first if balance == DAILY else min(first, *points_of(last, window, balance))


def points_of(last: date, days: int, balance: str) -> list[date]:
    """The days whose closing balances stand for a window of ``days`` days up to ``last``."""
    if balance == CLOSING:
        return [last]
    if balance == TWO_POINT:
        return [last - timedelta(days=days), last]
    return [_months_before(last, months) for months in (12, 9, 6, 3, 0)]


def _months_before(day: date, months: int) -> date:
    """The same day some months earlier; the end of a month stays the end of a month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    length = monthrange(year, month + 1)[1]
    at_end = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, length if at_end else min(day.day, length))


def ratio(numerator: Decimal | Fraction, denominator: Decimal | int) -> Fraction | None:
    """An exact fraction, None where the denominator is 0."""
    return Fraction(numerator) / Fraction(denominator) if denominator else None


def _between(sums: list[Decimal], end: int, days: int) -> Decimal:
    return sums[end] - sums[end - days]
