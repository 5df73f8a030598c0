"""Every page that the navigation leads to, and the pages behind its first rows: no violation of WCAG 2.2 A and AA."""

import pytest
from django.conf import settings

pytestmark = pytest.mark.browser

AXE = settings.BASE_DIR / "node_modules/axe-core/axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"
ALSO = {  # pages that no link of a list leads to
    "buyer": [
        "/tasks/?of=all",
        "/sourcing/orders/new/",
        "/sourcing/orders/import/",
        "{to_decide}amend/",
        "{to_decide}cancel/",
    ],
    "supplier": ["/portal/orders/{id}/confirm/", "/portal/orders/{decide}/"],
    "forwarder": ["/portal/shipments/{shipment}/"],
    "inspector": ["/portal/inspections/{inspection}/report/"],
}


def addresses(page, site, role: str) -> list[str]:
    """The navigation's pages, the first document of each list, and ALSO."""
    page.goto("/")
    found = page.eval_on_selector_all(".side-list a", "links => links.map(a => a.getAttribute('href'))")
    found = list(dict.fromkeys(found))
    for path in list(found):
        page.goto(path)
        first = page.query_selector("table.list tbody a")
        if first is not None:
            found.append(first.get_attribute("href"))
    orders = site.orders
    known = {
        "to_decide": f"/sourcing/orders/{orders['to_decide']}/",
        "id": orders["to_confirm"],
        "decide": orders["to_decide"],
        "shipment": orders["shipment"],
        "inspection": orders["inspection"],
    }
    return list(dict.fromkeys([*found, *(path.format(**known) for path in ALSO[role])]))


LOOKS = [(1280, False), (1280, True), (360, False), (360, True)]


@pytest.mark.parametrize(
    ("role", "width", "dark"),
    [
        *((role, *look) for role in ("buyer", "supplier") for look in LOOKS),
        *((role, *look) for role in ("forwarder", "inspector") for look in LOOKS[::3]),
    ],
)
def test_every_page_keeps_the_rules_and_fits(person, live_site, role, width, dark):
    page = person(role, width=width, dark=dark)
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(f"{page.url} {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"{page.url} {error}"))
    axe = AXE.read_text(encoding="utf-8")
    wrong: list[str] = []
    seen = addresses(page, live_site, role)
    assert len(seen) >= 3
    for path in seen:
        answer = page.goto(path)
        assert answer.status == 200, path
        page.evaluate(axe)
        for one in page.evaluate(f"axe.run(document, {RULES})")["violations"]:
            wrong += [f"{path} {one['id']}: {node['html'][:160]}" for node in one["nodes"][:3]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path} scrolls sideways at {width}")
    assert not wrong and not complaints, "\n".join([*wrong, *complaints])
