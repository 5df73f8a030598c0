"""What goods cost at the door, to the last cent (trade cases L-01 to L-22, and exact-money cases from public bug reports)."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.utils import timezone

from core.models import Delivery as Owed
from core.outbox import drain
from finance.models import Charge, ChargeShare
from inventory.models import Lot
from parties.models import Company
from sourcing.services import LineInput
from tests.factories_finance import api, balances, deliver, land, receive, ship
from tests.factories_inventory import make_warehouse
from tests.factories_logistics import warehouse_of

pytestmark = pytest.mark.django_db
CHARGES, BILLS, INVOICES = "/finance/charges/", "/finance/supplier-invoices/charges/", "/finance/supplier-invoices/"


@pytest.fixture
def finance(world):
    return api(world, "finance")


def lines_order(world, *lines, currency="EUR"):
    """An issued order of (quantity, price) lines of the mug."""
    given = [LineInput(world.mug.pk, D(str(q)), D(str(p)), date(2027, 1, 15)) for q, p in lines]
    return world.sent_order(currency=currency, payment_term_id=None, lines=given)


def estimate(finance, amount, *, status=201, currency="EUR", **changes):
    body = {"kind": "freight", "amount": str(amount), "currency": currency, "day": "2026-11-20", **changes}
    answer = finance("POST", CHARGES, body)
    assert answer.status_code == status, answer.content
    return answer.json()


def bill(world, finance, *lines, number="BW-1", **changes):
    head = {"supplier": world.forwarder.pk, "supplier_number": number, "invoice_date": "2026-11-20", "currency": "EUR"}
    answer = finance("POST", BILLS, {**head, "lines": list(lines), **changes})
    assert answer.status_code == 201, answer.content
    return answer.json()


def parts(charge) -> list[D]:
    return [D(share["estimate"]) for share in charge["shares"]]


def lots() -> list[tuple[D, D]]:
    """(on hand, cost) of every lot."""
    return list(Lot.objects.order_by("pk").values_list("quantity_on_hand", "cost_total"))


def in_currency(world, code: str) -> None:
    """The company keeps its books in another currency from the start."""
    Company.objects.filter(pk=world.company.pk).update(base_currency=code)
    world.company.refresh_from_db()


def test_l01_a_charge_by_value_changes_what_goods_cost_and_not_how_many_there_are(world, finance):
    receipt = land(world, lines_order(world, (5, 50), (5, 50)))
    assert parts(estimate(finance, 50, receipt=receipt.pk, basis="value")) == [25, 25]
    assert lots() == [(5, 275), (5, 275)]


def test_l02_customs_shipping_and_a_voucher_on_the_goods_and_nothing_more_the_second_time(world, finance):
    """500 + 150 + 100 + 50: stock 800 (400 and 400), goods owed 500."""
    receipt = land(world, lines_order(world, (5, 50), (5, 50)))
    for kind, amount in (("duty", 150), ("freight", 100), ("other", 50)):
        estimate(finance, amount, receipt=receipt.pk, kind=kind, basis="value")
    books = {"inventory": 800, "grni": -500, "accrued_charges": -300}
    assert (lots(), balances(world)) == ([(5, 400), (5, 400)], books)
    Owed.objects.filter(handler="finance.share_charges").update(done_at=None, due_at=timezone.now())
    drain()
    assert (lots(), balances(world)) == ([(5, 400), (5, 400)], books)


def test_l04_goods_that_cost_nothing_carry_a_charge_by_quantity_and_none_by_value(world, finance):
    receipt = land(world, lines_order(world, (10, 0)))
    refused = estimate(finance, 100, receipt=receipt.pk, basis="value", status=422)
    assert "totals zero" in refused["detail"]
    estimate(finance, 100, receipt=receipt.pk, basis="quantity")
    assert lots() == [(10, 100)]


def test_l05_each_of_five_units_costs_five_more_and_a_unit_already_sold_ten(world, finance):
    receipt = land(world, lines_order(world, (5, 200)))
    estimate(finance, 25, receipt=receipt.pk, basis="quantity")
    assert Lot.objects.get().unit_cost == 205
    deliver(world, "5", "300")
    one = land(world, lines_order(world, (1, 200)))
    deliver(world, "1", "300")
    before = balances(world)["cogs"]
    bill(world, finance, {"kind": "freight", "receipt": one.pk, "amount": "10", "basis": "quantity"})
    found = balances(world)
    assert (before, found["cogs"] - before, found.get("inventory", 0)) == (1225, 10, 0)


def test_l06_l09_cents_go_one_by_one_and_no_row_is_off_by_more_than_one(world, finance):
    three = land(world, lines_order(world, *((1, 10) for _n in range(3))))
    assert sorted(parts(estimate(finance, "123.22", receipt=three.pk, basis="value"))) == [
        D("41.07"), D("41.07"), D("41.08"),
    ]  # fmt: skip
    seven = land(world, lines_order(world, *((1, 10) for _n in range(7))))
    found = parts(estimate(finance, "100.00", receipt=seven.pk, basis="equal"))
    assert sorted(found) == [D("14.28")] * 3 + [D("14.29")] * 4


def test_l09_x10_half_a_euro_over_99_equal_rows(world, finance):
    """50 rows carry a cent and 49 nothing; nobody carries the remainder alone, and none is negative."""
    receipt = land(world, lines_order(world, *((1, 1) for _n in range(99))))
    found = parts(estimate(finance, "0.50", receipt=receipt.pk, basis="value"))
    assert (found.count(D("0.01")), found.count(D("0.00")), sum(found)) == (50, 49, D("0.50"))
    assert balances(world)["inventory"] == D("99.50")


@pytest.mark.parametrize(("rows", "dearer"), [(2, 510), (1, 520)])
def test_l10_a_charge_of_20_by_quantity_comes_and_goes(world, finance, rows, dearer):
    """Two rows of 5 @ 100: 102 each; one row: 104; cancelled, all is as before."""
    receipt = land(world, lines_order(world, *((5, 100) for _n in range(rows))))
    charge = estimate(finance, 20, receipt=receipt.pk, basis="quantity")
    assert lots() == [(5, dearer)] * rows
    assert finance("POST", f"{CHARGES}{charge['id']}/cancel/", {"day": "2026-11-20"}).status_code == 200
    assert (lots(), balances(world)) == ([(5, 500)] * rows, {"inventory": 500 * rows, "grni": -500 * rows})


def test_l14_a_second_charge_of_the_same_size_is_added_and_repeating_adds_nothing(world, finance):
    """10 @ 1,000 with 2,000 freight, billed; a voucher of 2,000 more: 14,000."""
    order = lines_order(world, (10, 1000))
    receipt = land(world, order)
    freight = estimate(finance, 2000, receipt=receipt.pk, basis="value")
    line = {"order_line": order.lines.get().pk, "quantity": "10", "unit_price": "1000"}
    head = {"supplier": world.supplier.pk, "supplier_number": "HS-1", "invoice_date": "2026-11-20", "currency": "EUR"}
    goods = finance("POST", INVOICES, {**head, "lines": [line]}).json()
    assert finance("POST", f"{INVOICES}{goods['id']}/post/", {}).status_code == 200
    bill(world, finance, {"charge": freight["id"], "amount": "2000"})
    assert lots() == [(10, 12000)]
    estimate(finance, 2000, receipt=receipt.pk, kind="other", basis="value")
    drain()
    Owed.objects.filter(handler="finance.share_charges").update(done_at=None, due_at=timezone.now())
    drain()
    assert (lots(), balances(world)) == (
        [(10, 14000)],
        {"inventory": 14000, "payables": -12000, "accrued_charges": -2000},
    )


def test_l16_two_charges_make_units_of_59_and_177(world, finance):
    receipt = land(world, lines_order(world, (10, 50), (5, 150)))
    shipping = parts(estimate(finance, 100, receipt=receipt.pk, basis="value"))
    customs = parts(estimate(finance, 125, receipt=receipt.pk, kind="duty", basis="value"))
    assert [a + b for a, b in zip(shipping, customs, strict=True)] == [90, 135]
    assert [lot.unit_cost for lot in Lot.objects.order_by("pk")] == [59, 177]


def test_l21_a_box_of_twelve_and_twelve_pieces_carry_the_same(world, finance):
    """X11: 130 over one box and 12 pieces is 65 and 65: shares follow the stock quantity, not the count on the paper."""
    world.mug.packagings.filter(level="carton").update(units=12)
    order = lines_order(world, (12, 1), (12, 1))
    boxed, loose = order.lines.order_by("position")
    body = {
        "warehouse": warehouse_of(world).pk,
        "received_date": "2026-11-20",
        "lines": [
            {"order_line": boxed.pk, "accepted": "1", "unit": "carton"},
            {"order_line": loose.pk, "accepted": "12"},
        ],
    }
    receipt = api(world, "logistics")("POST", "/logistics/receipts/", body).json()
    assert parts(estimate(finance, 130, receipt=receipt["id"], basis="quantity")) == [65, 65]


def test_l22_the_same_event_delivered_three_times_lands_a_charge_once(world, finance):
    shipment = ship(world, lines_order(world, (300, 10)))
    charge = estimate(finance, "100.00", shipment=shipment.pk, basis="quantity")
    receive(world, shipment, [100])
    for _n in range(3):
        drain()
        Owed.objects.filter(handler="finance.share_charges").update(done_at=None, due_at=timezone.now())
    drain()
    assert Charge.objects.get(pk=charge["id"]).capitalised_base == D("33.33")
    assert list(ChargeShare.objects.values_list("estimate", flat=True)) == [D("33.33")]
    assert balances(world)["accrued_charges"] == D("-33.33")


def test_9714_a_late_charge_follows_goods_that_were_moved_to_another_warehouse(world, finance):
    """All ten were moved on before the freight was known: it lands where they lie."""
    receipt = land(world, lines_order(world, (10, 50)))
    lot = Lot.objects.get()
    target = make_warehouse(world, "LAX", "Los Angeles")
    body = {"day": "2026-11-20", "quantity": "10", "warehouse": target.pk}
    moved = api(world, "logistics")("POST", f"/inventory/lots/{lot.pk}/transfer/", body)
    assert moved.status_code == 201, moved.content
    bill(world, finance, {"kind": "freight", "receipt": receipt.pk, "amount": "30", "basis": "quantity"})
    (here,) = Lot.objects.filter(warehouse=target)
    assert (here.value, Lot.objects.get(pk=lot.pk).value, balances(world)["inventory"]) == (530, 0, 530)


def test_72494_a_currency_without_decimals_shares_333_exactly(world, finance):
    in_currency(world, "XPF")
    receipt = land(world, lines_order(world, (9, 666), (7, 133), (3, 131), (5, 525), currency="XPF"))
    found = parts(estimate(finance, 333, receipt=receipt.pk, basis="value", currency="XPF"))
    assert sum(found) == 333 and all(part == part.to_integral_value() for part in found)
    assert balances(world)["inventory"] == 9 * 666 + 7 * 133 + 3 * 131 + 5 * 525 + 333


def test_56433_ten_dong_over_three_equal_rows(world, finance):
    in_currency(world, "VND")
    receipt = land(world, lines_order(world, (1, 5), (1, 5), (1, 5), currency="VND"))
    assert sorted(parts(estimate(finance, 10, receipt=receipt.pk, basis="equal", currency="VND"))) == [3, 3, 4]


def test_77155_a_thousand_by_quantity_over_uneven_rows(world, finance):
    receipt = land(world, lines_order(world, (6, "0.92"), (6, "0.92"), (3, "75.17"), (6, "20.54")))
    assert sum(parts(estimate(finance, "1000.00", receipt=receipt.pk, basis="quantity"))) == D("1000.00")


def test_11737_goods_that_leave_one_by_one_take_the_whole_charge_along(world, finance):
    """13 units carry 15.00; delivered one at a time nothing stays behind."""
    receipt = land(world, lines_order(world, (13, 0)))
    estimate(finance, "15.00", receipt=receipt.pk, basis="quantity")
    for _n in range(13):
        deliver(world, "1", "5")
    found = balances(world)
    assert (found["cogs"], found.get("inventory", 0)) == (D("15.00"), 0)
