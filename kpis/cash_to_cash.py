"""Cash-to-cash as exact fractions (SCOR AM.1.1), and the published variants of its parts.

The days of a balance are (average daily balance) ÷ (flow ÷ days), and the days cancel: the sum of end-of-day balances over
the window ÷ the flow in the window, one fraction of two exact amounts. Undefined where nothing flowed: None, never 0.
"""

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
        length = (last - first).days + 1
        moved: dict[str, list[Decimal]] = {account: [Decimal(0)] * length for account in USED}
        for day, account, amount in flows:
            moved[account][(day - first).days] += amount
        self.balances: dict[str, list[Decimal]] = {}
        self._sums: dict[str, list[Decimal]] = {}  # of balances, of all days before
        self._flows: dict[str, list[Decimal]] = {}
        for account, amounts in moved.items():
            balance, balances, sums, flowed = opening.get(account, Decimal(0)), [], [Decimal(0)], [Decimal(0)]
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
        """The balance at the end of a day."""
        return sum((self.balances[a][(on - self.first).days] for a in accounts), Decimal(0))

    def measure(self, last: date, window: int, *, history: date | None, variant: str = FINANCE) -> CashToCash:
        """Cash-to-cash at the end of ``last``; ``history`` is the first day of the company's ledger, None when it is empty."""
        known = 0 if history is None or history > last else (last - history).days + 1
        days = min(window, known)
        cogs, revenue = self.flow(Account.COGS, last, days), -self.flow(Account.REVENUE, last, days)
        bought = self.flow(PURCHASES, last, days) if variant == SCOR else cogs
        return CashToCash(
            last=last,
            window=window,
            days=days,
            dio=ratio(self.sum_of_balances(INVENTORY, last, days), cogs),
            dso=ratio(self.sum_of_balances(RECEIVABLES, last, days), revenue),
            dpo=ratio(-self.sum_of_balances(PAYABLES, last, days), bought),
            advances=ratio(self.sum_of_balances([Account.SUPPLIER_ADVANCES], last, days), cogs),
            customer_advances=ratio(-self.sum_of_balances([Account.CUSTOMER_ADVANCES], last, days), revenue),
        )


def span(last: date, window: int) -> date:
    """The first day of a window of ``window`` days up to ``last``."""
    return last - timedelta(days=window - 1)


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> Fraction | None:
    """An exact fraction, None where the denominator is 0."""
    return Fraction(numerator) / Fraction(denominator) if denominator else None


def days_of(balances: Sequence[Decimal | int], flow: Decimal | int, days: int) -> Fraction | None:
    """Days of a balance by published approximations: the mean of the given points ÷ (flow ÷ days).

    One point is the closing balance, two are opening and closing (financial statements), five quarter ends are SCOR's.
    """
    return ratio(sum(map(Fraction, balances), Fraction(0)) / len(balances) * days, flow)  # type: ignore[arg-type]


def _between(sums: list[Decimal], end: int, days: int) -> Decimal:
    return sums[end] - sums[end - days]
