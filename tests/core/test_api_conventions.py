"""What every endpoint of the API keeps: one shape of refusal, keys that make retries safe, versions that stop lost updates."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from core.actor import system
from core.api import idempotency
from core.models import Event, IdempotencyKey
from core.scope import scope
from parties.models import ApiToken
from sourcing import services as sourcing
from sourcing.models import PurchaseOrder
from tests.core.chain import own_database
from tests.factories import TODAY, make_world
from tests.masters import Api
from tests.proofs.racing import Door, at_the_same_moment

ORDERS = "/sourcing/purchase-orders/"


def body(world, **changes) -> dict:
    return {
        "supplier": world.supplier.pk,
        "order_date": TODAY.isoformat(),
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "lines": [{"product": world.mug.pk, "quantity": "10", "unit_price": "3.20", "requested_date": "2027-01-15"}],
        **changes,
    }


# ---- problem details


def _refusals(world):
    """One of every refusal that the API knows, by its status and code."""
    buyer, approver, supplier = Api(world, "buyer"), Api(world, "approver"), Api(world, "supplier")
    order, anonymous = world.sent_order(), Client(raise_request_exception=False)
    path, narrow = f"{ORDERS}{order.pk}/", Api(world, "buyer", ["sourcing.view_purchaseorder"])
    form = {"Authorization": buyer.headers["Authorization"]}
    yield 400, "parse_error", anonymous.post(f"/api/v1{ORDERS}", "{", "application/json", headers=form)
    yield 400, "invalid", buyer("POST", ORDERS, body(world, currency="EURO"))
    yield 400, "invalid", buyer("GET", f"{ORDERS}?statuss=sent")
    yield 401, "not_authenticated", anonymous.get(f"/api/v1{ORDERS}")
    yield 401, "authentication_failed", anonymous.get(f"/api/v1{ORDERS}", headers={"Authorization": "Bearer iscm_x"})
    yield 403, "not_allowed", narrow("POST", ORDERS, body(world))
    yield 403, "not_allowed", approver("POST", ORDERS, body(world))
    yield 404, "not_found", buyer("GET", f"{ORDERS}999999/")
    yield 404, "not_found", Api(world, "supplier2")("GET", path)
    yield 404, "not_found", buyer("GET", "/sourcing/no-such-thing/")
    yield 404, "not_found", buyer("POST", ORDERS.rstrip("/"), body(world))
    yield 405, "method_not_allowed", buyer("PATCH", path, {})
    yield 406, "not_acceptable", buyer("GET", ORDERS, Accept="text/csv")
    yield 409, "transition_refused", buyer("POST", f"{path}approve/")
    yield 412, "stale", buyer("POST", f"{path}amend/", _amendment(order), If_Match='"purchaseorder-1-99"')
    yield 415, "unsupported_media_type", anonymous.post(f"/api/v1{ORDERS}", "a=b", "text/plain", headers=form)
    yield 422, "rule_broken", buyer("POST", ORDERS, body(world, mode="air"))
    yield 428, "precondition_required", buyer("POST", f"{path}amend/", _amendment(order))
    yield 403, "not_allowed", supplier("POST", ORDERS, body(world))


def _amendment(order) -> dict:
    (line, *_rest) = order.lines.all()
    new = {"line": line.pk, "product": line.product_id, "quantity": "12", "unit_price": "3.20"}
    return {"reason": "More", "lines": [{**new, "requested_date": "2027-01-15"}]}


@pytest.mark.django_db
def test_every_refusal_is_a_problem_of_one_shape(world):
    seen, wrong = set(), []
    for status, code, answer in _refusals(world):
        if answer.status_code != status or answer["Content-Type"] != "application/problem+json":
            wrong.append((status, code, answer.status_code, answer["Content-Type"], answer.content[:300]))
            continue
        problem = answer.json()
        seen.add(status)
        if problem["code"] != code:
            wrong.append((status, code, problem["code"]))
        assert (
            problem["type"] == f"urn:iscm:problem:{problem['code']}"
            and problem["title"]
            and problem["status"] == status
        )
        assert problem["detail"][0].isupper(), "a sentence"
        assert problem["request_id"] == answer["X-Request-ID"]
        for error in problem.get("errors", []):
            assert set(error) == {"pointer", "detail"} and error["pointer"].startswith("/"), error
        assert set(problem) - {"errors"} == {"type", "title", "status", "code", "detail", "request_id"}
    assert wrong == []
    assert seen >= {400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428}


@pytest.mark.django_db
def test_our_own_mistake_is_a_problem_too_and_tells_nothing(world, monkeypatch):
    def broken(**_kwargs):
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(sourcing, "create_purchase_order", broken)
    buyer = Api(world, "buyer")
    buyer.client.raise_request_exception = False
    answer = buyer("POST", ORDERS, body(world), X_Request_ID="client-chose-this-1")
    assert answer.status_code == 500 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer["X-Request-ID"] == "client-chose-this-1"
    assert b"secret" not in answer.content and b"Zero" not in answer.content


@pytest.mark.django_db
def test_a_page_without_its_slash_is_redirected_and_an_api_address_is_not(world):
    """A redirected POST would arrive as a GET, answer 200, and have done nothing."""
    assert Client().get("/accounts/login").status_code == 301
    assert Api(world, "buyer")("POST", ORDERS.rstrip("/"), body(world)).status_code == 404
    assert Api(world, "buyer")("GET", ORDERS.rstrip("/")).status_code == 404


# ---- tokens


@pytest.mark.django_db
def test_a_token_says_when_it_was_last_used_and_stands_nowhere_in_the_database(world):
    secret = world.token("buyer")
    token = ApiToken.objects.get(digest=ApiToken.digest_of(secret))
    assert token.last_used_at is None
    Client().get(f"/api/v1{ORDERS}", headers={"Authorization": f"Bearer {secret}"})
    token.refresh_from_db()
    assert timezone.now() - token.last_used_at < timedelta(minutes=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{secret}%"])
            assert cursor.fetchone() == (0,), table


# ---- idempotency


@pytest.mark.django_db
class TestKeys:
    def post(self, world, key: str, role: str = "buyer", **changes):
        return Api(world, role)("POST", ORDERS, body(world, **changes), **{"Idempotency-Key": key})

    def test_a_replay_is_the_first_answer_headers_and_all_and_nothing_happens(self, world):
        first = self.post(world, "k" * 255)
        before = Event.objects.count()
        again = self.post(world, "k" * 255)
        assert (again.status_code, again.json()) == (201, first.json())
        assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
        assert again["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first
        assert Event.objects.count() == before and PurchaseOrder.objects.count() == 1

    def test_the_same_key_with_another_body_is_refused_and_another_persons_key_is_his_own(self, world):
        assert self.post(world, "one").status_code == 201
        refused = self.post(world, "one", currency="EUR")
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
        assert self.post(world, "one", role="junior").status_code == 201
        assert PurchaseOrder.objects.count() == 2

    def test_a_refusal_is_not_pinned(self, world):
        assert self.post(world, "again", currency="EURO").status_code == 400
        assert self.post(world, "again").status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
    def test_what_is_no_key(self, world, key):
        answer = self.post(world, key)
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"

    def test_a_key_is_forgotten_after_a_week_and_may_then_be_used_anew(self, world):
        self.post(world, "old")
        IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.KEPT - timedelta(hours=1))
        self.post(world, "young")
        assert idempotency.prune() == 1
        assert self.post(world, "old", currency="EUR").status_code == 201
        assert self.post(world, "young").get("Idempotent-Replayed") == "true"
        assert timedelta(hours=24) <= idempotency.KEPT


@pytest.fixture(scope="module")
def committed(worker_id, django_db_setup, django_db_blocker):
    """A world whose changes stay, for requests that meet on connections of their own."""
    with django_db_blocker.unblock(), own_database(f"keys_{worker_id}"):
        with scope(system()):
            world = make_world()
            world.door = Door(world.token("buyer")), Door(world.token("buyer"))
        yield world


def test_a_twin_of_a_request_in_flight_is_told_to_come_back(committed, monkeypatch):
    """The first holds its key until it commits; the second waits for it as long as for any lock, then 409."""
    world, inside, go_on = committed, threading.Event(), threading.Event()
    create = sourcing.create_purchase_order

    def slow(**kwargs):
        made = create(**kwargs)
        inside.set()
        assert go_on.wait(30)
        return made

    monkeypatch.setattr(sourcing, "create_purchase_order", slow)
    sent = {"Idempotency-Key": "in flight"}

    def first():
        return world.door[0]("POST", ORDERS, body(world), **sent)

    def twin():
        assert inside.wait(30)
        try:
            return world.door[1]("POST", ORDERS, body(world), **sent)
        finally:
            go_on.set()

    one, two = at_the_same_moment([first, twin])
    assert one[0] == 201 and (two[0], two[1]["code"]) == (409, "busy"), (one, two)
    monkeypatch.undo()
    assert world.door[1]("POST", ORDERS, body(world), **sent) == one, "and then it gets the first one's answer"


def test_a_key_whose_request_died_is_free_and_executes_once(committed, monkeypatch):
    """A crash after the effect and before the commit leaves neither: the retry is the first to have one."""
    world = committed

    def crash(*_args):
        raise SystemError("the process is gone")

    with scope(system()):
        before = PurchaseOrder.objects.count()
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "finish", crash)
        assert world.door[0]("POST", ORDERS, body(world), **{"Idempotency-Key": "died"})[0] == 500
    with scope(system()):
        assert PurchaseOrder.objects.count() == before and not IdempotencyKey.objects.filter(key="died").exists()
    assert world.door[0]("POST", ORDERS, body(world), **{"Idempotency-Key": "died"})[0] == 201
    with scope(system()):
        assert PurchaseOrder.objects.count() == before + 1


# ---- versions


@pytest.mark.django_db
def test_of_two_edits_with_one_etag_one_wins_and_the_other_reads_again(world):
    buyer, order = Api(world, "buyer"), world.order()
    path = f"{ORDERS}{order.pk}/"
    seen = buyer("GET", path)
    assert re.fullmatch(r'"purchaseorder-\d+-\d+"', seen["ETag"])
    won = buyer("PUT", path, body(world, remarks="mine"), If_Match=seen["ETag"])
    lost = buyer("PUT", path, body(world, remarks="his"), If_Match=seen["ETag"])
    assert (won.status_code, lost.status_code) == (200, 412) and won["ETag"] != seen["ETag"]
    assert buyer("GET", path).json()["remarks"] == "mine"
    assert buyer("PUT", path, body(world, remarks="his"), If_Match=won["ETag"]).status_code == 200
