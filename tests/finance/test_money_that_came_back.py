"""A payment that came back: its entry mirrored, what it settled open again (F-10, second half)."""

from datetime import date
from decimal import Decimal as D

import pytest

from core.models import Task
from core.outbox import drain
from finance.models import CustomerInvoice, SupplierInvoice
from kpis.models import OrderLineFact
from ledger.models import Period
from sales.models import Customer
from tests.doors import person
from tests.factories_finance import (
    INVOICES,
    PAYMENTS,
    agreed,
    api,
    balances,
    billed,
    deliver,
    land,
    ok,
    ordered,
    paid,
    set_rate,
    term,
)
from tests.factories_sales import make_customer

pytestmark = pytest.mark.django_db
BACK = {"day": "2026-11-25", "reason": "Account closed"}


@pytest.fixture
def finance(world):
    return api(world, "finance")


def with_deposit(world, percent=30):
    terms = term(world, (percent, "order_confirmed", 0), (100 - percent, "invoiced", 0))
    return agreed(ordered(world, "10", "10", payment_term_id=terms.pk))


def test_a_transfer_that_the_bank_sends_back_leaves_the_invoice_open_and_no_difference_behind(world, finance):
    """100 USD booked at 50, paid at 55, back on the 25th: 100 open at 50 again, the 500 of difference gone."""
    set_rate("USD", "0.02")
    set_rate("USD", "0.01818181818181818182", date(2026, 11, 24))
    order = ordered(world, "10", "10", currency="USD")
    land(world, order)
    invoice = billed(world, finance, order, "10", "10")
    before = balances(world)
    payment = paid(world, finance, "100", day="2026-11-24", invoice=invoice["id"])
    assert balances(world)["fx_difference"] == 500 and payment["actions"] == ["return"]
    path = f"{PAYMENTS}{payment['id']}/return/"
    early = finance("POST", path, {**BACK, "day": "2026-11-23"})
    assert early.status_code == 422 and early.json()["errors"][0]["pointer"] == "/day"
    back = ok(finance("POST", path, BACK))
    assert (back["status"], back["returned_date"], back["return_reason"]) == (
        "returned",
        "2026-11-25",
        "Account closed",
    )
    assert balances(world) == before
    shown = SupplierInvoice.objects.get()
    assert (shown.open_amount, shown.open_base) == (100, 5000)
    (due,) = ok(finance("GET", f"{PAYMENTS}due/"))
    assert (due["document"], due["instalment"]["open"]) == (invoice["id"], "100.0000")
    assert finance("POST", path, BACK).status_code == 409
    paid(world, finance, "100", day="2026-11-26", invoice=invoice["id"])
    assert SupplierInvoice.objects.get().open_amount == 0


def test_f10_an_advance_that_comes_back_is_no_advance_and_the_invoice_is_owed_in_full(world, finance):
    order = with_deposit(world)
    payment = paid(world, finance, "30", order=order.pk)
    ok(finance("POST", f"{PAYMENTS}{payment['id']}/return/", BACK))
    order.refresh_from_db()
    assert (order.deposit_paid, order.deposit_paid_base, balances(world)) == (0, 0, {})
    land(world, order)
    invoice = billed(world, finance, order, "10", "10")
    assert (invoice["advance_amount"], invoice["open_amount"]) == ("0.0000", "100.0000")


def test_a_deposit_that_an_invoice_has_consumed_comes_back_only_after_that_invoice_is_cancelled(world, finance):
    order = with_deposit(world)
    payment = paid(world, finance, "30", order=order.pk)
    land(world, order)
    invoice = billed(world, finance, order, "10", "10")
    path = f"{PAYMENTS}{payment['id']}/return/"
    refused = finance("POST", path, BACK)
    assert refused.status_code == 409 and "only 0.00 EUR is not consumed" in refused.json()["detail"]
    ok(finance("POST", f"{INVOICES}{invoice['id']}/cancel/", {"day": "2026-11-20"}))
    ok(finance("POST", path, BACK))
    assert balances(world) == {"inventory": 100, "grni": -100}


def test_a_deposit_that_came_back_is_no_longer_asked_for(world, finance):
    """The order is cancelled after its deposit was paid: finance is to ask it back, until the bank returns it."""
    order = with_deposit(world)
    payment = paid(world, finance, "30", order=order.pk)

    def asked() -> list[str]:
        drain()
        return list(Task.objects.filter(kind="finance.unused_deposit", done_at=None).values_list("title", flat=True))

    ok(api(world, "buyer")("POST", f"/sourcing/purchase-orders/{order.pk}/cancel/", {"reason": "Not needed"}))
    assert asked() == [f"Ask 30.00 EUR of the deposit on {order.number} back"]
    ok(finance("POST", f"{PAYMENTS}{payment['id']}/return/", BACK))
    assert asked() == []


def test_a_closed_period_refuses_it_and_nothing_is_half_saved(world, finance):
    order = ordered(world, "10", "10")
    land(world, order)
    payment = paid(world, finance, "100", invoice=billed(world, finance, order, "10", "10")["id"])
    Period.objects.create(
        company=world.company, first_date=date(2026, 11, 1), last_date=date(2026, 11, 30), closed_at="2026-12-01T00:00Z"
    )
    before = balances(world)
    assert finance("POST", f"{PAYMENTS}{payment['id']}/return/", BACK).json()["code"] == "period_closed"
    assert (balances(world), SupplierInvoice.objects.get().open_amount) == (before, 0)
    ok(finance("POST", f"{PAYMENTS}{payment['id']}/return/", {**BACK, "day": "2026-12-01"}))


def test_a_customers_payment_that_bounces_is_owed_again_and_his_order_is_settled_no_more(world, finance):
    make_customer(world, credit_limit=D(1000))
    land(world, ordered(world, "10", "5"))
    delivery = deliver(world, "10", "20")
    invoice = ok(
        finance("POST", "/finance/customer-invoices/", {"delivery": delivery.pk, "invoice_date": "2026-11-20"}), 201
    )
    given = {
        "customer": world.customer.pk,
        "day": "2026-11-21",
        "settles": [{"invoice": invoice["id"], "amount": "200"}],
    }
    payment = ok(finance("POST", "/finance/collections/", given), 201)
    drain()
    assert OrderLineFact.objects.get(side="sales").documented is True
    bounced = ok(finance("POST", f"/finance/collections/{payment['id']}/return/", BACK))
    assert bounced["status"] == "returned"
    drain()
    found = CustomerInvoice.objects.get()
    assert (found.open_amount, found.settled_date) == (200, None)
    assert Customer.objects.get().open_balance == 200
    assert OrderLineFact.objects.get(side="sales").documented is None, "open again until paid or the window closes"
    assert balances(world)["receivables"] == 200 and "cash" not in balances(world)


def test_the_page_of_a_payment_offers_it_and_says_why_it_came_back(world, finance, person):
    order = ordered(world, "10", "10")
    land(world, order)
    payment = paid(world, finance, "100", invoice=billed(world, finance, order, "10", "10")["id"])
    clerk, path = person("finance"), f"/finance/payments/{payment['id']}/"
    assert "The money came back" in clerk.get(path).content.decode()
    assert (
        clerk.post(f"{path}return/", {"version": payment["version"], "day": "2026-11-25", "reason": " "}).status_code
        == 422
    )
    sent = clerk.post(f"{path}return/", {"version": payment["version"], "day": "2026-11-25", "reason": "Wrong IBAN"})
    assert sent.status_code == 303
    assert "Wrong IBAN" in clerk.get(path).content.decode()
    assert person("buyer").post(f"{path}return/", {"day": "2026-11-25", "reason": "x"}).status_code == 403
    assert api(world, "supplier")("GET", f"{PAYMENTS}{payment['id']}/").json()["status"] == "returned"


def test_a_refund_of_part_of_a_deposit_leaves_the_rest_to_be_asked_back(world, finance):
    """Of 30 paid 12 come back, then 18: the task says what is left, and the books are empty in the end."""
    order = with_deposit(world)
    paid(world, finance, "30", order=order.pk)
    ok(api(world, "buyer")("POST", f"/sourcing/purchase-orders/{order.pk}/cancel/", {"reason": "Not needed"}))
    refund = f"{PAYMENTS}refund/"
    body = {"order": order.pk, "amount": "12", "day": "2026-11-25", "reference": "R-1"}
    for amount, said in (("30.01", "only 30.00 EUR is not consumed"), ("0", "must be above 0")):
        refused = ok(finance("POST", refund, {**body, "amount": amount}), 422)
        assert refused["errors"][0]["pointer"] == "/amount" and said in refused["detail"]
    made = ok(finance("POST", refund, body), 201)
    assert (made["direction"], made["status"], made["party"]) == ("ref", "paid", world.supplier.pk)
    drain()
    task = Task.objects.get(kind="finance.unused_deposit")
    assert (task.done_at, task.title) == (None, f"Ask 18.00 EUR of the deposit on {order.number} back")
    assert balances(world) == {"supplier_advances": 18, "cash": -18}
    ok(finance("POST", refund, {**body, "amount": "18"}), 201)
    drain()
    task.refresh_from_db()
    assert task.done_at and balances(world) == {}
    assert len(ok(finance("GET", f"{PAYMENTS}?order={order.pk}"))["results"]) == 3
    assert ok(api(world, "supplier")("GET", PAYMENTS))["count"] == 3  # he sees what he paid back
    assert ok(finance("GET", "/finance/collections/"))["count"] == 0


def test_a_refund_at_another_rate_makes_an_exchange_difference(world, finance):
    """100 USD paid at 0.90, 40 back at 0.80: 36 leave the advances, 32 come in, 4 are lost."""
    terms = term(world, (100, "order_confirmed", 0))
    set_rate("USD", "1.11111111111111111111")
    order = agreed(ordered(world, "10", "10", currency="USD", payment_term_id=terms.pk))
    paid(world, finance, "100", order=order.pk)
    set_rate("USD", "1.25", date(2026, 11, 25))
    body = {"order": order.pk, "amount": "40", "day": "2026-11-25"}
    made = ok(finance("POST", f"{PAYMENTS}refund/", body), 201)
    assert (D(made["base_amount"]), D(made["exchange_difference"])) == (32, 4)
    assert balances(world) == {"supplier_advances": 54, "cash": -58, "fx_difference": 4}
    order.refresh_from_db()
    assert (order.deposit_paid, order.deposit_paid_base) == (60, 54)


def test_a_refund_that_bounced_is_a_deposit_again(world, finance):
    order = with_deposit(world)
    paid(world, finance, "30", order=order.pk)
    before = balances(world)
    made = ok(finance("POST", f"{PAYMENTS}refund/", {"order": order.pk, "amount": "12", "day": "2026-11-20"}), 201)
    back = ok(finance("POST", f"{PAYMENTS}{made['id']}/return/", BACK))
    order.refresh_from_db()
    assert (back["status"], order.deposit_paid, balances(world)) == ("returned", 30, before)


def test_what_an_invoice_has_consumed_is_not_refunded(world, finance):
    order = with_deposit(world)
    paid(world, finance, "30", order=order.pk)
    land(world, order)
    billed(world, finance, order, "10", "10")
    body = {"order": order.pk, "amount": "1", "day": "2026-11-20"}
    assert "only 0.00 EUR is not consumed" in ok(finance("POST", f"{PAYMENTS}refund/", body), 422)["detail"]
    assert finance("POST", f"{PAYMENTS}refund/", {**body, "order": 999999}).status_code == 404
    assert api(world, "buyer")("POST", f"{PAYMENTS}refund/", body).status_code == 403


def test_a_refund_is_recorded_on_the_orders_page(world):
    finance = api(world, "finance")
    order = with_deposit(world)
    paid(world, finance, "30", order=order.pk)
    clerk = person(world, "finance")
    assert "Record a refund" in clerk.get(order.get_absolute_url()).content.decode()
    url = f"/finance/payments/refund/?order={order.pk}"
    assert 'value="30"' in clerk.get(url).content.decode()
    made = clerk.post(url, {"amount": "30", "day": "2026-11-20", "reference": "R-1"})
    assert made.status_code == 303, made.content.decode()[-2000:]
    page = clerk.get(made["Location"]).content.decode()
    assert "refund of the deposit" in page and "Supplier deposits paid" in page
    assert "Record a refund" not in clerk.get(order.get_absolute_url()).content.decode()
    listed = clerk.get("/finance/payments/?direction=ref").content.decode()
    assert "Refund from a supplier" in listed


def test_the_page_of_an_order_that_ended_says_what_is_to_be_asked_back(world, finance):
    order = with_deposit(world)
    paid(world, finance, "30", order=order.pk)
    ok(api(world, "buyer")("POST", f"/sourcing/purchase-orders/{order.pk}/cancel/", {"reason": "Not needed"}))
    ok(finance("POST", f"{PAYMENTS}refund/", {"order": order.pk, "amount": "12", "day": "2026-11-20"}), 201)
    page = person(world, "finance").get(order.get_absolute_url()).content.decode()
    assert "to be asked back" in page and "to be paid" not in page and "Pay the deposit" not in page
