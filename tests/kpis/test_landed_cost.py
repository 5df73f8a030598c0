"""Landed cost as the command tells it: estimate, actual and their difference, line by line to the cent (L04, L05, L13)."""

import json
from datetime import date
from decimal import Decimal as D
from io import StringIO

import pytest
from django.core.management import call_command

from catalog.models import Product, ProductGroup
from core.outbox import drain
from kpis.models import LandedCostFact
from sourcing.services import LineInput
from tests.factories_finance import api, deliver, land, ordered, receive, ship

pytestmark = pytest.mark.django_db
CHARGES, BILLS = "/finance/charges/", "/finance/supplier-invoices/charges/"


def landed(*options) -> list[dict]:
    drain()
    out = StringIO()
    call_command("kpis", "landed-cost", "--side", "purchase", "--json", *options, stdout=out)
    return json.loads(out.getvalue())["rows"]


def ok(answer, status=201) -> dict:
    assert answer.status_code == status, answer.content
    return answer.json()


def bill(world, *lines, number="BW-1") -> dict:
    head = {"supplier": world.forwarder.pk, "supplier_number": number, "invoice_date": "2026-11-20", "currency": "EUR"}
    return ok(api(world, "finance")("POST", BILLS, {**head, "lines": list(lines)}))


def estimate(world, amount, **changes) -> dict:
    body = {"kind": "freight", "amount": amount, "currency": "EUR", "day": "2026-11-20", **changes}
    return ok(api(world, "finance")("POST", CHARGES, body))


def test_l04_l05_a_us_entry_of_three_products_and_what_a_unit_costs_at_the_door(world):
    """16,446.57 + 20,410.71 + 11,082.71 = 47,939.99; units 16.4466, 40.8214, 5.5414; uplift 37.05, 36.07, 38.53 %."""
    lines, cubic = [], (4, 6, 10)
    for code, quantity, price in (("A", 1000, 12), ("B", 500, 30), ("C", 2000, 4)):
        group = ProductGroup.objects.create(company=world.company, code=code, name=f"Group {code}")
        product = Product.objects.create(
            company=world.company,
            sku=f"P-{code}",
            name=code,
            group=group,
            unit_id="pcs",
            hs_code="732394",
            origin_id="CN",
        )
        lines.append(LineInput(product.pk, D(quantity), D(price), date(2027, 1, 15)))
    shipment = ship(world, ordered(world, lines=lines))
    for line, m3 in zip(shipment.lines.order_by("pk"), cubic, strict=True):
        line.volume_m3 = m3
        line.save()
    receive(world, shipment)
    own = list(shipment.lines.order_by("pk").values_list("pk", flat=True))
    duty = {str(pk): amount for pk, amount in zip(own, ("3300.00", "3750.00", "520.00"), strict=True)}
    charges = [
        ("freight", "4200.00", "volume"), ("insurance", "175.00", "value"), ("broker", "180.00", "equal"),
        ("destination", "650.00", "volume"), ("entry_fee", "121.24", "value"), ("entry_fee", "43.75", "value"),
    ]  # fmt: skip
    bill(
        world,
        *({"kind": kind, "shipment": shipment.pk, "amount": amount, "basis": basis} for kind, amount, basis in charges),
        {"kind": "duty", "shipment": shipment.pk, "amount": "7570.00", "basis": "direct", "weights": duty},
    )
    rows = landed("--by", "product-group")
    assert [(row["landed"], row["unit_landed"], round(row["uplift_pct"], 2)) for row in rows] == [
        ("16446.57", "16.4466", 37.05), ("20410.71", "40.8214", 36.07), ("11082.71", "5.5414", 38.53),
    ]  # fmt: skip
    (total,) = landed()
    assert (total["goods"], total["landed"], total["lines"], total["lines_known"]) == ("35000.00", "47939.99", 3, 3)
    assert (total["freight"], total["insurance"], total["duty"], total["other"]) == (
        "4850.00", "175.00", "7734.99", "180.00",
    )  # fmt: skip


def test_l13_estimate_and_actual_are_both_kept_and_what_counts_is_the_actual(world):
    """4,200 estimated, 5,000 billed after 600 of 1,000 were sold: the goods landed at 5,000, the estimate stays readable."""
    receipt = land(world, ordered(world, "1000", "10"))
    charge = estimate(world, "4200", receipt=receipt.pk, basis="value")
    (before,) = landed()
    assert (before["landed"], before["freight"], before["estimated"], before["actual"]) == (
        "14200.00", "4200.00", "0.00", "0.00",
    )  # fmt: skip
    deliver(world, "600", "20")
    bill(world, {"charge": charge["id"], "amount": "5000.00"})
    (after,) = landed()
    assert (after["landed"], after["freight"], after["unit_landed"]) == ("15000.00", "5000.00", "15.0000")
    assert (after["estimated"], after["actual"]) == ("4200.00", "5000.00")
    fact = LandedCostFact.objects.get(side="purchase")
    assert (fact.freight_estimate, fact.freight_actual) == (4200, 5000)


def test_goods_whose_freight_nobody_knows_are_told_apart_and_their_cost_is_not_called_landed(world):
    known = land(world, ordered(world, "10", "10"))
    estimate(world, "20", receipt=known.pk, basis="value")
    land(world, ordered(world, "10", "50"))
    (row,) = landed()
    assert (row["lines"], row["lines_known"], row["goods"], row["goods_all"], row["landed"]) == (
        2, 1, "100.00", "600.00", "120.00",
    )  # fmt: skip


def test_nothing_landed_has_no_uplift_and_no_unit_cost_rather_than_0(world):
    (row,) = landed()
    assert (row["lines"], row["uplift_pct"], row["unit_landed"]) == (0, None, None)


def test_a_charge_in_another_currency_keeps_the_rate_of_its_own_day(world):
    """100 USD at 1.10 on the day of the estimate, billed at 1.00 later: 90.91, then 100.00."""
    from tests.factories_finance import set_rate

    later = date(2026, 12, 1)
    set_rate("USD", "1.00", later)
    receipt = land(world, ordered(world, "10", "10"))
    charge = estimate(world, "100", currency="USD", receipt=receipt.pk, basis="value")
    assert landed()[0]["freight"] == "90.91"
    head = {"supplier": world.forwarder.pk, "supplier_number": "BW-1", "invoice_date": "2026-12-01", "currency": "USD"}
    ok(api(world, "finance")("POST", BILLS, {**head, "lines": [{"charge": charge["id"], "amount": "100"}]}))
    (row,) = landed()
    assert (row["freight"], row["estimated"], row["actual"]) == ("100.00", "90.91", "100.00")
