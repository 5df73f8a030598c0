"""Stock through the API: what lies where, counted, scrapped, moved, blocked, and taken over on the first day."""

from decimal import Decimal as D

import pytest

from inventory.models import Lot, MoveKind, StockMove
from ledger.models import Account, Period, Posting
from ledger.services import close_period, open_year
from tests.doors import Api
from tests.factories import TODAY, make_world
from tests.factories_inventory import issue, make_warehouse, receive
from tests.factories_sales import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(world):
    return lambda role, scopes=None: Api(world.token(role, scopes))


@pytest.fixture
def rotterdam(world):
    return make_warehouse(world)


def ledger(account) -> D:
    return sum(Posting.objects.filter(account=account).values_list("amount", flat=True), D(0))


def test_stock_says_what_is_there_what_is_promised_and_what_it_is_worth(world, api, rotterdam):
    receive(world, rotterdam, 100, 1000)
    receive(world, rotterdam, 100, 1200)
    receive(world, rotterdam, 5, 50, quality="blocked")
    issue(world, rotterdam, 150)
    confirmed(world, rotterdam, 20)
    (row,) = api("logistics")("GET", "/inventory/stock/").json()["results"]
    assert (row["sku"], row["unit"], row["warehouse_code"]) == ("MUG-01", "pcs", "RTM")
    numbers = {name: D(row[name]) for name in ("on_hand", "blocked", "reserved", "available", "value")}
    assert numbers == {"on_hand": 55, "blocked": 5, "reserved": 20, "available": 30, "value": 650}
    assert api("logistics")("GET", "/inventory/stock/?sku=nothing").json()["count"] == 0
    assert api("sales")("GET", f"/inventory/stock/?warehouse={rotterdam.pk}").json()["count"] == 1


def test_a_count_of_48_posts_minus_two(world, api, rotterdam):  # IL-07
    lot = receive(world, rotterdam, 50, 500)
    counted = api("logistics")("POST", f"/inventory/lots/{lot.pk}/count/", {"counted": "48", "reason": "Yearly count"})
    assert counted.status_code == 200, counted.content
    assert (counted.json()["quantity_on_hand"], counted.json()["value"]) == ("48.0000", "480.0000")
    (move,) = StockMove.objects.filter(kind=MoveKind.ADJUSTMENT)
    assert (move.quantity, move.cost, move.reason) == (-2, -20, "Yearly count")
    assert (ledger(Account.SCRAP), ledger(Account.INVENTORY)) == (20, -20)


def test_what_a_count_finds_comes_back_at_its_cost(world, api, rotterdam):
    lot = receive(world, rotterdam, 50, 500)
    path = f"/inventory/lots/{lot.pk}/count/"
    for counted in ("48", "50"):
        api("logistics")("POST", path, {"counted": counted})
    assert (ledger(Account.SCRAP), Lot.objects.get(pk=lot.pk).value) == (0, 500)
    api("logistics")("POST", path, {"counted": "53"})  # more than ever came in it
    found = Lot.objects.exclude(pk=lot.pk).get()
    assert (found.quantity_on_hand, found.cost_total, found.received_date) == (3, 30, lot.received_date)
    assert ledger(Account.SCRAP) == -30


def test_scrap_needs_a_reason_the_goods_and_an_open_period(world, api, rotterdam):
    lot = receive(world, rotterdam, 10, 100)
    path = f"/inventory/lots/{lot.pk}/scrap/"
    warehouse = api("logistics")
    assert warehouse("POST", path, {"quantity": "1", "reason": " "}).status_code == 400
    more = warehouse("POST", path, {"quantity": "11", "reason": "Fire"})
    assert more.status_code == 422 and "holds 10; 11 cannot leave" in more.json()["detail"]
    assert warehouse("POST", path, {"quantity": "0.5", "reason": "Half a mug"}).status_code == 422
    assert api("sales")("POST", path, {"quantity": "1", "reason": "Fire"}).status_code == 403
    open_year(company_id=world.company.pk, year=TODAY.year)
    period = Period.objects.closed_on(world.company.pk, TODAY) or Period.objects.filter(
        company=world.company, first_date__lte=TODAY, last_date__gte=TODAY
    )
    close_period(actor=world.actors["finance"], period_id=period[0].pk)
    closed = warehouse("POST", path, {"quantity": "1", "reason": "Fire", "day": TODAY.isoformat()})
    assert closed.json()["code"] == "period_closed"
    assert Lot.objects.get(pk=lot.pk).quantity_on_hand == 10, "nothing left"
    assert warehouse("POST", path, {"quantity": "1", "reason": "Fire", "day": "2027-01-04"}).status_code == 200


def test_a_blocked_lot_is_not_for_sale_until_it_is_released(world, api, rotterdam):
    lot = receive(world, rotterdam, 10, 100)
    path = f"/inventory/lots/{lot.pk}/quality/"
    api("logistics")("POST", path, {"quality": "blocked", "reason": "Rust found"})
    assert D(api("logistics")("GET", "/inventory/stock/").json()["results"][0]["available"]) == 0
    assert confirmed(world, rotterdam, 5).lines.get().reserved_quantity == 0
    api("logistics")("POST", path, {"quality": "ok", "reason": "Only dust"})
    assert confirmed(world, rotterdam, 5).lines.get().reserved_quantity == 5


def test_goods_move_to_another_warehouse_of_ours_and_to_no_other(world, api, rotterdam):
    lot = receive(world, rotterdam, 10, 100)
    los_angeles = make_warehouse(world, "LAX", "Los Angeles")
    elsewhere = make_warehouse(make_world("OT"), "OT", "Elsewhere")
    path = f"/inventory/lots/{lot.pk}/transfer/"
    assert api("logistics")("POST", path, {"quantity": "4", "warehouse": elsewhere.pk}).status_code == 422
    moved = api("logistics")("POST", path, {"quantity": "4", "warehouse": los_angeles.pk})
    assert moved.status_code == 201, moved.content
    assert (moved.json()["parent"], moved.json()["value"]) == (lot.pk, "40.0000")
    assert Posting.objects.count() == 0, "value neither appears nor vanishes"


def test_opening_stock_is_posted_against_the_opening_balance(world, api, rotterdam):
    row = {
        "product": world.mug.pk,
        "warehouse": rotterdam.pk,
        "quantity": "2",
        "unit": "carton",
        "goods": "300.00",
        "duty": "12.00",
    }
    body = {"day": "2026-11-01", "rows": [{**row, "received_date": "2026-03-01"}, {**row, "product": world.bottle.pk}]}
    made = api("logistics")("POST", "/inventory/lots/opening/", body)
    assert made.status_code == 201, made.content
    mugs = made.json()[0]
    assert (mugs["quantity_on_hand"], mugs["received_date"], mugs["cost_total"]) == (
        "96.0000",
        "2026-03-01",
        "312.0000",
    )
    assert {layer["component"]: layer["amount"] for layer in mugs["layers"]} == {"goods": "300.0000", "duty": "12.0000"}
    assert (ledger(Account.INVENTORY), ledger(Account.OPENING)) == (624, -624)
    body["rows"][1]["product"] = 0x7FFF
    body["rows"][0]["received_date"] = "2026-12-01"
    refused = api("logistics")("POST", "/inventory/lots/opening/", body)
    assert {e["pointer"] for e in refused.json()["errors"]} == {"/0/received_date", "/1/product"}


def test_warehouses_are_archived_only_when_empty(world, api, rotterdam):
    receive(world, rotterdam, 1, 1)
    path, given = (
        f"/inventory/warehouses/{rotterdam.pk}/",
        {"code": "RTM", "name": "Rotterdam", "country": "NL", "active": False},
    )
    refused = api("logistics")("PUT", path, given)
    assert refused.status_code == 422 and "still holds goods" in refused.json()["detail"]
    assert (
        api("logistics")("POST", "/inventory/warehouses/", {**given, "active": True}).json()["errors"][0]["pointer"]
        == "/code"
    )


def test_lists_of_stock_are_a_few_queries(world, api, rotterdam, django_assert_max_num_queries):
    for _n in range(30):
        receive(world, rotterdam, 10, 100)
    issue(world, rotterdam, 155)
    reader = api("logistics")
    for path in ("stock", "lots", "moves", "warehouses"):
        with django_assert_max_num_queries(9):
            answer = reader("GET", f"/inventory/{path}/?limit=80")
        assert answer.json()["count"]
    assert reader("GET", "/inventory/lots/?on_hand=true").json()["count"] == 15
    assert reader("GET", "/inventory/moves/?kind=delivery").json()["count"] == 16
    assert reader("GET", "/inventory/moves/?knd=delivery").status_code == 400
    assert api("quality")("GET", "/inventory/moves/").status_code == 200
    assert Api(make_world("OT").token("logistics"))("GET", "/inventory/lots/").json()["count"] == 0
