"""The database has the last word: an entry of a closed period is refused even where no service asked first."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.bulk import insert_rows
from ledger.models import Entry, Period
from ledger.services import open_year

pytestmark = pytest.mark.django_db


def entries(world, *days: date) -> list[Entry]:
    return [
        Entry(
            company=world.company, day=day, purpose="opening", source_kind="catalog.product", source_id=1, source_number="1",
            posted_by="test",
        )
        for day in days
    ]  # fmt: skip


def test_one_entry_in_a_closed_period_refuses_the_whole_statement_and_says_which_day(world):
    open_year(company_id=world.company.pk, year=2026)
    insert_rows(entries(world, date(2026, 3, 31), date(2026, 4, 1)))
    Period.objects.filter(company=world.company, first_date=date(2026, 3, 1)).update(closed_at=timezone.now())
    for closed in (date(2026, 3, 1), date(2026, 3, 31)):
        with pytest.raises(IntegrityError, match=f"the period of {closed} is closed"), transaction.atomic():
            insert_rows(entries(world, date(2026, 2, 28), closed, date(2026, 4, 1)))
    insert_rows(entries(world, date(2026, 2, 28), date(2026, 4, 1)))
    assert Entry.objects.filter(company=world.company).count() == 4


def test_another_companys_closed_period_is_none_of_ours(world):
    from tests.factories import make_world

    other = make_world("OTHER")
    open_year(company_id=other.company.pk, year=2026)
    Period.objects.filter(company=other.company).update(closed_at=timezone.now())
    insert_rows(entries(world, date(2026, 3, 31)))
    assert Entry.objects.get(company=world.company).day == date(2026, 3, 31)
