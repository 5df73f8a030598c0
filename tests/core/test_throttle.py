"""The API's limit per token: where it stands, that it is exact, and when it opens again."""

import pytest
from django.db import connection

from core.models import RateWindow
from tests.masters import Api

pytestmark = pytest.mark.django_db
LIMIT = 5


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.API_RATE_PER_MINUTE = LIMIT


def ask(api: Api):
    return api("GET", "/reference/currencies/?limit=1")


def test_the_limit_is_exact_said_on_every_answer_and_opens_with_the_next_minute(world):
    buyer = Api(world, "buyer")
    answers = [ask(buyer) for _n in range(LIMIT)]
    assert [answer.status_code for answer in answers] == [200] * LIMIT
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["4", "3", "2", "1", "0"]
    refused = ask(buyer)
    assert refused.status_code == 429 and refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "too_many_requests" and 1 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Limit"] == str(LIMIT) and refused["Retry-After"] == refused["RateLimit-Reset"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_ratewindow SET started_at = started_at - interval '61 seconds'")
    again = ask(buyer)
    assert (again.status_code, again["RateLimit-Remaining"]) == (200, "4")


def test_every_token_has_a_minute_of_its_own_and_a_refused_request_counts(world):
    buyer, sales = Api(world, "buyer"), Api(world, "sales")
    for _n in range(LIMIT):
        assert buyer("POST", "/catalog/products/", {}).status_code == 400
    assert ask(buyer).status_code == 429
    assert ask(sales).status_code == 200


def test_a_limited_write_does_nothing(world):
    buyer = Api(world, "buyer")
    for _n in range(LIMIT):
        ask(buyer)
    refused = buyer("POST", "/catalog/products/", {"sku": "X", "name": "X"})
    assert refused.status_code == 429
    from catalog.models import Product

    assert not Product.objects.filter(sku="X").exists()


def test_without_a_limit_nothing_is_counted(world, settings):
    settings.API_RATE_PER_MINUTE = 0
    answer = ask(Api(world, "buyer"))
    assert answer.status_code == 200 and "RateLimit-Limit" not in answer
    assert not RateWindow.objects.exists()


def test_the_table_waits_for_no_disk():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'core_ratewindow'")
        assert cursor.fetchone() == ("u",)
