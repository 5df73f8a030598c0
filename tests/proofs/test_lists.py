"""Lists asked for more than they hold, for what they do not know, and for things nobody would type."""

import json
import time
from urllib.parse import quote

import pytest
from django.urls import NoReverseMatch, reverse

from core.web.lists import DocumentList
from tests.proofs.broken import broken_requests
from tests.proofs.discovery import endpoints
from tests.proofs.estate import ROLES
from tests.proofs.nasty import TEXTS, deep

MOST_SECONDS = 5  # a second on a machine of its own


def _reachable(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


API_LISTS = sorted(
    name
    for name, one in endpoints().items()
    if name.startswith("api:") and name.endswith("-list") and "GET" in one.methods
)
WRITES = sorted(
    name for name, one in endpoints().items() if name.startswith("api:") and "POST" in one.methods and not one.params
)
PAGES = sorted(
    name
    for name, one in endpoints().items()
    if not one.api and not one.params and name not in ("metrics", "csp_report", "healthz", "readyz", "api_docs", "home")
)


@pytest.fixture
def broke():
    with broken_requests() as found:
        yield found


def _role_for(estate, path: str) -> str:
    """Somebody to whom this address answers."""
    for role in ("admin", "buyer", "finance", "logistics", "sales", "quality", "supplier"):
        if estate.call(role, "GET", path).status_code == 200:
            return role
    return "admin"


@pytest.mark.parametrize("name", API_LISTS)
def test_an_api_list_answers_what_it_was_asked_or_says_why_not(name, estate, broke):
    path = reverse(name)
    role = _role_for(estate, path)

    def ask(query: str):
        began = time.monotonic()
        answer = estate.call(role, "GET", f"{path}?{query}")
        assert time.monotonic() - began < MOST_SECONDS, query
        assert answer.status_code < 500, f"{query}: {broke[-1:]}"
        return answer

    whole = estate.call(role, "GET", path)
    assert whole.status_code == 200
    for query in (
        "wombat=1",
        "limit=1&limit=2",
        "limit=-1",
        "limit=x",
        "limit=%C2%B2",
        "limit=1.5",
        "offset=" + "9" * 30,
    ):
        answer = ask(query)
        assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json", query
        assert {one["pointer"].strip("/") for one in answer.json()["errors"]} <= {"wombat", "limit", "offset"}
    assert estate.call(role, "GET", f"{path}?wombat=%00").status_code == 400
    if "results" in whole.json() and "count" in whole.json():
        assert len(ask(f"limit={10**9}").json()["results"]) == min(200, whole.json()["count"])
        assert ask(f"offset={10**9}").json()["results"] == []
    for query in ("q=" + "+".join(f"w{n}" for n in range(1000)), "&".join(f"status=s{n}" for n in range(1000))):
        assert ask(query).status_code in (200, 400)


@pytest.mark.parametrize("name", WRITES)
def test_deep_and_huge_json_is_refused(name, estate, broke):
    path = reverse(name)
    many = "[" + ",".join(["{}"] * 1001) + "]"
    bodies = ("[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000, json.dumps(deep(900)), "9" * 5000, many,
              '{"a": NaN}', '{"lines": ' + many + "}", "\ufeff{}", "{", "", '"\\ud800"', "null", "1")  # fmt: skip
    for body in bodies:
        headers = {"Authorization": f"Bearer {estate.tokens['admin']}"}
        answer = estate.client("anonymous").generic("POST", path, body, "application/json", headers=headers)
        assert answer.status_code in (400, 403), (body[:40], answer.status_code, broke[-1:])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_takes_any_address(name, estate, broke):
    """Filters that are unknown, malformed, doubled or long are left out or said to be wrong; nothing fails."""
    path = _reachable(name)
    role = _role_for(estate, path)
    view = endpoints()[name]
    fields = [
        "q",
        "page",
        "sort",
        "export",
        "wombat",
        "status",
        "supplier",
        "as_of",
        "by",
        "side",
        "day_after",
        "total_min",
    ]
    assert view is not None
    nasty = [text for text in TEXTS if "\ud800" not in text]
    for number, text in enumerate(nasty[PAGES.index(name) % 5 :: 5]):  # all of them over five pages
        known = fields[number % len(fields)]
        query = f"{known}={quote(text)}&{fields[(number + 5) % len(fields)]}={quote(text)}&{known}={quote(text)}"
        answer = estate.call(role, "GET", f"{path}?{query}")
        assert answer.status_code < 500, f"{query}: {broke[-1:]}"
        if answer.streaming:
            b"".join(answer.streaming_content)


def test_every_list_page_sorts_by_every_column_both_ways(estate, broke):
    """Also by one that it does not have."""
    for name, one in endpoints().items():
        path = _reachable(name)
        view = _list_of(name)
        if path is None or view is None or one.params:
            continue
        role = next((r for r in ROLES if r != "anonymous" and estate.call(r, "GET", path).status_code == 200), None)
        for column in (*view.columns, None) if role else ():
            for sign in ("", "-", "--"):
                key = column.key if column else "password"
                answer = estate.call(role, "GET", f"{path}?sort={sign}{key}&page=99999999999999999999")
                assert answer.status_code == 200, f"{path} {sign}{key}: {broke[-1:]}"


def _list_of(name: str):
    from django.urls import resolve

    path = _reachable(name)
    view = getattr(resolve(path).func, "view_class", None) if path else None
    return view if view is not None and issubclass(view, DocumentList) else None


SEARCHES = [
    *[text for text in TEXTS if "\ud800" not in text], "%" * 100, "_" * 100, "a" * 100_000, " ".join("ab" for _n in range(1000)),
    "(" * 500, "\\" * 99, "PO-" * 300, "' UNION SELECT 1--", "a\u0000b", "&|!:*", "保" * 200, "()*+?[]{}^$.|" * 20,
]  # fmt: skip


@pytest.mark.parametrize("role", ["buyer", "finance", "supplier", "forwarder"])
def test_search_finds_or_finds_nothing(role, estate, broke):
    for text in SEARCHES:
        began = time.monotonic()
        answer = estate.call(role, "GET", f"/search/?q={quote(text)}")
        assert answer.status_code in (200, 400), (text[:40], broke[-1:])
        assert time.monotonic() - began < MOST_SECONDS, text[:40]
