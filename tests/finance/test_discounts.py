"""Discounts for paying early (F-06): 295 less 10 % is settled by 265.50, until the day after which it is not."""

import html
import re
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from finance.models import SupplierInvoice
from tests.doors import person
from tests.factories_finance import (
    INVOICES,
    PAYMENTS,
    api,
    balances,
    billed,
    land,
    ok,
    ordered,
    paid,
    set_rate,
    term,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(world):
    return api(world, "finance")


def early(world, percent="10", days=10, **order):
    """An order of 295 whose term grants a discount."""
    granted = term(world, (100, "invoiced", 30), discount_percent=D(percent), discount_days=days)
    return ordered(world, "100", "2.95", payment_term_id=granted.pk, **order)


def asked(world, finance, invoice, amount, day) -> dict:
    settles = [{"invoice": invoice["id"], "amount": amount}]
    return ok(finance("POST", PAYMENTS, {"party": world.supplier.pk, "payment_date": day, "settles": settles}), 201)


def approved(world, payment) -> str:
    path = f"{PAYMENTS}{payment['id']}/"
    ok(api(world, "approver")("POST", f"{path}approve/"))
    return path


def test_f06_what_is_paid_early_costs_less_and_settles_all_of_it(world, finance):
    order = early(world)
    land(world, order)
    invoice = billed(world, finance, order, "100", "2.95")
    before = balances(world)
    payment = paid(world, finance, "295", day="2026-11-30", invoice=invoice["id"])
    assert payment["amount"] == "265.5000"
    assert [(one["amount"], one["discount"]) for one in payment["allocations"]] == [("295.0000", "29.5000")]
    after = balances(world)
    assert (after["cash"], after["discounts"]) == (D("-265.50"), D("-29.50"))
    assert before["payables"] == -295 and "payables" not in after
    assert ok(finance("GET", f"{INVOICES}{invoice['id']}/"))["open_amount"] == "0.0000"
    assert ok(finance("GET", f"{PAYMENTS}due/")) == []


def test_a_day_later_there_is_none(world, finance):
    order = early(world)
    land(world, order)
    invoice = billed(world, finance, order, "100", "2.95")
    assert asked(world, finance, invoice, "295", "2026-12-01")["amount"] == "295.0000"


def test_a_payment_asked_for_in_time_and_paid_too_late_is_refused_and_nothing_is_settled(world, finance):
    order = early(world)
    land(world, order)
    invoice = billed(world, finance, order, "100", "2.95")
    payment = asked(world, finance, invoice, "295", "2026-11-30")
    page = person(world, "approver").get(f"/finance/payments/{payment['id']}/").content
    assert b"Discount until" in page and b"30 Nov 2026" in page
    path = approved(world, payment)
    late = finance("POST", f"{path}pay/", {"day": "2026-12-01"})
    assert late.status_code == 422
    (error,) = late.json()["errors"]
    assert error["pointer"] == "/settles/0/discount" and "ended on 30 Nov 2026" in error["detail"]
    assert SupplierInvoice.objects.get().open_amount == 295
    assert ok(finance("POST", f"{path}pay/", {"day": "2026-11-30"}))["amount"] == "265.5000"


def test_a_part_takes_its_part_and_a_deposit_takes_none(world, finance):
    granted = term(world, (20, "order_confirmed", 0), (80, "invoiced", 30), discount_percent=D(10), discount_days=10)
    order = ordered(world, "100", "2.95", payment_term_id=granted.pk)
    type(order).objects.filter(pk=order.pk).update(status="confirmed", confirmed_at="2026-11-20T08:00Z")
    assert paid(world, finance, "59", order=order.pk)["amount"] == "59.0000"
    land(world, order)
    invoice = billed(world, finance, order, "100", "2.95")
    assert paid(world, finance, "100", invoice=invoice["id"])["amount"] == "90.0000"
    rest = paid(world, finance, "136", invoice=invoice["id"])
    assert rest["amount"] == "122.4000" and balances(world)["discounts"] == D("-23.60")
    assert SupplierInvoice.objects.get().open_amount == 0


def test_in_another_currency_the_discount_is_worth_what_the_money_is_worth(world, finance):
    """295 USD booked at 50, paid at 55: 265.50 leave at 55, 29.50 need not, and the difference of all 295 is a loss."""
    set_rate("USD", "0.02")
    set_rate("USD", "0.01818181818181818182", date(2026, 11, 24))
    order = early(world, currency="USD")
    land(world, order)
    invoice = billed(world, finance, order, "100", "2.95")
    paid(world, finance, "295", day="2026-11-24", invoice=invoice["id"])
    after = balances(world)
    assert (after["cash"], after["discounts"], after["fx_difference"]) == (D("-14602.50"), D("-1622.50"), 1475)
    assert "payables" not in after


def test_a_discounted_payment_that_comes_back_leaves_all_of_it_open(world, finance):
    order = early(world)
    land(world, order)
    invoice = billed(world, finance, order, "100", "2.95")
    before = balances(world)
    payment = paid(world, finance, "295", invoice=invoice["id"])
    ok(finance("POST", f"{PAYMENTS}{payment['id']}/return/", {"day": "2026-11-25", "reason": "Account closed"}))
    assert balances(world) == before and SupplierInvoice.objects.get().open_amount == 295


@pytest.mark.parametrize(
    ("discount", "pointer"),
    [
        ({"discount_percent": "50.01", "discount_days": 10}, "/discount_percent"),
        ({"discount_percent": "-1", "discount_days": 10}, "/discount_percent"),
        ({"discount_percent": "2", "discount_days": 366}, "/discount_days"),
        ({"discount_percent": "2", "discount_days": -1}, "/discount_days"),
    ],
)
def test_a_term_that_cannot_be_meant_is_refused(world, finance, discount, pointer):
    body = {"code": "N30", "name": "2/10 net 30", "instalments": [{"percent": "100", "anchor": "invoiced", "days": 30}]}
    refused = finance("POST", "/parties/payment-terms/", {**body, **discount})
    assert refused.status_code == 422 and [e["pointer"] for e in refused.json()["errors"]] == [pointer]
    made = ok(finance("POST", "/parties/payment-terms/", {**body, "discount_percent": "2", "discount_days": 10}), 201)
    assert (made["discount_percent"], made["discount_days"]) == ("2.0000", 10)


def test_the_discount_of_a_term_that_stands_on_documents_stays(world, finance):
    order = early(world)
    path = f"/parties/payment-terms/{order.payment_term_id}/"
    shown = ok(finance("GET", path))
    body = {name: shown[name] for name in ("code", "name", "instalments")}
    answer = finance("PUT", path, {**body, "discount_percent": "5", "discount_days": 10}, **{"If-Match": "*"})
    assert answer.status_code == 409 and "discount cannot change" in answer.json()["detail"]


def test_the_pages_say_until_when_and_how_much(world, finance):
    order = early(world)
    land(world, order)
    today = timezone.localdate()
    invoice = billed(world, finance, order, "100", "2.95", day=today.isoformat())
    until = today + timedelta(days=10)
    (due,) = ok(finance("GET", f"{PAYMENTS}due/"))
    assert due["discount"] == {"percent": "10.0000", "until": until.isoformat(), "amount": "265.5000"}
    client = person(world, "finance")

    def shown(path: str) -> str:
        text = html.unescape(re.sub("<[^>]*>", " ", client.get(path).content.decode()))
        return re.sub(r"\s+", " ", text)

    said = f"265.50 EUR if paid by {date_format(until)}"
    assert said in shown("/finance/payables/") and said in shown(f"/finance/payments/new/?invoice={invoice['id']}")
    payment = paid(world, finance, "295", day=today.isoformat(), invoice=invoice["id"])
    assert "295.00 29.50 265.50" in shown(f"/finance/payments/{payment['id']}/")
    assert "295.00 EUR less 29.50 EUR discount" in shown(f"/finance/supplier-invoices/{invoice['id']}/")
    client = person(world, "supplier")
    text = shown(f"/portal/invoices/{invoice['id']}/")
    assert "Paid 265.50 EUR with" in text and "and 29.50 EUR discount" in text
