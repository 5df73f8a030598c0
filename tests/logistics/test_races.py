"""Two clerks at the same moment, on two real connections; first without the lock, so that the test is known to see."""

import threading

import pytest
from django.db import connections

from core.errors import RuleBroken
from core.scope import scope
from logistics import services as logistics
from logistics.services import ReceiptInput, ReceiptLineInput, receipt_judging
from sourcing.models import PurchaseOrderLine
from tests.conftest import clone_database
from tests.factories import TODAY, make_world
from tests.factories_logistics import warehouse_of


@pytest.fixture
def committed(django_db_setup, django_db_blocker, worker_id):
    """A database of its own, whose rows are committed and seen by every thread."""
    from django.conf import settings

    name, before = f"test_iscm_race_{worker_id}", settings.DATABASES["default"]["NAME"]

    def use(database: str) -> None:
        connections["default"].close()
        settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = database

    clone_database(name)
    with django_db_blocker.unblock():
        use(name)
        yield
        use(before)


def both(act) -> list:
    """What ``act`` returned or raised in two threads that start together."""
    results: list = []
    start = threading.Barrier(2, timeout=10)

    def run() -> None:
        try:
            start.wait()
            results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


def receive_the_last_six(world, line) -> list:
    def act():
        actor = world.actors["logistics"]
        with scope(actor):
            return logistics.post_receipt(
                actor=actor, receipt=ReceiptInput(warehouse, TODAY, [ReceiptLineInput(line, six)])
            )

    from decimal import Decimal

    six, warehouse = Decimal(6), warehouse_pk(world)
    return both(act)


def warehouse_pk(world) -> int:
    with scope(world.actors["logistics"]):
        return warehouse_of(world).pk


def an_order_of_six(world) -> int:
    from datetime import date
    from decimal import Decimal

    from core.actor import system
    from sourcing import services as sourcing

    with scope(system()):
        lines = [sourcing.LineInput(world.mug.pk, Decimal(6), Decimal("3.20"), date(2027, 1, 15))]
        return world.sent_order(lines=lines).lines.get().pk


def received(pk: int):
    from core.actor import system

    with scope(system()):
        return PurchaseOrderLine.objects.get(pk=pk).received_quantity


def test_two_clerks_receive_the_last_six_and_one_is_refused(committed, monkeypatch):
    """K-04."""
    from core.actor import system

    with scope(system()):
        world = make_world()
    line = an_order_of_six(world)
    seen = threading.Barrier(2, timeout=10)
    locked = receipt_judging.lock_lines

    def look_without_locking(ids):
        found = list(PurchaseOrderLine.objects.filter(pk__in=list(ids)).select_related("order", "product", "unit"))
        seen.wait()  # both have looked before either writes
        return found

    monkeypatch.setattr(receipt_judging, "lock_lines", look_without_locking)
    assert not [one for one in receive_the_last_six(world, line) if isinstance(one, Exception)]
    assert received(line) == 12, "without the lock both win: the race is real"

    monkeypatch.setattr(receipt_judging, "lock_lines", locked)
    line = an_order_of_six(world)
    results = receive_the_last_six(world, line)
    refused = [one for one in results if isinstance(one, RuleBroken)]
    assert len(results) == 2 and len(refused) == 1, results
    assert "at most 0" in str(refused[0])
    assert received(line) == 6


def test_two_clerks_receive_the_same_products_of_two_orders_and_neither_is_refused(committed):
    from core.actor import system

    with scope(system()):
        world = make_world()
    lines = [an_order_of_six(world), an_order_of_six(world)]
    order = iter(lines)
    from decimal import Decimal

    warehouse, turn = warehouse_pk(world), threading.Lock()

    def act():
        with turn:
            line = next(order)
        actor = world.actors["logistics"]
        with scope(actor):
            return logistics.post_receipt(
                actor=actor, receipt=ReceiptInput(warehouse, TODAY, [ReceiptLineInput(line, Decimal(6))])
            )

    assert not [one for one in both(act) if isinstance(one, Exception)]
    assert [received(line) for line in lines] == [6, 6]
