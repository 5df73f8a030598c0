"""Questions about the ledger."""

from datetime import date, timedelta

from ledger.models import Period


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
