"""Paying suppliers through the API: instalments and what they wait for, four eyes, exchange differences, no overpaying."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, transaction

from core.errors import NotAllowed
from core.outbox import drain
from finance import services
from finance.models import Payment, SupplierInvoice
from finance.selectors.instalments import count_from, deposits_of, split_plan
from logistics import services as logistics
from logistics.models import Shipment, TradeDocument
from parties.models import Instalment
from suppliers.models import Supplier
from tests.factories import TODAY
from tests.factories_finance import agreed, api, balances, land, ordered, receive, set_rate, ship, term
from tests.factories_logistics import planned_shipment, shipment_input
from tests.factories_quality import reported_inspection

pytestmark = pytest.mark.django_db
PATH, INVOICES = "/finance/payments/", "/finance/supplier-invoices/"


@pytest.fixture
def finance(world):
    return api(world, "finance")


def billed(world, order, quantity, price, *, number="HS-1", day=TODAY, **changes) -> SupplierInvoice:
    """A posted invoice of the order's only line."""
    line = services.GoodsLine(order.lines.get().pk, D(str(quantity)), D(str(price)))
    invoice = services.record_supplier_invoice(
        actor=world.actors["finance"],
        invoice=services.GoodsInvoice(order.supplier_id, number, day, order.currency_id, [line], **changes),
    )
    return services.post_supplier_invoice(actor=world.actors["finance"], invoice_id=invoice.pk)


def request(finance, world, amount, *, status=201, day="2026-11-20", party=None, **settles):
    answer = finance(
        "POST",
        PATH,
        {
            "party": party or world.supplier.pk,
            "payment_date": day,
            "settles": [{"amount": str(amount), **{name: document.pk for name, document in settles.items()}}],
        },
    )
    assert answer.status_code == status, answer.content
    return answer.json()


def paid(world, finance, amount, *, day="2026-11-20", **settles):
    payment = request(finance, world, amount, day=day, **settles)
    api(world, "approver")("POST", f"{PATH}{payment['id']}/approve/")
    return finance("POST", f"{PATH}{payment['id']}/pay/", {"day": day})


def test_f12_a_payable_is_paid_at_the_rate_of_the_day(world, finance):
    """F12: 700,000 booked at 7.2 = 97,222.22, paid at 7.1 = 98,591.55: a loss of 1,369.33."""
    later = date(2026, 12, 1)
    set_rate("CNY", "7.2")
    set_rate("CNY", "7.1", later)
    order = ordered(world, "1000", "700", currency="CNY")
    land(world, order)
    invoice = billed(world, order, 1000, 700)
    assert balances(world)["payables"] == D("-97222.22")
    answer = paid(world, finance, "700000.00", day="2026-12-01", invoice=invoice)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["base_amount"], answer.json()["exchange_difference"]) == ("98591.5500", "1369.3300")
    found = balances(world)
    assert (found["cash"], found["fx_difference"], found.get("payables")) == (D("-98591.55"), D("1369.33"), None)


def test_f10_part_by_part_the_last_payment_takes_the_rest_of_the_booked_amount(world, finance):
    set_rate("USD", "3")
    order = ordered(world, "1", "100", currency="USD")
    land(world, order)
    invoice = billed(world, order, 1, 100)  # 33.33 EUR
    for amount in ("33.33", "33.33", "33.34"):
        assert paid(world, finance, amount, invoice=invoice).status_code == 200
    assert balances(world).get("payables") is None
    invoice.refresh_from_db()
    assert (invoice.paid_amount, invoice.paid_base, invoice.open_amount) == (100, D("33.33"), 0)


def test_who_requests_does_not_approve_and_nobody_above_his_limit(world, finance):
    order = ordered(world, "10000", "12")
    land(world, order)
    invoice = billed(world, order, 10000, 12)
    payment = request(finance, world, "120000", invoice=invoice)
    path = f"{PATH}{payment['id']}"
    assert finance("POST", f"{path}/approve/").status_code == 403
    world.memberships["approver"].approval_limit = 100_000
    world.memberships["approver"].save()
    refused = api(world, "approver")("POST", f"{path}/approve/")
    assert refused.status_code == 403 and "above your approval limit" in refused.json()["detail"]
    early = finance("POST", f"{path}/pay/", {"day": "2026-11-20"})
    assert early.status_code == 409
    world.memberships["approver"].approval_limit = 200_000
    world.memberships["approver"].save()
    assert api(world, "approver")("POST", f"{path}/approve/").json()["approved_by"] == "Approver"
    assert finance("POST", f"{path}/pay/", {"day": "2026-11-20"}).json()["status"] == "paid"


def test_f09_the_second_of_two_payments_in_full_is_refused(world, finance):
    order = ordered(world, "10", "10")
    land(world, order)
    invoice = billed(world, order, 10, 10)
    twins = [request(finance, world, "100", invoice=invoice) for _n in range(2)]
    half = request(finance, world, "50", invoice=invoice)
    for payment in (*twins, half):
        api(world, "approver")("POST", f"{PATH}{payment['id']}/approve/")
    answers = [finance("POST", f"{PATH}{p['id']}/pay/", {"day": "2026-11-20"}) for p in (half, *twins)]
    assert [answer.status_code for answer in answers] == [200, 422, 422]
    assert "only 50" in answers[1].json()["detail"].replace(".0000", "")
    assert balances(world)["payables"] == -50


def test_the_database_refuses_to_overpay_whatever_a_service_forgot(world, finance):
    order = ordered(world, "10", "10")
    land(world, order)
    invoice = billed(world, order, 10, 10)
    with pytest.raises(IntegrityError, match="finance_invoice_not_overpaid"), transaction.atomic():
        SupplierInvoice.objects.filter(pk=invoice.pk).update(paid_amount=D("100.01"))
    assert request(finance, world, "100.01", invoice=invoice, status=422)["errors"][0]["pointer"] == "/settles/0/amount"


def test_f01_a_deposit_is_paid_with_the_order_and_becomes_an_advance(world, finance):
    """F01: 30 % of 48,765.33 = 14,629.60, the balance is the rest: 34,135.73. It is not a payable, and no exchange gain."""
    set_rate("USD", "1.25")
    plan = term(world, (30, "order_confirmed", 0), (70, "bl_copy", 0))
    order = ordered(world, "1", "48765.33", currency="USD", payment_term_id=plan.pk)
    refused = request(finance, world, "14629.60", order=order, status=422)
    assert "has not confirmed" in refused["detail"]
    agreed(order)
    (due,) = finance("GET", f"{PATH}due/").json()
    assert (due["kind"], due["instalment"]["amount"], due["instalment"]["due_date"], due["blocked"]) == (
        "deposit", "14629.6000", "2026-11-20", [],
    )  # fmt: skip
    assert paid(world, finance, "14629.60", order=order).status_code == 200
    order.refresh_from_db()
    assert (order.deposit_paid, order.deposit_paid_base) == (D("14629.60"), D("11703.68"))
    assert balances(world) == {"supplier_advances": D("11703.68"), "cash": D("-11703.68")}
    assert finance("GET", f"{PATH}due/").json() == []
    land(world, order)
    invoice = billed(world, order, 1, "48765.33")
    assert (invoice.advance_amount, invoice.open_amount) == (D("14629.60"), D("34135.73"))
    assert "supplier_advances" not in balances(world)
    too_much = request(finance, world, "48765.33", order=order, status=422)
    assert too_much["errors"][0]["pointer"] == "/settles/0/amount"


def test_f18_three_instalments_add_up_and_f01_terms_are_refused_when_they_do_not(world):
    """F18: 30/40/30 of 9,999.99 → 3,000.00, 3,999.99, 3,000.00. F-01: 50 % alone, −30 days and twins are refused."""
    assert split_plan(D("9999.99"), [D(30), D(40), D(30)], "USD") == [D("3000.00"), D("3999.99"), D("3000.00")]
    from core.errors import RuleBroken

    for wrong in (
        [(50, "invoiced", 0)],
        [(100, "invoiced", -30)],
        [(50, "invoiced", 30), (50, "invoiced", 30)],
        [(120, "invoiced", 0), (-20, "shipped", 0)],
    ):
        with pytest.raises(RuleBroken):
            term(world, *wrong)
    assert term(world, (50, "invoiced", 0), (50, "invoiced", 30)).instalments.count() == 2


def test_f09_open_account_counts_days_and_rolls_to_the_end_of_the_month():
    """F09: from 2026-01-31: 30, 60, 90 days and 60 EOM. F-04 (X9): 90 days on 2025-01-15 is 2025-04-15."""
    start = date(2026, 1, 31)
    assert [count_from(start, days, False) for days in (30, 60, 90)] == [
        date(2026, 3, 2), date(2026, 4, 1), date(2026, 5, 1),
    ]  # fmt: skip
    assert count_from(start, 60, True) == date(2026, 4, 30)
    assert count_from(date(2025, 1, 15), 90, False) == date(2025, 4, 15)


def test_f02_and_f05_instalments_follow_the_invoice_and_the_advance(world, finance):
    """F-02: 50/50 of 2,000 → 1,000 today and 1,000 in 30 days. F-05: 1,512.30 less advance 300 → 606.15 twice."""
    plan = term(world, (50, "invoiced", 0), (50, "invoiced", 30))
    order = agreed(ordered(world, "10", "500", payment_term_id=plan.pk))
    invoice = billed(world, order, 4, 500)
    rows = finance("GET", f"{INVOICES}{invoice.pk}/instalments/").json()
    assert [(row["amount"], row["due_date"]) for row in rows] == [
        ("1000.0000", "2026-11-20"),
        ("1000.0000", "2026-12-20"),
    ]
    invoice.refresh_from_db()
    assert invoice.due_date == date(2026, 12, 20)
    other = agreed(ordered(world, "1", "1512.30", payment_term_id=plan.pk))
    paid(world, finance, "300", order=other)
    invoice = billed(world, other, 1, "1512.30", number="HS-2")
    rows = finance("GET", f"{INVOICES}{invoice.pk}/instalments/").json()
    assert [row["amount"] for row in rows] == ["606.1500", "606.1500"]


def test_f14_the_balance_against_documents_waits_for_sailing_and_for_the_copy(world, finance):
    plan = term(world, (100, "bl_copy", 0))
    order = agreed(ordered(world, payment_term_id=plan.pk))
    invoice = billed(world, order, 1000, "12.50")

    def waits():
        (row,) = finance("GET", f"{INVOICES}{invoice.pk}/instalments/").json()
        return row["waiting"], row["due_date"]

    assert waits() == ("The goods have not sailed.", None)
    shipment = ship(world, order)
    assert waits() == ("The copy of the bill of lading is missing.", None)
    assert "copy" in str(request(finance, world, "12500", invoice=invoice, status=422)["errors"])
    TradeDocument.objects.update_or_create(
        shipment=shipment, doc_type="bill_of_lading", defaults={"received_date": date(2026, 11, 30)}
    )
    assert waits() == ("", "2026-11-30")
    assert paid(world, finance, "12500", invoice=invoice).status_code == 200


def test_decision_12_a_balance_before_shipment_waits_for_the_inspection_and_holds_the_goods(world, finance):
    """I-09, F-14: a failed inspection keeps the balance; passed, it is due; paid, the shipment may be loaded."""
    plan = term(world, (30, "order_confirmed", 0), (70, "before_shipment", 0))
    order = agreed(ordered(world, "100", "10", payment_term_id=plan.pk))
    paid(world, finance, "300", order=order)
    reported_inspection(world, order, major=99)
    shipment = planned_shipment(world, order)
    drain()
    shipment.refresh_from_db()
    assert "not invoiced yet" in shipment.hold_reason
    invoice = billed(world, order, 100, 10)
    shipment.refresh_from_db()
    assert "700.00 EUR" in shipment.hold_reason and invoice.number in shipment.hold_reason
    refused = request(finance, world, "700", invoice=invoice, status=422)
    assert "inspection has not passed" in str(refused["errors"])
    reported_inspection(world, order, major=0)
    assert paid(world, finance, "700", invoice=invoice).status_code == 200
    shipment.refresh_from_db()
    assert shipment.hold_reason == ""
    released = logistics.release_to_load(actor=world.actors["logistics"], shipment_id=shipment.pk)
    assert released.released_at


def test_p16_a_hold_on_payments_stops_money_until_the_day_after_its_release(world, finance):
    order = ordered(world, "10", "10")
    land(world, order)
    invoice = billed(world, order, 10, 10)
    profile = Supplier.objects.get(organisation=world.supplier)
    profile.hold, profile.hold_reason, profile.hold_release_date = "payments", "Bank data in doubt", TODAY
    profile.save()
    assert "Bank data in doubt" in request(finance, world, "100", invoice=invoice, status=422)["detail"]
    profile.hold_release_date = date(2026, 11, 19)
    profile.save()
    request(finance, world, "100", invoice=invoice)


def test_decision_24_money_goes_to_the_contract_party_at_an_account_that_has_cooled_off(world, finance):
    order = ordered(world, "10", "10")
    land(world, order)
    invoice = billed(world, order, 10, 10)
    other = request(finance, world, "100", invoice=invoice, party=world.supplier2.pk, status=422)
    assert "contract party" in str(other["errors"])
    given = {"organisation_id": world.supplier.pk, "account": "CN12 3456", "today": TODAY}
    account = services.enter_account(actor=world.actors["buyer"], holder=world.supplier.name, **given)
    assert "second person" in request(finance, world, "100", invoice=invoice, status=422)["detail"]
    services.confirm_account(actor=world.actors["approver"], account_id=account.pk)
    assert "cool off" in request(finance, world, "100", invoice=invoice, status=422)["detail"]
    request(finance, world, "100", invoice=invoice, day="2026-11-25")
    account = services.enter_account(actor=world.actors["buyer"], holder="Golden Harbour Trading HK", **given)
    services.confirm_account(actor=world.actors["approver"], account_id=account.pk)
    refused = request(finance, world, "100", invoice=invoice, day="2026-11-26", status=422)
    assert "belongs to Golden Harbour" in refused["detail"]


def test_what_a_person_holds_is_let_go_by_a_person_though_the_balance_is_paid(world, finance):
    plan = term(world, (100, "before_shipment", 0))
    order = agreed(ordered(world, "100", "10", payment_term_id=plan.pk))
    shipment = planned_shipment(world, order)
    boss = world.actors["finance"]
    logistics.hold_shipment(actor=boss, shipment_id=shipment.pk, reason="Wrong labels")
    invoice = billed(world, order, 100, 10)
    reported_inspection(world, order, major=0)
    drain()
    assert (refresh(shipment).hold_reason, shipment.held_by) == ("Wrong labels", boss.name)
    logistics.lift_hold(actor=boss, shipment_id=shipment.pk)
    drain()
    assert "must be paid before loading" in refresh(shipment).hold_reason and not shipment.held_by
    logistics.hold_shipment(actor=boss, shipment_id=shipment.pk, reason="Wrong labels")
    assert paid(world, finance, "1000", invoice=invoice).status_code == 200
    drain()
    assert refresh(shipment).hold_reason == "Wrong labels", "paying lifts what waits for the balance, nothing else"
    logistics.lift_hold(actor=boss, shipment_id=shipment.pk)
    drain()
    assert refresh(shipment).hold_reason == ""


def test_what_finance_let_go_is_not_held_for_the_balance_again(world, finance):
    """Finance lets goods be loaded though the balance is due; other goods in the shipment are looked at anew."""
    plan = term(world, (100, "before_shipment", 0))
    order = agreed(ordered(world, "100", "10", payment_term_id=plan.pk))
    line = order.lines.get()
    shipment = planned_shipment(world, order, quantities={line.pk: 60})
    assert "due before shipment" in refresh(shipment).hold_reason
    logistics.lift_hold(actor=world.actors["finance"], shipment_id=shipment.pk)
    drain()
    assert (refresh(shipment).hold_reason, shipment.lifted_by) == ("", world.actors["finance"].name)
    more = shipment_input(world, order, quantities={line.pk: 100})
    logistics.edit_shipment(actor=world.actors["logistics"], shipment_id=shipment.pk, shipment=more)
    drain()
    assert "due before shipment" in refresh(shipment).hold_reason and not shipment.lifted_by


def test_four_eyes_are_two_people_not_two_names(world, finance):
    given = {"organisation_id": world.supplier.pk, "holder": world.supplier.name, "account": "CN12", "today": TODAY}
    entered_by, other = world.actors["buyer"], world.actors["approver"]
    account = services.enter_account(actor=entered_by, **given)
    renamed = replace(entered_by, name="Somebody Else", permissions=other.permissions)
    with pytest.raises(NotAllowed, match="You entered these bank data yourself"):
        services.confirm_account(actor=renamed, account_id=account.pk)
    namesake = replace(other, name=entered_by.name)
    assert services.confirm_account(actor=namesake, account_id=account.pk).confirmed_by == entered_by.name


def refresh(shipment):
    shipment.refresh_from_db()
    return shipment


def test_one_card_for_each_instalment_says_what_is_due_and_what_is_blocked_and_why(
    world, finance, django_assert_max_num_queries
):
    plan = term(world, (50, "received", 10), (50, "invoiced", 60))
    order = agreed(ordered(world, payment_term_id=plan.pk))
    shipment = ship(world, order)
    billed(world, order, 1000, "12.50")
    with django_assert_max_num_queries(30):
        rows = finance("GET", f"{PATH}due/").json()
    assert [(row["instalment"]["due_date"], row["blocked"]) for row in rows] == [
        ("2027-01-19", []), (None, ["The goods have not been received."]),
    ]  # fmt: skip
    assert [check["name"] for check in rows[0]["checks"]] == ["inspection", "papers", "match", "payee", "hold"]
    receive(world, shipment)
    drain()
    assert finance("GET", f"{PATH}due/").json()[0]["instalment"]["due_date"] == "2026-11-30"
    assert SupplierInvoice.objects.get().due_date == date(2027, 1, 19)


def test_a_supplier_sees_money_only_once_it_is_paid(world, finance):
    order = ordered(world, "10", "10")
    land(world, order)
    payment = request(finance, world, "100", invoice=billed(world, order, 10, 10))
    supplier = api(world, "supplier")
    assert supplier("GET", f"{PATH}{payment['id']}/").status_code == 404
    api(world, "approver")("POST", f"{PATH}{payment['id']}/approve/")
    finance("POST", f"{PATH}{payment['id']}/pay/", {"day": "2026-11-20"})
    assert supplier("GET", f"{PATH}{payment['id']}/").json()["status"] == "paid"
    assert api(world, "supplier2")("GET", f"{PATH}{payment['id']}/").status_code == 404


def test_many_payments_are_requested_approved_and_paid_in_sets(world, django_assert_max_num_queries):
    order = ordered(world)
    land(world, order)
    actor = world.actors["finance"]
    line = order.lines.get()
    given = [
        services.GoodsInvoice(order.supplier_id, f"B{n}", TODAY, "EUR", [services.GoodsLine(line.pk, D(1), D("12.50"))])
        for n in range(40)
    ]
    invoices = services.record_supplier_invoices(actor=actor, invoices=given)
    services.post_supplier_invoices(actor=actor, invoice_ids=[i.pk for i in invoices])
    wanted = [services.PaymentInput(order.supplier_id, TODAY, [services.Settle(D("12.50"), i.pk)]) for i in invoices]
    with django_assert_max_num_queries(95):
        payments = services.request_payments(actor=actor, payments=wanted)
        services.approve_payments(actor=world.actors["approver"], payment_ids=[p.pk for p in payments])
        services.pay_payments(actor=actor, payment_ids=[p.pk for p in payments])
    assert (balances(world)["cash"], Payment.objects.filter(status="paid").count()) == (-500, 40)


def test_deposits_are_split_as_the_term_says(world):
    plan = term(world, (20, "order_confirmed", 0), (10, "order_confirmed", 30), (70, "shipped", 0))
    order = agreed(ordered(world, "1", "100", payment_term_id=plan.pk))
    order.deposit_paid = D(25)
    rows = deposits_of([order])[order.pk]
    assert [(row.amount, row.paid, row.due_date) for row in rows] == [
        (20, 20, date(2026, 11, 20)), (10, 5, date(2026, 12, 20)),
    ]  # fmt: skip
    assert Instalment.objects.filter(term=plan).count() == 3
    assert Shipment.objects.count() == 0
