"""A supplier's invoice through the API: recorded, matched, posted, disputed, cancelled; and what it does to the books."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, transaction

from finance.models import MatchTolerance, SupplierInvoice
from finance.selectors.match import propose
from inventory.models import Lot
from logistics import services as logistics
from logistics.services import SupplierReturnLineInput
from sourcing.models import PurchaseOrderLine
from sourcing.services import LineInput
from sourcing.services.deposits import Deposit, record_deposit
from suppliers.models import Supplier
from tests.factories import TODAY
from tests.factories_finance import api, balances, boss, land, ordered, receive, set_rate, ship
from tests.factories_logistics import planned_shipment

pytestmark = pytest.mark.django_db
PATH = "/finance/supplier-invoices/"


def body(order, *lines, number="HS-1", **changes):
    """An invoice of the order's lines in turn: (quantity, price)."""
    own = list(order.lines.order_by("position"))
    return {
        "supplier": order.supplier_id,
        "supplier_number": number,
        "invoice_date": "2026-11-20",
        "currency": order.currency_id,
        "lines": [
            {"order_line": line.pk, "quantity": str(quantity), "unit_price": str(price)}
            for line, (quantity, price) in zip(own, lines, strict=True)
        ],
        **changes,
    }


@pytest.fixture
def finance(world):
    return api(world, "finance")


def record(finance, order, *lines, number="HS-1", **changes):
    answer = finance("POST", PATH, body(order, *lines, number=number, **changes))
    assert answer.status_code == 201, answer.content
    return answer.json()


def post(finance, order, *lines, number="HS-1", **changes):
    invoice = record(finance, order, *lines, number=number, **changes)
    return finance("POST", f"{PATH}{invoice['id']}/post/", {})


def reread(order) -> PurchaseOrderLine:
    return PurchaseOrderLine.objects.get(order=order)


def test_an_invoice_of_received_goods_moves_what_we_owe_from_goods_to_payables(world, finance):
    order = ordered(world)
    land(world, order)
    assert balances(world) == {"inventory": 12500, "grni": -12500}
    posted = post(finance, order, (1000, "12.50"))
    assert posted.status_code == 200, posted.content
    assert (posted.json()["status"], posted.json()["open_amount"]) == ("posted", "12500.0000")
    assert balances(world) == {"inventory": 12500, "payables": -12500}
    assert reread(order).billed_quantity == 1000


def test_f10_what_exceeds_order_and_receipt_is_disputed_and_the_rest_is_payable(world, finance):
    """F10: 1,000 @ 12.60 invoiced, 1,000 @ 12.50 ordered, 990 received: pay 12,375.00, dispute 225.00."""
    MatchTolerance.objects.create(company=world.company, quantity_pct=0, price_pct=D("0.5"))
    order = ordered(world)
    land(world, order, accepted=[990], short=[10])
    invoice = record(finance, order, (1000, "12.60"))
    path = f"{PATH}{invoice['id']}"
    (line,) = finance("GET", f"{path}/match/").json()
    assert (line["quantity_excess"], line["price_excess_pct"]) == ("10.0000", "0.8000")
    assert (line["accepted_amount"], line["disputed_amount"]) == ("12375.0000", "225.0000")

    refused = finance("POST", f"{path}/post/", {})
    assert refused.status_code == 422
    assert "10 too many" in str(refused.json()["errors"]) and "12.6 EUR" in str(refused.json()["errors"])
    disputed = finance("POST", f"{path}/dispute/", {"reason": "Ten are missing"}).json()
    assert (disputed["status"], disputed["open_amount"], disputed["disputed_amount"]) == (
        "disputed", "12375.0000", "225.0000",
    )  # fmt: skip
    assert balances(world) == {"inventory": 12375, "claims": 125, "grni": -125, "payables": -12375}
    settled = finance("POST", f"{path}/settle/", {"accept": False, "day": "2026-11-20"}).json()
    assert (settled["status"], settled["open_amount"]) == ("posted", "12375.0000")
    assert balances(world) == {"inventory": 12375, "payables": -12375}  # nobody owes anybody the ten mugs


def test_a_dispute_is_accepted_by_somebody_else_only(world, finance):
    order = ordered(world)
    land(world, order)
    invoice = record(finance, order, (1000, "12.60"))
    path = f"{PATH}{invoice['id']}"
    assert finance("POST", f"{path}/dispute/", {}).json()["open_amount"] == "12500.0000"
    accept = {"accept": True, "day": "2026-11-20"}
    assert finance("POST", f"{path}/settle/", accept).status_code == 403
    accepted = api(world, "approver")("POST", f"{path}/settle/", accept)
    assert accepted.json()["open_amount"] == "12600.0000", accepted.content
    assert balances(world) == {"inventory": 12600, "payables": -12600}


@pytest.mark.parametrize(
    ("tolerance", "price", "status"),
    [(None, "12", 422), ("20", "12", 200), ("20", "13", 422), ("0", "10", 200), ("0", "10.001", 422)],
)
def test_r14_p04_price_tolerance_at_its_exact_boundary(world, finance, tolerance, price, status):
    if tolerance is not None:
        MatchTolerance.objects.create(company=world.company, price_pct=D(tolerance))
    order = ordered(world, "10", "10")
    land(world, order)
    assert post(finance, order, (10, price)).status_code == status


def test_r14_10049_on_10000_is_refused_at_zero_whatever_rejected_goods_may_be(world, finance):
    MatchTolerance.objects.create(company=world.company, price_pct=0, quantity_pct=0, bill_rejected=True)
    order = ordered(world, "1", "10000")
    land(world, order)
    assert post(finance, order, (1, "10049")).status_code == 422


def test_x14_no_tolerance_on_one_product_though_the_company_allows_some(world, finance):
    """null is not 0: the product's row allows nothing, the company's ten percent stands for all others."""
    MatchTolerance.objects.create(company=world.company, quantity_pct=10)
    MatchTolerance.objects.create(company=world.company, product=world.mug, quantity_pct=0, quantity_abs=None)
    order = world.sent_order(
        currency="EUR",
        payment_term_id=None,
        lines=[LineInput(p.pk, D(10), D(1000), date(2027, 1, 15)) for p in (world.mug, world.bottle)],
    )
    refused = post(finance, order, ("10.0001", 1000), (10, 1000))
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/lines/0"
    assert post(finance, order, (10, 1000), (11, 1000), number="HS-2").status_code == 200


def test_the_lower_of_two_limits_holds(world, finance):
    MatchTolerance.objects.create(company=world.company, quantity_pct=10, quantity_abs=5)
    order = ordered(world, "100", "1")
    land(world, order)
    assert post(finance, order, (106, 1)).status_code == 422
    assert post(finance, order, (105, 1), number="HS-2").status_code == 200


def test_p13_quantity_drives_the_proposal_whatever_was_billed_at_which_price(world, finance):
    """P-13: 100 @ 10; invoice 42 @ 7.5 → next 58 @ 10; invoice 8 @ 5 → next 50."""
    order = ordered(world, "100", "10")

    def proposed():
        lines = list(PurchaseOrderLine.objects.filter(order=order).select_related("order"))
        return [(p.quantity, p.unit_price) for p in propose(lines, company_id=world.company.pk)]

    assert post(finance, order, (42, "7.5")).status_code == 200
    assert proposed() == [(58, 10)]
    assert post(finance, order, (8, 5), number="HS-2").status_code == 200
    assert proposed() == [(50, 10)]


def test_r09_r10_r18_what_went_back_is_not_proposed_unless_rejected_goods_may_be_billed(world, finance):
    """R-09: 8 @ 50 received, 4 invoiced, 2 returned → next 2. R-10: with "bill rejected" on, 8 − 4."""
    order = ordered(world, "8", "50")
    receipt = land(world, order)
    assert post(finance, order, (4, 50)).status_code == 200
    (line,) = receipt.lines.all()
    logistics.send_back(
        actor=world.actors["logistics"], receipt_id=receipt.pk, lines=[SupplierReturnLineInput(line.pk, D(2))],
        reason="Chipped", returned_date=TODAY,
    )  # fmt: skip

    def proposed():
        lines = list(PurchaseOrderLine.objects.filter(order=order).select_related("order"))
        return [p.quantity for p in propose(lines, company_id=world.company.pk)]

    assert proposed() == [2]
    MatchTolerance.objects.create(company=world.company, bill_rejected=True)
    assert proposed() == [4]
    balances(world)


def test_r08_half_invoiced_before_receipt_waits_for_the_goods_at_its_own_rate(world, finance):
    """R-08, IFRIC 22: goods invoiced before they become ours cost what they were billed for, whatever the rate then."""
    set_rate("USD", "1.25")
    order = ordered(world, "1000", "10", currency="USD")
    assert post(finance, order, (500, 10)).status_code == 200
    assert balances(world) == {"grni": 4000, "payables": -4000}  # 5,000 USD at 1.25
    day = date(2027, 3, 1)
    set_rate("USD", "1.00", day)
    land(world, order, day=day)
    assert balances(world) == {"inventory": 9000, "grni": -5000, "payables": -4000}
    assert post(finance, order, (500, 10), number="HS-2", invoice_date="2027-03-01").status_code == 200
    assert balances(world) == {"inventory": 9000, "payables": -9000}


def test_r17_the_goods_cost_the_average_billed_price(world, finance):
    """R-17: 10 @ 10 USD at 53 EUR each; 1 @ 10 → 53.00; 1 @ 9 → 50.35; 1 @ 12 → 54.76667 each, sold or not."""
    MatchTolerance.objects.create(company=world.company, price_pct=20)
    set_rate("USD", "0.18867924528301886792")  # 5.3 EUR for a dollar
    order = ordered(world, "10", "10", currency="USD")
    land(world, order)
    lot = Lot.objects.get()
    for number, price, total in ((1, 10, "530.00"), (2, 9, "503.50"), (3, 12, "547.67")):
        answer = post(finance, order, (1, price), number=f"HS-{number}")
        assert answer.status_code == 200, answer.content
        lot.refresh_from_db()
        assert lot.cost_total == D(total)
        balances(world)
    assert post(finance, order, (7, 10), number="HS-4").status_code == 200
    lot.refresh_from_db()
    books = balances(world)
    assert books == {"inventory": lot.cost_total, "payables": -lot.cost_total}  # 101 USD at 5.3
    assert lot.cost_total == D("535.30")


@pytest.mark.parametrize("price", ["150", "50"])
def test_r16_the_price_of_the_invoice_becomes_the_price_of_the_goods(world, finance, price):
    MatchTolerance.objects.create(company=world.company, price_pct=100)
    order = ordered(world, "1", "100")
    land(world, order)
    assert post(finance, order, (1, price)).status_code == 200
    assert balances(world) == {"inventory": D(price), "payables": -D(price)}


def test_decision_11_no_exchange_difference_on_what_the_deposit_covers(world, finance):
    """30 of 100 USD were paid at 1.00: that part keeps its rate; only the other 70 move with the rate."""
    set_rate("USD", "1.25")  # ours: 0.80 EUR
    order = ordered(world, "100", "1", currency="USD")
    record_deposit(actor=boss(world), order_id=order.pk, deposit=Deposit(paid=D(30), paid_base=D(30)))
    land(world, order)
    assert reread(order).grni_base == D("86.00")  # 30 at 1.00 and 70 at 0.80
    day = date(2027, 3, 1)
    set_rate("USD", "1.00", day)
    posted = post(finance, order, (100, 1), invoice_date="2027-03-01").json()
    assert (posted["advance_amount"], posted["open_amount"], posted["base_amount"]) == (
        "30.0000", "70.0000", "100.0000",
    )  # fmt: skip
    found = balances(world)
    assert (found["inventory"], found["fx_difference"]) == (86, 14)  # 70 × (1.00 − 0.80)
    assert found["payables"] == -70


def test_decision_13_the_deposit_is_consumed_pro_rata_and_the_last_shipment_takes_the_rest(world, finance):
    order = ordered(world, "3", "33.33")  # 99.99, deposit 10.00
    record_deposit(actor=boss(world), order_id=order.pk, deposit=Deposit(paid=D(10), paid_base=D(10)))
    used = [post(finance, order, (1, "33.33"), number=f"HS-{n}").json()["advance_amount"] for n in range(3)]
    assert used == ["3.3300", "3.3300", "3.3400"]
    order.refresh_from_db()
    assert (order.deposit_used, order.deposit_used_base) == (10, 10)


def test_the_same_paper_twice_is_refused_with_the_number_of_the_first(world, finance):
    order = ordered(world)
    first = record(finance, order, (10, "12.50"))
    again = finance("POST", PATH, body(order, (10, "12.50")))
    assert again.status_code == 422 and first["number"] in again.json()["detail"]
    assert again.json()["errors"][0]["pointer"] == "/supplier_number"
    row = SupplierInvoice.objects.get()
    row.pk, row.number = None, "SI-X"
    with pytest.raises(IntegrityError, match="finance_invoice_once"), transaction.atomic():
        row.save(force_insert=True)


def test_p16_a_hold_on_invoices_stops_them_and_a_hold_on_payments_does_not(world, finance):
    order = ordered(world)
    profile = Supplier.objects.get(organisation=world.supplier)
    profile.hold, profile.hold_reason, profile.hold_from_date = "invoices", "Failed audit", TODAY
    profile.save()
    refused = finance("POST", PATH, body(order, (10, "12.50")))
    assert refused.status_code == 422 and "Failed audit" in refused.json()["detail"]
    profile.hold = "payments"
    profile.save()
    record(finance, order, (10, "12.50"))


def test_p01_a_draft_order_cannot_be_invoiced(world, finance):
    order = world.order(currency="EUR")
    refused = finance("POST", PATH, body(order, (10, "3.20"), (5, "7.45")))
    assert refused.status_code == 422 and "only an issued order" in str(refused.json()["errors"])


def test_x16_the_lines_must_add_up_to_the_paper_to_the_cent(world, finance):
    order = ordered(world, "1", "100.09")
    assert finance("POST", PATH, body(order, (1, "100.09"), amount="100.00")).status_code == 422
    assert finance("POST", PATH, body(order, (1, "100.09"), amount="100.09")).status_code == 201


def test_a_bulk_call_is_all_or_none_and_names_every_fault(world, finance):
    order = ordered(world)
    bad = body(order, (0, "12.50"), number="", currency="XXX")
    refused = finance("POST", f"{PATH}bulk/", [body(order, (1, "12.50")), bad])
    assert refused.status_code in (400, 422)
    bad["supplier_number"] = "HS-2"
    refused = finance("POST", f"{PATH}bulk/", [body(order, (1, "12.50")), bad])
    pointers = {error["pointer"] for error in refused.json()["errors"]}
    assert pointers == {"/1/currency", "/1/lines/0/quantity", "/1/lines"}
    assert not SupplierInvoice.objects.exists()


def test_cancelling_takes_everything_back_and_frees_the_number(world, finance):
    set_rate("USD", "1.25")
    MatchTolerance.objects.create(company=world.company, price_pct=20)
    order = ordered(world, "100", "1", currency="USD")
    record_deposit(actor=boss(world), order_id=order.pk, deposit=Deposit(paid=D(30), paid_base=D(24)))
    land(world, order)
    before = balances(world)
    posted = post(finance, order, (100, "1.10")).json()
    assert balances(world) != before
    cancelled = finance("POST", f"{PATH}{posted['id']}/cancel/", {"day": "2026-11-20"})
    assert cancelled.json()["status"] == "cancelled", cancelled.content
    assert balances(world) == before
    line = reread(order)
    order.refresh_from_db()
    assert (line.billed_quantity, line.billed_amount, order.deposit_used) == (0, 0, 0)
    record(finance, order, (100, "1.00"))


def test_p12_a_debit_note_re_opens_billing_only_when_it_says_so(world, finance):
    """P-12: fully billed 10; debit note 5 with re-opening → 5 billed; cancelled; without → stays 10."""
    order = ordered(world, "10", "10")
    land(world, order)
    posted = post(finance, order, (10, 10)).json()
    path = f"{PATH}{posted['id']}/debit/"
    debit = {
        "amount": "50",
        "day": "2026-11-20",
        "reason": "other",
        "order_line": order.lines.get().pk,
        "quantity": "5",
    }
    note = finance("POST", path, {**debit, "reopen_billing": True})
    assert note.status_code == 201, note.content
    assert reread(order).billed_quantity == 5
    assert balances(world) == {"inventory": 100, "grni": -50, "payables": -50}
    taken_back = {"note": note.json()["id"], "day": "2026-11-20"}
    cancelled = finance("POST", f"{PATH}{posted['id']}/cancel-debit/", taken_back)
    assert cancelled.status_code == 200, cancelled.content
    assert finance("POST", f"{PATH}{posted['id']}/cancel-debit/", taken_back).status_code == 409
    assert (reread(order).billed_quantity, balances(world)) == (10, {"inventory": 100, "payables": -100})
    assert finance("POST", path, debit).status_code == 201
    assert reread(order).billed_quantity == 10
    too_much = finance("POST", path, {**debit, "amount": "60"})
    assert too_much.status_code == 422


def test_a_closed_period_or_a_missing_rate_refuses_and_nothing_is_half_saved(world, finance):
    from ledger.models import Period

    order = ordered(world, "10", "10", currency="USD")
    invoice = record(finance, order, (10, 10), invoice_date="2027-06-01")
    missing = finance("POST", f"{PATH}{invoice['id']}/post/", {})
    assert missing.status_code == 422 and missing.json()["code"] == "missing_rate"
    period = Period.objects.create(
        company=world.company, first_date=date(2026, 11, 1), last_date=date(2026, 11, 30), closed_at="2026-12-01T00:00Z"
    )
    closed = finance("POST", f"{PATH}{invoice['id']}/post/", {"day": "2026-11-20"})
    assert closed.status_code == 422 and closed.json()["code"] == "period_closed"
    assert (SupplierInvoice.objects.get().status, reread(order).billed_quantity) == ("draft", 0)
    Period.objects.filter(pk=period.pk).update(closed_at=None)
    assert finance("POST", f"{PATH}{invoice['id']}/post/", {"day": "2026-11-20"}).status_code == 200


def test_a_supplier_sees_his_own_invoices_once_they_are_posted(world, finance):
    order = ordered(world)
    invoice = record(finance, order, (10, "12.50"))
    supplier, other = api(world, "supplier"), api(world, "supplier2")
    assert supplier("GET", f"{PATH}{invoice['id']}/").status_code == 404
    finance("POST", f"{PATH}{invoice['id']}/post/", {})
    assert supplier("GET", f"{PATH}{invoice['id']}/").json()["actions"] == []
    assert other("GET", f"{PATH}{invoice['id']}/").status_code == 404


def test_the_list_costs_the_same_for_one_invoice_or_many(world, finance, django_assert_max_num_queries):
    order = ordered(world)
    finance("POST", f"{PATH}bulk/", [body(order, (1, "12.50"), number=f"N{n}") for n in range(12)])
    with django_assert_max_num_queries(12):
        assert finance("GET", f"{PATH}?limit=50").json()["count"] == 12


def test_posting_many_lines_costs_no_more_queries_than_posting_few(world, django_assert_max_num_queries):
    from finance import services

    actor = world.actors["finance"]
    order = ordered(world)
    receive(world, ship(world, order))
    given = [
        services.GoodsInvoice(
            order.supplier_id, f"B{n}", TODAY, "EUR", [services.GoodsLine(order.lines.get().pk, D(10), D("12.50"))]
        )
        for n in range(60)
    ]
    invoices = services.record_supplier_invoices(actor=actor, invoices=given)
    with django_assert_max_num_queries(45):
        services.post_supplier_invoices(actor=actor, invoice_ids=[i.pk for i in invoices])
    assert reread(order).billed_quantity == 600
    assert balances(world)["payables"] == -7500


def test_before_receipt_only_what_was_shipped_or_inspected_may_be_billed(world, finance):
    order = ordered(world)
    line = order.lines.get()
    ship(world, order, quantities={line.pk: 400})
    planned_shipment(world, order, quantities={line.pk: 600})
    assert post(finance, order, (1000, "12.50")).status_code == 422
    assert post(finance, order, (400, "12.50"), number="HS-2").status_code == 200
