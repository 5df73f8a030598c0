"""Questions about the ledger."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from core.actor import Actor
from ledger.models import Account, Period, Posting
from parties.models import Company


def base_currency(company_id: int) -> str:
    return Company.objects.values_list("base_currency_id", flat=True).get(pk=company_id)


def open_day(*, company_id: int, day: date) -> date:
    """``day``, or the first day after it that lies in no closed period (late costs go into the open one)."""
    closed = list(
        Period.objects.filter(company_id=company_id, closed_at__isnull=False, last_date__gte=day)
        .order_by("first_date")
        .values_list("first_date", "last_date")
    )
    for first, last in closed:
        if first <= day <= last:
            day = last + timedelta(days=1)
    return day


def balances(actor: Actor) -> list[tuple[str, Decimal]]:
    """What stands on every account class (label, base currency), in the order of the classes; empty ones left out."""
    rows = Posting.objects.visible_to(actor).order_by().values_list("account").annotate(total=Sum("amount"))
    found = dict(rows)
    return [(account.value, found[account.value]) for account in Account if found.get(account.value)]


_SUMS = """
SELECT p.id, count(DISTINCT e.id), coalesce(sum(x.amount) FILTER (WHERE x.amount > 0), 0)
FROM ledger_period p
LEFT JOIN ledger_entry e ON e.company_id = p.company_id AND e.day BETWEEN p.first_date AND p.last_date
LEFT JOIN ledger_posting x ON x.entry_id = e.id
WHERE p.id = ANY(%s) GROUP BY p.id
"""


def period_sums(actor: Actor) -> list[dict]:
    """The periods, newest first, with how many entries each holds and what was debited."""
    periods = list(Period.objects.visible_to(actor).order_by("-first_date")[:60])
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [[period.pk for period in periods]])
        sums = {pk: (entries, turnover) for pk, entries, turnover in cursor.fetchall()}
    return [
        {"period": period, "entries": sums.get(period.pk, (0, 0))[0], "turnover": sums.get(period.pk, (0, 0))[1]}
        for period in periods
    ]
