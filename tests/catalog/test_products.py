"""Products through the page and the API: packaging, barcodes, HS codes, archiving, and other companies' rows."""

import io
from decimal import Decimal as D

import pytest

from catalog.models import Packaging, Product
from catalog.packaging import load_of, to_packages, to_stock_units
from core.errors import RuleBroken
from core.models import Event
from tests.factories import make_world
from tests.masters import Api, grid, person, pointers

pytestmark = pytest.mark.django_db

CARTON = {
    "level": "carton",
    "units": "24",
    "length_cm": "60",
    "width_cm": "40",
    "height_cm": "40",
    "gross_weight_kg": "12.5",
}


def body(**changes) -> dict:
    product = {
        "sku": "LAN-01",
        "name": "LED lantern",
        "name_zh": "营地灯",
        "unit": "pcs",
        "gtin": "4006381333931",
        "hs_code": "8513.10",
        "origin": "CN",
        "net_weight_kg": "0.5",
        "packagings": [CARTON],
    }
    return {**product, **changes}


def test_a_product_is_added_with_its_carton_and_every_number_is_checked(world):
    buyer = Api(world, "buyer")
    made = buyer("POST", "/catalog/products/", body())
    assert made.status_code == 201, made.content
    assert (made.json()["hs_code"], made.json()["packagings"][0]["volume_m3"]) == ("851310", "0.096000")
    assert Event.objects.filter(name="catalog.product.created", subject_id=made.json()["id"]).count() == 1
    for change, pointer in (
        ({"sku": "LAN-01", "gtin": ""}, "/sku"),
        ({"gtin": "4006381333932"}, "/gtin"),
        ({"gtin": "400638"}, "/gtin"),
        ({"gtin": "4006381333931"}, "/gtin"),  # LAN-01 carries it
        ({"hs_code": "77123"}, "/hs_code"),
        ({"hs_code": "771230"}, "/hs_code"),
        ({"origin": "XX"}, "/origin"),
        ({"unit": "box9"}, "/unit"),
        ({"net_weight_kg": "0"}, "/net_weight_kg"),
        ({"packagings": [{**CARTON, "units": "23.5"}]}, "/packagings/0/units"),
        ({"packagings": [{**CARTON, "gross_weight_kg": "11.9"}]}, "/packagings/0/gross_weight_kg"),
        ({"packagings": [CARTON, {**CARTON, "level": "pallet"}]}, "/packagings/1/units"),
        ({"packagings": [CARTON, CARTON]}, "/packagings/1/level"),
    ):
        refused = buyer("POST", "/catalog/products/", body(**{"sku": "LAN-02", "gtin": "", **change}))
        assert (refused.status_code, pointers(refused)) == (422, [pointer]), (change, refused.content)
    assert buyer("POST", "/catalog/products/", body(sku="LAN-02", gtin="")).status_code == 201


def test_a_wrong_check_digit_is_answered_with_the_right_one(world):
    refused = Api(world, "buyer")("POST", "/catalog/products/", body(gtin="4006381333932"))
    assert "4006381333931" in refused.json()["detail"]


def test_a_bulk_of_products_is_all_or_nothing(world):
    buyer = Api(world, "buyer")
    many = [body(sku=f"X-{n}", gtin="") for n in range(100)]
    refused = buyer("POST", "/catalog/products/bulk/", [*many[:37], {**many[37], "hs_code": "1"}, *many[38:]])
    assert (refused.status_code, pointers(refused)) == (422, ["/37/hs_code"])
    assert not Product.objects.filter(sku__startswith="X-").exists()
    made = buyer("POST", "/catalog/products/bulk/", many)
    assert made.status_code == 201 and [one["sku"] for one in made.json()] == [one["sku"] for one in many]


def test_ten_thousand_products_cost_as_many_queries_as_ten(world, django_assert_max_num_queries):
    from catalog.services import PackagingInput, ProductInput, create_products

    def make(prefix, count):
        carton = PackagingInput("carton", D(24), D(60), D(40), D(40), D(12))
        return [ProductInput(sku=f"{prefix}{n}", name="x", packagings=[carton]) for n in range(count)]

    actor = world.actors["buyer"]
    with django_assert_max_num_queries(12) as few:
        create_products(actor=actor, products=make("a", 10))
    with django_assert_max_num_queries(12) as many:
        create_products(actor=actor, products=make("b", 1500))
    assert len(many.captured_queries) == len(few.captured_queries)


def test_only_the_named_version_is_replaced_and_the_stock_unit_stays_once_it_is_used(world):
    buyer = Api(world, "buyer")
    path = f"/catalog/products/{world.mug.pk}/"
    etag = buyer("GET", path)["ETag"]
    changed = body(sku="MUG-01", gtin="", packagings=[{**CARTON, "units": "36", "gross_weight_kg": "20"}])
    assert buyer("PUT", path, changed).status_code == 428
    answer = buyer("PUT", path, changed, If_Match=etag)
    assert answer.status_code == 200, answer.content
    assert [level["units"] for level in answer.json()["packagings"]] == ["36.0000"]
    assert buyer("PUT", path, changed, If_Match=etag).status_code == 412
    dozens = {**changed, "unit": "kg"}
    assert buyer("PUT", path, dozens, If_Match=answer["ETag"]).status_code == 200, "nothing counts it yet"
    back = buyer("PUT", path, changed, If_Match="*")
    assert back.status_code == 200
    world.order()
    refused = buyer("PUT", path, dozens, If_Match="*")
    assert (refused.status_code, pointers(refused)) == (422, ["/unit"])


def test_an_archived_product_cannot_stand_on_a_new_order_until_it_is_restored(world):
    buyer = Api(world, "buyer")
    path = f"/catalog/products/{world.mug.pk}"
    assert buyer("POST", f"{path}/archive/").json()["active"] is False
    with pytest.raises(RuleBroken, match="archived"):
        world.order()
    assert buyer("POST", f"{path}/restore/").json()["active"] is True
    world.order()


def test_rights_and_other_companies(world):
    other = make_world("ZZ")
    path = f"/catalog/products/{other.mug.pk}"
    buyer = Api(world, "buyer")
    assert buyer("GET", f"{path}/").status_code == 404
    assert buyer("PUT", f"{path}/", body(gtin=""), If_Match="*").status_code == 404
    assert buyer("POST", f"{path}/archive/").status_code == 404
    assert person(world, "buyer").get(f"/catalog{path.removeprefix('/catalog')}/").status_code == 404
    assert person(world, "buyer").post(f"/catalog/products/{other.mug.pk}/archive/").status_code == 404
    assert Product.objects.filter(pk=other.mug.pk, active=True).exists()
    listed = buyer("GET", "/catalog/products/?limit=200").json()
    assert {one["id"] for one in listed["results"]} == {world.mug.pk, world.bottle.pk}
    assert Api(world, "sales")("POST", "/catalog/products/", body()).status_code == 403
    assert Api(world, "supplier")("GET", "/catalog/products/").status_code in (200, 403)
    assert person(world, "supplier").get("/catalog/products/").status_code == 404
    group = buyer("POST", "/catalog/products/", body(group=other.mug.group_id))
    assert pointers(group) == ["/group"]


def test_the_list_asks_as_often_for_fifty_products_as_for_two(world, django_assert_max_num_queries):
    buyer, client = Api(world, "buyer"), person(world, "buyer")
    client.get("/catalog/products/")
    with django_assert_max_num_queries(30) as few:
        client.get("/catalog/products/")
    with django_assert_max_num_queries(20) as few_api:
        buyer("GET", "/catalog/products/")
    buyer("POST", "/catalog/products/bulk/", [body(sku=f"X-{n}", gtin="") for n in range(50)])
    with django_assert_max_num_queries(30) as many:
        client.get("/catalog/products/")
    with django_assert_max_num_queries(20) as many_api:
        buyer("GET", "/catalog/products/?limit=100")
    assert len(many.captured_queries) <= len(few.captured_queries)
    assert len(many_api.captured_queries) <= len(few_api.captured_queries)


def test_the_form_keeps_what_was_typed_and_puts_the_fault_beside_the_cell(world):
    client = person(world, "buyer")
    row = {**CARTON, "gtin": ""}
    form = {"sku": "TEE-1", "name": "T-shirt", "unit": "pcs", "net_weight_kg": "0,2"}
    empty = dict.fromkeys(row, "")
    sent = {**form, **grid("lines", empty, {**row, "units": "24.5"})}
    refused = client.post("/catalog/products/new/", sent)
    page = refused.content.decode()
    assert refused.status_code == 422 and 'id="id_lines-1-units_error"' in page and 'value="T-shirt"' in page
    saved = client.post("/catalog/products/new/", {**form, **grid("lines", empty, row)})
    assert saved.status_code == 303, saved.content.decode()[-3000:]
    product = Product.objects.prefetch_related("packagings").filter(sku="TEE-1").first()
    assert (product.net_weight_kg, [one.units for one in product.packagings.all()]) == (D("0.2"), [24])
    edit = client.get(f"/catalog/products/{product.pk}/edit/").content.decode()
    assert 'value="0.2"' in edit and 'value="24"' in edit
    stale = client.post(
        f"/catalog/products/{product.pk}/edit/", {**form, "version": "0", **grid("lines", row, initial=1)}
    )
    assert stale.status_code == 422 and "Somebody else changed this" in stale.content.decode()
    kept = {**form, "name": "Tee", "version": "1", **grid("lines", row, initial=1)}
    assert client.post(f"/catalog/products/{product.pk}/edit/", kept).status_code == 303
    assert Packaging.objects.filter(product=product).count() == 1, "an untouched row stays"
    gone = {**form, "version": "2", **grid("lines", {**row, "DELETE": "on"}, initial=1)}
    assert client.post(f"/catalog/products/{product.pk}/edit/", gone).status_code == 303
    assert not Packaging.objects.filter(product=product).exists()


def test_ticked_products_are_archived_together(world):
    client = person(world, "buyer")
    client.post("/catalog/products/?active=true", {"action": "archive", "all": "1"})
    assert not Product.objects.filter(company=world.company, active=True).exists()


def test_cartons_become_stock_units_at_the_door(world):
    mug = Product.objects.select_related("unit").prefetch_related("packagings").filter(pk=world.mug.pk).first()
    assert to_stock_units(mug, D(10), "carton") == 480
    assert to_stock_units(mug, D(10), "each") == 10
    assert to_packages(mug, D(481), "carton") == 11
    assert load_of(mug, D(481)).volume_m3 == 11 * D("0.096") and load_of(mug, D(481), "pallet") is None
    with pytest.raises(RuleBroken, match="no packaging level"):
        to_stock_units(mug, D(1), "pallet")
    with pytest.raises(RuleBroken, match="whole numbers"):
        to_stock_units(mug, D("0.01"), "carton")


def test_a_group_that_holds_products_stays_in_use(world):
    buyer = Api(world, "buyer")
    path = f"/catalog/product-groups/{world.mug.group_id}/"
    assert buyer("PUT", path, {"code": "drinkware", "name": "Drinkware", "active": False}).status_code == 422
    assert buyer("PUT", path, {"code": "drink", "name": "Drinks"}).json()["name"] == "Drinks"
    assert buyer("POST", "/catalog/product-groups/", {"code": "DRINK", "name": "Again"}).status_code == 422
    page = person(world, "buyer").post(
        f"/catalog{path.removeprefix('/catalog')}", {"code": "d", "name": "D", "version": "2"}
    )
    assert page.status_code == 422 and "products in use" in page.content.decode()


# ---- import


def upload(client, address: str, text: str, encoding: str = "utf-8"):
    file = io.BytesIO(text.encode(encoding))
    file.name = "products.csv"
    return client.post(address, {"file": file}, follow=True)


TABLE = (
    "货号,品名,中文品名,产品类别,条码,海关编码,原产国,净重(kg),装箱数,箱长(cm),箱宽(cm),箱高(cm),毛重(kg),验货\n"
    "MUG-01,Enamel camp mug,搪瓷杯,drinkware,4006381333931,7323.94,中国,0.3,36,60,40,40,12,是\n"
    "TOTE-1,Canvas tote,帆布袋,Drinkware,,420222,VN,0.25,100,60,40,40,26,否\n"
)


def test_a_gb18030_table_updates_by_sku_and_adds_the_rest(world):
    client = person(world, "buyer")
    preview = upload(client, "/catalog/products/import/", TABLE, "gb18030")
    page = preview.content.decode()
    assert "Import 2 rows" in page, page
    job = preview.redirect_chain[-1][0]
    client.post(job, {"step": "commit"})
    mug = Product.objects.prefetch_related("packagings").filter(pk=world.mug.pk).first()
    assert (mug.name_zh, mug.origin_id, mug.inspection_required, mug.gtin) == ("搪瓷杯", "CN", True, "4006381333931")
    assert [level.units for level in mug.packagings.all()] == [36]
    tote = Product.objects.filter(sku="TOTE-1").first()
    assert (tote.group.code, tote.unit_id, tote.name_zh) == ("drinkware", "pcs", "帆布袋")
    again = upload(client, "/catalog/products/import/", TABLE, "gb18030").content.decode()
    assert "already as in the file" in again


def test_every_fault_of_a_table_is_listed_by_row_and_nothing_is_written(world):
    faulty = TABLE + (
        "BAD-1,Bad EAN,,drinkware,4006381333932,420222,CN,,,,,,,\n"
        "BAD-2,Half a carton,,drinkware,,420222,CN,,100,60,,,,\n"
        "BAD-3,No such group,,toys,,420222,CN,,,,,,,\n"
        "TOTE-1,Twice,,,,,,,,,,,,\n"
    )
    client = person(world, "buyer")
    preview = upload(client, "/catalog/products/import/", faulty)
    plan = preview.context["plan"]
    assert [problem.row for problem in plan.problems] == [4, 5, 6, 7], plan.problems
    refused = client.post(preview.redirect_chain[-1][0], {"step": "commit"}, follow=True)
    assert "still has faults" in refused.content.decode()
    assert not Product.objects.filter(sku__in=["TOTE-1", "BAD-1"]).exists()


def test_what_the_file_lacks_stays_as_it_is(world):
    client = person(world, "buyer")
    preview = upload(client, "/catalog/products/import/", "SKU,Name\nMUG-01,Mug\n")
    client.post(preview.redirect_chain[-1][0], {"step": "commit"})
    mug = Product.objects.prefetch_related("packagings").filter(pk=world.mug.pk).first()
    assert (mug.name, mug.hs_code, len(mug.packagings.all())) == ("Mug", "732394", 1)
