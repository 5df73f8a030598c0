"""Each number is lawful, what they come to cannot be kept: a sentence, and nothing is half done."""

import pytest

from sourcing.models import PurchaseOrder
from tests.doors import Api

pytestmark = pytest.mark.django_db


def order(world, quantity: str, price: str) -> dict:
    return {
        "supplier": world.supplier.pk,
        "order_date": "2026-11-20",
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "lines": [{"product": world.mug.pk, "quantity": quantity, "unit_price": price}],
    }


@pytest.mark.parametrize(("price", "status", "code"), [("1.00", 201, None), ("99999999999.00", 422, "out_of_range")])
def test_a_total_that_no_column_holds_is_refused(price, status, code, world):
    answer = Api(world.token("buyer"))("POST", "/sourcing/purchase-orders/", order(world, "9999999999", price))
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.content
    assert PurchaseOrder.objects.count() == (status == 201)


@pytest.mark.parametrize(("path", "status"), [("/api/v1/nowhere/", 404), ("/api/v1/sourcing/purchase-orders/x/", 404)])
def test_an_address_of_the_api_that_nobody_has_answers_problem_details(path, status, world):
    answer = Api(world.token("buyer"))("GET", path.removeprefix("/api/v1"))
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["request_id"] == answer["X-Request-ID"]


@pytest.mark.parametrize(("path", "status"), [("/search/?q=mug", 200), ("/search/?q=mug%00", 400)])
def test_a_nul_in_an_address_is_not_understood(path, status, person):
    assert person("buyer").get(path).status_code == status
