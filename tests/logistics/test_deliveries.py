"""Goods go to a customer out of the oldest lots and come back at the cost they left with."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from core.errors import RuleBroken, TransitionRefused
from inventory.models import Component, Lot, Warehouse
from inventory.services import OpeningStock, import_opening_stock
from ledger.models import Posting
from logistics.models import Disposition, ReturnReason
from logistics.services.deliveries import DeliveryInput, DeliveryLineInput, confirm_delivered, ship_delivery
from logistics.services.returns import CustomerReturnLineInput, take_back
from sales import services as sales
from tests.factories import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(world):
    """A confirmed order for 60 mugs; 100 lie in Rotterdam for 350.00 EUR."""
    warehouse = Warehouse.objects.create(company=world.company, code="RTM", name="Rotterdam", country_id="NL")
    stock = [OpeningStock(world.mug.pk, warehouse.pk, Decimal(100), {Component.GOODS: Decimal("350.00")})]
    import_opening_stock(actor=world.actors["logistics"], rows=stock, day=TODAY - timedelta(days=30))
    order = sales.create_customer_order(
        actor=world.actors["sales"],
        order=sales.OrderInput(
            customer_id=world.customer.pk,
            warehouse_id=warehouse.pk,
            order_date=TODAY,
            currency="EUR",
            lines=[sales.LineInput(world.mug.pk, Decimal(60), Decimal("7.90"), TODAY + timedelta(days=5))],
        ),
    )
    return sales.confirm_customer_order(actor=world.actors["sales"], order_id=order.pk, today=TODAY)


def ship(world, order, quantity: int, day: date = TODAY, **changes):
    (line,) = order.lines.all()
    return ship_delivery(
        actor=world.actors["logistics"],
        delivery=DeliveryInput(order.pk, [DeliveryLineInput(line.pk, Decimal(quantity))], day, **changes),
    )


def balances() -> dict[str, Decimal]:
    return {a: t for a, t in Posting.objects.values_list("account").annotate(total=Sum("amount")) if t}


def test_what_leaves_is_sold_at_its_cost(world, sold):
    delivery = ship(world, sold, 40)
    assert [line.cost for line in delivery.lines.all()] == [Decimal("140.00")]
    assert balances() == {"inventory": Decimal("210"), "cogs": Decimal("140"), "opening": Decimal("-350")}
    line = sold.lines.get()
    assert (line.delivered_quantity, line.open_quantity) == (Decimal(40), Decimal(20))
    assert Lot.objects.get().quantity_on_hand == Decimal(60)


def test_more_than_is_open_is_refused_and_nothing_leaves(world, sold):
    ship(world, sold, 40)
    with pytest.raises(RuleBroken, match=r"20 .*still to be delivered"):
        ship(world, sold, 21)
    assert Lot.objects.get().quantity_on_hand == Decimal(60)


def test_an_order_that_is_not_confirmed_is_not_delivered(world, sold):
    sales.cancel_customer_order(actor=world.actors["sales"], order_id=sold.pk, reason="Season is over", today=TODAY)
    with pytest.raises(TransitionRefused, match="only a confirmed order"):
        ship(world, sold, 1)


def test_the_proof_of_delivery_stands(world, sold):
    delivery = ship(world, sold, 60)
    with pytest.raises(RuleBroken, match="cannot have arrived before"):
        confirm_delivered(
            actor=world.actors["logistics"], delivery_ids=[delivery.pk], delivered_date=TODAY - timedelta(days=1)
        )
    for _again in range(2):
        (delivery,) = confirm_delivered(
            actor=world.actors["logistics"], delivery_ids=[delivery.pk], delivered_date=TODAY + timedelta(days=2)
        )
    assert (delivery.delivered_date, delivery.version) == (TODAY + timedelta(days=2), 2)


@pytest.mark.parametrize(
    ("disposition", "inventory", "scrap"), [("restock", "175", None), ("block", "175", None), ("scrap", "140", "35")]
)
def test_goods_come_back_at_the_cost_they_left_with(world, sold, disposition, inventory, scrap):
    delivery = ship(world, sold, 60)
    returned = take_back(
        actor=world.actors["sales"],
        order_id=sold.pk,
        lines=[CustomerReturnLineInput(delivery.lines.get().pk, Decimal(10), Disposition(disposition))],
        reason=ReturnReason.DEFECT,
        returned_date=TODAY + timedelta(days=9),
    )
    assert returned.number == "RMA-2026-00001"
    expected = {"inventory": Decimal(inventory), "cogs": Decimal("175"), "opening": Decimal("-350")}
    assert balances() == expected | ({"scrap": Decimal(scrap)} if scrap else {})
    assert sold.lines.get().returned_quantity == Decimal(10)


def test_more_than_went_out_does_not_come_back(world, sold):
    line = ship(world, sold, 60).lines.get()
    with pytest.raises(RuleBroken, match="cannot come back"):
        take_back(
            actor=world.actors["sales"],
            order_id=sold.pk,
            lines=[CustomerReturnLineInput(line.pk, Decimal(61))],
            reason=ReturnReason.CHANGE_OF_MIND,
            returned_date=TODAY,
        )
