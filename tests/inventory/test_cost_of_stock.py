"""What goods cost when they leave, when they come back, and when a charge comes late. Cases of trade-cases.md and
cases.json.
"""

from decimal import Decimal as D

import pytest

from core.errors import RuleBroken, TransitionRefused
from inventory import services as inventory
from inventory.models import Component, CostLayer, Lot, MoveKind, StockMove
from tests.factories import TODAY
from tests.factories_inventory import bring_back, charge, issue, make_warehouse, receive

pytestmark = pytest.mark.django_db


@pytest.fixture
def rotterdam(world):
    return make_warehouse(world)


def costs(moves) -> list[D]:
    return [-move.cost for move in moves]


def back_to_supplier(world, lot, quantity):
    returns = [inventory.SupplierReturn(lot.pk, D(quantity), "logistics.supplierreturn", 1)]
    return inventory.return_to_supplier(actor=world.actors["logistics"], returns=returns, day=TODAY)


def move_on(world, *transfers):
    return inventory.transfer_lots(actor=world.actors["logistics"], transfers=transfers, day=TODAY)


def test_fifo_takes_the_oldest_goods_first_at_their_own_cost(world, rotterdam):  # I24
    receive(world, rotterdam, 100, 1000, day=TODAY.replace(day=1))
    receive(world, rotterdam, 100, 1200, day=TODAY.replace(day=2))
    left = issue(world, rotterdam, 150)
    assert [(m.lot.received_date.day, m.quantity) for m in left] == [(1, -100), (2, -50)]
    assert sum(costs(left)) == 1600
    assert sum(lot.value for lot in Lot.objects.all()) == 600


def test_an_older_lot_received_later_still_goes_first(world, rotterdam):
    receive(world, rotterdam, 10, 100, day=TODAY)
    old = receive(world, rotterdam, 10, 50, day=TODAY.replace(day=3))
    assert [m.lot_id for m in issue(world, rotterdam, 5)] == [old.pk]


def test_leaving_one_by_one_leaves_nothing_over(world, rotterdam):
    lot = receive(world, rotterdam, 13, "15.00")
    one_by_one = [cost for _n in range(13) for cost in costs(issue(world, rotterdam, 1))]
    lot.refresh_from_db()
    assert sum(one_by_one) == D("15.00") and lot.value == 0
    assert set(one_by_one) == {D("1.15"), D("1.16")}


@pytest.mark.parametrize(
    ("received", "sold", "goods", "late", "stock", "cogs"),
    [
        (10, 4, 1000, "100", "60", "40"),  # L-20
        (1000, 600, 10000, "800", "320", "480"),  # L13: freight 5,000 instead of the estimated 4,200
        (1, 1, 200, "10", "0", "10"),  # L-05: the unit is sold already
        (3, 1, 30, "-1.00", "-0.67", "-0.33"),
        (5, 0, 500, "20", "20", "0"),  # L-10: one row of 5 → 104
    ],
)
def test_a_late_charge_is_split_between_what_is_here_and_what_is_sold(
    world, rotterdam, received, sold, goods, late, stock, cogs
):
    lot = receive(world, rotterdam, received, goods)
    before = [(m.pk, m.cost) for m in issue(world, rotterdam, sold)] if sold else []
    split = charge(world, lot, late)
    lot.refresh_from_db()
    assert (split.stock_amount, split.cogs_amount, split.loss_amount) == (D(stock), D(cogs), 0)
    assert lot.cost_total == goods + D(late)
    assert lot.value == goods - sum(-cost for _pk, cost in before) + D(stock)
    after = [(m.pk, m.cost) for m in StockMove.objects.filter(kind=MoveKind.DELIVERY).order_by("pk")]
    assert after == before, "history stays"


def test_a_charge_taken_back_leaves_the_cost_as_it_was(world, rotterdam):  # L-10
    lots = [receive(world, rotterdam, 5, 500) for _n in range(2)]
    for lot in lots:
        charge(world, lot, 10)
        lot.refresh_from_db()
        assert lot.unit_cost == 102
        charge(world, lot, -10)
        lot.refresh_from_db()
        assert lot.unit_cost == 100
    assert CostLayer.objects.filter(lot=lots[0]).count() == 3, "a correction is another layer"


def test_the_share_of_scrapped_and_returned_goods_is_no_cost_of_sales(world, rotterdam):
    lot = receive(world, rotterdam, 10, 1000)
    issue(world, rotterdam, 4)
    inventory.scrap(actor=world.actors["logistics"], scraps=[inventory.Scrap(lot.pk, D(1), "Dropped")], day=TODAY)
    back_to_supplier(world, lot, 1)
    split = charge(world, lot, 100)
    assert (split.stock_amount, split.cogs_amount, split.loss_amount) == (40, 40, 20)


def test_a_late_credit_follows_goods_that_moved_between_warehouses_seven_times(world, rotterdam):  # L-12
    origin = receive(world, rotterdam, 100, 27500)
    back_to_supplier(world, origin, 2)
    lot = origin
    for n in range(7):
        place = make_warehouse(world, f"W{n}", f"Store {n}")
        (lot,) = move_on(world, inventory.Transfer(lot.pk, D(98), place.pk))
    split = charge(world, origin, -2500, Component.GOODS)
    for moved in Lot.objects.exclude(pk=origin.pk):
        assert moved.unit_cost == 250, moved
    assert (split.stock_amount, split.cogs_amount, split.loss_amount) == (-2450, 0, -50)
    assert Lot.objects.filter(pk=lot.pk)[0].value == sum(one.value for one in Lot.objects.all()) == 24500


def test_a_late_credit_follows_goods_that_were_repacked(world, rotterdam):  # L-13
    origin = receive(world, rotterdam, 100, 5000)
    half = inventory.Transfer(origin.pk, D(50), reason="Repacked")
    outputs = move_on(world, half, half)
    charge(world, origin, -2000)
    for lot in Lot.objects.filter(pk__in=[lot.pk for lot in outputs]):
        assert (lot.cost_total, lot.unit_cost) == (1500, 30)


def test_a_moved_lot_keeps_its_ladder_and_its_age(world, rotterdam):
    layers = [
        (Component.GOODS, D("100.00"), False),
        (Component.FREIGHT, D("33.35"), True),
        (Component.DUTY, D("6.66"), False),
    ]
    origin = receive(world, rotterdam, 7, layers=layers, day=TODAY.replace(day=2))
    los_angeles = make_warehouse(world, "LAX", "Los Angeles")
    (first,) = move_on(world, inventory.Transfer(origin.pk, D(3), los_angeles.pk))
    (rest,) = move_on(world, inventory.Transfer(origin.pk, D(4), los_angeles.pk))
    origin.refresh_from_db()
    assert first.received_date == rest.received_date == origin.received_date
    assert origin.value == 0 and first.cost_total + rest.cost_total == D("140.01")
    for lot in (first, rest):
        assert sum(layer.amount for layer in lot.layers.all()) == lot.cost_total
        assert {layer.component for layer in lot.layers.all()} == {"goods", "freight", "duty"}


def test_a_receipt_taken_back_leaves_two_moves_and_nothing_in_stock(world, rotterdam):
    lot = receive(world, rotterdam, "0.5", "8.00")
    inventory.reverse_receipt(actor=world.actors["logistics"], lots=[lot.pk], day=TODAY)
    moves = list(lot.moves.order_by("pk"))
    lot.refresh_from_db()
    assert [(m.quantity, m.cost) for m in moves] == [(D("0.5"), 8), (D("-0.5"), -8)]
    assert moves[1].origin == moves[0]
    assert (lot.quantity_on_hand, lot.value) == (0, 0)


def test_a_receipt_of_which_something_left_cannot_be_taken_back(world, rotterdam):
    lot = receive(world, rotterdam, 5, 50)
    issue(world, rotterdam, 1)
    with pytest.raises(TransitionRefused, match=f"1 of lot {lot.number} "):
        inventory.reverse_receipt(actor=world.actors["logistics"], lots=[lot.pk], day=TODAY)


def test_goods_returned_to_the_supplier_leave_at_the_cost_of_their_own_receipt(world, rotterdam):
    receive(world, rotterdam, 10, 1000)
    second = receive(world, rotterdam, 10, 2000)
    (move,) = back_to_supplier(world, second, 2)
    assert (move.quantity, move.cost) == (-2, -400)
    with pytest.raises(RuleBroken, match="holds 8; 9 cannot leave"):
        back_to_supplier(world, second, 9)


def test_returned_goods_come_back_into_their_lots_at_the_cost_they_left_with(world, rotterdam):
    first = receive(world, rotterdam, 10, 100, day=TODAY.replace(day=1))
    second = receive(world, rotterdam, 10, 200, day=TODAY.replace(day=2))
    issue(world, rotterdam, 12, line=77)
    charge(world, second, 20)  # what left of it takes its share along, and brings it back
    back = bring_back(world, 77, 5)
    assert {move.lot_id: (move.quantity, move.cost) for move in back.moves} == {second.pk: (2, 44), first.pk: (3, 30)}
    assert back.cost == 74
    with pytest.raises(RuleBroken, match="only 7 of that delivery"):
        bring_back(world, 77, 8)


def test_damaged_goods_come_back_into_a_blocked_lot_that_nobody_can_sell(world, rotterdam):
    lot = receive(world, rotterdam, 10, 100)
    issue(world, rotterdam, 4, line=78)
    (blocked,) = bring_back(world, 78, 3, "block").lots
    lot.refresh_from_db()
    assert (blocked.quality, blocked.quantity_on_hand, blocked.value, blocked.parent) == ("blocked", 3, 30, lot)
    assert lot.quantity_on_hand == 6
    with pytest.raises(RuleBroken, match="6 available"):
        issue(world, rotterdam, 7)
    split = charge(world, lot, 10)
    assert (split.stock_amount, split.cogs_amount) == (9, 1), "six here, three blocked, one sold"


def test_scrapped_returns_are_gone(world, rotterdam):
    lot = receive(world, rotterdam, 10, 100)
    issue(world, rotterdam, 4, line=79)
    back = bring_back(world, 79, 1, "scrap")
    lot.refresh_from_db()
    assert (back.cost, back.lots, lot.quantity_on_hand, lot.value) == (10, [], 6, 60)
    assert charge(world, lot, 10).loss_amount == 1


def test_lots_come_in_with_three_inserts_whatever_their_number(world, rotterdam, django_assert_num_queries):
    def some(count):
        return [
            inventory.LotInput(
                product_id=world.mug.pk,
                warehouse_id=rotterdam.pk,
                quantity=D(5),
                day=TODAY,
                source_kind="logistics.receiptline",
                source_id=n,
                layers=[(Component.GOODS, D(10), False), (Component.DUTY, D(1), True)],
            )
            for n in range(1, count + 1)
        ]

    for count in (1, 300):
        with django_assert_num_queries(7):  # savepoint, currency, number series, three inserts, release
            lots = inventory.receive_lots(actor=world.actors["logistics"], receipts=some(count))
        assert len({lot.number for lot in lots}) == count
