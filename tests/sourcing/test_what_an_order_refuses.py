"""What a purchase order takes and refuses, at the boundary (trade cases P-01 to P-22)."""

import re
from datetime import date
from decimal import Decimal as D

import pytest

from finance.models import MatchTolerance
from sourcing import services
from sourcing.models import PurchaseOrder, PurchaseOrderLine
from sourcing.services import LineInput
from tests.factories import TODAY
from tests.factories_finance import api, balances, land, ordered, set_rate
from tests.factories_logistics import warehouse_of

pytestmark = pytest.mark.django_db
ORDERS, RECEIPTS, INVOICES = "/sourcing/purchase-orders/", "/logistics/receipts/", "/finance/supplier-invoices/"
NEEDED = date(2027, 1, 15)


def order_body(world, *lines, **changes):
    """Each line is (product, quantity, price)."""
    return {
        "supplier": world.supplier.pk,
        "order_date": "2026-11-20",
        "currency": "EUR",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "lines": [
            {"product": product.pk, "quantity": quantity, "unit_price": price, "requested_date": "2027-01-15"}
            for product, quantity, price in lines
        ],
        **changes,
    }


def take_in(world, order, *quantities, status=201):
    """A receipt of each line of the order in turn, without a shipment."""
    lines = [
        {"order_line": line.pk, "accepted": quantity}
        for line, quantity in zip(order.lines.order_by("position"), quantities, strict=True)
        if quantity
    ]
    body = {"warehouse": warehouse_of(world).pk, "received_date": "2026-11-20", "lines": lines}
    answer = api(world, "logistics")("POST", RECEIPTS, body)
    assert answer.status_code == status, answer.content
    return answer.json()


def bill(world, order, quantity, price, number="HS-1", status=200):
    """An invoice of the order's only line, recorded and posted; answers the posting."""
    finance, line = api(world, "finance"), order.lines.get()
    recorded = finance(
        "POST",
        INVOICES,
        {
            "supplier": order.supplier_id,
            "supplier_number": number,
            "invoice_date": "2026-11-20",
            "currency": order.currency_id,
            "lines": [{"order_line": line.pk, "quantity": str(quantity), "unit_price": str(price)}],
        },
    )
    assert recorded.status_code == 201, recorded.content
    posted = finance("POST", f"{INVOICES}{recorded.json()['id']}/post/", {})
    assert posted.status_code == status, posted.content
    return posted.json()


def amend(world, order, line, quantity, price, *, status=200, role="buyer", **changes):
    body = {"line": line.pk, "product": line.product_id, "quantity": str(quantity), "unit_price": str(price)}
    answer = api(world, role)(
        "POST",
        f"{ORDERS}{order.pk}/amend/",
        {"reason": "Demand moved", "lines": [{**body, "requested_date": "2027-01-15", **changes}]},
        **{"If-Match": "*"},
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def only(order) -> PurchaseOrderLine:
    return PurchaseOrderLine.objects.get(order=order)


def shares(world, order) -> tuple:
    shown = api(world, "buyer")("GET", f"{ORDERS}{order.pk}/").json()
    return shown["received_pct"], shown["billed_pct"]


def test_p01_goods_and_invoices_of_an_order_wait_until_it_is_issued(world):
    order = world.order(currency="EUR", payment_term_id=None, lines=[LineInput(world.mug.pk, D(10), D(5), NEEDED)])
    assert "only goods of an issued order" in take_in(world, order, "10", status=422)["detail"]
    services.issue_purchase_order(actor=world.actors["buyer"], order_id=order.pk, today=TODAY)
    take_in(world, order, "10")
    bill(world, order, 10, 5)


@pytest.mark.parametrize(
    ("quantity", "unit_prices", "status"),
    [
        ("-1", False, 400),
        ("-1", True, 400),
        ("0", False, 422),
        ("0", True, 201),
        ("3.4", False, 422),
        ("3", False, 201),
    ],
)
def test_p02_a_quantity_is_above_nothing_and_pieces_are_whole(world, quantity, unit_prices, status):
    body = order_body(world, (world.mug, quantity, "3.20"), unit_price_order=unit_prices)
    answer = api(world, "buyer")("POST", ORDERS, body)
    assert answer.status_code == status, answer.content
    if status != 201:
        assert answer.json()["errors"][0]["pointer"] == "/lines/0/quantity"


@pytest.mark.parametrize(
    ("tolerance", "price", "status"), [("10", "11", 200), ("10", "11.01", 422), ("0", "10", 200), ("0", "10.001", 422)]
)
def test_p04_an_invoice_is_over_by_no_more_than_the_tolerance(world, tolerance, price, status):
    MatchTolerance.objects.create(company=world.company, price_pct=D(tolerance))
    order = ordered(world, "1", "10")
    take_in(world, order, "1")
    bill(world, order, 1, price, status=status)


def test_p05_what_came_over_is_open_no_more_and_a_cancelled_receipt_opens_it_again(world):
    """12 of 10 with a receipt tolerance of 50 % and a billing tolerance of 20 %."""
    world.company.over_receipt_pct = 50
    world.company.save()
    MatchTolerance.objects.create(company=world.company, quantity_pct=20)
    order = ordered(world, "10", "5")
    receipt = take_in(world, order, "12")
    assert (only(order).received_quantity, only(order).open_quantity) == (12, 0)
    assert "too many" in str(bill(world, order, 13, 5, status=422)["errors"])
    done = api(world, "logistics")("POST", f"{RECEIPTS}{receipt['id']}/cancel/", {"reason": "Wrong pallet"})
    assert done.status_code == 200, done.content
    assert (only(order).received_quantity, only(order).open_quantity) == (0, 10)
    take_in(world, order, "12")
    bill(world, order, 12, 5, number="HS-2")


def test_p06_an_order_grows_after_its_first_goods_came(world):
    """4 ordered and received; changed to 7 at 200: 1,400, and three are open."""
    order = ordered(world, "4", "150")
    take_in(world, order, "4")
    amended = amend(world, order, only(order), 7, 200)
    assert (amended["lines"][0]["amount"], amended["total"], amended["revision"]) == ("1400.0000", "1400.0000", 1)
    assert only(order).open_quantity == 3
    take_in(world, order, "3")
    take_in(world, order, "1", status=422)


def test_p08_what_has_come_or_was_billed_cannot_be_taken_out_of_the_order(world):
    order = world.sent_order(
        currency="EUR",
        payment_term_id=None,
        lines=[LineInput(p.pk, D(10), D(10), NEEDED) for p in (world.mug, world.bottle)],
    )
    mug, bottle = order.lines.order_by("position")
    take_in(world, order, "4", "")
    assert "cannot be withdrawn" in amend(world, order, mug, 10, 10, withdraw=True, status=422)["detail"]
    assert "cannot fall below" in amend(world, order, mug, 3, 10, status=422)["detail"]
    assert amend(world, order, mug, 4, 10)["lines"][0]["quantity"] == "4.0000"
    withdrawn = amend(world, order, bottle, 10, 10, withdraw=True)
    assert (withdrawn["lines"][1]["cancelled"], withdrawn["total"]) == (True, "40.0000")


def test_p08_an_amount_does_not_fall_below_what_was_billed(world):
    order = ordered(world, "10", "10")
    take_in(world, order, "10")
    bill(world, order, 10, 10)
    assert "already billed" in amend(world, order, only(order), 10, "9.99", status=422)["detail"]
    amend(world, order, only(order), 10, "10.01")


def test_p08_the_suppliers_own_change_is_not_accepted_below_what_came(world):
    """Goods may come before the supplier has answered; his answer does not unmake them."""
    order = ordered(world, "10", "10")
    line = only(order)
    take_in(world, order, "8")
    supplier, buyer = api(world, "supplier"), api(world, "buyer")
    for answer in ({"answer": "changed", "quantity": "7"}, {"answer": "rejected", "reason": "No steel"}):
        given = supplier("POST", f"{ORDERS}{order.pk}/confirm/", {"lines": [{"line": line.pk, **answer}]})
        assert given.status_code == 200, given.content
        settle = {"verdicts": [{"line": line.pk, "accept": True}]}
        refused = buyer("POST", f"{ORDERS}{order.pk}/settle/", settle)
        assert refused.status_code == 422, refused.content
        assert refused.json()["errors"][0]["pointer"] == "/verdicts/0/accept"
    supplier(
        "POST", f"{ORDERS}{order.pk}/confirm/", {"lines": [{"line": line.pk, "answer": "changed", "quantity": "8"}]}
    )
    settled = buyer("POST", f"{ORDERS}{order.pk}/settle/", {"verdicts": [{"line": line.pk, "accept": True}]})
    assert (settled.json()["status"], settled.json()["total"]) == ("confirmed", "80.0000")


@pytest.mark.parametrize(("role", "status"), [("buyer", 200), ("logistics", 403), ("finance", 403), ("supplier", 403)])
def test_p09_only_who_may_order_changes_an_order(world, role, status):
    order = ordered(world, "10", "10")
    amend(world, order, only(order), 12, 10, role=role, status=status)
    assert only(order).quantity == (12 if status == 200 else 10)


def test_p10_an_invoice_receives_nothing_and_nothing_is_counted_twice(world):
    order = ordered(world, "10", "10")
    take_in(world, order, "2")
    bill(world, order, 2, 10)
    assert (only(order).received_quantity, only(order).billed_quantity) == (2, 2)
    assert shares(world, order) == ("20.0", "20.0")
    take_in(world, order, "3")
    take_in(world, order, "1")
    assert (only(order).received_quantity, only(order).billed_quantity) == (6, 2)
    bill(world, order, 4, 10, number="HS-2")
    assert balances(world) == {"inventory": 60, "payables": -60}


def test_p14_a_unit_price_order_has_no_percentage_until_a_quantity_is_set(world, person):
    lines = [LineInput(world.mug.pk, D(0), D(500), NEEDED)]
    order = ordered(world, lines=lines, unit_price_order=True)
    take_in(world, order, "5")
    assert shares(world, order) == (None, None)
    page = person("buyer").get(f"/sourcing/orders/{order.pk}/").content.decode()
    assert re.search(r"<dt>Received</dt><dd><span class=\"nothing\">–", page)
    bill(world, order, 5, 500)
    assert (only(order).billed_quantity, only(order).billed_amount) == (5, 2500)
    amend(world, order, only(order), 10, 500)
    assert (only(order).open_quantity, shares(world, order)) == (5, ("50.0", "50.0"))
    take_in(world, order, "5")
    assert shares(world, order) == ("100.0", "50.0")
    take_in(world, order, "1", status=422)


def test_p14_a_unit_price_order_is_not_invoiced_for_goods_nobody_has_seen(world):
    lines = [LineInput(world.mug.pk, D(0), D(500), NEEDED)]
    order = ordered(world, lines=lines, unit_price_order=True)
    bill(world, order, 5, 500, status=422)


def test_p22_progress_is_told_by_line_and_by_value_never_by_adding_pieces_to_grams(world):
    """Ten pieces at 100 and 990 g at 0.10: only the grams have come: 9.0 % of the value, not 99 % of the numbers."""
    world.bottle.unit_id = "g"
    world.bottle.save()
    order = world.sent_order(
        currency="EUR",
        payment_term_id=None,
        lines=[
            LineInput(world.mug.pk, D(10), D(100), NEEDED),
            LineInput(world.bottle.pk, D(990), D("0.10"), NEEDED),
        ],
    )
    take_in(world, order, "", "990")
    shown = api(world, "buyer")("GET", f"{ORDERS}{order.pk}/").json()
    assert [(line["received_quantity"], line["quantity"]) for line in shown["lines"]] == [
        ("0.0000", "10.0000"), ("990.0000", "990.0000"),
    ]  # fmt: skip
    assert shown["received_pct"] == "9.0"


def test_a_link_in_a_mail_confirms_nothing_when_it_is_only_opened(world, person):
    """Mail scanners open every link; only a form that is sent confirms."""
    order = world.sent_order()
    supplier = person("supplier")
    form = {
        "lines-TOTAL_FORMS": 2,
        "lines-INITIAL_FORMS": 2,
        "lines-0-answer": "accepted",
        "lines-1-answer": "accepted",
    }
    assert supplier.get(f"/portal/orders/{order.pk}/confirm/", form).status_code in (200, 405)
    assert PurchaseOrder.objects.get(pk=order.pk).status == "sent"
    assert supplier.post(f"/portal/orders/{order.pk}/confirm/", {**form, "version": order.version}).status_code == 303
    assert PurchaseOrder.objects.get(pk=order.pk).status == "confirmed"


def test_the_rate_of_an_issued_order_does_not_move_with_the_table_or_its_date(world):
    order = ordered(world, "100", "11", currency="USD")
    assert order.base_total == 1000
    set_rate("USD", "2")
    land(world, order)
    assert PurchaseOrder.objects.get(pk=order.pk).base_total == 1000
    assert balances(world)["inventory"] == 550, "the goods take the rate of the day on which they became ours"
