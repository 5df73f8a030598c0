"""The pages of money: recorded, matched, disputed, requested, approved, paid, invoiced, credited; ledger and periods."""

from datetime import date
from decimal import Decimal as D

import pytest

from finance import services
from finance.models import Charge, CustomerInvoice, MatchTolerance, Payment, SupplierInvoice
from ledger.models import Period
from ledger.services import open_year
from parties.services.terms import InstalmentInput, save_payment_term
from sourcing.models import PurchaseOrder
from tests.doors import person
from tests.factories import TODAY
from tests.factories_finance import balances, deliver, land, ordered, ship

pytestmark = pytest.mark.django_db


def see(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code, answer.content[:300])
    return answer.content.decode()


def rows_of(*rows: dict, prefix: str = "lines", initial: int | None = None) -> dict:
    """The POST data of a grid."""
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows) if initial is None else initial}
    return data | {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


@pytest.fixture
def finance(world):
    return person(world, "finance")


def test_an_invoice_is_recorded_from_its_order_matched_and_paid_by_three_people(world, finance):
    order = ordered(world)
    land(world, order)
    line = order.lines.get()
    form = see(finance, f"/finance/supplier-invoices/new/?order={order.pk}")
    assert 'value="1000"' in form and 'value="12.5"' in form
    made = finance.post(
        f"/finance/supplier-invoices/new/?order={order.pk}",
        {
            "supplier": order.supplier_id, "supplier_number": "HS-778", "invoice_date": "2026-11-20", "currency": "EUR",
            **rows_of({"order_line": line.pk, "quantity": "1,000", "unit_price": "12.50"}),
        },
    )  # fmt: skip
    assert made.status_code == 303, made.content.decode()[:2000]
    invoice = SupplierInvoice.objects.get()
    assert "Match and post" in see(finance, made["Location"])
    finance.post(f"/finance/supplier-invoices/{invoice.pk}/post/", {"version": invoice.version})
    page = see(finance, made["Location"])
    assert "Request payment" in page and "Safe to pay" in page and "Goods owned, not invoiced" in page
    asked = finance.post(
        f"/finance/payments/new/?invoice={invoice.pk}",
        {"amount": "12500", "payment_date": "2026-11-20", "reference": ""},
    )
    payment = Payment.objects.get()
    assert asked["Location"] == f"/finance/payments/{payment.pk}/"
    assert "somebody else must approve it" in see(finance, asked["Location"])
    approver = person(world, "approver")
    assert "Approve" in see(approver, asked["Location"])
    approver.post(f"/finance/payments/{payment.pk}/approve/", {"version": payment.version})
    payment.refresh_from_db()
    paid = finance.post(
        f"/finance/payments/{payment.pk}/pay/", {"day": "2026-11-20", "reference": "TT-1", "version": payment.version}
    )
    assert paid.status_code == 303, paid.content.decode()[:2000]
    assert balances(world) == {"inventory": 12500, "cash": -12500}
    assert "Paid on" in see(finance, asked["Location"])


def test_what_exceeds_is_said_on_the_page_and_the_undisputed_part_posted(world, finance):
    order = ordered(world)
    land(world, order, accepted=[990], short=[10])
    given = services.GoodsInvoice(
        order.supplier_id, "HS-1", TODAY, "EUR", [services.GoodsLine(order.lines.get().pk, D(1000), D("12.60"))]
    )
    invoice = services.record_supplier_invoice(actor=world.actors["finance"], invoice=given)
    url = invoice.get_absolute_url()
    page = see(finance, url)
    assert "10 too many" in page and "12,375.00" in page and "Post the undisputed part" in page
    assert "225.00" in see(finance, f"{url}dispute/")
    finance.post(f"{url}dispute/", {"reason": "Ten missing", "version": invoice.version})
    assert "Ten missing" in see(finance, url) and "Settle the dispute" in see(finance, url)
    invoice.refresh_from_db()
    settled = finance.post(f"{url}settle/", {"accept": "no", "day": "2026-11-20", "version": invoice.version})
    assert settled.status_code == 303, settled.content.decode()[:2000]
    assert finance.get(f"{url}debit/").status_code == finance.get(f"{url}cancel/").status_code == 200


def test_payables_tell_what_is_due_and_what_is_blocked_and_ticked_ones_are_requested(world, finance):
    terms = [InstalmentInput(D(30), "order_confirmed"), InstalmentInput(D(70), "bl_copy")]
    term = save_payment_term(actor=world.actors["finance"], code="BL", name="30/70 B/L", instalments=terms)
    order = ordered(world, payment_term_id=term.pk)
    PurchaseOrder.objects.filter(pk=order.pk).update(status="confirmed", confirmed_at="2026-11-20T08:00Z")
    other = ordered(world, payment_term_id=term.pk)
    services.post_supplier_invoices(
        actor=world.actors["finance"],
        invoice_ids=[
            services.record_supplier_invoice(
                actor=world.actors["finance"],
                invoice=services.GoodsInvoice(
                    other.supplier_id,
                    "HS-2",
                    TODAY,
                    "EUR",
                    [services.GoodsLine(other.lines.get().pk, D(1000), D("12.50"))],
                ),
            ).pk
        ],
    )
    page = see(finance, "/finance/payables/")
    assert "The goods have not sailed." in page and "3,750.00" in page and "Due and safe to pay" in page
    answer = finance.post("/finance/payables/", {"pick": [f"deposit-{order.pk}-1"], "payment_date": "2026-11-20"})
    assert answer.status_code == 303
    payment = Payment.objects.get()
    assert payment.amount == D("3750")
    asked = see(finance, "/finance/payables/")
    assert "Asked for, not paid yet" in asked and payment.number in asked
    again = {"pick": [f"deposit-{order.pk}-1"], "payment_date": "2026-11-20"}
    assert finance.post("/finance/payables/", again).status_code == 303
    assert Payment.objects.count() == 1, "what is asked for is not asked for twice"
    finance.post("/finance/payables/", {"payment_date": "2026-11-20"})
    assert "Tick what is to be paid first." in see(finance, "/finance/payables/")
    assert "Pay the deposit of" in see(finance, f"/finance/payments/new/?order={order.pk}")
    order_page = see(finance, f"/sourcing/orders/{order.pk}/")
    assert "Money" in order_page and "to be paid" in order_page


def test_charges_of_a_shipment_are_estimated_billed_and_shown_as_a_ladder(world, finance):
    order = ordered(world)
    shipment = ship(world, order)
    url = f"/finance/charges/shipment/{shipment.pk}/"
    assert "neither estimated nor billed" in see(finance, url)
    estimated = finance.post(
        f"{url}estimate/", {"kind": "freight", "amount": "420.00", "currency": "EUR", "day": "2026-11-20", "basis": "value", "description": ""}
    )  # fmt: skip
    assert estimated.status_code == 303, estimated.content.decode()[:2000]
    receipt = land_receipt(world, shipment)
    services.reshare_movements(actor=world.actors["finance"], receipt_ids=[receipt.pk])
    page = see(finance, url)
    assert "12,920.00" in page and 'data-chart="ladder"' in page and "in part estimated" in page
    charge = Charge.objects.get()
    assert "420.00 EUR" in see(finance, f"{url}bill/")
    billed = finance.post(
        f"{url}bill/",
        {
            "supplier": world.forwarder.pk, "supplier_number": "BW-9", "invoice_date": "2026-11-20", "currency": "EUR",
            **rows_of(
                {"charge": charge.pk, "kind": "freight", "amount": "450.00", "basis": "value"},
                {"charge": "", "kind": "duty", "amount": "100.00", "basis": "value"},
                {"charge": "", "kind": "", "amount": "", "basis": ""},
            ),
        },
    )  # fmt: skip
    assert billed.status_code == 303, billed.content.decode()[:3000]
    assert "13,050.00" in see(finance, url)
    assert "Difference" in see(finance, SupplierInvoice.objects.get().get_absolute_url())
    extra = services.estimate_charge(
        actor=world.actors["finance"], charge=services.ChargeInput("other", D(5), "EUR", TODAY, shipment_id=shipment.pk, basis="value")
    )  # fmt: skip
    finance.post(f"/finance/charges/{extra.pk}/cancel/")
    extra.refresh_from_db()
    assert extra.cancelled
    assert "Main freight" in see(finance, "/finance/charges/")


def land_receipt(world, shipment):
    from tests.factories_finance import receive

    return receive(world, shipment)


def test_deliveries_are_invoiced_paid_and_credited(world, finance):
    land(world, ordered(world))
    delivery = deliver(world, "10", "25")
    page = see(finance, "/finance/customer-invoices/new/")
    assert delivery.number in page and "250.00" in page
    made = finance.post("/finance/customer-invoices/new/", {"delivery": [delivery.pk], "invoice_date": "2026-11-20"})
    invoice = CustomerInvoice.objects.get()
    assert made["Location"] == invoice.get_absolute_url()
    url = made["Location"]
    see(finance, url)
    finance.post(f"{url}collect/", {"amount": "100", "day": "2026-11-20", "reference": "", "version": invoice.version})
    invoice.refresh_from_db()
    credited = finance.post(
        f"{url}credit/",
        {"reason": "price", "amount": "150", "day": "2026-11-20", "remarks": "", "version": invoice.version},
    )
    assert credited.status_code == 303, credited.content.decode()[:2000]
    page = see(finance, url)
    assert "Wrong price" in page and "Settled" in page
    assert invoice.number in see(finance, f"/sales/orders/{invoice.order_id}/")
    assert "Every delivery is invoiced." in see(finance, "/finance/customer-invoices/new/")


def test_lists_settings_and_bank_data_open_and_stay_closed_to_others(world, finance):
    urls = ["supplier-invoices", "charges", "payables", "payments", "customer-invoices", "tolerances", "tolerances/new",
            "supplier-invoices/new", f"accounts/{world.supplier.pk}"]  # fmt: skip
    for url in urls:
        see(finance, f"/finance/{url}/")
    warehouse, supplier = person(world, "quality"), person(world, "supplier")
    for url in ("supplier-invoices", "payments", "payables", "customer-invoices"):
        assert warehouse.get(f"/finance/{url}/").status_code == 403
        assert supplier.get(f"/finance/{url}/").status_code == 404
    made = finance.post("/finance/tolerances/new/", {"quantity_pct": "0", "price_pct": "0.5", "bill_rejected": ""})
    assert made.status_code == 303, made.content.decode()[:2000]
    rule = MatchTolerance.objects.get()
    assert (rule.quantity_pct, rule.quantity_abs, rule.bill_rejected) == (0, None, None)
    twin = finance.post("/finance/tolerances/new/", {"price_pct": "1", "bill_rejected": ""})
    assert twin.status_code == 422 and "already a rule" in twin.content.decode()
    finance.post(f"/finance/tolerances/{rule.pk}/delete/")
    entered = finance.post(
        f"/finance/accounts/{world.supplier.pk}/", {"holder": "X", "account": "NL1", "bank_code": "", "bank_name": ""}
    )
    assert entered.status_code == 303 and "waits for a second person" in see(finance, entered["Location"])


def test_the_ledger_drills_by_account_and_day_and_a_month_is_closed_and_opened_by_two(world, finance):
    land(world, ordered(world))
    page = see(finance, "/ledger/entries/?account=grni&day_after=2026-11-01&day_before=2026-11-30")
    assert "-12,500.00" in page or "−12,500.00" in page or "12,500.00" in page
    assert "1 row" in page
    open_year(company_id=world.company.pk, year=2026)
    november = Period.objects.get(company=world.company, first_date=date(2026, 11, 1))
    assert "November 2026" in see(finance, "/ledger/periods/")
    finance.post(f"/ledger/periods/{november.pk}/close/")
    november.refresh_from_db()
    assert november.closed_by == "Finance"
    assert finance.post(f"/ledger/periods/{november.pk}/reopen/").status_code == 403
    person(world, "admin").post(f"/ledger/periods/{november.pk}/reopen/")
    november.refresh_from_db()
    assert november.closed_at is None
    (entry,) = entries_of(world)
    assert "Inventory owned" in see(finance, f"/ledger/entries/{entry}/")


def entries_of(world):
    from ledger.models import Entry

    return list(Entry.objects.filter(company=world.company).values_list("pk", flat=True))
