"""A buyer orders, the supplier confirms on a phone: the whole way in a real browser."""

import re

import pytest

from tests.browser.seed import PASSWORD

pytestmark = pytest.mark.browser


def test_a_buyer_issues_an_order_and_the_supplier_confirms_it_on_a_phone(person):
    buyer = person("buyer")
    buyer.goto("/sourcing/orders/new/")
    with buyer.expect_response(re.compile("/orders/terms/")):
        buyer.select_option("#id_supplier", label="Ningbo Haisong Metalware 宁波海松五金有限公司 (NB-01)")
    buyer.wait_for_selector("#id_currency option[value=USD]:checked", state="attached")  # his currency
    buyer.select_option("#id_incoterm", "FOB")
    buyer.wait_for_selector("#advice .notice")
    assert "FCA fits better" in buyer.inner_text("#advice")
    buyer.fill("#id_named_place", "Ningbo Beilun")
    buyer.fill("#id_needed_by", "2027-06-01")
    buyer.locator("#id_lines-0-sku").focus()
    rows = "MUG-01\\t\\t1,200\\t3.25\\nBOT-750\\t\\t480\\t7.45"
    buyer.evaluate(
        f"""() => {{ const data = new DataTransfer(); data.setData('text/plain', "{rows}");
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', {{clipboardData: data, bubbles: true}})); }}"""
    )
    assert buyer.inner_text('tfoot [data-sum="product"]') == "7,476.00", "the running total"
    buyer.click("text=Save as draft")
    buyer.wait_for_url(re.compile(r"/sourcing/orders/\d+/$"))
    number = buyer.inner_text("h1")
    buyer.click("text=Issue to the supplier")
    buyer.wait_for_selector("text=is issued; the supplier has been told")

    supplier = person("supplier", width=360, height=640)
    supplier.goto("/portal/")
    supplier.click(f"text=Confirm {number}")
    supplier.click(".btn-primary >> text=Confirm")
    lines = supplier.locator("fieldset.answer")
    assert lines.count() == 2
    assert not lines.nth(0).locator("text=Date you can keep").is_visible(), "what is not needed does not show"
    lines.nth(0).locator("text=Accept with changes").click()
    lines.nth(0).locator("[name$=promised_date]").fill("2027-06-02")
    lines.nth(1).locator("text=Accept as ordered").click()
    wide = supplier.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "no sideways scroll on a phone"
    for button in supplier.locator("fieldset.answer label.answer-choice").all():
        assert button.bounding_box()["height"] >= 44, "a thumb hits it"
    supplier.click("text=Send the answer")
    supplier.wait_for_selector("text=is confirmed")  # one day is within the supplier's tolerance

    buyer.reload()
    assert "Confirmed" in buyer.inner_text(".step-current")


def test_an_order_is_confirmed_on_a_phone_without_javascript(browser, live_site):
    """From the log-in on; the first page comes over a slow line."""
    context = browser.new_context(
        base_url=live_site.url, viewport={"width": 360, "height": 640}, java_script_enabled=False, has_touch=True
    )
    supplier, loaded = context.new_page(), []
    supplier.on("requestfinished", lambda request: loaded.append(request))
    supplier.goto("/portal/")
    supplier.fill("[name=login]", "supplier@hp.example")
    supplier.fill("[name=password]", PASSWORD)
    loaded.clear()
    supplier.click(".btn-primary")
    supplier.wait_for_url("**/portal/")
    weight = sum(one.sizes()["responseBodySize"] + one.sizes()["responseHeadersSize"] for one in loaded)
    assert weight < 150_000, {one.url: one.sizes()["responseBodySize"] for one in loaded}
    supplier.goto("/portal/orders/")
    number = supplier.locator("table.list tbody a").first.inner_text()
    assert number.startswith("PO-")
    supplier.goto(f"/portal/orders/{live_site.orders['to_confirm']}/")
    supplier.click(".title-actions >> text=Confirm")
    first = supplier.locator("fieldset.answer").nth(0)
    first.locator("text=Reject").click()
    first.locator("[name$=reason]").fill("No enamel")
    supplier.click("text=Send the answer")
    assert "your answer to" in supplier.inner_text("main")
    assert not supplier.evaluate("document.documentElement.scrollWidth > innerWidth")
    context.close()
