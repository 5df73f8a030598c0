"""What is owed, what failed, what happened: the page of whoever keeps the system running."""

from contextlib import contextmanager

import pytest

from core import outbox
from core.models import Delivery

pytestmark = pytest.mark.django_db


@contextmanager
def failing(name: str):
    """A handler that cannot do its work."""
    handler = outbox.HANDLERS[name]

    def fail(_ids):
        raise ValueError("the roll-up is broken")

    outbox.HANDLERS[name] = outbox.Handler(
        handler.name, handler.kind, handler.events, fail, handler.batch, handler.lock
    )
    try:
        yield
    finally:
        outbox.HANDLERS[name] = handler


def test_it_shows_what_is_owed_and_the_error_and_tries_again(world, login, busy, today):
    client = login("admin")
    busy.sell(3, due=today)
    with failing("kpis.customer_orders"):
        outbox.drain()
    page = client.get("/event-flow/")
    row = next(one for one in page.context["handlers"] if one["name"] == "kpis.customer_orders")
    assert (row["owed"], row["failed"]) == (1, 1) and "the roll-up is broken" in page.content.decode()
    assert Delivery.objects.filter(done_at=None, attempts=1).exists()
    assert client.post("/event-flow/retry/").status_code == 303
    assert outbox.drain() == 1
    assert client.get("/event-flow/").context["failed"] == 0


def test_it_renews_itself_and_pages_by_position(world, login, busy, today):
    client = login("admin")
    page = client.get("/event-flow/")
    assert client.get(f"/event-flow/live/?seen={page.context['seen']}").status_code == 204
    newest = page.context["feed"][0].position
    older = client.get(f"/event-flow/?before={newest}").context["feed"]
    assert older[0].position == newest - 1
    busy.sell(3, due=today)
    outbox.drain()
    renewed = client.get(f"/event-flow/live/?seen={page.context['seen']}").content.decode()
    assert f"#{newest + 1}" in renewed and "<html" not in renewed


def test_only_administrators_and_auditors_see_it(world, login):
    assert login("buyer").get("/event-flow/").status_code == 403
    assert login("auditor").get("/event-flow/").status_code == 200
    assert login("buyer").post("/event-flow/retry/").status_code == 403
