"""Suppliers through the page and the API: lifecycle, holds (P-16), items and minimums (P-24), import."""

import io
from datetime import date, timedelta

import pytest
from django.utils import timezone

from core.errors import RuleBroken
from core.models import Event
from parties.models import Organisation
from suppliers.models import Supplier, SupplierItem
from suppliers.services import refuse_held
from tests.factories import TODAY, make_world
from tests.masters import Api, grid, person, pointers

pytestmark = pytest.mark.django_db
USCC = "91330200144071784L"


@pytest.fixture
def haisong(world) -> Supplier:
    return Supplier.objects.filter(organisation=world.supplier).first()


def body(**changes) -> dict:
    return {
        "code": "YW-01",
        "name": "Yiwu Jiahe Bags",
        "name_local": "义乌佳禾袋业",
        "country": "CN",
        "registration_number": USCC,
        "currency": "CNY",
        "incoterm": "EXW",
        "named_place": "Yiwu",
        **changes,
    }


def order_body(world, **changes):
    line = {"product": world.mug.pk, "quantity": "1000", "unit_price": "3.20", "requested_date": "2027-01-15"}
    order = {"supplier": world.supplier.pk, "order_date": str(TODAY), "currency": "USD", "incoterm": "FOB"}
    return {**order, "named_place": "Ningbo", "mode": "sea", "lines": [line], **changes}


def test_a_supplier_is_one_form_and_climbs_step_by_step(world):
    buyer, quality = Api(world, "buyer"), Api(world, "quality")
    made = buyer("POST", "/suppliers/suppliers/", body())
    assert made.status_code == 201, made.content
    assert (made.json()["lifecycle"], made.json()["currency"]) == ("prospect", "CNY")
    assert Organisation.objects.filter(pk=made.json()["organisation"], is_supplier=True, code="YW-01").exists()
    path = f"/suppliers/suppliers/{made.json()['id']}/transition/"
    assert buyer("POST", path, {"step": "qualify"}).status_code == 403
    assert quality("POST", path, {"step": "approve"}).status_code == 409, "a prospect is qualified first"
    assert quality("POST", path, {"step": "qualify"}).json()["lifecycle"] == "qualified"
    approved = quality("POST", path, {"step": "approve"})
    assert (approved.json()["lifecycle"], sorted(approved.json()["actions"])) == (
        "approved",
        ["block", "prefer", "requalify"],
    )
    assert pointers(quality("POST", path, {"step": "block"})) == ["/reason"]
    assert quality("POST", path, {"step": "block", "reason": "Child labour"}).json()["lifecycle"] == "blocked"
    event = Event.objects.filter(name="suppliers.supplier.moved").last()
    assert (event.payload["from"], event.payload["to"], event.payload["reason"]) == (
        "approved",
        "blocked",
        "Child labour",
    )


def test_a_blocked_supplier_receives_no_order(world, haisong):
    api = Api(world, "buyer")
    assert api("POST", "/sourcing/purchase-orders/", order_body(world)).status_code == 201
    path = f"/suppliers/suppliers/{haisong.pk}/transition/"
    assert Api(world, "quality")("POST", path, {"step": "block", "reason": "Fraud"}).status_code == 200
    refused = api("POST", "/sourcing/purchase-orders/", order_body(world))
    assert refused.status_code == 422 and "blocked (Fraud)" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "days", "order", "payment"),
    [
        ("all", None, 422, False),
        ("invoices", None, 422, True),
        ("payments", None, 201, False),
        ("all", 0, 422, False),  # released today: still on hold today
        ("payments", 0, 201, False),
    ],
)
def test_p16_what_a_hold_stops(world, haisong, kind, days, order, payment):
    today = timezone.localdate()
    release = str(today + timedelta(days=days)) if days is not None else None
    held = Api(world, "finance")(
        "POST",
        f"/suppliers/suppliers/{haisong.pk}/hold/",
        {"kind": kind, "reason": "failed audit", "release_date": release},
    )
    assert held.status_code == 200 and held.json()["on_hold"], held.content
    lines = [{"product": world.mug.pk, "quantity": "1", "unit_price": "3.20", "requested_date": "2030-01-15"}]
    asked = Api(world, "buyer")(
        "POST", "/sourcing/purchase-orders/", order_body(world, order_date=str(today), lines=lines)
    )
    assert asked.status_code == order, asked.content
    if order == 422:
        assert "on hold since" in asked.json()["detail"] and "failed audit" in asked.json()["detail"]
    haisong.refresh_from_db()
    if payment:
        refuse_held(haisong, "payments", on=today)
    else:
        with pytest.raises(RuleBroken, match="on hold"):
            refuse_held(haisong, "payments", on=today)
    if days is not None:
        refuse_held(haisong, "payments", on=today + timedelta(days=1))


def test_p16_a_hold_released_long_ago_stops_nothing(world, haisong):
    Supplier.objects.filter(pk=haisong.pk).update(
        hold="all", hold_reason="audit", hold_from_date=date(2018, 1, 1), hold_release_date=date(2018, 3, 1)
    )
    assert Api(world, "buyer")("POST", "/sourcing/purchase-orders/", order_body(world)).status_code == 201
    assert Api(world, "buyer")("GET", f"/suppliers/suppliers/{haisong.pk}/").json()["on_hold"] is False
    page = person(world, "buyer").get(f"/suppliers/{haisong.pk}/").content.decode()
    assert "is on hold" not in page


def test_a_hold_needs_a_reason_and_a_day_to_come_and_is_lifted_once(world, haisong):
    finance = Api(world, "finance")
    path = f"/suppliers/suppliers/{haisong.pk}"
    yesterday = str(timezone.localdate() - timedelta(days=1))
    assert pointers(finance("POST", f"{path}/hold/", {"kind": "all", "reason": " "})) == ["/reason"]
    past = finance("POST", f"{path}/hold/", {"kind": "all", "reason": "x", "release_date": yesterday})
    assert pointers(past) == ["/release_date"]
    assert Api(world, "buyer")("POST", f"{path}/hold/", {"kind": "all", "reason": "x"}).status_code == 403
    assert finance("POST", f"{path}/hold/", {"kind": "all", "reason": "x"}).status_code == 200
    assert finance("POST", f"{path}/lift/", {}).json()["hold"] == ""
    assert finance("POST", f"{path}/lift/", {}).status_code == 409


def test_the_page_says_the_hold_in_a_sentence_and_lifts_it(world, haisong):
    client = person(world, "quality")
    sent = {"kind": "all", "reason": "failed audit", "version": haisong.version}
    assert client.post(f"/suppliers/{haisong.pk}/hold/", sent).status_code == 303
    page = client.get(f"/suppliers/{haisong.pk}/").content.decode()
    assert "Ningbo Haisong Metalware is on hold since" in page and "(failed audit)" in page
    assert "Lift the hold" not in person(world, "buyer").get(f"/suppliers/{haisong.pk}/").content.decode()
    assert client.post(f"/suppliers/{haisong.pk}/lift/").status_code == 303
    assert "is on hold since" not in client.get(f"/suppliers/{haisong.pk}/").content.decode()
    assert client.post(f"/suppliers/{haisong.pk}/step/prefer/").status_code == 303
    haisong.refresh_from_db()
    assert haisong.lifecycle == "preferred"
    asked = client.post(f"/suppliers/{haisong.pk}/step/block/", {"reason": "", "version": haisong.version})
    assert asked.status_code == 422


def test_p24_the_minimum_counts_over_all_lines_of_the_product(world, haisong):
    buyer = Api(world, "buyer")
    items = {"items": [{"product": world.mug.pk, "unit_price": "3.20", "minimum_quantity": "50"}]}
    saved = buyer("POST", f"/suppliers/suppliers/{haisong.pk}/items/", items)
    assert saved.json()[0]["currency"] == "USD", "the supplier's own, where the price names none"

    def order(*quantities):
        line = {"product": world.mug.pk, "unit_price": "3.20", "requested_date": "2027-01-15"}
        lines = [{**line, "quantity": str(one)} for one in quantities]
        return buyer("POST", "/sourcing/purchase-orders/", order_body(world, lines=lines))

    assert order(30, 20).status_code == 201
    refused = order(30, 10)
    assert refused.status_code == 422 and "minimum is 50" in refused.json()["detail"]


def test_items_are_checked_changed_and_removed(world, haisong):
    buyer = Api(world, "buyer")
    path = f"/suppliers/suppliers/{haisong.pk}/items/"
    other = make_world("ZZ")
    for item, pointer in (
        ({"product": other.mug.pk}, "/items/0/product"),
        ({"product": world.mug.pk, "minimum_quantity": "1.5"}, "/items/0/minimum_quantity"),
        ({"product": world.mug.pk, "unit_price": "1", "currency": "XXQ"}, "/items/0/currency"),
    ):
        assert pointers(buyer("POST", path, {"items": [item]})) == [pointer]
    both = {"items": [{"product": world.mug.pk, "unit_price": "3"}, {"product": world.bottle.pk, "unit_price": "7"}]}
    assert len(buyer("POST", path, both).json()) == 2
    assert len(buyer("POST", path, {"items": both["items"][:1], "only_these": True}).json()) == 1
    assert buyer("POST", f"{path}remove/", {"products": [world.bottle.pk]}).status_code == 422
    assert buyer("POST", f"{path}remove/", {"products": [world.mug.pk]}).json() == []


def test_the_grid_of_items_finds_products_by_their_number(world, haisong):
    client = person(world, "buyer")
    row = {"sku": "mug-01", "supplier_sku": "HS-7", "unit_price": "3.2", "currency": "", "minimum_quantity": "480"}
    page = f"/suppliers/{haisong.pk}/items/"
    sent = {"version": haisong.version, **grid("lines", {**row, "lead_time_days": "30"}, {"sku": "NOPE"})}
    refused = client.post(page, sent)
    assert refused.status_code == 422 and "There is no product NOPE" in refused.content.decode()
    saved = client.post(page, {"version": haisong.version, **grid("lines", {**row, "lead_time_days": "30"})})
    assert saved.status_code == 303
    item = SupplierItem.objects.filter(supplier=haisong).first()
    assert (item.product_id, item.currency_id, item.minimum_quantity, item.lead_time_days) == (
        world.mug.pk,
        "USD",
        480,
        30,
    )
    haisong.refresh_from_db()
    same = {"version": haisong.version, **grid("lines", {**row, "sku": "MUG-01", "lead_time_days": "30"}, initial=1)}
    assert client.post(page, same).status_code == 303
    assert SupplierItem.objects.filter(supplier=haisong).count() == 1, "an untouched row stays"
    assert "HS-7" in client.get(f"/catalog/products/{world.mug.pk}/").content.decode(), (
        "the product's page tells it too"
    )


def test_what_is_wrong_with_a_supplier_is_named(world):
    buyer = Api(world, "buyer")
    for change, pointer in (
        ({"registration_number": USCC[:-1] + "M"}, "/registration_number"),
        ({"registration_number": "12345"}, "/registration_number"),
        ({"tax_number": "NL123456789B01"}, "/tax_number"),
        ({"code": "NB-01"}, "/code"),
        ({"country": "XX", "registration_number": ""}, "/country"),
        ({"incoterm": "FOB", "named_place": ""}, "/named_place"),
        ({"currency": "QQQ"}, "/currency"),
        ({"payment_term": 999999}, "/payment_term"),
    ):
        refused = buyer("POST", "/suppliers/suppliers/", body(**change))
        assert (refused.status_code, pointers(refused)) == (422, [pointer]), (change, refused.content)
    assert Api(world, "finance")("POST", "/suppliers/suppliers/", body()).status_code == 403
    assert buyer("POST", "/suppliers/suppliers/", body(lifecycle="approved")).status_code == 403, (
        "approving is another's"
    )
    assert Api(world, "admin")("POST", "/suppliers/suppliers/", body(lifecycle="approved")).status_code == 201


def test_an_organisation_we_know_becomes_a_supplier_and_keeps_its_other_hats(world):
    client = person(world, "buyer")
    panel = client.get(f"/parties/organisations/{world.forwarder.pk}/").content.decode()
    assert f"/suppliers/new/?organisation={world.forwarder.pk}" in panel
    sent = {"organisation": world.forwarder.pk, "code": "BW-01", "name": "Bluewake", "country": "NL", "language": "en"}
    saved = client.post("/suppliers/new/", {**sent, "date_tolerance_days": "2"})
    assert saved.status_code == 303, saved.content.decode()[-2000:]
    world.forwarder.refresh_from_db()
    assert world.forwarder.is_supplier and world.forwarder.is_forwarder


def test_other_companies_suppliers_are_not_there(world):
    other = make_world("ZZ")
    theirs = Supplier.objects.filter(organisation=other.supplier).first()
    api, client = Api(world, "admin"), person(world, "admin")
    path = f"/suppliers/suppliers/{theirs.pk}"
    answers = [
        api("GET", f"{path}/"),
        api("PUT", f"{path}/", body()),
        api("POST", f"{path}/hold/", {"kind": "all", "reason": "x"}),
        api("POST", f"{path}/transition/", {"step": "block", "reason": "x"}),
        api("POST", f"{path}/items/", {"items": []}),
        client.get(f"/suppliers/{theirs.pk}/"),
        client.get(f"/suppliers/{theirs.pk}/edit/"),
        client.get(f"/suppliers/{theirs.pk}/hold/"),
        client.get(f"/suppliers/new/?organisation={other.forwarder.pk}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert api("GET", "/suppliers/suppliers/").json()["count"] == 2
    assert person(world, "supplier").get("/suppliers/").status_code == 404


def test_the_list_asks_as_often_for_fifty_suppliers_as_for_two(world, django_assert_max_num_queries):
    client, api = person(world, "buyer"), Api(world, "buyer")
    client.get("/suppliers/")
    with django_assert_max_num_queries(30) as few:
        client.get("/suppliers/")
    many = [body(code=f"S-{n}", registration_number="") for n in range(50)]
    assert api("POST", "/suppliers/suppliers/bulk/", many).status_code == 201
    with django_assert_max_num_queries(30) as much:
        client.get("/suppliers/")
    assert len(much.captured_queries) <= len(few.captured_queries)
    with django_assert_max_num_queries(14):
        api("GET", "/suppliers/suppliers/?limit=100&lifecycle=prospect")


# ---- import

TABLE = (
    "供应商代码,英文名称,中文名称,国家,城市,统一社会信用代码,邮箱,币种,付款方式,贸易术语,交货地点,交期(天)\n"
    f"YW-01,Yiwu Jiahe,义乌佳禾袋业,中国,义乌,{USCC},a@jiahe.example,CNY,TT3070,EXW,Yiwu,30\n"
    "NB-01,Ningbo Haisong Metalware,宁波海松五金有限公司,CN,宁波,,b@haisong.example,usd,,FOB,Ningbo,45\n"
)


def upload(client, text: str, encoding: str = "utf-8"):
    file = io.BytesIO(text.encode(encoding))
    file.name = "suppliers.csv"
    return client.post("/suppliers/import/", {"file": file}, follow=True)


def test_a_gb18030_table_of_suppliers_is_imported(world, haisong):
    client = person(world, "buyer")
    preview = upload(client, TABLE, "gb18030")
    assert preview.context["plan"].faultless, preview.context["plan"].problems
    client.post(preview.redirect_chain[-1][0], {"step": "commit"})
    new = Supplier.objects.select_related("organisation").filter(organisation__code="YW-01").first()
    assert (new.organisation.name_local, new.lifecycle, new.payment_term_id) == (
        "义乌佳禾袋业",
        "prospect",
        world.term.pk,
    )
    haisong.refresh_from_db()
    assert (haisong.lead_time_days, haisong.lifecycle, haisong.currency_id) == (45, "approved", "USD")
    assert "already as in the file" in upload(client, TABLE, "gb18030").content.decode()


def test_a_wrong_credit_code_is_refused_with_its_row_and_a_known_one_points_to_its_owner(world):
    Organisation.objects.filter(pk=world.supplier2.pk).update(registration_number=USCC, country_id="CN")
    wrong = "Code,Name,Country,USCC\nA-1,One,CN,91330200144071784M\nA-2,Two,CN,\nA-3,Three,CN," + USCC + "\n"
    plan = upload(person(world, "buyer"), wrong).context["plan"]
    assert [(problem.row, problem.value) for problem in plan.problems] == [(2, "91330200144071784M"), (4, USCC)]
    assert "check digit" in plan.problems[0].message and "SG-01 already has" in plan.problems[1].message
