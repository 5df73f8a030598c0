"""A customer order through the API: written, confirmed, promised again, cancelled; and what it refuses."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from core.models import Event
from core.money import allocate
from sales import services as sales
from sales.models import CustomerOrder
from tests.doors import Api
from tests.factories import make_world
from tests.factories_inventory import make_warehouse, receive
from tests.factories_sales import confirmed, make_customer, order_input

pytestmark = pytest.mark.django_db
ORDERS = "/sales/customer-orders/"


@pytest.fixture
def api(world):
    return lambda role, scopes=None: Api(world.token(role, scopes))


@pytest.fixture
def rotterdam(world):
    return make_warehouse(world)


def days_from_now(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def body(world, warehouse, *lines, **changes):
    return {
        "customer": world.customer.pk,
        "warehouse": warehouse.pk,
        "order_date": days_from_now(0),
        "currency": "EUR",
        "customer_reference": "4500018",
        "lines": list(lines) or [line(world.mug)],
        **changes,
    }


def line(product, quantity="10", price="5.00", **changes):
    return {
        "product": product.pk,
        "quantity": quantity,
        "unit_price": price,
        "promised_date": days_from_now(20),
        **changes,
    }


def test_a_seller_writes_an_order_and_confirms_it_and_the_goods_are_reserved(world, api, rotterdam):
    receive(world, rotterdam, 8, 80)
    seller = api("sales")
    written = seller("POST", ORDERS, body(world, rotterdam))
    assert written.status_code == 201, written.content
    order = written.json()
    assert (order["number"][:3], order["status"], order["total"]) == ("CO-", "draft", "50.0000")
    assert order["actions"] == ["confirm", "cancel"]
    kept = seller("POST", f"{ORDERS}{order['id']}/confirm/")
    assert kept.status_code == 200, kept.content
    (only,) = kept.json()["lines"]
    assert (kept.json()["status"], kept.json()["base_total"]) == ("confirmed", "50.0000")
    assert (only["commit_date"], only["reserved_quantity"], only["open_quantity"]) == (
        days_from_now(20),
        "8.0000",
        "10.0000",
    )
    names = Event.objects.filter(about__kind="sales.customerorder", about__document_id=order["id"]).order_by("id")
    assert list(names.values_list("name", flat=True)) == [
        "sales.customer_order.created",
        "sales.customer_order.confirmed",
    ]
    again = seller("POST", f"{ORDERS}{order['id']}/confirm/")
    assert again.status_code == 409 and "is confirmed; to confirm it" in again.json()["detail"]


def test_every_wrong_input_is_named_and_nothing_is_written(world, api, rotterdam):
    wrong = body(
        world,
        rotterdam,
        line(world.mug, "0"),
        line(world.bottle, "1.5"),
        line(world.mug, "1", unit="pallet"),
        customer=world.supplier.pk,
    )
    refused = api("sales")("POST", f"{ORDERS}bulk/", [body(world, rotterdam), wrong])
    assert refused.status_code == 422
    assert [e["pointer"] for e in refused.json()["errors"]] == ["/1/lines/2/unit"]
    del wrong["lines"][2]
    refused = api("sales")("POST", f"{ORDERS}bulk/", [body(world, rotterdam), wrong])
    pointers = {e["pointer"] for e in refused.json()["errors"]}
    assert pointers == {"/1/customer", "/1/lines/0/quantity", "/1/lines/1/quantity"}
    assert CustomerOrder.objects.count() == 0


def test_cartons_become_pieces_at_the_door(world, api, rotterdam):  # X11
    world.mug.packagings.update(units=12)
    lines = [line(world.mug, "1", "65.00", unit="carton"), line(world.mug, "12", "5.4167")]
    order = api("sales")("POST", ORDERS, body(world, rotterdam, *lines)).json()
    carton, pieces = order["lines"]
    assert (carton["quantity"], carton["unit"], carton["unit_price"], carton["amount"]) == (
        "12.0000",
        "pcs",
        "5.416667",
        "65.0000",
    )
    assert allocate(D(130), [D(carton["quantity"]), D(pieces["quantity"])], "EUR") == [65, 65]
    dozen = api("sales")("POST", ORDERS, body(world, rotterdam, line(world.mug, "2", "60", unit="dz")))
    assert dozen.status_code == 201 and dozen.json()["lines"][0]["quantity"] == "24.0000"
    wrong = api("sales")("POST", ORDERS, body(world, rotterdam, line(world.mug, "2", "60", unit="kg")))
    assert wrong.json()["errors"][0]["pointer"] == "/lines/0/unit"


def test_over_the_credit_limit_an_order_waits_for_finance(world, api, rotterdam):  # FIN-06
    make_customer(world, credit_limit=D(100))
    confirmed(world, rotterdam, 10, "5.00")  # 50 on order, not billed
    sales.record_exposure(actor=world.actors["finance"], exposures={world.customer.pk: sales.Exposure(D("0.01"))})
    order = api("sales")("POST", ORDERS, body(world, rotterdam)).json()
    path = f"{ORDERS}{order['id']}/"
    refused = api("sales")("POST", f"{path}confirm/")
    assert (refused.status_code, refused.json()["code"]) == (422, "credit_refused")
    assert "would owe 100.01 EUR, over the credit limit of 100.00 EUR" in refused.json()["detail"]
    assert api("sales")("POST", f"{path}release/", {"reason": "He promised"}).status_code == 403
    assert api("finance")("POST", f"{path}release/", {"reason": "Paid by phone"}).status_code == 200
    assert api("sales")("POST", f"{path}confirm/").status_code == 200


def test_exactly_at_the_limit_an_order_passes(world, api, rotterdam):
    make_customer(world, credit_limit=D(100))
    confirmed(world, rotterdam, 10, "5.00")
    order = api("sales")("POST", ORDERS, body(world, rotterdam)).json()
    assert api("sales")("POST", f"{ORDERS}{order['id']}/confirm/").status_code == 200


@pytest.mark.parametrize(("days", "status"), [(59, 200), (60, 422)])
def test_a_customer_sixty_days_overdue_gets_nothing_more(world, api, rotterdam, days, status):
    make_customer(world)
    since = timezone.localdate() - timedelta(days=days)
    sales.record_exposure(actor=world.actors["finance"], exposures={world.customer.pk: sales.Exposure(D(10), since)})
    order = api("sales")("POST", ORDERS, body(world, rotterdam)).json()
    answer = api("sales")("POST", f"{ORDERS}{order['id']}/confirm/")
    assert answer.status_code == status
    if status == 422:
        assert "(60 days)" in answer.json()["detail"]


def test_an_edit_voids_what_finance_released(world, api, rotterdam):
    make_customer(world, credit_limit=D(10))
    seller = api("sales")
    order = seller("POST", ORDERS, body(world, rotterdam)).json()
    path = f"{ORDERS}{order['id']}/"
    api("finance")("POST", f"{path}release/", {"reason": "Once"})
    tag = seller("GET", path)["ETag"]
    changed = body(world, rotterdam, line(world.mug, "1000"))
    assert seller("PUT", path, changed).status_code == 428
    assert seller("PUT", path, changed, **{"If-Match": tag}).status_code == 200
    assert seller("PUT", path, changed, **{"If-Match": tag}).status_code == 412
    assert seller("POST", f"{path}confirm/").json()["code"] == "credit_refused"


def test_a_promise_that_moves_leaves_the_commit_date_unless_the_customer_asked_in_time(world, api, rotterdam):
    seller = api("sales")
    order = seller("POST", ORDERS, body(world, rotterdam)).json()
    path = f"{ORDERS}{order['id']}/"
    assert seller("POST", f"{path}repromise/", {"reason": "?", "lines": []}).status_code == 409, "a draft is edited"
    seller("POST", f"{path}confirm/")
    own = {"line": order["lines"][0]["id"], "promised_date": days_from_now(30)}
    late = seller("POST", f"{path}repromise/", {"reason": "The vessel is late", "lines": [own]}).json()["lines"][0]
    assert (late["promised_date"], late["commit_date"]) == (days_from_now(30), days_from_now(20))
    own["promised_date"] = days_from_now(40)
    asked = {"reason": "New store opens later", "lines": [own], "asked_by_customer": True}
    moved = seller("POST", f"{path}repromise/", asked).json()["lines"][0]
    assert (moved["promised_date"], moved["commit_date"]) == (days_from_now(40), days_from_now(40))


def test_a_customer_cannot_move_the_commit_date_after_it_has_passed(world, rotterdam):
    order = confirmed(world, rotterdam)
    only = order.lines.get()
    sales.repromise(
        actor=world.actors["sales"],
        order_id=order.pk,
        dates={only.pk: only.commit_date + timedelta(days=9)},
        today=only.commit_date,
        reason="He says it is fine",
        asked_by_customer=True,
    )
    fresh = order.lines.get()
    assert (fresh.commit_date, fresh.promised_date) == (only.commit_date, only.commit_date + timedelta(days=9))


def test_an_order_without_a_promise_cannot_be_confirmed(world, api, rotterdam):
    undated = line(world.mug)
    del undated["promised_date"]
    order = api("sales")("POST", ORDERS, body(world, rotterdam, undated)).json()
    refused = api("sales")("POST", f"{ORDERS}{order['id']}/confirm/")
    assert refused.status_code == 422 and "Line 1" in refused.json()["detail"]


def test_what_was_delivered_can_only_be_closed_short(world, api, rotterdam):
    receive(world, rotterdam, 10, 100)
    order = confirmed(world, rotterdam, 10)
    only = order.lines.get()
    sales.record_progress(actor=world.actors["logistics"], changes={only.pk: sales.Progress(delivered=D(4))})
    path = f"{ORDERS}{order.pk}/"
    refused = api("sales")("POST", f"{path}cancel/", {"reason": "Changed his mind", "by_customer": True})
    assert refused.status_code == 409 and "close it short" in refused.json()["detail"]
    closed = api("sales")("POST", f"{path}close/", {"reason": "The rest is discontinued"})
    assert (closed.json()["status"], closed.json()["ended_date"]) == ("closed", days_from_now(0))
    assert closed.json()["lines"][0]["reserved_quantity"] == "0.0000"


def test_orders_are_the_companys_own(world, api, rotterdam):
    order = confirmed(world, rotterdam)
    assert api("auditor")("GET", f"{ORDERS}{order.pk}/").status_code == 200
    assert api("supplier")("GET", f"{ORDERS}{order.pk}/").status_code in (403, 404)
    assert api("quality")("GET", ORDERS).status_code == 403
    assert Api(make_world("OT").token("sales"))("GET", f"{ORDERS}{order.pk}/").status_code == 404


def test_lists_cost_the_same_for_two_orders_and_for_forty(world, api, rotterdam, django_assert_max_num_queries):
    seller = api("sales")
    for count in (2, 40):
        orders = [order_input(world, rotterdam) for _n in range(count)]
        sales.record_agreed_orders(actor=world.actors["sales"], orders=orders)
        with django_assert_max_num_queries(12):
            answer = seller("GET", f"{ORDERS}?limit=80&to_deliver=true")
        assert answer.json()["count"] >= count and answer.json()["results"][0]["lines"]
    assert seller("GET", f"{ORDERS}?late=true").json()["count"] == 0
    assert seller("GET", f"{ORDERS}?short=true").json()["count"] == 42
    assert seller("GET", f"{ORDERS}?status=draft").json()["count"] == 0


def test_a_customer_is_made_of_an_organisation_once(world, api):
    seller = api("sales")
    made = seller(
        "POST", "/sales/customers/", {"organisation": world.customer.pk, "credit_limit": "5000", "claim_days": 30}
    )
    assert made.status_code == 201, made.content
    again = seller("POST", "/sales/customers/", {"organisation": world.customer.pk})
    assert again.status_code == 422 and "already" in again.json()["detail"]
    path = f"/sales/customers/{made.json()['id']}/"
    assert (
        seller("PUT", path, {"credit_limit": None}, **{"If-Match": seller("GET", path)["ETag"]}).json()["credit_limit"]
        is None
    )
    assert api("logistics")("PUT", path, {"credit_limit": "1"}, **{"If-Match": "*"}).status_code == 403
