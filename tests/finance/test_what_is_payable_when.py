"""What a supplier may be paid and when, part by part (trade cases F-01 to F-14, I-09; decisions 9, 12, 13, 14 and 16)."""

from datetime import date
from decimal import Decimal as D

import pytest

from core.models import Task
from core.outbox import drain
from finance.models import SupplierInvoice
from logistics import services as logistics
from logistics.models import TradeDocument
from logistics.services import ReceiptLineInput, SupplierReturnLineInput
from quality import services as quality
from sourcing.services import close_purchase_order
from sourcing.services.deposits import Deposit, record_deposit
from tests.factories import TODAY
from tests.factories_finance import agreed, api, balances, boss, land, ordered, receive, set_rate, ship, term
from tests.factories_logistics import receive_lines
from tests.factories_quality import planned_inspection, reported_inspection

pytestmark = pytest.mark.django_db
PATH, INVOICES = "/finance/payments/", "/finance/supplier-invoices/"
FIRST, SECOND = date(2026, 11, 22), date(2026, 12, 6)


@pytest.fixture
def finance(world):
    return api(world, "finance")


def bill(finance, order, quantity, price, number="HS-1", **changes) -> dict:
    """An invoice of the order's only line, recorded and posted; answers what it says afterwards."""
    line = {"order_line": order.lines.get().pk, "quantity": str(quantity), "unit_price": str(price)}
    recorded = finance(
        "POST",
        INVOICES,
        {
            "supplier": order.supplier_id,
            "supplier_number": number,
            "invoice_date": "2026-11-20",
            "currency": order.currency_id,
            "lines": [line],
            **changes,
        },
    )
    assert recorded.status_code == 201, recorded.content
    posted = finance("POST", f"{INVOICES}{recorded.json()['id']}/post/", {})
    assert posted.status_code == 200, posted.content
    return posted.json()


def plan(finance, invoice) -> list[tuple]:
    """(amount, due date, what it waits for) of every instalment."""
    rows = finance("GET", f"{INVOICES}{invoice['id']}/instalments/").json()
    return [(D(row["amount"]), row["due_date"], row["waiting"]) for row in rows]


def request(finance, world, amount, *, status=201, day="2026-11-20", **settles):
    body = {
        "party": world.supplier.pk,
        "payment_date": day,
        "settles": [{"amount": str(amount), **settles}],
    }
    answer = finance("POST", PATH, body)
    assert answer.status_code == status, answer.content
    return answer.json()


def pay(finance, world, amount, *, day="2026-11-20", **settles):
    payment = request(finance, world, amount, day=day, **settles)
    assert api(world, "approver")("POST", f"{PATH}{payment['id']}/approve/").status_code == 200
    paid = finance("POST", f"{PATH}{payment['id']}/pay/", {"day": day})
    assert paid.status_code == 200, paid.content
    return paid.json()


def copy_came(shipment, day: date) -> None:
    TradeDocument.objects.update_or_create(
        shipment=shipment, doc_type="bill_of_lading", defaults={"received_date": day}
    )


def test_f02_an_order_of_5000_is_paid_in_two_halves(world, finance):
    halves = term(world, (50, "invoiced", 0), (50, "invoiced", 30))
    order = agreed(ordered(world, "10", "500", payment_term_id=halves.pk))
    whole = bill(finance, order, 10, 500)
    assert plan(finance, whole) == [(2500, "2026-11-20", ""), (2500, "2026-12-20", "")]


def test_f04_thirty_sixty_ninety_days_are_ninety_days_in_all(world, finance):
    """X9: on 2025-01-15 the last of 30/60/90 is due on 2025-04-15, not 180 days later."""
    thirds = term(world, (30, "invoiced", 30), (30, "invoiced", 60), (40, "invoiced", 90))
    order = agreed(ordered(world, "1", "100", payment_term_id=thirds.pk))
    set_rate("USD", "1.1", date(2025, 1, 15))
    invoice = bill(finance, order, 1, 100, invoice_date="2025-01-15")
    assert plan(finance, invoice) == [(30, "2025-02-14", ""), (30, "2025-03-16", ""), (40, "2025-04-15", "")]
    assert invoice["due_date"] == "2025-04-15"


def test_f08_no_more_is_paid_than_the_instalments_that_have_come_due_for_payment(world, finance):
    """200.00 in portions of 169.49 and 30.51: the first now, the second when the goods are here; never 200, never 201."""
    portions = term(world, ("84.745", "invoiced", 0), ("15.255", "received", 0))
    order = agreed(ordered(world, "1", "200", payment_term_id=portions.pk))
    invoice = bill(finance, order, 1, 200)
    assert plan(finance, invoice) == [
        (D("169.49"), "2026-11-20", ""), (D("30.51"), None, "The goods have not been received."),
    ]  # fmt: skip
    refused = request(finance, world, "200.00", invoice=invoice["id"], status=422)
    assert refused["errors"][0]["pointer"] == "/settles/0/amount"
    assert "169.49 EUR may be paid now: The goods have not been received." in refused["detail"]
    pay(finance, world, "169.49", invoice=invoice["id"])
    assert "only 0" in request(finance, world, "30.51", invoice=invoice["id"], status=422)["detail"]
    land(world, order)
    request(finance, world, "30.52", invoice=invoice["id"], status=422)
    pay(finance, world, "30.51", invoice=invoice["id"])
    assert balances(world).get("payables") is None


def test_f10_a_hundred_dollars_booked_at_50_and_paid_at_55(world, finance):
    """The difference of 500 is booked with the payment, and nothing is left open."""
    day = date(2026, 12, 1)
    set_rate("USD", "0.02")
    set_rate("USD", "0.01818181818181818182", day)
    order = ordered(world, "10", "10", currency="USD")
    land(world, order)
    invoice = bill(finance, order, 10, 10)
    paid = pay(finance, world, "100", day="2026-12-01", invoice=invoice["id"])
    assert (paid["base_amount"], paid["exchange_difference"]) == ("5500.0000", "500.0000")
    found = balances(world)
    assert (found["inventory"], found["cash"], found["fx_difference"], found.get("payables")) == (
        5000,
        -5500,
        500,
        None,
    )


def test_f10_decision_11_an_advance_keeps_its_rate_and_makes_no_difference(world, finance):
    """1 USD paid in advance at 85, invoiced at 83: practice rule 11 (IFRIC 22) leaves it at 85, without gain or loss."""
    whole = term(world, (100, "order_confirmed", 0))
    set_rate("USD", "0.01176470588235294118")  # 85 EUR
    order = agreed(ordered(world, "1", "1", currency="USD", payment_term_id=whole.pk))
    pay(finance, world, "1", order=order.pk)
    set_rate("USD", "0.01204819277108433735", FIRST)  # 83 EUR
    land(world, order, day=FIRST)
    invoice = bill(finance, order, 1, 1, invoice_date="2026-11-22")
    assert (invoice["advance_amount"], invoice["open_amount"]) == ("1.0000", "0.0000")
    assert balances(world) == {"inventory": 85, "cash": -85}


def test_f13_an_advance_and_the_rest_of_it_come_to_the_order_exactly(world, finance):
    """99.55 in all: 45.55, then the rest; a cent more is refused."""
    whole = term(world, (100, "order_confirmed", 0))
    order = agreed(ordered(world, "1", "99.55", payment_term_id=whole.pk))
    pay(finance, world, "45.55", order=order.pk)
    assert request(finance, world, "54.01", order=order.pk, status=422)["errors"][0]["pointer"] == "/settles/0/amount"
    pay(finance, world, "54.00", order=order.pk)
    order.refresh_from_db()
    assert (order.deposit_paid, balances(world)["supplier_advances"]) == (D("99.55"), D("99.55"))


def test_f14_i09_the_balance_needs_the_inspection_and_the_copy_of_the_bill_of_lading(world, finance):
    """T/T 30/70: neither alone is enough; a failed inspection is not payable until somebody signs for it."""
    world.mug.inspection_required = True
    world.mug.save()
    tt = term(world, (30, "order_confirmed", 0), (70, "bl_copy", 0))
    order = agreed(ordered(world, "100", "10", payment_term_id=tt.pk))
    pay(finance, world, "300", order=order.pk)
    failed = reported_inspection(world, order, major=99)
    invoice = bill(finance, order, 100, 10)
    shipment = ship(world, order, day=FIRST)  # the carrier reports what is so
    copy_came(shipment, FIRST)
    assert "inspection has not passed" in str(request(finance, world, "700", invoice=invoice["id"], status=422))
    quality.concede_inspection(actor=world.actors["approver"], inspection_id=failed.pk, reason="Cosmetic only")
    copy_came(shipment, None)
    assert "copy of the bill of lading is missing" in str(
        request(finance, world, "700", invoice=invoice["id"], status=422)
    )
    copy_came(shipment, SECOND)
    assert plan(finance, invoice) == [(700, "2026-12-06", "")]
    pay(finance, world, "700", invoice=invoice["id"])


def test_decision_12_the_two_balance_terms_gate_different_things(world, finance):
    """Before shipment: our release waits for the money. Against the copy: the money waits for the sailing."""
    terms = {
        name: term(world, (30, "order_confirmed", 0), (70, name, 0), code=name)
        for name in ("before_shipment", "bl_copy")
    }
    held, waiting = {}, {}
    for name, given in terms.items():
        order = agreed(ordered(world, "100", "10", payment_term_id=given.pk))
        invoice = bill(finance, order, 100, 10, number=name)
        pay(finance, world, "300", day="2026-11-20", invoice=invoice["id"])  # the uncovered deposit, due with the order
        body = {
            "mode": "sea", "warehouse": world_warehouse(world), "lines": [{"order_line": order.lines.get().pk, "quantity": "100"}],
        }  # fmt: skip
        staff = api(world, "logistics")
        shipment = staff("POST", "/logistics/shipments/", body).json()
        drain()
        release = staff("POST", f"/logistics/shipments/{shipment['id']}/release/")
        held[name] = release.status_code
        waiting[name] = [row[2] for row in plan(finance, invoice) if row[0] == 700]
    assert held == {"before_shipment": 409, "bl_copy": 200}
    assert waiting == {"before_shipment": [""], "bl_copy": ["The goods have not sailed."]}


def world_warehouse(world) -> int:
    from tests.factories_logistics import warehouse_of

    return warehouse_of(world).pk


def test_decision_12_each_part_is_due_on_its_own_sailing(world, finance):
    """100 inspected, shipped 40 and 60, invoiced 40 and 60: the first sailing says nothing about the second invoice."""
    world.mug.inspection_required = True
    world.mug.save()
    copy = term(world, (100, "bl_copy", 0))
    order = agreed(ordered(world, "100", "10", payment_term_id=copy.pk))
    line = order.lines.get()
    reported_inspection(world, order)
    invoices = [bill(finance, order, quantity, 10, number=f"HS-{quantity}") for quantity in (40, 60)]
    first = ship(world, order, day=FIRST, quantities={line.pk: 40})
    copy_came(first, FIRST)
    drain()
    assert plan(finance, invoices[0]) == [(400, "2026-11-22", "")]
    assert plan(finance, invoices[1]) == [(600, None, "The goods have not sailed.")]
    request(finance, world, "600", invoice=invoices[1]["id"], status=422)
    second = ship(world, order, day=SECOND, quantities={line.pk: 60})
    copy_came(second, SECOND)
    drain()
    assert plan(finance, invoices[1]) == [(600, "2026-12-06", "")]
    assert SupplierInvoice.objects.get(pk=invoices[1]["id"]).due_date == SECOND
    request(finance, world, "600", invoice=invoices[1]["id"])


def test_decision_12_an_invoice_that_names_its_shipment_waits_for_that_one(world, finance):
    copy = term(world, (100, "bl_copy", 0))
    order = agreed(ordered(world, "100", "10", payment_term_id=copy.pk))
    line = order.lines.get()
    early = ship(world, order, day=FIRST, quantities={line.pk: 40})
    late = ship(world, order, day=SECOND, quantities={line.pk: 60})
    copy_came(early, FIRST)
    of_late = bill(finance, order, 60, 10, number="L", shipment=late.pk)
    of_early = bill(finance, order, 40, 10, number="E", shipment=early.pk)
    assert plan(finance, of_late) == [(600, None, "The copy of the bill of lading is missing.")]
    assert plan(finance, of_early) == [(400, "2026-11-22", "")]


def test_decision_9_a_lot_that_passed_is_payable_whatever_becomes_of_the_next(world, finance):
    """400 of 1,000 passed: that invoice is paid while the second lot is planned, and while it has failed."""
    world.mug.inspection_required = True
    world.mug.save()
    before = term(world, (100, "before_shipment", 0))
    order = agreed(ordered(world, "1000", "1", payment_term_id=before.pk))
    line = order.lines.get()
    reported_inspection(world, order, quantities={line.pk: D(400)})
    first = bill(finance, order, 400, 1, number="A")
    planned_inspection(world, order, quantities={line.pk: D(600)})
    request(finance, world, "100", invoice=first["id"])
    failed = reported_inspection(world, order, quantities={line.pk: D(600)}, major=99)
    request(finance, world, "100", invoice=first["id"])
    ship(world, order, day=FIRST)  # the carrier took all of it
    second = bill(finance, order, 600, 1, number="B")
    assert "inspection has not passed" in str(request(finance, world, "100", invoice=second["id"], status=422))
    quality.concede_inspection(actor=world.actors["approver"], inspection_id=failed.pk, reason="Customer accepts")
    request(finance, world, "100", invoice=second["id"])


def test_received_means_the_goods_of_this_invoice_all_of_them(world, finance):
    after = term(world, (100, "received", 10))
    order = agreed(ordered(world, "100", "10", payment_term_id=after.pk))
    shipment = ship(world, order)
    invoice = bill(finance, order, 100, 10)
    receive(world, shipment, [60], day=FIRST)
    assert plan(finance, invoice) == [(1000, None, "The goods have not been received.")]
    receive(world, shipment, [35], short=[5], day=SECOND)
    assert plan(finance, invoice) == [(1000, "2026-12-16", "")], "five are known to be missing: nothing more will come"


def test_decision_13_short_and_partial_shipments_consume_the_deposit_pro_rata_and_the_last_the_rest(world, finance):
    """100 @ 10, deposit 300: 40 and 50 shipped, then closed short: 120, then all that is left (180)."""
    order = ordered(world, "100", "10")
    record_deposit(actor=boss(world), order_id=order.pk, deposit=Deposit(paid=D(300), paid_base=D(300)))
    line = order.lines.get()
    ship(world, order, quantities={line.pk: 40})
    assert (bill(finance, order, 40, 10)["advance_amount"]) == "120.0000"
    ship(world, order, quantities={line.pk: 50})
    close_purchase_order(actor=world.actors["buyer"], order_id=order.pk, reason="The mould broke")
    last = bill(finance, order, 50, 10, number="HS-2")
    assert (last["advance_amount"], last["open_amount"]) == ("180.0000", "320.0000")


def test_decision_13_an_open_order_keeps_the_deposit_of_what_is_still_to_come(world, finance):
    order = ordered(world, "100", "10")
    record_deposit(actor=boss(world), order_id=order.pk, deposit=Deposit(paid=D(300), paid_base=D(300)))
    ship(world, order, quantities={order.lines.get().pk: 90})
    assert bill(finance, order, 90, 10)["advance_amount"] == "270.0000"
    order.refresh_from_db()
    assert order.deposit_paid - order.deposit_used == 30


def test_decision_13_what_nothing_will_consume_of_a_deposit_is_asked_back(world, finance):
    """90 of 100 came and were billed with 270 of the deposit; the order is closed: 30 are asked back, until it is opened."""
    order = ordered(world, "100", "10")
    record_deposit(actor=boss(world), order_id=order.pk, deposit=Deposit(paid=D(300), paid_base=D(300)))
    receive_lines(world, [ReceiptLineInput(order.lines.get().pk, D(90))])
    bill(finance, order, 90, 10)

    def asked() -> list[str]:
        drain()
        return list(Task.objects.filter(kind="finance.unused_deposit", done_at=None).values_list("title", flat=True))

    assert not asked(), "ten are still to come"
    buyer = api(world, "buyer")
    closed = buyer("POST", f"/sourcing/purchase-orders/{order.pk}/close/", {"reason": "The mould broke"})
    assert closed.status_code == 200, closed.content
    assert asked() == [f"Ask 30.00 EUR of the deposit on {order.number} back"]
    assert buyer("POST", f"/sourcing/purchase-orders/{order.pk}/reopen/", {}).status_code == 200
    assert not asked()


def test_decision_13_an_over_shipment_takes_no_more_than_there_is(world, finance):
    from finance.models import MatchTolerance

    MatchTolerance.objects.create(company=world.company, quantity_pct=5)
    world.mug.over_receipt_pct = D(5)
    world.mug.save()
    order = ordered(world, "100", "10")
    record_deposit(actor=boss(world), order_id=order.pk, deposit=Deposit(paid=D(300), paid_base=D(300)))
    receive_lines(world, [ReceiptLineInput(order.lines.get().pk, D(105))])
    over = bill(finance, order, 105, 10)
    assert (over["advance_amount"], over["open_amount"]) == ("300.0000", "750.0000")


def test_decision_14_before_receipt_the_match_is_with_what_was_passed_and_a_later_shortage_is_a_claim(world, finance):
    """100 passed and invoiced; 10 are missing at our door (FOB): the supplier is paid, the carrier owes us 100."""
    order = agreed(ordered(world, "100", "10"))
    reported_inspection(world, order)
    invoice = bill(finance, order, 100, 10)
    pay(finance, world, "1000", invoice=invoice["id"])
    shipment = ship(world, order)
    receive(world, shipment, [90], short=[10])
    assert balances(world) == {"inventory": 900, "claims": 100, "cash": -1000}
    (claim,) = api(world, "finance")("GET", "/ledger/entries/?account=claims").json()["results"]
    assert claim["party"] == world.forwarder.pk


def test_decision_16_what_we_owe_a_supplier_gates_nothing(world, finance):
    """Credit gates are for customers: a supplier who gives us 120 days is simply owed later."""
    late = term(world, (100, "invoiced", 120))
    for number in range(3):
        order = agreed(ordered(world, "1000", "12.50", payment_term_id=late.pk))
        land(world, order)
        invoice = bill(finance, order, 1000, "12.50", number=f"HS-{number}")
        assert plan(finance, invoice) == [(12500, "2027-03-20", "")]
    assert balances(world)["payables"] == -37500


def test_what_went_back_is_not_owed_and_the_balance_follows(world, finance):
    order = ordered(world, "10", "10")
    receipt = land(world, order)
    logistics.send_back(
        actor=world.actors["logistics"], receipt_id=receipt.pk, reason="Chipped", returned_date=TODAY,
        lines=[SupplierReturnLineInput(receipt.lines.get().pk, D(2))],
    )  # fmt: skip
    assert bill(finance, order, 8, 10)["open_amount"] == "80.0000"
