"""One purchase from deposit to sale, account by account, and what cash-to-cash reads of it (decisions 11, 13 and 15)."""

import json
from datetime import date
from decimal import Decimal as D
from io import StringIO

import pytest
from django.core.management import call_command

from core.outbox import drain
from inventory import services as inventory
from inventory.models import Lot
from ledger.models import Posting
from parties.services.terms import InstalmentInput, save_payment_term
from sourcing.models import PurchaseOrder
from tests.factories_finance import INVOICES, PAYMENTS, api, balances, deliver, ok, ordered, receive, set_rate
from tests.factories_logistics import actual, planned_shipment, report

pytestmark = pytest.mark.django_db
CHARGES = "/finance/charges/"
D1, D2, D3, D4, D5, D6 = (date(2026, 11, day) for day in (20, 21, 22, 23, 24, 25))


def pay(world, amount, day, party, **settles) -> dict:
    finance = api(world, "finance")
    body = {"party": party, "payment_date": day.isoformat(), "settles": [{"amount": amount, **settles}]}
    payment = ok(finance("POST", PAYMENTS, body), 201)
    ok(api(world, "approver")("POST", f"{PAYMENTS}{payment['id']}/approve/"))
    return ok(finance("POST", f"{PAYMENTS}{payment['id']}/pay/", {"day": day.isoformat()}))


def test_from_deposit_to_cash_every_account_means_what_it_says(world):
    """1,000 USD of goods: 300 paid ahead at 1.00, the rest at 0.80, freight estimated at 100 and billed at 150."""
    finance = api(world, "finance")
    for day, rate in ((D1, "1.00"), (D2, "1.25"), (D5, "1.00"), (D6, "0.80")):  # USD for a euro
        set_rate("USD", rate, day)
    term = save_payment_term(
        actor=world.actors["finance"], code="T", name="30/70",
        instalments=[InstalmentInput(D(30), "order_confirmed", 0), InstalmentInput(D(70), "shipped", 0)],
    )  # fmt: skip
    order = ordered(world, "100", "10", currency="USD", payment_term_id=term.pk)
    PurchaseOrder.objects.filter(pk=order.pk).update(status="confirmed", confirmed_at="2026-11-20T08:00Z")
    pay(world, "300", D1, world.supplier.pk, order=order.pk)
    assert balances(world) == {"supplier_advances": 300, "cash": -300}, "a deposit is no payable and nets with none"

    shipment = planned_shipment(world, order)
    charge = {"kind": "freight", "amount": "100", "currency": "EUR", "day": D1.isoformat(), "shipment": shipment.pk}
    freight = ok(finance("POST", CHARGES, {**charge, "basis": "quantity"}), 201)
    report(world, shipment, actual("loaded", D2), actual("departed", D2))
    # 300 USD at the deposit's 1.00, 700 USD at 0.80: 860 in transit, owned and not invoiced; the freight still waits
    assert balances(world) == {"supplier_advances": 300, "cash": -300, "inventory": 860, "grni": -860}

    receive(world, shipment, day=D3)
    drain()
    assert balances(world) == {
        "supplier_advances": 300, "cash": -300, "inventory": 960, "grni": -860, "accrued_charges": -100,
    }  # fmt: skip

    line = {"order_line": order.lines.get().pk, "quantity": "100", "unit_price": "10"}
    head = {"supplier": world.supplier.pk, "supplier_number": "HS-1", "invoice_date": D5.isoformat(), "currency": "USD"}
    goods = ok(finance("POST", INVOICES, {**head, "lines": [line]}), 201)
    ok(finance("POST", f"{INVOICES}{goods['id']}/post/", {}))
    # payables at the invoice's 1.00: 700; of the goods' 560 the 140 are an exchange difference and touch no goods
    assert balances(world) == {
        "cash": -300, "inventory": 960, "accrued_charges": -100, "payables": -700, "fx_difference": 140,
    }  # fmt: skip

    deliver(world, "60", "20", day=D5)
    inventory.scrap(
        actor=world.actors["logistics"], scraps=[inventory.Scrap(Lot.objects.get().pk, D(10), "Dropped")], day=D5
    )
    found = balances(world)
    assert (found["cogs"], found["scrap"], found["inventory"]) == (576, 96, 288)

    bill = {
        **head,
        "supplier": world.forwarder.pk,
        "supplier_number": "BW-1",
        "invoice_date": D6.isoformat(),
        "currency": "EUR",
    }
    ok(finance("POST", f"{INVOICES}charges/", {**bill, "lines": [{"charge": freight["id"], "amount": "150"}]}), 201)
    found = balances(world)
    # 50 more: 60 of 100 were sold, 10 scrapped, 30 lie here; the bill is a payable like any other
    assert (found["cogs"], found["scrap"], found["inventory"]) == (606, 101, 303)
    assert (found.get("accrued_charges"), found["payables"]) == (None, -850)

    pay(world, "700", D6, world.supplier.pk, invoice=goods["id"])  # at 1.25 euro for a dollar: 875
    found = balances(world)
    assert (found["fx_difference"], found["cogs"], found["payables"], found["cash"]) == (315, 606, -150, -1175)

    drain()
    out = StringIO()
    call_command("kpis", "cash-to-cash", "--json", "--window", "6", "--as-of", D6.isoformat(), stdout=out)
    (row,) = json.loads(out.getvalue())["rows"]
    # end-of-day inventory 0, 860, 960, 960, 288, 303 over 606 sold; payables 0, 860, 960, 960, 800, 150
    assert row["dio"] == round((860 + 960 + 960 + 288 + 303) / 606, 4)
    assert row["dpo"] == round((860 + 960 + 960 + 800 + 150) / 606, 4)
    assert row["dso"] is None and row["c2c"] is None, "delivered and not invoiced: nothing was earned yet"
    purchases = Posting.objects.filter(entry__purpose="goods_owned", account="inventory")
    assert [posting.amount for posting in purchases] == [860], "material purchases: what entered inventory, at cost"
    call_command("rebuild_kpis", "--verify", "--company", world.company.code, stdout=out)


def test_a_deposit_of_a_customer_or_to_a_supplier_is_an_advance_and_never_a_payable(world):
    term = save_payment_term(
        actor=world.actors["finance"], code="A", name="Ahead", instalments=[InstalmentInput(D(100), "order_confirmed", 0)]
    )  # fmt: skip
    order = ordered(world, "10", "10", payment_term_id=term.pk)
    PurchaseOrder.objects.filter(pk=order.pk).update(status="confirmed", confirmed_at="2026-11-20T08:00Z")
    pay(world, "100", D1, world.supplier.pk, order=order.pk)
    receive(world, report(world, planned_shipment(world, order), actual("loaded", D1), actual("departed", D1)), day=D1)
    assert balances(world) == {"supplier_advances": 100, "cash": -100, "inventory": 100, "grni": -100}
