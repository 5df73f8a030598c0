"""The database has the last word: what one statement adds to an entry balances, whoever wrote it."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core.bulk import insert_rows
from ledger.models import Entry, Posting

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(world) -> Entry:
    return insert_rows([
        Entry(
            company=world.company, day=date(2026, 3, 31), purpose="opening", source_kind="catalog.product", source_id=1,
            source_number="1", posted_by="test",
        )
    ])[0]  # fmt: skip


def postings(entry: Entry, *amounts: str) -> list[Posting]:
    return [
        Posting(entry=entry, account="inventory", amount=Decimal(one), currency="EUR", document_amount=Decimal(one))
        for one in amounts
    ]


@pytest.mark.parametrize("amounts", [("1",), ("1", "-0.9999"), ("5", "-3", "-3")])
def test_what_does_not_balance_is_refused(entry, amounts):
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        insert_rows(postings(entry, *amounts))
    assert not Posting.objects.filter(entry=entry).exists()


def test_nor_may_an_entry_that_balances_be_added_to_on_one_side(entry):
    insert_rows(postings(entry, "5", "-3", "-2"))
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        insert_rows(postings(entry, "1"))
    insert_rows(postings(entry, "0.0001", "-0.0001"))
    assert sum(Posting.objects.filter(entry=entry).values_list("amount", flat=True)) == 0


def test_one_bad_entry_refuses_the_whole_statement(entry):
    other = Entry(**{f.attname: getattr(entry, f.attname) for f in Entry._meta.concrete_fields if not f.primary_key})
    insert_rows([other])
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        insert_rows([*postings(entry, "1", "-1"), *postings(other, "2", "-1.5")])
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        insert_rows([*postings(entry, "1"), *postings(other, "-1")])  # together they do, each for itself not
