"""What a confirmed customer order holds of the stock: never more than there is, and given back when it is not
needed.
"""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from core.errors import RuleBroken
from core.models import Delivery
from core.outbox import drain
from inventory import services as inventory
from inventory.models import Reservation
from sales import services as sales
from sales.models import CustomerOrderLine
from tests.factories import TODAY
from tests.factories_inventory import issue, make_warehouse, receive
from tests.factories_sales import confirmed, order_input

pytestmark = pytest.mark.django_db


@pytest.fixture
def rotterdam(world):
    return make_warehouse(world)


def reserved(order) -> D:
    return sum(line.reserved_quantity for line in order.lines.all())


def test_two_orders_share_what_there_is_and_the_second_waits_for_the_rest(world, rotterdam):
    receive(world, rotterdam, 15, 150)
    first, second = confirmed(world, rotterdam, 10), confirmed(world, rotterdam, 10)
    assert (reserved(first), reserved(second)) == (10, 5)
    receive(world, rotterdam, 3, 30)
    changed = sales.reserve_waiting(actor=world.actors["logistics"], product_ids=[world.mug.pk])
    assert [order.pk for order in changed] == [second.pk]
    assert (reserved(first), reserved(second)) == (10, 8)


def test_the_earliest_promise_is_served_first(world, rotterdam):
    late = confirmed(world, rotterdam, lines=[sales.LineInput(world.mug.pk, D(10), D(5), date(2027, 1, 10))])
    soon = confirmed(world, rotterdam, lines=[sales.LineInput(world.mug.pk, D(10), D(5), date(2026, 12, 1))])
    receive(world, rotterdam, 12, 120)
    sales.reserve_waiting(actor=world.actors["logistics"])
    assert (reserved(soon), reserved(late)) == (10, 2)


def test_a_delivery_uses_its_own_reservation_and_never_what_others_have(world, rotterdam):
    receive(world, rotterdam, 15, 150)
    mine, theirs = confirmed(world, rotterdam, 10), confirmed(world, rotterdam, 5)
    line = mine.lines.get()
    with pytest.raises(RuleBroken, match=r"MUG-01 .*: 1 wanted, 0 available in Rotterdam \(15 on hand"):
        issue(world, rotterdam, 1)
    issue(world, rotterdam, 6, reserved_for=(sales.RESERVED_AS, line.pk))
    (line,) = sales.record_progress(actor=world.actors["logistics"], changes={line.pk: sales.Progress(delivered=D(6))})
    assert (line.delivered_quantity, line.reserved_quantity) == (6, 4)
    assert reserved(theirs) == 5
    with pytest.raises(RuleBroken, match="5 wanted, 4 available"):
        issue(world, rotterdam, 5, reserved_for=(sales.RESERVED_AS, line.pk))


def test_a_cancelled_or_closed_order_gives_its_goods_free(world, rotterdam):
    receive(world, rotterdam, 10, 100)
    first = confirmed(world, rotterdam, 10)
    sales.cancel_customer_order(
        actor=world.actors["sales"], order_id=first.pk, reason="Too late", today=TODAY, by_customer=True
    )
    assert (reserved(first), Reservation.objects.count()) == (0, 0)
    second = confirmed(world, rotterdam, 10)
    sales.close_customer_order(actor=world.actors["sales"], order_id=second.pk, reason="Enough", today=TODAY)
    assert issue(world, rotterdam, 10)


def test_goods_found_missing_take_the_newest_reservation_back(world, rotterdam):
    lot = receive(world, rotterdam, 15, 150)
    first, second = confirmed(world, rotterdam, 10), confirmed(world, rotterdam, 5)
    inventory.adjust_count(actor=world.actors["logistics"], counts=[inventory.Count(lot.pk, D(12))], day=TODAY)
    Delivery.objects.update(due_at=timezone.now() - timedelta(days=1))  # one transaction's "now" stands still
    drain()  # the orders learn it from the outbox
    assert (reserved(first), reserved(second)) == (10, 2)


def test_ten_thousand_lines_need_no_more_queries_than_one(world, rotterdam, django_assert_max_num_queries):
    receive(world, rotterdam, 100_000, 100_000)

    def some(count):
        return [order_input(world, rotterdam, 3) for _n in range(count)]

    for count in (1, 200):
        with django_assert_max_num_queries(26):
            orders = sales.record_agreed_orders(actor=world.actors["sales"], orders=some(count))
        with django_assert_max_num_queries(20):
            lines = CustomerOrderLine.objects.filter(order__in=orders).values_list("pk", flat=True)
            changes = {pk: sales.Progress(delivered=D(1)) for pk in lines}
            sales.record_progress(actor=world.actors["logistics"], changes=changes)
