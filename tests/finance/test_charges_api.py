"""Landed cost through the API: charges estimated, carried by what arrives, corrected by the bill, taken back."""

from datetime import date
from decimal import Decimal as D

import pytest

from core.models import Event
from core.outbox import drain
from finance import services
from finance.models import Charge, ChargeShare
from inventory.models import Lot
from ledger.models import Entry, Period
from logistics import services as logistics
from sourcing.services import LineInput
from tests.factories import TODAY
from tests.factories_finance import api, balances, boss, deliver, land, receive, set_rate, ship
from tests.factories_logistics import planned_shipment

pytestmark = pytest.mark.django_db
PATH, BILLS = "/finance/charges/", "/finance/supplier-invoices/charges/"


@pytest.fixture
def finance(world):
    return api(world, "finance")


def lines_order(world, *lines, **changes):
    """An order of (quantity, price) lines of the mug, in EUR."""
    given = [LineInput(world.mug.pk, D(str(q)), D(str(p)), date(2027, 1, 15)) for q, p in lines]
    return world.sent_order(currency="EUR", payment_term_id=None, lines=given, **changes)


def estimate(finance, amount, *, status=201, **changes):
    answer = finance(
        "POST", PATH, {"kind": "freight", "amount": str(amount), "currency": "EUR", "day": "2026-11-20", **changes}
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def bill(world, finance, *lines, number="BW-1", status=201, **changes):
    answer = finance(
        "POST",
        BILLS,
        {
            "supplier": world.forwarder.pk,
            "supplier_number": number,
            "invoice_date": "2026-11-20",
            "currency": "EUR",
            "lines": list(lines),
            **changes,
        },
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def costs() -> list[D]:
    return list(Lot.objects.order_by("pk").values_list("cost_total", flat=True))


def test_l13_a_bill_after_sixty_percent_are_sold_goes_to_stock_and_to_cost_of_goods_sold(world, finance):
    """L13: estimate 4,200, actual 5,000; 400 of 1,000 on hand: 320 to inventory, 480 to cost of goods sold."""
    receipt = land(world, lines_order(world, (1000, 10)))
    charge = estimate(finance, 4200, receipt=receipt.pk, basis="value")
    deliver(world, "600", "20")
    before = balances(world)
    assert before["accrued_charges"] == -4200
    bill(world, finance, {"charge": charge["id"], "amount": "5000.00"})
    after = balances(world)
    assert after["inventory"] - before["inventory"] == 320
    assert after["cogs"] - before["cogs"] == 480
    assert (after["payables"], after.get("accrued_charges")) == (-5000, None)
    (share,) = finance("GET", f"{PATH}{charge['id']}/").json()["shares"]
    assert (share["estimate"], share["actual"]) == ("4200.0000", "5000.0000")


def test_l20_a_late_charge_of_a_closed_period_goes_into_the_open_one(world, finance):
    """L-20: 100 on 10 units of which 4 were sold: stock +60, cost of goods sold +40, old entries untouched."""
    receipt = land(world, lines_order(world, (10, 50)))
    deliver(world, "4", "90")
    Period.objects.create(
        company=world.company, first_date=date(2026, 11, 1), last_date=date(2026, 11, 30), closed_at="2026-12-01T00:00Z"
    )
    before, entries = balances(world), Entry.objects.count()
    line = {"kind": "freight", "receipt": receipt.pk, "amount": "100"}
    assert bill(world, finance, line, status=422)["code"] == "period_closed"
    assert (Charge.objects.count(), Entry.objects.count()) == (0, entries)
    set_rate("USD", "1.1", date(2026, 12, 3))
    bill(world, finance, line, posted_date="2026-12-03")
    after = balances(world)
    assert after["inventory"] - before["inventory"] == 60
    assert after["cogs"] - before["cogs"] == 40
    assert set(Entry.objects.order_by("pk").values_list("day", flat=True)[entries:]) == {date(2026, 12, 3)}


@pytest.mark.parametrize(
    ("basis", "shares"),
    [
        ("value", ["1440.00", "1800.00", "960.00"]),
        ("weight", ["1400.00", "700.00", "2100.00"]),
        ("volume", ["840.00", "1260.00", "2100.00"]),
        ("quantity", ["1200.00", "600.00", "2400.00"]),
        ("equal", ["1400.00", "1400.00", "1400.00"]),
    ],
)
def test_l06_the_basis_decides_who_pays_the_freight(world, finance, basis, shares):
    order = lines_order(world, (1000, 12), (500, 30), (2000, 4))
    shipment = ship(world, order)
    for line, kg, m3 in zip(shipment.lines.order_by("pk"), (800, 400, 1200), (4, 6, 10), strict=True):
        line.gross_weight_kg, line.volume_m3 = kg, m3
        line.save()
    receive(world, shipment)
    charge = estimate(finance, "4200.00", shipment=shipment.pk, basis=basis)
    assert [share["estimate"] for share in charge["shares"]] == [f"{share}00" for share in shares]
    balances(world)


def test_l04_a_us_entry_of_three_lines_lands_to_the_cent(world, finance):
    """L04: duty by line, freight and drayage by volume, insurance and fees by value, broker equally: 47,939.99 in all."""
    order = lines_order(world, (1000, 12), (500, 30), (2000, 4))
    shipment = ship(world, order)
    for line, m3 in zip(shipment.lines.order_by("pk"), (4, 6, 10), strict=True):
        line.volume_m3 = m3
        line.save()
    receive(world, shipment)
    own = list(shipment.lines.order_by("pk").values_list("pk", flat=True))
    duty = {str(pk): amount for pk, amount in zip(own, ("3300.00", "3750.00", "520.00"), strict=True)}
    bill(
        world,
        finance,
        {"kind": "freight", "shipment": shipment.pk, "amount": "4200.00", "basis": "volume"},
        {"kind": "insurance", "shipment": shipment.pk, "amount": "175.00", "basis": "value"},
        {"kind": "broker", "shipment": shipment.pk, "amount": "180.00", "basis": "equal"},
        {"kind": "destination", "shipment": shipment.pk, "amount": "650.00", "basis": "volume"},
        {"kind": "entry_fee", "shipment": shipment.pk, "amount": "121.24", "basis": "value"},
        {"kind": "entry_fee", "shipment": shipment.pk, "amount": "43.75", "basis": "value"},
        {"kind": "duty", "shipment": shipment.pk, "amount": "7570.00", "basis": "direct", "weights": duty},
    )
    assert costs() == [D("16446.57"), D("20410.71"), D("11082.71")]
    assert sum(costs()) == D("47939.99") == balances(world)["inventory"]


def test_l06_three_equal_rows_share_123_22_to_the_cent(world, finance):
    receipt = land(world, lines_order(world, (1, 10), (1, 10), (1, 10)))
    charge = estimate(finance, "123.22", receipt=receipt.pk, basis="value")
    assert [share["estimate"] for share in charge["shares"]] == ["41.0800", "41.0700", "41.0700"]


def test_l16_two_charges_by_value(world, finance):
    """L-16: 10 @ 50 and 5 @ 150; shipping 100 and customs 125 → 90 and 135; units 59 and 177."""
    receipt = land(world, lines_order(world, (10, 50), (5, 150)))
    estimate(finance, 100, receipt=receipt.pk, basis="value")
    estimate(finance, 125, receipt=receipt.pk, kind="duty", basis="value")
    assert costs() == [590, 885]


def test_l18_by_weight_l21_by_quantity_and_l10_taken_back(world, finance):
    """L-18: 1,500 over 250 × 20 kg, 200 × 15, 180 × 5. L-10: 20 by quantity on 5 + 5; cancelled, all is as before."""
    order = lines_order(world, (250, 1), (200, 1), (180, 1))
    shipment = ship(world, order)
    for line, kg in zip(shipment.lines.order_by("pk"), (5000, 3000, 900), strict=True):
        line.gross_weight_kg = kg
        line.save()
    receive(world, shipment)
    charge = estimate(finance, "1500.00", shipment=shipment.pk, basis="weight")
    assert [share["estimate"] for share in charge["shares"]] == ["842.7000", "505.6200", "151.6800"]
    cancelled = finance("POST", f"{PATH}{charge['id']}/cancel/", {"day": "2026-11-20"})
    assert (cancelled.json()["cancelled"], cancelled.json()["shares"]) == (True, [])
    assert costs() == [250, 200, 180]
    assert "accrued_charges" not in balances(world)


def test_l04_a_basis_that_totals_nothing_or_is_not_known_is_an_error_never_equal_shares(world, finance):
    receipt = land(world, lines_order(world, (10, 0)))
    assert "totals zero" in estimate(finance, 100, receipt=receipt.pk, basis="value", status=422)["detail"]
    world.mug.packagings.all().delete()
    refused = estimate(finance, 100, receipt=receipt.pk, basis="weight", status=422)
    assert refused["errors"][0]["pointer"] == "/basis" and "1 of 1 lines" in refused["detail"]
    assert not Charge.objects.exists()
    estimate(finance, 100, receipt=receipt.pk, basis="quantity")
    assert costs() == [100]


def test_l08_charges_in_two_currencies_each_at_its_own_rate(world, finance):
    """L-08: 100 local and 10 USD at 62.9 → 729; the ledger keeps 629 local and 10 USD."""
    set_rate("USD", "0.01589825119236883943")
    receipt = land(world, lines_order(world, (10, 50)))
    estimate(finance, 100, receipt=receipt.pk, basis="value")
    bill(world, finance, {"kind": "freight", "receipt": receipt.pk, "amount": "10"}, currency="USD")
    assert costs() == [1229]
    entries = api(world, "finance")("GET", "/ledger/entries/?account=payables").json()["results"]
    (credit,) = (p for p in entries[0]["postings"] if p["account"] == "payables")
    assert (credit["amount"], credit["currency"], credit["document_amount"]) == ("-629.0000", "USD", "-10.0000")


def test_before_receipt_a_charge_waits_and_what_arrives_takes_its_part(world, finance):
    """Capitalised pro rata to the shipped quantity; the last receipt takes the rest, the missing pieces bear nothing."""
    order = lines_order(world, (300, 10))
    shipment = ship(world, order)
    charge = estimate(finance, "100.00", shipment=shipment.pk, basis="quantity")
    assert (charge["shares"], balances(world).get("accrued_charges")) == ([], None)
    carried = []
    for accepted, short in ((100, 0), (100, 0), (90, 10)):
        receive(world, shipment, [accepted], short=[short])
        drain()
        carried.append(Charge.objects.get().capitalised_base)
        assert balances(world)["accrued_charges"] == -carried[-1]
    assert carried == [D("33.33"), D("66.67"), D("100.00")]
    drained = ChargeShare.objects.count()
    services.reshare_movements(actor=boss(world), shipment_ids=[shipment.pk])
    assert (ChargeShare.objects.count(), balances(world)["accrued_charges"]) == (drained, -100)


def test_every_receipt_whose_cost_changes_is_named_by_the_event(world, finance):
    order = lines_order(world, (300, 10))
    shipment = ship(world, order)
    receipts = [receive(world, shipment, [100]) for _n in range(3)]
    charge = estimate(finance, "90.00", shipment=shipment.pk, basis="quantity")
    bill(world, finance, {"charge": charge["id"], "amount": "99.00"})
    for name in ("finance.charge.estimated", "finance.charge.posted"):
        about = set(Event.objects.get(name=name).about.values_list("kind", "document_id"))
        assert about >= {("logistics.receipt", receipt.pk) for receipt in receipts}
        assert about >= {("logistics.shipment", shipment.pk), ("sourcing.purchaseorder", order.pk)}


def test_a_cancelled_receipt_gives_its_share_back(world, finance):
    order = lines_order(world, (300, 10))
    shipment = ship(world, order)
    first = receive(world, shipment, [100])
    estimate(finance, "90.00", shipment=shipment.pk, basis="quantity")
    logistics.cancel_receipt(actor=world.actors["logistics"], receipt_id=first.pk, day=TODAY, reason="Wrong pallet")
    drain()
    found = balances(world)
    assert "accrued_charges" not in found and "scrap" not in found
    assert Charge.objects.get().capitalised_base == 0


def test_the_costs_of_a_delivery_are_an_expense_shared_over_its_lines(world, finance):
    land(world, lines_order(world, (100, 10)))
    delivery = deliver(world, "10", "25")
    charge = estimate(finance, "30.00", delivery=delivery.pk, basis="value")
    assert balances(world)["expenses"] == 30
    assert [(s["receipt_line"], s["estimate"]) for s in charge["shares"]] == [(None, "30.0000")]
    bill(world, finance, {"charge": charge["id"], "amount": "28.00"})
    found = balances(world)
    assert (found["expenses"], found["payables"]) == (28, -28)


def test_one_bill_of_several_charges_is_cancelled_as_a_whole(world, finance):
    receipt = land(world, lines_order(world, (100, 10)))
    charge = estimate(finance, "50.00", receipt=receipt.pk, basis="value")
    before = balances(world)
    invoice = bill(
        world, finance, {"charge": charge["id"], "amount": "60.00"},
        {"kind": "duty", "receipt": receipt.pk, "amount": "25.00"},
    )  # fmt: skip
    assert (invoice["status"], invoice["open_amount"], costs()) == ("posted", "85.0000", [1085])
    again = bill(world, finance, {"charge": charge["id"], "amount": "60.00"}, number="BW-2", status=422)
    assert again["errors"][0]["pointer"] == "/lines/0/charge"
    done = finance("POST", f"/finance/supplier-invoices/{invoice['id']}/cancel/", {"day": "2026-11-20"})
    assert done.json()["status"] == "cancelled"
    assert (balances(world), costs()) == (before, [1050])
    bill(world, finance, {"charge": charge["id"], "amount": "55.00"}, number="BW-2")
    assert costs() == [1055]


def test_an_estimate_is_revised_by_who_has_seen_it(world, finance):
    receipt = land(world, lines_order(world, (100, 10)))
    charge = estimate(finance, "50.00", receipt=receipt.pk, basis="value")
    path, new = f"{PATH}{charge['id']}/revise/", {"amount": "70.00", "day": "2026-11-20"}
    assert finance("POST", path, new).status_code == 428
    tag = finance("GET", f"{PATH}{charge['id']}/")["ETag"]
    assert finance("POST", path, new, **{"If-Match": tag}).status_code == 200
    assert costs() == [1070]
    assert finance("POST", path, new, **{"If-Match": tag}).status_code == 412


def test_a_charge_belongs_to_exactly_one_movement_of_our_own_company(world, finance):
    refused = estimate(finance, 10, status=422)
    assert refused["errors"][0]["pointer"] == "/shipment"
    assert estimate(finance, 10, receipt=10**9, status=422)["errors"][0]["pointer"] == "/receipt"
    order = lines_order(world, (10, 1))
    assert api(world, "buyer")(
        "POST", PATH, {"kind": "duty", "amount": "1", "currency": "EUR", "day": "2026-11-20", "shipment": planned_shipment(world, order).pk}
    ).status_code == 403  # fmt: skip


def test_three_charges_over_250_lines_of_50_receipts_need_no_query_per_line(world, django_assert_max_num_queries):
    order = lines_order(world, *((50, n + 1) for n in range(5)))
    shipment = ship(world, order)
    for _n in range(50):
        receive(world, shipment, [1] * 5)
    given = [
        services.ChargeInput(kind, D(amount), "EUR", TODAY, shipment_id=shipment.pk, basis=basis)
        for kind, amount, basis in (
            ("freight", "4200.00", "quantity"),
            ("duty", "777.77", "value"),
            ("other", "0.01", "equal"),
        )
    ]
    with django_assert_max_num_queries(40):
        services.estimate_charges(actor=world.actors["finance"], charges=given)
    assert ChargeShare.objects.count() == 750
    assert sum(costs()) == D("750.00") + D("4977.78") == balances(world)["inventory"]
