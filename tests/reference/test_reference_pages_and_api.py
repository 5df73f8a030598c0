"""Reference data through its doors: the pages, and /api/v1/reference/."""

import json
from datetime import date
from decimal import Decimal as D

import pytest
from django.test import Client
from django.utils import timezone

from reference.models import ExchangeRate

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(world):
    def call(role, method, path, body=None):
        return Client().generic(
            method,
            f"/api/v1/reference{path}",
            json.dumps(body) if body is not None else "",
            "application/json",
            headers={"Authorization": f"Bearer {world.token(role)}"},
        )

    return call


@pytest.fixture
def person(world):
    def of(role):
        client = Client()
        client.force_login(world.users[role])
        return client

    return of


PAGES = ["currencies", "countries", "units", "places", "holidays", "incoterms"]


@pytest.mark.parametrize("page", PAGES)
def test_published_facts_are_open_to_staff_and_outside_parties(person, page):
    for role in ("buyer", "supplier"):
        answer = person(role).get(f"/reference/{page}/")
        assert answer.status_code == 200, (role, page)
    assert Client().get(f"/reference/{page}/").status_code == 302, "strangers log in first"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_facts_is_a_few_queries(person, django_assert_max_num_queries, page):
    client = person("buyer")
    client.get(f"/reference/{page}/")
    with django_assert_max_num_queries(16):
        client.get(f"/reference/{page}/")


def test_lists_are_filtered_and_exported(person):
    client = person("buyer")
    page = client.get("/reference/places/?q=ningbo&kind=port").content.decode()
    assert "CNNGB" in page
    assert "NLRTM" not in page
    assert "宁波" in page
    assert "CNYTN" in client.get("/reference/places/?q=盐田").content.decode()
    exported = b"".join(client.get("/reference/countries/?eu=true&export=csv")).decode()
    assert len(exported.splitlines()) == 28
    assert "Netherlands" in exported


def test_the_incoterms_page_says_who_pays_and_warns_about_containers(person):
    page = person("supplier").get("/reference/incoterms/").content.decode()
    for words in ("FOB", "by place", "Risk passes", "on board the vessel", "FCA fits better", "ICC (A)"):
        assert words in page, words


# --- exchange rates --------------------------------------------------------------------------------------------------


def test_finance_enters_a_rate_on_the_page(person):
    client = person("finance")
    assert client.get("/reference/exchange-rates/new/").status_code == 200
    body = {"base": "USD", "quote": "CNY", "on": "2025-04-15", "rate": "7.31", "kind": "market", "note": "bank"}
    answer = client.post("/reference/exchange-rates/new/", body)
    assert answer.status_code == 303, answer.content
    rate = ExchangeRate.objects.get(source="manual")
    assert (rate.base_id, rate.quote_id, rate.date, rate.rate, rate.note) == (
        "USD", "CNY", date(2025, 4, 15), D("7.31"), "bank",
    )  # fmt: skip
    assert "7.31" in client.get(answer["Location"]).content.decode()


def test_a_refused_rate_comes_back_with_what_was_typed(person):
    client = person("finance")
    body = {"base": "EUR", "quote": "USD", "on": "2026-11-20", "rate": "0.91", "kind": "market"}
    answer = client.post("/reference/exchange-rates/new/", body)
    assert answer.status_code == 422
    assert "looks like the other direction" in answer.content.decode()
    assert 'value="0.91"' in answer.content.decode()
    assert client.post("/reference/exchange-rates/new/", body | {"confirmed": "on"}).status_code == 303


def test_a_buyer_sees_rates_and_enters_none(person):
    client = person("buyer")
    assert client.get("/reference/exchange-rates/").status_code == 200
    assert client.get("/reference/exchange-rates/new/").status_code == 403
    assert client.post("/reference/exchange-rates/new/", {"base": "EUR"}).status_code == 403
    assert person("supplier").get("/reference/exchange-rates/").status_code in (403, 404)


def test_a_pair_has_its_course_and_says_when_nothing_is_known(person):
    today = timezone.localdate()
    ExchangeRate.objects.create(base_id="EUR", quote_id="JPY", date=today, rate=D("175.68"), source="ECB")
    ExchangeRate.objects.update_or_create(
        kind="market", base_id="EUR", quote_id="USD", date=today, source="ECB", defaults={"rate": D("1.1")}
    )
    client = person("buyer")
    page = client.get("/reference/exchange-rates/USD/JPY/").content.decode()
    assert "159.709091" in page
    assert "charts.js" in page
    assert "no market rate from USD to THB" in client.get("/reference/exchange-rates/USD/THB/").content.decode()
    assert client.get("/reference/exchange-rates/USD/USD/").status_code == 404
    assert client.get("/reference/exchange-rates/USD/JPY/?base=EUR&quote=JPY")["Location"].endswith("/EUR/JPY/")


def test_the_rate_form_sent_twice_saves_once(person):
    client = person("finance")
    body = {"base": "EUR", "quote": "THB", "on": "2025-04-15", "rate": "37.6", "kind": "market", "form_token": "a" * 32}
    first = client.post("/reference/exchange-rates/new/", body)
    again = client.post("/reference/exchange-rates/new/", body)
    assert (first.status_code, again["Location"]) == (303, first["Location"])


# --- the API ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "count", "key"),
    [
        ("/currencies/", 168, "AED"),
        ("/countries/", 249, "AF"),
        ("/units/", 32, None),
        ("/places/?main=true", 107, None),
        ("/calendars/", 6, "CN"),
        ("/incoterms/", 11, "EXW"),
        ("/countries/?eu=true&limit=5", 27, "AT"),
        ("/calendar-days/?calendar=CN&kind=working&date_from=2026-01-01", 6, None),
    ],
)
def test_lists(api, path, count, key):
    answer = api("supplier", "GET", path)
    assert answer.status_code == 200, answer.content
    data = answer.json()
    assert data["count"] == count
    if key:
        assert data["results"][0]["code"] == key


def test_details_by_code(api):
    assert api("buyer", "GET", "/currencies/KWD/").json()["decimals"] == 3
    assert api("buyer", "GET", "/countries/NL/").json() == {
        "code": "NL", "alpha3": "NLD", "numeric": "528", "name": "Netherlands", "name_zh": "荷兰", "eu": True,
        "currency": "EUR",
    }  # fmt: skip
    assert api("buyer", "GET", "/units/lb/").json()["factor"] == "0.453592370000"
    assert api("buyer", "GET", "/places/CNNGB/").json()["name"] == "Ningbo"
    assert api("buyer", "GET", "/places/ORD/").json()["kind"] == "airport"
    for path in ("/currencies/QQQ/", "/countries/QQ/", "/places/QQQQQ/", "/incoterms/FOT/"):
        assert api("buyer", "GET", path).status_code == 404, path


def test_an_unknown_parameter_is_an_error(api):
    for path in ("/currencies/?colour=red", "/incoterms/?colour=red"):
        assert api("buyer", "GET", path).status_code == 400, path


def test_incoterms_by_rule_and_place(api):
    fca = api("supplier", "GET", "/incoterms/FCA/").json()
    assert (fca["costs"]["precarriage"], fca["risk_milestone"], fca["container_advisory"]) == ("P", "handover", "")
    at_works = api("supplier", "GET", "/incoterms/FCA/?named_place_kind=premises").json()
    assert at_works["costs"]["precarriage"] == "B"
    fob = api("supplier", "GET", "/incoterms/FOB/").json()
    assert (fob["risk_milestone"], fob["losses"]["quay"], fob["losses"]["on_board"]) == ("on_board", "S", "B")
    assert "FCA" in fob["container_advisory"]
    assert api("supplier", "GET", "/incoterms/DDU/").status_code == 200
    assert api("supplier", "GET", "/incoterms/CIF/?freight_includes_dthc=true").status_code == 400
    cif = api("supplier", "GET", "/incoterms/CIF/?freight_includes_dthc=true&named_place_kind=terminal").json()
    assert cif["costs"]["dest_terminal"] == "S"


def test_finance_enters_a_rate_and_everybody_on_staff_looks_it_up(api):
    body = {"base": "USD", "quote": "THB", "date": "2025-04-15", "rate": "33.41"}
    created = api("finance", "POST", "/exchange-rates/", body)
    assert created.status_code == 201, created.content
    assert (created.json()["rate"], created.json()["source"]) == ("33.410000000000", "manual")
    found = api("buyer", "GET", "/exchange-rates/look-up/?base=USD&quote=THB&date=2025-04-20")
    assert (found.json()["rate"], found.json()["date"]) == ("33.410000000000", "2025-04-15")
    assert api("buyer", "GET", "/exchange-rates/?base=USD").json()["count"] == 1
    assert api("buyer", "GET", f"/exchange-rates/{created.json()['id']}/").status_code == 200


@pytest.mark.parametrize(
    ("role", "change", "status", "code"),
    [
        ("buyer", {}, 403, "not_allowed"),
        ("supplier", {}, 403, None),
        ("finance", {"rate": "0"}, 422, "rule_broken"),
        ("finance", {"rate": "abc"}, 400, "invalid"),
        ("finance", {"rate": 1e400}, 400, None),
        ("finance", {"quote": "USD"}, 422, "rule_broken"),
        ("finance", {"base": "usd"}, 422, "rule_broken"),
        ("finance", {"date": "15.04.2025"}, 400, "invalid"),
        ("finance", {"date": "2999-01-01"}, 422, "rule_broken"),
    ],
)
def test_what_the_api_refuses(api, role, change, status, code):
    body = {"base": "USD", "quote": "THB", "date": "2025-04-15", "rate": "33.41"} | change
    answer = api(role, "POST", "/exchange-rates/", body)
    assert answer.status_code == status, answer.content
    assert code is None or answer.json()["code"] == code
    assert not ExchangeRate.objects.filter(source="manual").exists()


def test_a_missing_rate_is_a_problem_with_a_sentence(api):
    answer = api("buyer", "GET", "/exchange-rates/look-up/?base=USD&quote=THB&date=2025-04-20")
    assert (answer.status_code, answer.json()["code"]) == (422, "missing_rate")
    assert "from USD to THB" in answer.json()["detail"]
    assert api("buyer", "GET", "/exchange-rates/look-up/?base=USD").status_code == 400
