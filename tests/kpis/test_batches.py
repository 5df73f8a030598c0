"""A batch is of documents: whatever is owed about them is paid at once, and nothing that came after is forgotten."""

import pytest
from django.db import transaction
from django.db.models import F

from core import outbox
from core.actor import system
from core.models import Delivery as Owed
from core.outbox import announce, drain_batch
from kpis.models import OrderLineFact
from sourcing.events import ORDER_PROGRESSED
from tests.factories_kpis import DUE, Chain

pytestmark = pytest.mark.django_db
NAME = "kpis.purchase_orders"


@pytest.fixture
def chain(world):
    return Chain(world)


def owed() -> int:
    return Owed.objects.filter(handler=NAME, done_at=None).count()


def committed() -> None:
    """What is owed so far is another transaction's: a test is one, and a transaction owes each document once."""
    Owed.objects.update(transaction=-F("id"))


def test_ten_events_of_one_transaction_owe_an_order_once(chain):
    order = chain.buy(10)
    for _n in range(9):
        announce(ORDER_PROGRESSED, order, actor=system())
    assert owed() == 1 and drain_batch(NAME) == 1 and owed() == 0


def test_what_a_savepoint_owed_and_took_back_is_owed_again(chain):
    order = chain.buy(10)
    committed()
    with pytest.raises(RuntimeError), transaction.atomic():
        announce(ORDER_PROGRESSED, order, actor=system())
        assert owed() == 2
        raise RuntimeError
    assert owed() == 1
    announce(ORDER_PROGRESSED, order, actor=system())
    assert owed() == 2


def test_what_was_paid_under_the_number_of_this_transaction_is_owed_again(chain):
    """A database that was restored counts its transactions anew."""
    order = chain.buy(10)
    assert drain_batch(NAME) == 1 and owed() == 0
    announce(ORDER_PROGRESSED, order, actor=system())
    assert owed() == 1


def test_ten_transactions_about_one_order_cost_one_recomputation(chain, monkeypatch):
    order = chain.buy(10)
    for _n in range(9):
        committed()
        announce(ORDER_PROGRESSED, order, actor=system())
    calls = _watched(monkeypatch, batch=10)
    assert drain_batch(NAME) == 10
    assert calls == [[order.pk]] and owed() == 0


def test_a_batch_never_has_more_documents_than_it_may(chain, monkeypatch):
    orders = [chain.buy(10) for _n in range(5)]
    calls = _watched(monkeypatch, batch=2)
    assert [drain_batch(NAME) for _n in range(3)] == [2, 2, 1]
    assert calls == [[o.pk for o in orders[:2]], [o.pk for o in orders[2:4]], [orders[4].pk]]
    assert drain_batch(NAME) == 0


def test_an_event_that_comes_while_its_order_is_recomputed_is_still_owed(chain, monkeypatch):
    order = chain.buy(10)
    committed()
    run = outbox.HANDLERS[NAME].run

    def interrupted(ids):
        run(ids)
        chain.receive(order.lines.get(), 10, DUE)  # after the sources were read

    _watched(monkeypatch, batch=2, run=interrupted)
    drain_batch(NAME)
    assert owed() == 1 and OrderLineFact.objects.get().quantity == 0
    _watched(monkeypatch, batch=2, run=run)
    drain_batch(NAME)
    assert owed() == 0 and OrderLineFact.objects.get().quantity == 10


def _watched(monkeypatch, *, batch: int, run=None) -> list:
    """The handler with another batch size; the list fills with the documents of each call."""
    from dataclasses import replace

    calls: list = []
    handler = outbox.HANDLERS[NAME]
    work = run or handler.run

    def watched(ids):
        calls.append(list(ids))
        work(ids)

    monkeypatch.setitem(outbox.HANDLERS, NAME, replace(handler, batch=batch, run=watched))
    return calls
