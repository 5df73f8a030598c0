"""How long a customer may claim, by kind of claim, and what that does to a perfect order (decision 18)."""

from datetime import timedelta

import pytest

from core.outbox import drain
from kpis.models import OrderLineFact
from tests.doors import Api
from tests.factories_kpis import DUE, Chain
from tests.factories_sales import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(world):
    make_customer(world, claim_days=14, damage_claim_days=7, quality_claim_days=60)
    return Chain(world)


def fact(line) -> OrderLineFact:
    drain()
    return OrderLineFact.objects.get(line_id=line.pk)


@pytest.mark.parametrize(
    ("reason", "day", "holds"),
    [
        ("damaged", 7, True),
        ("damaged", 8, False),
        ("defect", 60, True),
        ("defect", 61, False),
        ("wrong_item", 14, True),
        ("wrong_item", 15, False),
    ],
)
def test_each_kind_of_claim_has_its_own_window_and_a_day_later_is_too_late(chain, reason, day, holds):
    line = chain.sell(10).lines.get()
    sent = chain.deliver(line, 10, DUE)
    chain.give_back(sent, DUE + timedelta(days=day), reason=reason)
    chain.at(DUE + timedelta(days=70))
    assert fact(line).undamaged is not holds


def test_an_order_is_final_when_the_longest_window_has_closed(chain):
    line = chain.sell(10).lines.get()
    chain.deliver(line, 10, DUE)
    chain.at(DUE + timedelta(days=15))
    assert (fact(line).undamaged, fact(line).documented, fact(line).final) == (None, True, False)
    chain.at(DUE + timedelta(days=60))
    assert fact(line).undamaged is None
    chain.at(DUE + timedelta(days=61))
    assert (fact(line).undamaged, fact(line).final) == (True, True)


def test_fourteen_days_where_nothing_is_set(world):
    chain = Chain(world)
    line = chain.sell(10).lines.get()
    sent = chain.deliver(line, 10, DUE)
    chain.at(DUE + timedelta(days=14))
    assert fact(line).undamaged is None
    chain.give_back(sent, DUE + timedelta(days=14), reason="defect")
    assert fact(line).undamaged is False


def test_a_window_that_is_changed_judges_the_orders_of_that_customer_again(world, chain):
    """Damage found on the tenth day counts once the customer has 14 days for it."""
    line = chain.sell(10).lines.get()
    sent = chain.deliver(line, 10, DUE)
    chain.give_back(sent, DUE + timedelta(days=10), reason="damaged")
    chain.at(DUE + timedelta(days=70))
    assert fact(line).undamaged is True
    seller = Api(world.token("sales"))
    (row,) = seller("GET", "/sales/customers/").json()["results"]
    path = f"/sales/customers/{row['id']}/"
    wrong = seller("PUT", path, {"damage_claim_days": 400}, **{"If-Match": "*"})
    assert wrong.status_code == 400
    changed = seller("PUT", path, {"claim_days": 14, "quality_claim_days": 60}, **{"If-Match": "*"})
    assert (changed.status_code, changed.json()["damage_claim_days"]) == (200, None)
    assert fact(line).undamaged is False


def test_the_form_of_a_customer_takes_the_windows_and_his_page_shows_them(world, chain, person):
    from sales.models import Customer

    row, seller = Customer.objects.get(), person("sales")
    form = {"version": row.version, "claim_days": "10", "damage_claim_days": "", "quality_claim_days": "90"}
    assert seller.post(f"{row.get_absolute_url()}edit/", form).status_code == 303
    page = seller.get(row.get_absolute_url()).content.decode()
    assert "10 days" in page and "defects 90 days" in page and "damage 7" not in page
