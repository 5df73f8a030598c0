"""Cash-to-cash and the balances behind it, read from the daily flows."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from django.db.models import Min, Sum

from core.errors import RuleBroken
from kpis.cash_to_cash import USED, CashToCash, Curve, span
from kpis.models import CashDay, KpiClock
from kpis.selectors.query import TOTAL, Query


def history(company_id: int) -> date | None:
    """The first day on which anything was posted."""
    return CashDay.objects.filter(company_id=company_id).aggregate(first=Min("day"))["first"]


def curve(company_id: int, first: date, last: date) -> Curve:
    """The daily balances of the accounts that cash-to-cash needs, from first to last (two queries)."""
    days = CashDay.objects.filter(company_id=company_id, account__in=USED)
    opening = dict(days.filter(day__lt=first).values_list("account").annotate(Sum("flow")))
    flows = days.filter(day__gte=first, day__lte=last).values_list("day", "account", "flow")
    return Curve(first, last, opening, flows)


def answers(query: Query) -> Iterator[tuple[str, CashToCash]]:
    """The key and the measure: the total, or each month of the period as of its last day (the last one as of today)."""
    today = KpiClock.objects.filter(pk=query.company_id).values_list("as_of", flat=True).first() or date.today()
    last = query.as_of or query.last or today
    if query.first and query.first > last:
        raise RuleBroken(f"The period would begin after {last}, up to which there are figures.", field="from")
    since = history(query.company_id)
    if query.by != "month":
        window = (last - query.first).days + 1 if query.first else query.window
        found = curve(query.company_id, span(last, window, query.balance), last).measure(
            last, window, history=since, variant=query.variant, balance=query.balance
        )
        yield TOTAL, found
        return
    first = query.first or since
    if first is None or first > last:
        return
    whole = curve(query.company_id, span(first, query.window, query.balance), last)
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        end = min(date(year, month, monthrange(year, month)[1]), last)
        found = whole.measure(end, query.window, history=since, variant=query.variant, balance=query.balance)
        yield f"{year}-{month:02}", found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
