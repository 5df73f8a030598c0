"""The shell in a real Chromium: nothing breaks the content security policy, nothing fails WCAG 2.2 A and AA.

The pages need no database: a thread serves them, so this runs beside any other test.
"""

import json
import shutil
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.core_web.urls")]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = settings.BASE_DIR / "node_modules/axe-core/axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"
PAGES = ["/t/showcase/", "/t/showcase/?refused=1", "/accounts/login/", "/t/gone/"]


class _Silent(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def address():
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium(playwright):
    if CHROMIUM is None:
        pytest.skip("There is no Chromium on this machine (make test says how to get one).")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    yield browser
    browser.close()


def open_page(browser, url: str, *, width: int = 1280, scheme: str = "light"):
    """The page, and everything its console complained about (a policy violation is one of them)."""
    page = browser.new_page(viewport={"width": width, "height": 640}, color_scheme=scheme, reduced_motion="reduce")
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    return page, complaints


def violations(page) -> list:
    page.evaluate("scrollTo(0, 0)")  # what is half under the header that stays would be judged too small to press
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    found = page.evaluate(f"async () => (await axe.run(document, {RULES})).violations")
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_every_page_is_accessible_fits_and_keeps_the_policy(chromium, address, path, width, scheme):
    page, complaints = open_page(chromium, address + path, width=width, scheme=scheme)
    if "showcase" in path:
        page.wait_for_selector(".chart-picture svg")
    assert violations(page) == [], json.dumps(violations(page), indent=1)
    assert [text for text in complaints if "status of 4" not in text] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    page.close()


def test_keys_theme_and_the_chart_s_table(chromium, address):
    page, complaints = open_page(chromium, address + "/t/showcase/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Tab")
    page.click(".top-end [data-theme-toggle]")
    page.reload()
    assert page.get_attribute("html", "data-bs-theme") == "dark"
    assert not page.is_visible("#landed-table")
    page.click("[data-chart-switch=landed]")
    assert page.inner_text("#landed-table tbody tr:last-child").split() == ["Total", "11.50"]
    page.keyboard.press("Shift+Tab")
    assert complaints == []
    page.close()


def test_an_injected_inline_script_does_not_run(chromium, address):
    page, complaints = open_page(chromium, address + "/t/showcase/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hit=1\">')")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit") is None and any("Content Security Policy" in text for text in complaints)
    page.close()


def test_a_line_grid_takes_a_paste_adds_rows_and_sums_as_the_server_reads(chromium, address):
    page, _complaints = open_page(chromium, address + "/t/showcase/")
    page.focus("#id_lines-0-sku")
    cells = "MUG\t1,200\t3.20\nBOT\t12,5\t2\nX\tmany\t1\nY\t5\t1\n"
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text/plain', text);
        const options = {clipboardData: data, bubbles: true, cancelable: true};
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', options)) }""",
        cells,
    )
    assert page.locator("[data-row]").count() == 4
    assert page.inner_text("[data-sum=quantity]") == "1,217.5"
    assert page.inner_text("[data-sum=product]") == "3,870.00"
    assert page.locator(".is-invalid").count() == 1
    page.focus("#id_lines-3-sku")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_lines-4-sku"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "id_lines-3-sku"
    page.close()
