"""A batch is of documents: whatever is owed about them is paid at once, and nothing that came after is forgotten."""

import pytest

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


def test_ten_events_about_one_order_cost_one_recomputation(chain, monkeypatch):
    order = chain.buy(10)
    for _n in range(9):
        announce(ORDER_PROGRESSED, order, actor=system())
    calls = _watched(monkeypatch, batch=2)
    assert drain_batch(NAME) == 10
    assert calls == [[order.pk]] and owed() == 0


def test_a_batch_never_has_more_documents_than_it_may(chain, monkeypatch):
    orders = [chain.buy(10) for _n in range(5)]
    for order in orders:
        announce(ORDER_PROGRESSED, order, actor=system())
    calls = _watched(monkeypatch, batch=2)
    assert [drain_batch(NAME) for _n in range(3)] == [4, 4, 2]
    assert calls == [[o.pk for o in orders[:2]], [o.pk for o in orders[2:4]], [orders[4].pk]]
    assert drain_batch(NAME) == 0


def test_an_event_that_comes_while_its_order_is_recomputed_is_still_owed(chain, monkeypatch):
    order = chain.buy(10)
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
