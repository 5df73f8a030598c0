"""Every page that a person comes to by links: no violation of WCAG 2.2 A and AA, nothing wider than the screen.

Each page is visited once, by the first role that comes to it, and judged in light and dark, at 1280 and 360 pixels.
"""

import re
import time
import urllib.error
import urllib.request
from html.parser import HTMLParser

import pytest
from django.conf import settings

pytestmark = pytest.mark.browser

AXE = settings.BASE_DIR / "node_modules/axe-core/axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']}"
CONTRAST = "{runOnly: ['color-contrast'], resultTypes: ['violations']}"  # all that colours can change
LOOKS = [(1280, "light"), (360, "light"), (360, "dark"), (1280, "dark")]
ROLES = (
    *("buyer", "approver", "quality", "logistics", "finance", "sales", "admin", "auditor"),
    *("supplier", "forwarder", "inspector"),
)
PARTS = 3  # so that the workers of a run share them
LEFT_OUT = re.compile(r"^/(static|api|admin|files|i18n|accounts/logout|event-flow/metrics)|/template/$|export=")
STATES = {  # documents in other states than the first of their list, and pages that no link leads to
    "buyer": [
        "/tasks/?of=all",
        "/search/?q=mug",
        *(f"/sourcing/orders/{{{n}}}/" for n in ("draft", "to_decide", "late")),
    ],
    "approver": ["/sourcing/orders/{submitted}/", "/finance/letters-of-credit/{lc_discrepant}/"],
    "finance": ["/finance/letters-of-credit/{lc_to_examine}/"],
    "sales": [f"/sales/orders/{{{n}}}/" for n in ("co_draft", "co_waiting", "co_over_limit", "co_shipped")],
    "supplier": [
        "/portal/orders/{to_confirm}/confirm/",
        "/portal/orders/{to_decide}/",
        "/portal/letters-of-credit/{lc_discrepant}/",
    ],
    "inspector": ["/portal/inspections/{inspection}/report/"],
}


class Links(HTMLParser):
    """The addresses a page leads to, from its navigation and its content."""

    def __init__(self, html: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith("/") and not LEFT_OUT.search(href) and "download" not in dict(attrs):
            self.found.append(href.partition("#")[0])


def shape(path: str) -> str:
    """The address without its ids and its question: pages of one shape look alike."""
    return re.sub(r"/\d+(?=/)", "/N", path.partition("?")[0])


def fetch(site, role: str, path: str) -> str | None:
    cookie = site.cookie(role)
    request = urllib.request.Request(f"{site.url}{path}", headers={"Cookie": f"{cookie['name']}={cookie['value']}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode() if "html" in answer.headers["Content-Type"] else None
    except urllib.error.HTTPError as error:
        assert error.code == 403, f"{role} is led to {path}, which answers {error.code}"
        return None  # a link to what this role may not open is another test's matter


@pytest.fixture(scope="session")
def everywhere(live_site) -> list[tuple[str, str]]:
    """(role, path) of one page of each shape, and of the STATES."""
    seen, pages = set(), []
    for role in ROLES:
        own = [path.format(**live_site.orders) for path in STATES.get(role, ())]
        pages += [(role, path) for path in own]
        waiting = ["/", *own]
        while waiting:
            path = waiting.pop(0)
            html = fetch(live_site, role, path)
            if html is None:
                continue
            if path not in own and (role, path) not in pages:
                pages.append((role, path))
            for link in Links(html).found:
                if shape(link) not in seen:
                    seen.add(shape(link))
                    waiting.append(link)
    return pages


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_keeps_the_rules_and_fits(person, everywhere, part):
    axe, began, states = AXE.read_text(encoding="utf-8"), time.monotonic(), 0
    people, complaints, wrong = {}, [], []
    pages = everywhere[part::PARTS]
    for role, path in pages:
        if role not in people:
            people[role] = person(role)
            people[role].on(
                "console", lambda m: complaints.append(f"{m.location} {m.text}") if m.type == "error" else None
            )
            people[role].on("pageerror", lambda error: complaints.append(str(error)))
        page, shown = people[role], ""
        for width, colours in LOOKS:
            page.set_viewport_size({"width": width, "height": 800})
            if colours != shown:  # loaded anew: colours that change under way are judged half changed
                page.emulate_media(color_scheme=colours, reduced_motion="reduce")
                assert page.goto(path).status == 200, (role, path)
                page.evaluate(axe)
                shown = colours
            page.evaluate("scrollTo(0, 0)")  # nothing half under the header that stays
            states += 1
            rules = RULES if colours == "light" else CONTRAST
            for one in page.evaluate(f"axe.run(document, {rules})")["violations"]:
                wrong += [f"{role} {path} {width} {colours} {one['id']}: {n['html'][:160]}" for n in one["nodes"][:2]]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{role} {path} scrolls sideways at {width}")
    print(f"{states} page states of {len(pages)} pages in {time.monotonic() - began:.0f} s")  # noqa: T201
    assert not wrong and not complaints, "\n".join([*wrong, *complaints])
    assert len(pages) > 20
