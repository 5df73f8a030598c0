"""Posting, called synchronously by whoever moves goods or money: a closed period refuses the step itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import insert_rows
from core.documents import lock
from core.errors import PeriodClosed, RuleBroken, TransitionRefused
from core.outbox import News, announce, announce_many, kind_of
from ledger.events import ENTRY_POSTED, PERIOD_CLOSED, PERIOD_REOPENED
from ledger.models import Account, Entry, Period, Posting, Purpose


@dataclass(frozen=True, slots=True)
class Line:
    """One side: ``amount`` in base currency (debit positive), and the document's own amount and currency."""

    account: Account
    amount: Decimal
    currency: str
    document_amount: Decimal


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry about to be posted by ``source``; its lines must add up to zero in base currency.

    ``name``: what a source without a number is called.
    """

    day: date
    purpose: Purpose
    source: models.Model
    lines: Sequence[Line]
    party_id: int | None = None
    memo: str = ""
    name: str = ""
    about: Sequence[tuple[str, int]] = field(default_factory=tuple)


@transaction.atomic
def post(*, actor: Actor, company_id: int, draft: Draft) -> Entry | None:
    """This will post one entry; see ``post_many``. None when every line is zero."""
    entries = post_many(actor=actor, company_id=company_id, drafts=[draft])
    return entries[0] if entries else None


@transaction.atomic
def post_many(*, actor: Actor, company_id: int, drafts: Sequence[Draft]) -> list[Entry]:
    """This will post entries of one company, each balanced, in one insert per table; zero lines are left out.

    Raises PeriodClosed when any day lies in a closed period and RuleBroken when an entry does not balance.
    """
    drafts = [d for d in drafts if any(line.amount or line.document_amount for line in d.lines)]
    if not drafts:
        return []
    refuse_closed(company_id=company_id, days={d.day for d in drafts})
    for draft in drafts:
        total = sum((line.amount for line in draft.lines), Decimal(0))
        if total:
            raise RuleBroken(
                _("The entry of %(source)s does not balance: %(total)s is left over.")
                % {"source": draft.source, "total": total}
            )
    entries = insert_rows(
        [
            Entry(
                company_id=company_id,
                day=d.day,
                purpose=d.purpose,
                source_kind=kind_of(d.source),
                source_id=d.source.pk,
                source_number=(d.name or getattr(d.source, "number", "") or str(d.source))[:40],
                party_id=d.party_id,
                memo=d.memo,
                posted_by=actor.name,
            )
            for d in drafts
        ]
    )
    insert_rows(
        [
            Posting(
                entry_id=entry.pk,
                account=line.account,
                amount=line.amount,
                currency=line.currency,
                document_amount=line.document_amount,
            )
            for entry, d in zip(entries, drafts, strict=True)
            for line in d.lines
            if line.amount or line.document_amount
        ]
    )
    announce_many(
        ENTRY_POSTED,
        "ledger.entry",
        [
            News(entry.pk, company_id, [(entry.source_kind, entry.source_id), *d.about])
            for entry, d in zip(entries, drafts, strict=True)
        ],
        actor=actor,
    )
    return entries


def refuse_closed(*, company_id: int, days: set[date]) -> None:
    """This will raise PeriodClosed if any of ``days`` is closed, and keep the periods as they are until commit."""
    with connection.cursor() as cursor:  # shared: posters do not wait for each other, only for a closing under way
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('ledger.period', %s))", [company_id])
    closed = Period.objects.filter(company_id=company_id, closed_at__isnull=False).values_list(
        "first_date", "last_date"
    )
    for day in sorted(days):
        if any(first <= day <= last for first, last in closed):
            raise PeriodClosed(
                _("%(day)s lies in a closed period. Post on a later day, or ask an administrator to re-open it.")
                % {"day": day}
            )


@transaction.atomic
def close_period(*, actor: Actor, period_id: int) -> Period:
    """This will close a period: nothing is posted into it from now on. Raises TransitionRefused when it is closed."""
    actor.needs("ledger.close_period")
    _exclusive(actor.company_id)
    period = lock(Period.objects.visible_to(actor), period_id)
    if period.closed_at:
        raise TransitionRefused(_("The period %(period)s is already closed.") % {"period": period})
    period.closed_at, period.closed_by, period.closed_by_id = timezone.now(), actor.name, actor.user_id
    period.save()
    announce(PERIOD_CLOSED, period, actor=actor)
    return period


@transaction.atomic
def reopen_period(*, actor: Actor, period_id: int) -> Period:
    """This will open a closed period again; somebody other than who closed it must do so, and it is logged."""
    actor.needs("ledger.reopen_period")
    _exclusive(actor.company_id)
    period = lock(Period.objects.visible_to(actor), period_id)
    if period.closed_at is None:
        raise TransitionRefused(_("The period %(period)s is open.") % {"period": period})
    if actor.is_who(period.closed_by_id, period.closed_by):
        raise TransitionRefused(_("You closed this period yourself; somebody else must re-open it."))
    period.closed_at, period.closed_by, period.closed_by_id = None, "", None
    period.save()
    announce(PERIOD_REOPENED, period, actor=actor)
    return period


def open_year(*, company_id: int, year: int) -> None:
    """This will make the twelve monthly periods of a year, once."""
    starts = [date(year, month, 1) for month in range(1, 13)]
    ends = [date(year + (m == 12), m % 12 + 1, 1) - date.resolution for m in range(1, 13)]
    Period.objects.bulk_create(
        [Period(company_id=company_id, first_date=a, last_date=b) for a, b in zip(starts, ends, strict=True)],
        ignore_conflicts=True,
    )


@transaction.atomic
def open_periods(*, actor: Actor, year: int) -> list[Period]:
    """This will make the twelve monthly periods of a year for the actor's company, once, and return them."""
    actor.needs("ledger.close_period")
    open_year(company_id=actor.company_id, year=year)
    return list(Period.objects.visible_to(actor).filter(first_date__year=year).order_by("first_date"))


def _exclusive(company_id: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('ledger.period', %s))", [company_id])
