"""Orders agreed elsewhere enter confirmed, exactly as their papers say."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.errors import RuleBroken
from core.models import Event
from sourcing import services

pytestmark = pytest.mark.django_db


def test_an_old_order_enters_confirmed_with_the_amount_of_its_papers(world):
    line = services.LineInput(
        world.mug.pk, Decimal(63), Decimal("212.69"), date(2026, 11, 1), amount=Decimal("13399.25")
    )
    order = world.order_input(lines=[line], number="OLD-1", incoterm="DDU", promised_at="destination")
    (written,) = services.record_agreed_orders(actor=world.actors["buyer"], orders=[order])
    written.refresh_from_db()
    assert (written.status, written.total, written.number) == ("confirmed", Decimal("13399.25"), "OLD-1")
    assert written.base_total == Decimal("12181.14")
    assert [line.answer for line in written.lines.all()] == ["accepted"]
    names = Event.objects.filter(subject_id=written.pk).order_by("id").values_list("name", flat=True)
    assert [name.rpartition(".")[2] for name in names] == ["created", "sent", "confirmed"]


def test_ddu_is_allowed_on_import_only(world):
    order = world.order_input(incoterm="DDU")
    with pytest.raises(RuleBroken, match="Incoterms 2020"):
        services.create_purchase_order(actor=world.actors["buyer"], order=order)
    services.record_agreed_orders(actor=world.actors["buyer"], orders=[replace(order, number="OLD-2")])


def test_the_number_of_queries_does_not_grow_with_the_orders(world, django_assert_max_num_queries):
    orders = [world.order_input(number=f"OLD-{n}") for n in range(60)]
    with django_assert_max_num_queries(40):
        services.record_agreed_orders(actor=world.actors["buyer"], orders=orders)
