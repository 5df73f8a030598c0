"""Organisations, payment terms, the company and approval rules, through the page and the API."""

from decimal import Decimal as D

import pytest

from core.models import ApprovalRule, Event
from parties.models import Company, Instalment, Organisation, PaymentTerm
from tests.factories import make_world
from tests.masters import Api, grid, person, pointers

pytestmark = pytest.mark.django_db


def partner(**changes) -> dict:
    return {"code": "INS-01", "name": "AQL Asia", "country": "CN", "kinds": ["inspector"], **changes}


def test_one_list_of_partners_with_a_filter_for_what_they_are(world):
    buyer = Api(world, "buyer")
    made = buyer("POST", "/parties/organisations/", partner(kinds=["inspector", "broker"]))
    assert made.status_code == 201, made.content
    assert made.json()["kinds"] == ["broker", "inspector"]
    listed = buyer("GET", "/parties/organisations/?kind=forwarder&kind=broker").json()["results"]
    assert [one["code"] for one in listed] == ["BW-01", "INS-01"]
    page = person(world, "sales").get("/parties/organisations/?kind=customer").content.decode()
    assert "Outdoor Retail" in page and "Bluewake" not in page
    export = person(world, "sales").get("/parties/organisations/?kind=inspector&export=csv")
    assert b"customs broker, inspection agency" in b"".join(export.streaming_content)


def test_what_is_wrong_with_a_partner_is_named(world):
    buyer = Api(world, "buyer")
    for change, pointer in (
        ({"code": "BW-01"}, "/code"),
        ({"kinds": []}, "/kinds"),
        ({"country": "XX"}, "/country"),
        ({"registration_number": "91330200144071784M"}, "/registration_number"),
        ({"country": "NL", "tax_number": "NL123456789B01"}, "/tax_number"),
    ):
        refused = buyer("POST", "/parties/organisations/", partner(**change))
        assert (refused.status_code, pointers(refused)) == (422, [pointer]), (change, refused.content)
    assert buyer("POST", "/parties/organisations/", partner(kinds=["supplier"])).status_code == 400
    assert Api(world, "finance")("POST", "/parties/organisations/", partner()).status_code == 403


def test_a_bulk_of_partners_is_all_or_nothing(world):
    buyer = Api(world, "buyer")
    many = [partner(code=f"P-{n}") for n in range(20)]
    refused = buyer("POST", "/parties/organisations/bulk/", [*many, partner(code="P-7")])
    assert (refused.status_code, pointers(refused)) == (422, ["/20/code"])
    assert buyer("POST", "/parties/organisations/bulk/", many).status_code == 201


def test_editing_keeps_the_supplier_hat_and_archiving_stops_orders(world):
    buyer, client = Api(world, "buyer"), person(world, "buyer")
    path = f"/parties/organisations/{world.supplier.pk}"
    edited = buyer("PUT", f"{path}/", partner(code="NB-01", kinds=["customer"], country="VN"))
    assert edited.json()["kinds"] == ["supplier", "customer"], edited.content
    assert client.post(f"{path}/archive/").status_code == 303
    from core.errors import RuleBroken

    with pytest.raises(RuleBroken, match="archived"):
        world.order()
    assert client.post(f"{path}/restore/").status_code == 303
    world.order()


def test_the_page_of_a_partner_says_what_happened_and_offers_the_form(world):
    client = person(world, "buyer")
    sent = {"code": "BR-1", "name": "Rotterdam Brokers", "country": "NL", "language": "en", "kinds": ["broker"]}
    saved = client.post("/parties/organisations/new/", sent)
    assert saved.status_code == 303, saved.content.decode()[-2000:]
    page = client.get(saved.url).content.decode()
    assert "An organisation was added." in page and "customs broker" in page
    refused = client.post("/parties/organisations/new/", sent)
    assert refused.status_code == 422 and "already an organisation BR-1" in refused.content.decode()


# ---- payment terms


def term(*instalments, **changes) -> dict:
    rows = [{"percent": percent, "anchor": anchor, "days": days} for percent, anchor, days in instalments]
    return {"code": "T1", "name": "A term", "instalments": rows, **changes}


def test_f01_the_instalments_must_make_a_hundred_without_negative_or_twin_rows(world):
    finance = Api(world, "finance")
    for instalments, pointer in (
        ([("50", "invoiced", 0)], "/instalments"),
        ([("100", "invoiced", -30)], "/instalments/0/days"),
        ([("50", "invoiced", 30), ("50", "invoiced", 30)], "/instalments/1/days"),
        ([("0", "invoiced", 0), ("100", "invoiced", 5)], "/instalments/0/percent"),
        ([], "/instalments"),
    ):
        refused = finance("POST", "/parties/payment-terms/", term(*instalments))
        assert (refused.status_code, pointers(refused)) == (422, [pointer]), refused.content
    made = finance("POST", "/parties/payment-terms/", term(("50", "invoiced", 0), ("50", "invoiced", 30)))
    assert made.status_code == 201, made.content
    assert [(row["percent"], row["days"]) for row in made.json()["instalments"]] == [("50.0000", 0), ("50.0000", 30)]
    assert Api(world, "buyer")("POST", "/parties/payment-terms/", term(("100", "invoiced", 0))).status_code == 403


def test_the_instalments_of_a_term_that_stands_on_an_order_stay_its_name_does_not(world):
    finance = Api(world, "finance")
    path = f"/parties/payment-terms/{world.term.pk}/"
    body = term(("40", "order_confirmed", 0), ("60", "before_shipment", 0), code="TT3070", name="T/T 40/60")
    etag = finance("GET", path)["ETag"]
    assert finance("PUT", path, body).status_code == 428
    changed = finance("PUT", path, body, If_Match=etag)
    assert changed.status_code == 200, "no order yet"
    world.order()
    refused = finance("PUT", path, term(("100", "invoiced", 0), code="TT3070"), If_Match="*")
    assert refused.status_code == 409 and "stands on documents" in refused.json()["detail"]
    assert finance("PUT", path, {**body, "name": "Forty sixty", "active": False}, If_Match="*").status_code == 200
    assert Instalment.objects.filter(term=world.term, percent=40).exists()


def test_the_form_of_a_term_puts_the_fault_beside_its_row(world):
    client = person(world, "finance")
    row = {"percent": "50", "anchor": "invoiced", "days": "30"}
    sent = {"code": "5050", "name": "Half and half", "active": "on"}
    refused = client.post("/parties/payment-terms/new/", {**sent, **grid("lines", row, row)})
    assert refused.status_code == 422 and 'id="id_lines-1-days_error"' in refused.content.decode()
    only_half = client.post("/parties/payment-terms/new/", {**sent, **grid("lines", row)})
    assert "they must make 100 %" in only_half.content.decode()
    saved = client.post("/parties/payment-terms/new/", {**sent, **grid("lines", row, {**row, "days": "60"})})
    assert saved.status_code == 303
    made = PaymentTerm.objects.filter(code="5050").first()
    page = client.get(f"/parties/payment-terms/{made.pk}/").content.decode()
    assert 'value="50"' in page
    again = {**sent, "version": "1", "name": "Halves", **grid("lines", row, {**row, "days": "60"}, initial=2)}
    saved = client.post(f"/parties/payment-terms/{made.pk}/", again)
    assert saved.status_code == 303, saved.context["form"].errors
    assert "Halves" in client.get("/parties/payment-terms/").content.decode()


# ---- company and approval rules


def test_the_administrator_sets_the_company_and_nobody_its_currency(world):
    admin = Api(world, "admin")
    path = f"/parties/companies/{world.company.pk}/"
    body = {"name": "Harbor", "time_zone": "Europe/Amsterdam", "over_receipt_pct": "5", "base_currency": "USD"}
    etag = admin("GET", path)["ETag"]
    saved = admin("PUT", path, body, If_Match=etag)
    assert (saved.json()["base_currency"], saved.json()["over_receipt_pct"]) == ("EUR", "5.000")
    for change, pointer in (
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"over_receipt_pct": "101"}, "/over_receipt_pct"),
    ):
        refused = admin("PUT", path, {**body, **change}, If_Match="*")
        assert pointers(refused) == [pointer]
    assert Api(world, "buyer")("PUT", path, body, If_Match="*").status_code == 403
    assert "Base currency" in person(world, "buyer").get("/parties/company/").content.decode()
    page = person(world, "admin").post(
        "/parties/company/",
        {
            "name": "Harbor & Pine",
            "time_zone": "UTC",
            "over_receipt_pct": "10",
            "over_billing_pct": "0",
            "price_tolerance_pct": "0,5",
            "version": "2",
        },
    )
    assert page.status_code == 303, page.content.decode()[-2000:]
    assert Company.objects.filter(pk=world.company.pk, price_tolerance_pct=D("0.5"), over_receipt_pct=10).exists()


def test_an_approval_rule_names_somebody_who_may_approve(world):
    admin, client = Api(world, "admin"), person(world, "admin")
    rule = {"kind": "sourcing.purchaseorder", "amount": "100000", "role": "approver", "count": 2}
    assert pointers(admin("POST", "/parties/approval-rules/", {**rule, "role": "sales"})) == ["/role"]
    made = admin("POST", "/parties/approval-rules/", rule)
    assert made.status_code == 201, made.content
    assert pointers(admin("POST", "/parties/approval-rules/", rule)) == ["/amount"]
    assert Api(world, "approver")("POST", "/parties/approval-rules/", rule).status_code == 403
    page = client.get("/parties/approval-rules/").content.decode()
    assert "100,000.00" in page and "Approver" in page
    path = f"/parties/approval-rules/{made.json()['id']}/"
    changed = client.post(path, {**rule, "amount": "50000", "count": "1"})
    assert changed.status_code == 303
    other = make_world("ZZ")
    assert Api(other, "admin")("DELETE", path.replace("/parties", "/parties")).status_code == 404
    assert Api(other, "admin")("GET", path).status_code == 404
    assert admin("DELETE", path).status_code == 204
    assert not ApprovalRule.objects.filter(company_id=world.company.pk).exists()
    assert Event.objects.filter(name="parties.approval_rule.removed").count() == 1


def test_masters_of_another_company_are_not_there(world):
    other = make_world("ZZ")
    api, client = Api(world, "admin"), person(world, "admin")
    answers = [
        api("GET", f"/parties/organisations/{other.supplier.pk}/"),
        api("PUT", f"/parties/organisations/{other.supplier.pk}/", partner()),
        api("POST", f"/parties/organisations/{other.supplier.pk}/archive/"),
        api("GET", f"/parties/payment-terms/{other.term.pk}/"),
        api("PUT", f"/parties/payment-terms/{other.term.pk}/", term(("100", "invoiced", 0)), If_Match="*"),
        api("GET", f"/parties/companies/{other.company.pk}/"),
        api("PUT", f"/parties/companies/{other.company.pk}/", {"name": "x", "time_zone": "UTC"}, If_Match="*"),
        client.get(f"/parties/organisations/{other.supplier.pk}/"),
        client.get(f"/parties/organisations/{other.supplier.pk}/edit/"),
        client.get(f"/parties/payment-terms/{other.term.pk}/"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert (
        api("GET", "/parties/organisations/").json()["count"]
        == Organisation.objects.filter(company=world.company).count()
    )
    for address in ("organisations", "company", "payment-terms", "approval-rules", "people", "tokens"):
        assert person(world, "supplier").get(f"/parties/{address}/").status_code == 404
