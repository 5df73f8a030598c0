"""The ledger on pages: what every number is made of, and the periods that may be closed."""

from decimal import Decimal

from django import forms
from django.db.models import Sum
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from core.errors import NotVisible
from core.web.access import page
from core.web.forms import DocumentForm, form_page, step
from core.web.lists import Column, DocumentList
from ledger import selectors, services
from ledger.filters import PostingFilter
from ledger.models import Account, Entry, Posting

VIEW = "ledger.view_entry"


class PostingList(DocumentList):
    """One row for each side of an entry, so that the sum of an account over days is the number on the tile."""

    model = Posting
    title = _("Ledger")
    permission = VIEW
    filterset_class = PostingFilter
    row_template = "ledger/posting_row.html"
    order = ("-entry__day", "-entry_id", "-amount")
    empty_text = _("Every step that moves goods or money posts a balanced entry; none has been made yet.")
    presets = (
        (_("Inventory"), "account=inventory"),
        (_("Payables"), "account=payables&account=grni&account=accrued_charges"),
        (_("Receivables"), "account=receivables"),
        (_("Cost of goods sold"), "account=cogs"),
        (_("Exchange differences"), "account=fx_difference"),
    )
    columns = (
        Column("entry__day", _("Day"), sort="entry__day"),
        Column("entry__source_number", _("Document"), sort="entry__source_number"),
        Column("entry__get_purpose_display", _("Purpose"), sort="entry__purpose"),
        Column("get_account_display", _("Account"), sort="account"),
        Column("entry__party__name", _("Party"), sort="entry__party__name"),
        Column("amount", _("Amount"), sort="amount", numeric=True),
        Column("document_amount", _("In its currency"), numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("entry__party")

    def totals(self, found):
        return {"amount": f"{found.order_by().aggregate(sum=Sum('amount'))['sum'] or 0:,.2f}"}

    def context(self, actor):
        return {"base": selectors.base_currency(actor.company_id)}


@page(VIEW)
def entry(request, pk: int):
    found = Entry.objects.visible_to(request.actor).select_related("party", "company").filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    postings = list(found.postings.order_by("-amount"))
    context = {"entry": found, "postings": postings, "base": found.company.base_currency_id}
    return render(request, "ledger/entry.html", context)


@page(VIEW)
def periods(request):
    """Every period, what was posted into it, and whether anything more may be."""
    actor = request.actor
    rows = selectors.period_sums(actor)
    sides = [
        {
            "account": name,
            "label": Account(name).label,
            "debit": max(total, Decimal(0)),
            "credit": max(-total, Decimal(0)),
        }
        for name, total in selectors.balances(actor)
    ]
    context = {
        "rows": rows,
        "base": selectors.base_currency(actor.company_id),
        "balances": sides,
        "total": sum((one["debit"] for one in sides), Decimal(0)),
        "may_close": actor.can("ledger.close_period"),
        "may_reopen": actor.can("ledger.reopen_period"),
    }
    return render(request, "ledger/periods.html", context)


class YearForm(DocumentForm):
    year = forms.IntegerField(label=_("Year"), min_value=1990, max_value=2200)


@page("ledger.close_period")
def year_new(request):
    form = YearForm(request.POST or None, initial={"year": timezone.localdate().year})
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.open_periods(actor=request.actor, **form.values()),
        then=lambda _periods: reverse("ledger:periods"),
        context={
            "title": _now("Add the periods of a year"),
            "crumb_links": [(_now("Periods"), reverse("ledger:periods"))],
            "cancel_url": reverse("ledger:periods"),
            "submit": _now("Add twelve months"),
        },
    )


@page("ledger.close_period")
@require_POST
def close(request, pk: int):
    return step(
        request,
        act=lambda: services.close_period(actor=request.actor, period_id=pk),
        back=reverse("ledger:periods"),
        said=_now("The period is closed; nothing more is posted into it."),
    )


@page("ledger.reopen_period")
@require_POST
def reopen(request, pk: int):
    return step(
        request,
        act=lambda: services.reopen_period(actor=request.actor, period_id=pk),
        back=reverse("ledger:periods"),
        said=_now("The period is open again."),
    )
