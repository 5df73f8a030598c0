"""A confirmed order that was received says so, and one that was invoiced besides is complete: list, page and API."""

import re

import pytest

from sourcing.models import PurchaseOrder
from tests.factories_finance import agreed, api, billed, land, ordered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
STAGES = ("to_come", "to_bill", "complete")


@pytest.fixture
def seen(world, person):
    """What the list says of the only order, the step its page stands at, and the filter that finds it."""
    buyer, supplier, rest = person("buyer"), person("supplier"), api(world, "buyer")

    def look() -> tuple[str, str, list[str]]:
        lists = [buyer.get("/sourcing/orders/"), supplier.get("/portal/orders/")]
        state, theirs = (
            re.findall(r'<td><span class="state [^"]*">([^<]*)</span></td>', r.content.decode())[0] for r in lists
        )
        assert theirs == state, "the supplier reads what we read"
        order = buyer.get(PurchaseOrder.objects.get().get_absolute_url()).content.decode()
        (current,) = re.findall(r"step-current[^>]*>.*?<span[^>]*>([^<]+)</span>\s*</li>", order, re.S)
        found = [s for s in STAGES if rest("GET", f"/sourcing/purchase-orders/?progress={s}").json()["count"]]
        return state, current.strip(), found

    return look


def test_an_order_reads_confirmed_then_received_then_complete(world, seen):
    order = agreed(ordered(world, "100", "10"))
    assert seen() == ("Confirmed", "Confirmed", ["to_come"])
    land(world, order)
    assert seen() == ("Received", "Received", ["to_bill"])
    billed(world, api(world, "finance"), order, "100", "10")
    assert seen() == ("Complete", "Invoiced", ["complete"])


def test_the_container_advice_stands_as_long_as_the_terms_may_change(world, person):
    order, buyer = ordered(world, "100", "10", incoterm="FOB", mode="sea"), person("buyer")
    said = lambda: "FCA fits better" in buyer.get(order.get_absolute_url()).content.decode()  # noqa: E731
    assert said()
    agreed(order)
    assert not said()


def test_what_is_invoiced_before_it_comes_is_still_to_come(world, seen):
    order = agreed(ordered(world, "100", "10"))
    billed(world, api(world, "finance"), order, "100", "10")
    assert seen()[2] == ["to_come"]
