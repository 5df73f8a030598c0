"""Goods come, go back, and are billed: what is proposed, what is owed, what they cost (trade cases R-01 to R-18)."""

from datetime import date
from decimal import Decimal as D

import pytest

from finance.models import MatchTolerance
from finance.selectors.match import propose
from inventory.models import Lot
from sourcing.models import PurchaseOrderLine
from sourcing.services import LineInput
from tests.factories_finance import api, balances, ordered, set_rate
from tests.factories_logistics import planned_shipment, warehouse_of

pytestmark = pytest.mark.django_db
RECEIPTS, RETURNS, INVOICES = "/logistics/receipts/", "/logistics/supplier-returns/", "/finance/supplier-invoices/"
NEEDED = date(2027, 1, 15)


@pytest.fixture
def staff(world):
    return api(world, "logistics")


@pytest.fixture
def finance(world):
    return api(world, "finance")


def take_in(world, staff, order, *counts, status=201, **changes):
    """A receipt of the order's lines in turn; a count is accepted, or (accepted, rejected)."""
    pairs = [count if isinstance(count, tuple) else (count, 0) for count in counts]
    lines = [
        {"order_line": line.pk, "accepted": str(accepted), "rejected": str(rejected), **changes}
        for line, (accepted, rejected) in zip(order.lines.order_by("position"), pairs, strict=True)
    ]
    body = {"warehouse": warehouse_of(world).pk, "received_date": "2026-11-20", "lines": lines}
    answer = staff("POST", RECEIPTS, body)
    assert answer.status_code == status, answer.content
    return answer.json()


def send_back(staff, receipt, quantity, *, line=0, status=201, **changes):
    body = {"receipt_line": receipt["lines"][line]["id"], "quantity": str(quantity), **changes}
    answer = staff(
        "POST",
        RETURNS,
        {"receipt": receipt["id"], "reason": "Chipped", "returned_date": "2026-11-20", "lines": [body]},
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def bill(finance, order, *counts, number="HS-1", status=200, **changes):
    """An invoice of the order's lines in turn: (quantity, price); a quantity of 0 leaves the line out."""
    lines = [
        {"order_line": line.pk, "quantity": str(quantity), "unit_price": str(price)}
        for line, (quantity, price) in zip(order.lines.order_by("position"), counts, strict=True)
        if quantity
    ]
    head = {"supplier": order.supplier_id, "supplier_number": number, "invoice_date": "2026-11-20"}
    recorded = finance("POST", INVOICES, {**head, "currency": order.currency_id, "lines": lines, **changes})
    assert recorded.status_code == 201, recorded.content
    posted = finance("POST", f"{INVOICES}{recorded.json()['id']}/post/", {})
    assert posted.status_code == status, posted.content
    return posted.json()


def proposed(world, order) -> list:
    lines = list(PurchaseOrderLine.objects.filter(order=order).select_related("order"))
    return [one.quantity for one in propose(lines, company_id=world.company.pk)]


def two_lines(world, *lines):
    """An issued order of (quantity, price) lines of the mug."""
    given = [LineInput(world.mug.pk, D(q), D(p), NEEDED) for q, p in lines]
    return world.sent_order(currency="EUR", payment_term_id=None, lines=given)


def test_r02_half_a_kilo_received_and_taken_back_leaves_two_movements(world, staff):
    world.mug.unit_id = "kg"
    world.mug.save()
    order = ordered(world, "0.5", "16")
    receipt = take_in(world, staff, order, "0.5")
    done = staff("POST", f"{RECEIPTS}{receipt['id']}/cancel/", {"reason": "Wrong pallet", "day": "2026-11-20"})
    assert done.status_code == 200, done.content
    lot = Lot.objects.get()
    assert [(m.quantity, m.cost) for m in lot.moves.order_by("pk")] == [(D("0.5"), 8), (D("-0.5"), -8)]
    assert (lot.quantity_on_hand, balances(world)) == (0, {})


def test_r04_all_of_it_goes_back_once_and_nothing_beyond(world, staff):
    order = ordered(world, "5", "10")
    receipt = take_in(world, staff, order, 5)
    assert "5 accepted and 0 rejected are left" in send_back(staff, receipt, 6, status=422)["detail"]
    send_back(staff, receipt, 5)
    again = staff("GET", f"{RECEIPTS}{receipt['id']}/").json()["lines"][0]
    assert (again["accepted_quantity"], again["returned_quantity"]) == ("5.0000", "5.0000")
    for quantity in (1, 0):
        send_back(staff, receipt, quantity, status=422)
    assert balances(world) == {}


def test_r05_two_accepted_and_two_rejected_go_back_each_out_of_its_own_lot(world, staff):
    order = ordered(world, "4", "10")
    receipt = take_in(world, staff, order, (2, 2))
    send_back(staff, receipt, 2)
    good, rejected = (Lot.objects.get(quality=quality) for quality in ("ok", "rejected"))
    assert (good.quantity_on_hand, rejected.quantity_on_hand) == (2, 0), "the rejected ones go first"
    send_back(staff, receipt, 2)
    good.refresh_from_db()
    assert (good.quantity_on_hand, balances(world)) == (0, {})


def test_r06_a_carton_is_received_and_ten_pieces_go_back(world, staff):
    """One carton of ten comes; ten pieces of it return: the stock unit is the piece whatever was counted in."""
    world.mug.packagings.filter(level="carton").update(units=10)
    order = ordered(world, "10", "3")
    receipt = take_in(world, staff, order, 1, unit="carton")
    assert receipt["lines"][0]["accepted_quantity"] == "10.0000"
    send_back(staff, receipt, 10)
    assert Lot.objects.get().quantity_on_hand == 0
    refused = take_in(world, staff, order, 1, unit="pallet", status=422)
    assert refused["errors"][0]["pointer"] == "/lines/0/unit"


def test_r06_what_goes_back_may_be_counted_in_cartons_too(world, staff):
    world.mug.packagings.filter(level="carton").update(units=10)
    order = ordered(world, "20", "3")
    receipt = take_in(world, staff, order, 20)
    send_back(staff, receipt, 1, unit="carton")
    assert Lot.objects.get().quantity_on_hand == 10


def test_r08_billing_is_half_done_or_done_whatever_came_first(world, staff, finance):
    buyer = api(world, "buyer")

    def billed(order):
        return buyer("GET", f"/sourcing/purchase-orders/{order.pk}/").json()["billed_pct"]

    half, whole = ordered(world, "10", "10"), ordered(world, "10", "10")
    bill(finance, half, (5, 10))
    bill(finance, whole, (10, 10), number="HS-2")
    take_in(world, staff, half, 10)
    take_in(world, staff, whole, 10)
    assert (billed(half), billed(whole)) == ("50.0", "100.0")
    assert balances(world) == {"inventory": 200, "grni": -50, "payables": -150}


def test_r09_each_row_is_proposed_with_what_is_left_of_it(world, staff, finance):
    """8 @ 50 and 1 @ 100; four of the first billed, two returned: two and one are left."""
    order = two_lines(world, (8, 50), (1, 100))
    receipt = take_in(world, staff, order, 8, 1)
    bill(finance, order, (4, 50), (0, 0))
    send_back(staff, receipt, 2)
    assert proposed(world, order) == [2, 1]
    page = finance("GET", f"/sourcing/purchase-orders/{order.pk}/").json()
    assert [line["returned_quantity"] for line in page["lines"]] == ["2.0000", "0.0000"]


@pytest.mark.parametrize(("bill_rejected", "billable"), [(None, 3), (False, 3), (True, 5)])
def test_r10_what_was_returned_is_billable_only_where_rejected_goods_are(
    world, staff, finance, bill_rejected, billable
):
    if bill_rejected is not None:
        MatchTolerance.objects.create(company=world.company, bill_rejected=bill_rejected)
    order = ordered(world, "5", "10")
    send_back(staff, take_in(world, staff, order, 5), 2)
    assert proposed(world, order) == [billable]
    bill(finance, order, (billable + 1, 10), status=422)
    bill(finance, order, (billable, 10), number="HS-2")


def test_r12_goods_leave_at_the_cost_of_the_receipt_they_came_with(world, staff):
    """10 @ 100 and 10 @ 200; two of the second go back: 400, not the average 300."""
    order = two_lines(world, (10, 100), (10, 200))
    receipt = take_in(world, staff, order, 10, 10)
    back = send_back(staff, receipt, 2, line=1)
    assert back["lines"][0]["cost"] == "400.0000"
    assert balances(world) == {"inventory": 2600, "grni": -2600}


def test_r13_the_debit_notes_for_two_returned_pieces_settle_the_claim_one_by_one(world, staff, finance):
    order = ordered(world, "5", "10")
    receipt = take_in(world, staff, order, 5)
    invoice = bill(finance, order, (5, 10))
    send_back(staff, receipt, 2)
    claims = [balances(world)["claims"]]
    note = {
        "day": "2026-11-20",
        "reason": "return",
        "order_line": order.lines.get().pk,
        "quantity": "1",
        "amount": "10",
    }
    for _n in range(2):
        assert finance("POST", f"{INVOICES}{invoice['id']}/debit/", note).status_code == 201
        claims.append(balances(world).get("claims", 0))
    assert claims == [20, 10, 0]
    assert balances(world) == {"inventory": 30, "payables": -30}


def test_more_is_not_debited_of_a_line_than_its_invoice_bills(world, staff, finance):
    order = ordered(world, "10", "10")
    take_in(world, staff, order, 10)
    path = f"{INVOICES}{bill(finance, order, (10, 10))['id']}/debit/"
    note = {
        "day": "2026-11-20",
        "reason": "other",
        "order_line": order.lines.get().pk,
        "amount": "1",
        "reopen_billing": True,
    }
    assert finance("POST", path, {**note, "quantity": "6"}).status_code == 201
    refused = finance("POST", path, {**note, "quantity": "5"})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/quantity"
    assert "6 of it are debited already" in refused.json()["detail"]
    assert finance("POST", path, {**note, "quantity": "4"}).status_code == 201


@pytest.mark.parametrize(("agreed", "billed"), [("0", "150"), ("100", "150"), ("100", "50")])
def test_r16_the_price_of_the_bill_is_what_the_goods_cost_even_where_none_was_agreed(
    world, staff, finance, agreed, billed
):
    MatchTolerance.objects.create(company=world.company, price_abs=150)
    order = ordered(world, "1", agreed)
    take_in(world, staff, order, 1)
    bill(finance, order, (1, billed))
    assert (Lot.objects.get().cost_total, balances(world)) == (
        D(billed),
        {"inventory": D(billed), "payables": -D(billed)},
    )


def test_r18_five_good_and_five_rejected_that_went_back_leave_five_to_bill(world, staff, finance):
    order = ordered(world, "10", "10")
    receipt = take_in(world, staff, order, (5, 5))
    assert proposed(world, order) == [5]
    send_back(staff, receipt, 5)
    assert proposed(world, order) == [5]
    bill(finance, order, (5, 10))
    assert balances(world) == {"inventory": 50, "payables": -50}


def test_good_pieces_that_go_back_are_not_billed_though_rejected_ones_stay(world, staff, finance):
    """5 accepted, 5 rejected; two good ones go back and the rejected stay for the supplier to fetch: three are billed."""
    order = ordered(world, "10", "10")
    receipt = take_in(world, staff, order, (5, 5))
    send_back(staff, receipt, 2, rejected_quantity="0")
    assert proposed(world, order) == [3]
    bill(finance, order, (4, 10), status=422)
    bill(finance, order, (3, 10), number="HS-2")


def test_13990_two_receipts_of_everything_the_second_is_refused(world, staff):
    order = ordered(world, "10", "10")
    body = {"warehouse": warehouse_of(world).pk, "received_date": "2026-11-20"}
    body["lines"] = [{"order_line": order.lines.get().pk, "accepted": "10"}]
    both = staff("POST", f"{RECEIPTS}bulk/", [body, body])
    assert both.status_code == 422 and both.json()["errors"][0]["pointer"] == "/1/lines/0/accepted"
    take_in(world, staff, order, 10)
    take_in(world, staff, order, 10, status=422)


def test_42890_a_billed_price_in_yuan_and_a_local_charge_make_one_unit_cost(world, staff, finance):
    """10 @ 1 at 6,300, billed at 1.1, and 3,000 landed on them: 7,230 each."""
    MatchTolerance.objects.create(company=world.company, price_pct=10)
    set_rate("USD", "0.00015873015873015873")
    order = ordered(world, "10", "1", currency="USD")
    receipt = take_in(world, staff, order, 10)
    bill(finance, order, (10, "1.1"))
    charge = {"kind": "freight", "amount": "3000", "currency": "EUR", "day": "2026-11-20", "receipt": receipt["id"]}
    assert finance("POST", "/finance/charges/", {**charge, "basis": "quantity"}).status_code == 201
    lot = Lot.objects.get()
    assert (lot.cost_total, lot.unit_cost) == (72300, 7230)


def test_i06_an_inspection_that_was_cancelled_binds_no_shipment(world, staff):
    """Its link says nothing any more: the goods need another inspection, and that one frees them."""
    from tests.factories_quality import planned_inspection, reported_inspection

    world.mug.inspection_required = True
    world.mug.save()
    order = ordered(world, "100", "1")
    draft = planned_inspection(world, order)
    shipment = planned_shipment(world, order)
    shipment.lines.update(inspection=draft)
    quality = api(world, "quality")
    assert quality("POST", f"/quality/inspections/{draft.pk}/cancel/", {}).status_code == 200
    path = f"/logistics/shipments/{shipment.pk}/release/"
    assert "has none: book one" in staff("POST", path).json()["detail"]
    passed = reported_inspection(world, order)
    shipment.lines.update(inspection=passed)
    assert staff("POST", path).status_code == 200


def test_goods_that_came_without_a_shipment_are_counted_once(world, staff, finance):
    """Five of ten came; five are payable. A receipt is no second departure."""
    order = ordered(world, "10", "10")
    take_in(world, staff, order, 5)
    bill(finance, order, (6, 10), status=422)
    bill(finance, order, (5, 10), number="HS-2")


def test_a_debit_note_whose_goods_are_billed_again_stays(world, staff, finance):
    """10 billed, 5 opened again and billed by another invoice: taking the note back would bill them twice."""
    order = ordered(world, "10", "10")
    take_in(world, staff, order, 10)
    first = bill(finance, order, (10, 10))
    path = f"{INVOICES}{first['id']}"
    note = {"day": "2026-11-20", "reason": "other", "order_line": order.lines.get().pk, "quantity": "5", "amount": "50"}
    made = finance("POST", f"{path}/debit/", {**note, "reopen_billing": True}).json()
    second = bill(finance, order, (5, 10), number="HS-2")
    taken_back = {"note": made["id"], "day": "2026-11-20"}
    refused = finance("POST", f"{path}/cancel-debit/", taken_back)
    assert refused.status_code == 409 and second["number"] in refused.json()["detail"]
    assert finance("POST", f"{INVOICES}{second['id']}/cancel/", {"day": "2026-11-20"}).status_code == 200
    assert finance("POST", f"{path}/cancel-debit/", taken_back).status_code == 200
    assert balances(world) == {"inventory": 100, "payables": -100}
