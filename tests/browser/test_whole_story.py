"""From the order in China to the customer's money, by ten people in their browsers; the KPIs move with each step."""

import re
import time
from datetime import date

import pytest

pytestmark = pytest.mark.browser

WITHIN_S = 3.0  # the promise is one second; machines that run whole suites are busy, and the times are printed
GRACE_S = 15.0  # later than that, it is lost


class Tower:
    """The control tower as the auditor sees it: fetched to measure, and open on his screen without ever being reloaded."""

    def __init__(self, page):
        self.page, self.took = page, {}
        page.goto("/")
        self.last = self.fetched()

    def fetched(self) -> dict[str, str]:
        return self._tiles(self.page.request.get("/").text())

    def _tiles(self, html: str) -> dict[str, str]:
        found = re.findall(
            r'id="tile-(\w+)".*?<span class="num">([^<]*)</span>.*?<p class="tile-foot">(.*?)</p>', html, re.S
        )
        # the value and the counts beneath it; not the stamp, which moves with every event
        return {key: value + re.sub(r"<[^>]+>", " ", foot.partition("through event")[0]) for key, value, foot in found}

    def moves(self, key: str, step: str) -> None:
        """This will wait until the tile says something else than after the step before, and note how long that took."""
        began = time.monotonic()
        while (now := self.fetched())[key] == self.last[key]:
            assert time.monotonic() - began < GRACE_S, f"{key} did not move after: {step}"
            time.sleep(0.02)
        self.took[step] = time.monotonic() - began
        self.last = now


def paid(person, amount_of: str) -> None:
    """Ticked on the payables page, approved by somebody else, recorded as paid."""
    finance, approver = person("finance"), person("approver")
    finance.goto("/finance/payables/")
    for box in finance.locator("[name=pick]").all():
        box.set_checked(amount_of in box.locator("xpath=ancestor::tr").inner_text())
    finance.click("text=Request the ticked payments")
    finance.wait_for_selector("text=1 payment waits for approval")
    asked = finance.locator("tr", has_text=amount_of).locator("a[href*='/finance/payments/']")
    url = asked.get_attribute("href")
    approver.goto(url)
    approver.click(".btn-primary >> text=Approve")
    approver.wait_for_selector("text=is approved")
    finance.goto(url)
    finance.click("text=Record as paid")
    finance.click("main form .btn-primary")
    finance.wait_for_selector("text=Paid on")


def test_an_order_is_bought_inspected_shipped_received_billed_paid_sold_and_delivered(person):
    today = date.today().isoformat()
    tower = Tower(person("auditor"))

    buyer = person("buyer")
    buyer.goto("/sourcing/orders/new/")
    with buyer.expect_response(re.compile("/orders/terms/")):  # his usual terms are filled in
        buyer.select_option("#id_supplier", label="Ningbo Haisong Metalware 宁波海松五金有限公司 (NB-01)")
    buyer.wait_for_selector("#id_currency option[value=USD]:checked", state="attached")
    buyer.wait_for_timeout(100)  # the answer is put in
    buyer.select_option("#id_incoterm", "FCA")
    buyer.fill("#id_named_place", "Ningbo")
    buyer.select_option("#id_payment_term", label="T/T 30/70 before shipment")
    buyer.fill("#id_needed_by", today)
    buyer.fill("#id_lines-0-sku", "MUG-01")
    buyer.fill("#id_lines-0-quantity", "2000")
    buyer.fill("#id_lines-0-unit_price", "3.10")
    buyer.click("text=Save as draft")
    buyer.wait_for_url(re.compile(r"/sourcing/orders/\d+/$"))
    order, number = buyer.url, buyer.inner_text("h1").split()[0]
    buyer.click("text=Issue to the supplier")
    buyer.wait_for_selector("text=is issued; the supplier has been told")

    supplier = person("supplier", width=360, height=640)
    supplier.goto("/portal/")
    supplier.click(f"text=Confirm {number}")
    supplier.click(".btn-primary >> text=Confirm")
    supplier.locator("fieldset.answer").locator("text=Accept as ordered").click()
    supplier.click("text=Send the answer")
    supplier.wait_for_selector("text=is confirmed")
    paid(person, number)  # the deposit

    quality = person("quality")
    quality.goto(f"/quality/inspections/new/{order.split('/')[-2]}/")
    quality.fill("#id_planned_date", today)
    quality.select_option("#id_inspector", label="Sino Verify")
    quality.click("text=Plan the inspection")
    quality.wait_for_url(re.compile(r"/quality/inspections/\d+/$"))
    inspection = quality.inner_text("h1").split()[0]
    inspector = person("inspector", width=360, height=640)
    inspector.goto("/portal/inspections/")
    inspector.click(f"text={inspection}")
    inspector.click("text=Report the result")
    inspector.fill("#id_made_pct", "100")
    inspector.fill("#id_packed_pct", "95")
    inspector.click("text=Send the report")
    inspector.wait_for_selector("text=Passed")

    logistics = person("logistics")
    logistics.goto(order)
    logistics.click("text=Plan a shipment")
    logistics.select_option("#id_forwarder", label="Bluewake")
    logistics.fill("#id_origin", "CNNGB")
    logistics.fill("#id_destination", "NLRTM")
    logistics.select_option("#id_warehouse", index=1)
    logistics.click("main form .btn-primary")
    logistics.wait_for_url(re.compile(r"/logistics/shipments/\d+/$"))
    shipment, ship_number = logistics.url, logistics.inner_text("h1").split()[0]

    finance = person("finance")
    finance.goto(f"/finance/supplier-invoices/new/?shipment={shipment.split('/')[-2]}")
    finance.fill("#id_supplier_number", "HS-INV-2001")
    finance.click("text=Record as draft")
    finance.click("text=Match and post")
    finance.wait_for_selector("text=is matched and posted")
    tower.last = tower.fetched()
    paid(person, "HS-INV-2001")  # the balance, before loading
    tower.moves("cash", "the balance is paid")

    logistics.goto(shipment)
    logistics.click("text=Release to load")
    logistics.wait_for_selector("text=Released to load")
    forwarder = person("forwarder", width=360, height=640)
    forwarder.goto("/portal/shipments/")
    forwarder.click(f"text={ship_number}")
    for code, label in (("handed_over", "Handed to the carrier"), ("departed", "Departed"), ("arrived", "Arrived")):
        forwarder.select_option("#id_code", code)
        forwarder.fill("#id_day", today)
        forwarder.click(".milestone-form .btn-primary")
        forwarder.wait_for_selector(f"#milestones tbody >> text={label}")

    logistics.goto(f"/logistics/receipts/new/?shipment={shipment.split('/')[-2]}")
    logistics.click("text=Post the receipt")
    logistics.wait_for_url(re.compile(r"/logistics/receipts/\d+/$"))
    tower.moves("landed", "goods are received")

    finance.goto(f"/finance/charges/shipment/{shipment.split('/')[-2]}/bill/")
    finance.select_option("#id_supplier", label="Bluewake")
    finance.fill("#id_supplier_number", "BW-3311")
    finance.select_option("#id_lines-0-kind", "freight")
    finance.fill("#id_lines-0-amount", "640")
    finance.click("text=Record and post")
    finance.wait_for_url(re.compile(r"/finance/charges/shipment/\d+/$"))
    tower.moves("landed", "freight is billed")

    sales = person("sales")
    sales.goto("/sales/orders/new/")
    with sales.expect_response(re.compile("/orders/terms/")):
        sales.select_option("#id_customer", index=1)
    sales.wait_for_timeout(100)  # the answer is put in
    sales.select_option("#id_currency", "EUR")
    sales.fill("#id_promised", today)
    sales.fill("#id_lines-0-sku", "MUG-01")
    sales.fill("#id_lines-0-quantity", "60")
    sales.fill("#id_lines-0-unit_price", "6.90")
    sales.click("text=Save as draft")
    sales.wait_for_url(re.compile(r"/sales/orders/\d+/$"))
    sold = sales.url
    finance.goto(f"{sold}release/")  # the customer is over his credit limit
    finance.fill("#id_reason", "Paid by card")
    finance.click("main form .btn-primary")
    finance.wait_for_url(sold)
    sales.reload()
    sales.click(".title-actions .btn-primary")
    sales.wait_for_selector("text=is confirmed")

    logistics.goto(sold)
    logistics.click(".title-actions >> text=Deliver")
    logistics.click("main form .btn-primary")
    logistics.wait_for_url(re.compile(r"/logistics/deliveries/\d+/$"))
    logistics.click(".title-actions .btn-primary")
    logistics.click("main form .btn-primary")
    tower.moves("perfect", "the customer has the goods")

    finance.goto("/finance/customer-invoices/new/")
    for box in finance.locator("[name=delivery]").all():
        box.check()
    tower.last = tower.fetched()
    finance.click("text=Write the invoices")
    finance.wait_for_selector(".notice-success, .title-actions >> text=Money received")
    tower.moves("cash", "the customer is invoiced")

    took = {step: round(seconds, 2) for step, seconds in tower.took.items()}
    print("seconds until the tower said so:", took)  # noqa: T201
    assert max(took.values()) < WITHIN_S, took
    tower.page.wait_for_function(
        "value => document.querySelector('article:has(#tile-perfect) .tile-value .num').textContent === value",
        arg=re.match(r"[\d.,/na]+", tower.last["perfect"])[0],
        timeout=10_000,
    )  # the page that was open all the time says the same
