"""The pages of stock: what a warehouse clerk sees and does in the browser."""

import io
from decimal import Decimal as D

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Component, Lot
from ledger.models import Account, Posting
from tests.doors import person
from tests.factories import make_world
from tests.factories_inventory import issue, make_warehouse, receive
from tests.factories_sales import confirmed

pytestmark = pytest.mark.django_db
LAYERS = [(Component.GOODS, D(300), False), (Component.FREIGHT, D("12.50"), True), (Component.DUTY, D(9), False)]


@pytest.fixture
def rotterdam(world):
    return make_warehouse(world)


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("page", ["stock", "lots", "moves", "warehouses"])
def test_lists_open_for_staff_with_few_queries_and_not_for_strangers(
    world, rotterdam, django_assert_max_num_queries, page
):
    for product in (world.mug, world.bottle):
        for _n in range(12):
            receive(world, rotterdam, 10, 100, product=product)
    issue(world, rotterdam, 25)
    clerk = person(world, "logistics")
    clerk.get(f"/inventory/{page}/")
    with django_assert_max_num_queries(16):
        shown = clerk.get(f"/inventory/{page}/")
    assert shown.status_code == 200 and ("MUG-01" in text(shown) or page == "warehouses")
    assert person(world, "supplier").get(f"/inventory/{page}/").status_code == 404
    assert "MUG-01" not in text(person(make_world("OT"), "logistics").get(f"/inventory/{page}/"))


def test_the_stock_list_adds_up_and_can_be_exported(world, rotterdam):
    receive(world, rotterdam, 1200, "4000.50")
    receive(world, rotterdam, 3, 30, quality="blocked")
    confirmed(world, rotterdam, 200)
    clerk = person(world, "sales")
    shown = text(clerk.get("/inventory/stock/"))
    for piece in ("1,203", "1,000", "4,030.50"):
        assert piece in shown, piece
    exported = b"".join(clerk.get("/inventory/stock/?export=csv").streaming_content).decode()
    assert "MUG-01,Enamel camp mug,Rotterdam,1203.0000,3.0000,200.0000,1000.0000" in exported
    assert "MUG-01" not in text(clerk.get("/inventory/stock/?blocked=false"))


def test_a_lot_shows_its_ladder_its_moves_and_where_it_came_from(world, rotterdam):
    lot = receive(world, rotterdam, 100, layers=LAYERS)
    issue(world, rotterdam, 30)
    los_angeles = make_warehouse(world, "LAX", "Los Angeles")
    clerk = person(world, "logistics")
    form = {"quantity": "20", "warehouse": los_angeles.pk, "day": "2026-11-21", "reason": ""}
    moved = clerk.post(f"/inventory/lots/{lot.pk}/transfer/", form)
    assert moved.status_code == 303, text(moved)
    shown = text(clerk.get(f"/inventory/lots/{lot.pk}/"))
    for piece in (
        "Delivery",
        "Transfer",
        "Moved on into",
        "Los Angeles",
        "3.2150",
        "Still estimated: Freight",
        "3.0000",
    ):
        assert piece in shown, piece
    child = Lot.objects.get(parent=lot)
    assert f'Taken from <a href="/inventory/lots/{lot.pk}/"' in text(clerk.get(child.get_absolute_url()))
    assert person(make_world("OT"), "logistics").get(f"/inventory/lots/{lot.pk}/").status_code == 404


def test_a_count_in_the_browser_is_posted_and_a_wrong_one_keeps_what_was_typed(world, rotterdam):
    lot = receive(world, rotterdam, 50, 500)
    clerk = person(world, "logistics")
    form = {"counted": "47.5", "day": "2026-11-21", "reason": "Shelf 4"}
    refused = clerk.post(f"/inventory/lots/{lot.pk}/count/", form)
    assert refused.status_code == 422 and "47.5" in text(refused) and "Shelf 4" in text(refused)
    assert clerk.post(f"/inventory/lots/{lot.pk}/count/", {**form, "counted": "48"}).status_code == 303
    assert Lot.objects.get(pk=lot.pk).quantity_on_hand == 48
    assert Posting.objects.get(account=Account.SCRAP).amount == 20
    assert person(world, "sales").get(f"/inventory/lots/{lot.pk}/count/").status_code == 403
    assert f"/inventory/lots/{lot.pk}/count/" in text(clerk.get(f"/inventory/lots/{lot.pk}/"))
    assert f"/inventory/lots/{lot.pk}/count/" not in text(person(world, "sales").get(f"/inventory/lots/{lot.pk}/"))


OPENING = (
    "Lot,SKU,Warehouse,Day,Quantity,Unit,Received,Goods cost,Freight\n"
    "OPEN-1,MUG-01,RTM,2026-11-01,2,carton,2026-03-01,300.00,12.34\n"
    "OPEN-2,BOT-750,RTM,2026-11-01,10,,,99.90,\n"
)


def test_opening_stock_is_taken_over_from_a_file_once(world, rotterdam, tmp_path):
    file = tmp_path / "opening.csv"
    file.write_text(OPENING)
    said = io.StringIO()
    call_command("import_opening_stock", file, company="HP", stdout=said)
    assert "2 lots taken over, 0 were there already" in said.getvalue()
    mugs = Lot.objects.get(number="OPEN-1")
    assert (mugs.quantity_on_hand, mugs.cost_total, mugs.received_date.isoformat()) == (96, D("312.34"), "2026-03-01")
    call_command("import_opening_stock", file, company="HP", stdout=said)
    assert "0 lots taken over, 2 were there already" in said.getvalue()
    assert sum(Posting.objects.filter(account=Account.OPENING).values_list("amount", flat=True)) == D("-412.24")


def test_a_file_with_a_fault_changes_nothing_and_every_fault_is_said(world, rotterdam, tmp_path):
    file = tmp_path / "opening.csv"
    file.write_text(OPENING.replace("BOT-750", "BOTTLE").replace("carton", "pallet"))
    said = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_opening_stock", file, company="HP", stderr=said)
    assert "no packaging “Pallet”" in said.getvalue() and "There is no such product" in said.getvalue()
    assert Lot.objects.count() == 0


def test_the_wizard_shows_what_a_file_would_do_before_it_does_it(world, rotterdam):
    clerk = person(world, "logistics")
    upload = io.BytesIO(OPENING.encode())
    upload.name = "opening.csv"
    sent = clerk.post("/inventory/stock/import/", {"file": upload})
    assert sent.status_code == 302, text(sent)
    preview = clerk.get(sent.url)
    assert "OPEN-1" in text(preview) and Lot.objects.count() == 0
    clerk.post(sent.url, {"step": "commit"})
    assert Lot.objects.count() == 2
    assert person(world, "sales").get("/inventory/stock/import/").status_code == 403
