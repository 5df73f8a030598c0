"""Two clients at the same instant, on real connections: each race is first shown with the lock removed, then with it.

A database of its own, because what these threads do stays done.
"""

import threading
import time
from contextlib import contextmanager
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connections
from django.db.models import QuerySet, Sum
from django.utils import timezone

from core.errors import RuleBroken
from core.scope import scope
from inventory import services as inventory
from inventory.models import Component, Lot, Reservation, StockMove
from inventory.services import issues, reservations
from sales import services as sales
from sales.services import confirm
from tests.conftest import clone_database
from tests.factories import make_world
from tests.factories_inventory import issue, make_warehouse, receive
from tests.factories_sales import draft, make_customer


class Arena:
    def __init__(self, world, warehouse):
        self.world, self.warehouse = world, warehouse

    @contextmanager
    def inside(self, role: str = "logistics"):
        with scope(self.world.actors[role]):
            yield

    def at_once(self, *calls, role: str = "logistics") -> list:
        """All calls at the same moment, each in its own transaction; what they answered or raised."""
        gate = threading.Barrier(len(calls))
        answers: list[Any] = [None] * len(calls)

        def run(number: int) -> None:
            try:
                connections["default"].ensure_connection()  # connecting takes longer than the race
                gate.wait(30)
                with self.inside(role):
                    answers[number] = calls[number]()
            except Exception as error:
                answers[number] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answers


@pytest.fixture(scope="module")
def arena(django_db_setup, django_db_blocker, worker_id):
    name = f"test_iscm_race_{worker_id}"
    with django_db_blocker.unblock():
        settings = connections["default"].settings_dict
        usual = settings["NAME"]
        connections["default"].close()
        clone_database(name)
        settings["NAME"] = name
        try:
            world = make_world()
            warehouse = make_warehouse(world)
            yield Arena(world, warehouse)
        finally:
            connections["default"].close()
            settings["NAME"] = usual


@pytest.fixture
def unlocked(monkeypatch):
    """Look without locking: neither leaps (``owner.name``) before both have looked. With locks: a slow server."""

    @contextmanager
    def removed(owner, name: str, lock: bool):
        original, both_looked = getattr(owner, name), threading.Barrier(2)

        def late(*args, **kwargs):
            time.sleep(0.2) if lock else both_looked.wait(20)
            return original(*args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, late)
            if not lock:
                patch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self._chain())
            yield

    return removed


def refused(answers) -> int:
    return sum(isinstance(answer, RuleBroken) for answer in answers)


def consistent(lots) -> bool:
    moved = dict(StockMove.objects.filter(lot__in=lots).order_by().values_list("lot").annotate(Sum("quantity")))
    return all(moved[lot.pk] == lot.quantity_on_hand for lot in Lot.objects.filter(pk__in=[lot.pk for lot in lots]))


@pytest.mark.parametrize("lock", [False, True], ids=["lock removed", "locked"])
def test_two_clerks_cannot_both_take_the_last_six(arena, unlocked, lock):  # K-04
    with arena.inside():
        lot = receive(arena.world, arena.warehouse, 6, 60)
    with unlocked(issues, "save_balances", lock):
        answers = arena.at_once(*[lambda: issue(arena.world, arena.warehouse, 6)] * 2)
    with arena.inside():
        if not lock:
            assert refused(answers) == 0 and not consistent([lot]), "without the lock twelve left of six"
            Lot.objects.filter(pk=lot.pk).update(quantity_on_hand=0)
        else:
            assert refused(answers) == 1 and consistent([lot])
            (refusal,) = [answer for answer in answers if isinstance(answer, RuleBroken)]
            assert "6 wanted, 0 available" in str(refusal)


@pytest.mark.parametrize("lock", [False, True], ids=["lock removed", "locked"])
def test_two_orders_cannot_reserve_the_same_goods(arena, unlocked, lock):
    with arena.inside():
        product = arena.world.bottle
        receive(arena.world, arena.warehouse, 6, 60, product=product)
        before = D(sum(Reservation.objects.filter(product=product).values_list("quantity", flat=True)))
        lines = [10_000 + lock * 10 + n for n in range(2)]

    def want(line):
        wish = inventory.Want(product.pk, arena.warehouse.pk, D(6), "sales.customerorderline", line)
        return lambda: inventory.reserve(actor=arena.world.actors["sales"], wants=[wish])

    with unlocked(reservations, "standing_of", lock):
        answers = arena.at_once(*(want(line) for line in lines), role="sales")
    with arena.inside():
        taken = sum(Reservation.objects.filter(product=product).values_list("quantity", flat=True)) - before
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert taken == (6 if lock else 12)
        Reservation.objects.filter(product=product).delete()
        Lot.objects.filter(product=product).update(quantity_on_hand=0)


@pytest.mark.parametrize("lock", [False, True], ids=["lock removed", "locked"])
def test_two_orders_cannot_both_have_the_last_credit(arena, unlocked, lock):
    with arena.inside("sales"):
        customer = sales_customer(arena.world)
        orders = [draft(arena.world, arena.warehouse, 10, "5.00") for _n in range(2)]
        customer.credit_limit = sum((order.base_total or 0) for order in customer_orders(arena.world)) + D(75)
        customer.save()
    today = timezone.localdate()

    def confirmation(order):
        return lambda: sales.confirm_customer_order(actor=arena.world.actors["sales"], order_id=order.pk, today=today)

    with unlocked(confirm, "_confirm", lock):
        answers = arena.at_once(*(confirmation(order) for order in orders), role="sales")
    assert refused(answers) == (1 if lock else 0), answers


def sales_customer(world):
    from sales.models import Customer

    return Customer.objects.filter(organisation=world.customer).first() or make_customer(world)


def customer_orders(world):
    from sales.models import CustomerOrder

    return CustomerOrder.objects.filter(customer=world.customer, status="confirmed")


def test_two_clients_receiving_the_same_products_do_not_wait_for_each_other(arena):
    """Each holds its own uncommitted receipt while the other receives: neither may wait (numbers given, so no
    series).
    """
    both = threading.Barrier(2)

    def client(number):
        def call():
            lots = inventory.receive_lots(
                actor=arena.world.actors["logistics"],
                receipts=[
                    inventory.LotInput(
                        product_id=product.pk,
                        warehouse_id=arena.warehouse.pk,
                        quantity=D(5),
                        day=timezone.localdate(),
                        source_kind="logistics.receiptline",
                        source_id=number,
                        layers=[(Component.GOODS, D(10), False)],
                        number=f"R{number}-{product.sku}",
                    )
                    for product in (arena.world.mug, arena.world.bottle)
                ],
            )
            both.wait(20)  # both have received, neither has committed
            return lots

        return call

    answers = arena.at_once(client(1), client(2))
    assert [len(answer) for answer in answers] == [2, 2]
    with arena.inside():
        Lot.objects.filter(number__startswith="R").update(quantity_on_hand=0)


def test_a_delivery_and_a_late_charge_at_once_leave_the_cost_exact(arena):
    with arena.inside():
        lots = [receive(arena.world, arena.warehouse, 13, "15.00") for _n in range(2)]

    def cost():
        costs = [
            inventory.LotCost(lot.pk, Component.FREIGHT, D("1.01"), "finance.chargeshare", lot.pk)
            for lot in reversed(lots)
        ]
        return inventory.add_costs(actor=arena.world.actors["logistics"], costs=costs, day=timezone.localdate())

    answers = arena.at_once(*[lambda: issue(arena.world, arena.warehouse, 3), cost] * 4)
    assert not [answer for answer in answers if isinstance(answer, Exception)], "no deadlock: one global order of locks"
    with arena.inside():
        assert consistent(lots)
        for lot in Lot.objects.filter(pk__in=[lot.pk for lot in lots]):
            assert lot.cost_total == D("19.04") == sum(layer.amount for layer in lot.layers.all())
        issue(arena.world, arena.warehouse, 14)
        assert [lot.value for lot in Lot.objects.filter(pk__in=[lot.pk for lot in lots])] == [0, 0]
