"""Cash-to-cash: its parts in days, month by month, and the balances and postings they come from."""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.web.access import page
from kpis.cash_to_cash import span
from kpis.forms import CashForm
from kpis.models import CashDay
from kpis.selectors import Query, cash, metric_rows, tower
from kpis.views.lists import VIEW
from kpis.views.numbers import cash_chart, list_url
from ledger.models import Account


@page(VIEW)
def cash_to_cash(request):
    """The parts in days, month by month; for each account its balance, what flowed, and the postings behind it."""
    form = CashForm({"window": "365", "variant": "finance", "balance": "daily", **request.GET.dict()})
    data = form.cleaned_data if form.is_valid() else {}
    actor, today = request.actor, timezone.localdate()
    window, variant = int(data.get("window") or 365), data.get("variant") or "finance"
    balance = data.get("balance") or "daily"
    last = data.get("as_of") or tower.as_of_day(actor.company_id, today)
    query = Query(company_id=actor.company_id, window=window, variant=variant, balance=balance, as_of=last)
    whole = metric_rows("cash-to-cash", query)[0]
    since = cash.history(actor.company_id)
    ends = [end for end in tower.month_ends(last, 13) if since and end >= since]
    months = []
    if ends:
        curve = cash.curve(actor.company_id, span(ends[0], window, balance), last)
        months = [curve.measure(end, window, history=since, variant=variant, balance=balance) for end in ends]
    first = last - timedelta(days=whole["days"] - 1) if whole["days"] else None
    context = {
        "form": form,
        "asked": {"form": form},
        "whole": whole,
        "window": window,
        "variant": variant,
        "last": last,
        "first": first,
        "currency": request.memberships[0].company.base_currency_id,
        "months": months,
        "chart": cash_chart(months, today=last) if months else None,
        "accounts": _accounts(actor, first, last) if first else [],
        "may_open": actor.can("ledger.view_entry"),
    }
    return render(request, "kpis/cash_to_cash.html", context)


def _accounts(actor, first: date, last: date) -> list[dict]:
    """Per account class: the balance at the end, the flow in the window, how many postings moved each; two queries."""
    days = CashDay.objects.filter(company_id=actor.company_id, day__lte=last)
    until = {row["account"]: row for row in days.values("account").annotate(sum=Sum("flow"), count=Sum("postings"))}
    within = {
        row["account"]: row
        for row in days.filter(day__gte=first).values("account").annotate(sum=Sum("flow"), count=Sum("postings"))
    }
    names = {**dict(Account.choices), CashDay.PURCHASES: _("Material purchases")}
    flows = (Account.REVENUE, Account.COGS, CashDay.PURCHASES)
    shown = [
        ("DIO", Account.INVENTORY, 1),
        ("DSO", Account.RECEIVABLES, 1),
        ("DPO", Account.PAYABLES, -1),
        ("DPO", Account.GRNI, -1),
        ("DPO", Account.ACCRUED_CHARGES, -1),
        ("", Account.SUPPLIER_ADVANCES, 1),
        ("", Account.CUSTOMER_ADVANCES, -1),
        ("", Account.REVENUE, -1),
        ("", Account.COGS, 1),
        ("", CashDay.PURCHASES, 1),
    ]
    nothing = {"sum": Decimal(0), "count": 0}
    found = []
    for part, account, sign in shown:
        all_, some = until.get(account, nothing), within.get(account, nothing)
        found.append(
            {
                "part": part,
                "name": names[account],
                "balance": None if account in flows else sign * all_["sum"],
                "balance_count": all_["count"],
                "balance_url": list_url("kpis:postings", account=account, to=last),
                "flow": sign * some["sum"],
                "flow_count": some["count"],
                "flow_url": list_url("kpis:postings", account=account, from_=first, to=last),
            }
        )
    return found
