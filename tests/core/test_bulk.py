"""Rows in sets: inserted whole, in order, and never cut to fit."""

from decimal import Decimal

import pytest
from django.db.utils import DataError

from catalog.models import Product
from core.bulk import insert_rows
from finance.models import Charge
from ledger.models import Entry, Posting
from tests.factories import TODAY

pytestmark = pytest.mark.django_db


def entry(world, number: str) -> Entry:
    return Entry(
        company=world.company, day=TODAY, purpose="opening", source_kind="catalog.product", source_id=1, source_number=number,
        posted_by="test",
    )  # fmt: skip


def test_rows_get_their_ids_in_order_and_what_belongs_to_them_follows(world, monkeypatch):
    monkeypatch.setattr("core.bulk.BATCH", 3)
    entries = [entry(world, f"N-{n}") for n in range(8)]
    postings = [
        Posting(entry=one, account=account, amount=Decimal(n), currency="EUR", document_amount=n)
        for n, one in enumerate(entries, 1)
        for account in ("inventory", "opening")
    ]
    for n, posting in enumerate(postings):
        posting.amount *= 1 if n % 2 else -1
    assert insert_rows(entries) == entries
    stored = Entry.objects.filter(pk__in=[one.pk for one in entries]).order_by("pk")
    assert [one.source_number for one in stored] == [f"N-{n}" for n in range(8)]
    assert [one.posted_at for one in entries] == [one.posted_at for one in stored], "the database's own moment"
    monkeypatch.setattr("core.bulk.BATCH", 4)  # both halves of an entry together: the database wants it balanced
    insert_rows(postings)  # made before their entries had a key
    assert {p.entry_id for p in Posting.objects.filter(entry__in=entries)} == {one.pk for one in entries}
    assert insert_rows([]) == []


def test_a_text_that_is_too_long_is_refused_not_cut(world):
    product = Product(company=world.company, sku="X", name="n" * 250, unit_id="pcs")
    insert_rows([product])
    product.refresh_from_db()
    assert len(product.name) == 250
    with pytest.raises(DataError):
        insert_rows([Product(company=world.company, sku="Y", name="n" * 251, unit_id="pcs")])


def test_json_and_what_is_rounded_by_the_column(world):
    from tests.factories_logistics import received_order

    receipt = received_order(world, world.sent_order())
    (charge,) = insert_rows(
        [
            Charge(
                company=world.company, receipt=receipt, kind="freight", component="freight", basis="direct", currency_id="EUR",
                direct={"7": "1.50"}, estimate_amount=Decimal("1.5"), estimate_base=Decimal("1.5"), day=TODAY,
            )
        ]
    )  # fmt: skip
    charge.refresh_from_db()
    assert charge.direct == {"7": "1.50"} and charge.estimate_amount == Decimal("1.5000")
