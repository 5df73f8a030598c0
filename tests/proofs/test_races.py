"""Races: sixteen clients at the same instant, real connections, committed data; first proven with the lock removed."""

from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from django.db import connections, transaction

from core import documents, outbox
from core.flow import Flow
from core.models import Event, IdempotencyKey, Series
from core.scope import scope
from tests.conftest import clone_database
from tests.factories import TODAY, make_world
from tests.proofs.racing import CLIENTS, Door, at_the_same_moment, slowly, statuses, without_locks

ROUNDS = 3


@pytest.fixture(scope="module")
def arena(worker_id, django_db_setup, django_db_blocker):
    """A database of our own in which every race commits, with one world in it."""
    from core.actor import system

    name = f"race_{worker_id}"
    clone_database(name)
    with django_db_blocker.unblock():
        own = connections["default"]
        before = own.settings_dict["NAME"]
        own.close()
        own.settings_dict["NAME"] = connections.settings["default"]["NAME"] = name
        try:
            with scope(system()):
                world = make_world()
                world.doors = {
                    role: [Door(world.token(role)) for _ in range(CLIENTS)] for role in ("buyer", "supplier")
                }
                world.doors["approver"] = [Door(world.token("approver")) for _ in range(CLIENTS)]
            yield world
        finally:
            own.close()
            own.settings_dict["NAME"] = connections.settings["default"]["NAME"] = before


@pytest.fixture
def inside(arena):
    """What the test itself reads and makes: committed, as staff."""
    from core.actor import system

    return lambda: scope(system())


def _sent(world, inside, **changes):
    with inside():
        return world.sent_order(**changes)


def _line_answers(order) -> dict:
    return {"lines": [{"line": line.pk, "answer": "accepted"} for line in order.lines.all()]}


def bites(found: Counter) -> bool:
    """Without the lock: two winners, or a constraint of the database had to stop the second (a 500 to its user)."""
    return found[200] + found[201] > 1 or found[500] > 0


def clean(found: Counter) -> bool:
    return set(found) <= {200, 201, 204, 404, 409, 412, 422}


# ---- one order


def _confirm_by_all(world, inside) -> tuple[Counter, int]:
    order = _sent(world, inside)
    with inside():
        body = _line_answers(order)
    path = f"/sourcing/purchase-orders/{order.pk}/confirm/"
    found = statuses(
        at_the_same_moment([partial(door.until_heard, "POST", path, body) for door in world.doors["supplier"]])
    )
    with inside():
        return found, Event.objects.filter(subject_id=order.pk, name="sourcing.purchase_order.confirmed").count()


def test_one_confirmation_wins(arena, inside, monkeypatch):
    with slowly(monkeypatch, Flow, "take"):
        with without_locks(monkeypatch):
            assert any(bites(_confirm_by_all(arena, inside)[0]) for _ in range(ROUNDS)), "the race does not bite"
        for _round in range(ROUNDS):
            found, events = _confirm_by_all(arena, inside)
            assert (found[200], events) == (1, 1) and clean(found), found


def _confirm_against_cancel(world, inside) -> tuple[Counter, str, list[str]]:
    order = _sent(world, inside)
    with inside():
        body = _line_answers(order)
    path = f"/sourcing/purchase-orders/{order.pk}"
    half = CLIENTS // 2
    calls = [lambda d=d: d.until_heard("POST", f"{path}/confirm/", body) for d in world.doors["supplier"][:half]]
    calls += [
        lambda d=d: d.until_heard("POST", f"{path}/cancel/", {"reason": "No need"}) for d in world.doors["buyer"][:half]
    ]
    found = statuses(at_the_same_moment(calls))
    with inside():
        order.refresh_from_db()
        events = Event.objects.filter(subject_id=order.pk).order_by("id").values_list("name", flat=True)
        ends = [name.rpartition(".")[2] for name in events if name.endswith(("confirmed", "cancelled"))]
    return found, order.status, ends


def test_confirm_and_cancel_do_not_both_have_the_last_word(arena, inside, monkeypatch):
    lawful = (["cancelled"], ["confirmed", "cancelled"])  # a confirmed order of which nothing moved may be cancelled
    with slowly(monkeypatch, Flow, "take"):
        with without_locks(monkeypatch):
            tries = [_confirm_against_cancel(arena, inside) for _ in range(ROUNDS)]
            assert any(ends not in lawful or status != "cancelled" or found[500] for found, status, ends in tries), (
                tries
            )
        for _round in range(ROUNDS):
            found, status, ends = _confirm_against_cancel(arena, inside)
            assert status == "cancelled" and ends in lawful and clean(found), (found, status, ends)


def _body(world, quantity="1000", **changes) -> dict:
    return {
        "supplier": world.supplier.pk,
        "order_date": TODAY.isoformat(),
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "lines": [{"product": world.mug.pk, "quantity": quantity, "unit_price": "3.20"}],
        **changes,
    }


def _edit_by_all(world, inside) -> tuple[Counter, int]:
    """Everybody has read version 1 and saves something else."""
    with inside():
        order = world.order()
    path = f"/sourcing/purchase-orders/{order.pk}/"
    tag = f'"purchaseorder-{order.pk}-{order.version}"'
    calls = [
        lambda d=door, n=n: d.until_heard("PUT", path, _body(world, remarks=f"by {n}"), **{"If-Match": tag})
        for n, door in enumerate(world.doors["buyer"])
    ]
    found = statuses(at_the_same_moment(calls))
    with inside():
        order.refresh_from_db()
    return found, order.version


def test_no_edit_through_the_api_is_lost(arena, inside, monkeypatch):
    with without_locks(monkeypatch), slowly(monkeypatch, documents.Versioned, "bump"):
        assert any(bites(_edit_by_all(arena, inside)[0]) for _ in range(ROUNDS)), "the race does not bite"
    with slowly(monkeypatch, documents.Versioned, "bump"):
        for _round in range(ROUNDS):
            found, version = _edit_by_all(arena, inside)
            assert found == {200: 1, 412: CLIENTS - 1} and version == 2, found


def _approve_while_edited(world, inside) -> tuple[Counter, str, Decimal, Decimal]:
    """The approver says yes to 1,000 pieces while the order goes back to draft and is edited to 9,000."""
    with inside():
        order = world.order()
    buyer, approver = world.doors["buyer"], world.doors["approver"]
    path = f"/sourcing/purchase-orders/{order.pk}"
    assert buyer[0]("POST", f"{path}/submit/")[0] == 200
    with inside():
        order.refresh_from_db()
        submitted = order.total

    def edit(door, who):
        first = who.until_heard("POST", f"{path}/reject/", {"reason": "Change it"})
        return (
            first if first[0] != 200 else door.until_heard("PUT", f"{path}/", _body(world, "9000"), **{"If-Match": "*"})
        )

    calls = [partial(d.until_heard, "POST", f"{path}/approve/") for d in approver[:8]]
    calls += [partial(edit, d, a) for d, a in zip(buyer[:8], approver[8:], strict=True)]
    found = statuses(at_the_same_moment(calls))
    with inside():
        order.refresh_from_db()
    return found, order.status, order.total, submitted


def test_what_is_approved_is_what_was_submitted(arena, inside, monkeypatch):
    def wrong(result) -> bool:
        _found, status, total, submitted = result
        return status == "approved" and total != submitted

    with slowly(monkeypatch, Flow, "take"):
        with without_locks(monkeypatch):
            tries = [_approve_while_edited(arena, inside) for _ in range(ROUNDS)]
            assert any(wrong(result) or bites(result[0]) for result in tries), "the race does not bite"
        for _round in range(ROUNDS):
            result = _approve_while_edited(arena, inside)
            assert not wrong(result) and set(result[0]) <= {200, 403, 409, 412, 422}, result


# ---- numbers and keys


def _order_by_all(world, **changes) -> tuple[Counter, int, int]:
    body = _body(world, **changes)
    calls = [lambda d=d: d.until_heard("POST", "/sourcing/purchase-orders/", body) for d in world.doors["buyer"]]
    answers = at_the_same_moment(calls)
    numbers = [a[1]["number"] for a in answers if isinstance(a, tuple) and a[0] == 201]
    return statuses(answers), len(numbers), len(set(numbers))


def test_no_order_number_is_given_twice_nor_left_out(arena, inside, monkeypatch):
    for _round in range(ROUNDS):
        found, given, different = _order_by_all(arena)
        assert found == {201: CLIENTS} and given == different, found
    with inside():
        from sourcing.models import PurchaseOrder

        numbers = PurchaseOrder.objects.filter(order_date__year=TODAY.year).values_list("number", flat=True)
        numbers = sorted(int(n.rpartition("-")[2]) for n in numbers)
    assert numbers == list(range(1, len(numbers) + 1))

    def naive(*, company_id, prefix, year, count=1):
        last = Series.objects.filter(company_id=company_id, prefix=prefix, year=year).values_list("last", flat=True)
        return [f"{prefix}-{year}-{(last.first() or 0) + n + 1:05}" for n in range(count)]

    with monkeypatch.context() as patch:
        patch.setattr(Series, "take", staticmethod(naive))
        found, given, _different = _order_by_all(arena, order_date="2031-03-04")  # a series of its own
    assert given < CLIENTS, f"the race does not bite: {found}"  # the database's own constraint refused the twins


def _same_key(world, inside, key: str) -> tuple[Counter, int]:
    from sourcing.models import PurchaseOrder

    with inside():
        before = PurchaseOrder.objects.count()
    calls = [
        lambda d=d: d.until_heard("POST", "/sourcing/purchase-orders/", _body(world), **{"Idempotency-Key": key})
        for d in world.doors["buyer"]
    ]
    found = statuses(at_the_same_moment(calls))
    with inside():
        return found, PurchaseOrder.objects.count() - before


def test_the_same_key_in_parallel_is_one_order(arena, inside, monkeypatch):
    for number in range(ROUNDS):
        assert _same_key(arena, inside, f"race-{number}") == ({201: CLIENTS}, 1)
    with inside():
        assert IdempotencyKey.objects.filter(key__startswith="race-").count() == ROUNDS
    with monkeypatch.context() as patch:
        patch.setattr("core.api.idempotency.begin", lambda request: (None, None))
        assert _same_key(arena, inside, "race-open")[1] == CLIENTS, "the race does not bite"


# ---- the engine


def test_two_workers_never_work_on_one_subject(arena, inside, monkeypatch):
    """Sixteen drains at once over the same backlog: each delivery is paid once, positions have no gap and no twin."""
    for _n in range(5):
        _sent(arena, inside)

    def drain() -> tuple[int, int]:
        return 200, outbox.drain()

    answers = at_the_same_moment([drain] * CLIENTS)
    assert set(statuses(answers)) == {200}, answers
    outbox.drain()
    with inside(), transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT event_id), max(position), min(position) FROM core_sealedevent")
        sealed, events, last, first = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM core_delivery WHERE done_at IS NULL")
        assert cursor.fetchone()[0] == 0
        assert (sealed, first, last) == (events, 1, sealed) and sealed == Event.objects.count()
