"""Whatever is sent with a form, the answer is a page or a sentence, never a 500.

Pages are crawled as every role; each form found on them (also those that htmx sends) is filled in by Hypothesis:
mostly with what the field offers, partly with the values of tests/proofs/nasty.py; fields are left out, doubled and
renamed, the counters of line grids lie. Each sending is undone.

``PROOF_FORM_POSTS`` (2,000; a release: 20,000) is how many, ``PROOF_FUZZ_SEED`` another storm.
"""

import io
import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote_from_bytes, urljoin, urlsplit

import hypothesis
import pytest
from django.db import transaction
from django.http import HttpResponse
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from tests.proofs.broken import broken_requests
from tests.proofs.discovery import endpoints
from tests.proofs.estate import ROLES
from tests.proofs.lived import live
from tests.proofs.nasty import NUMBERS, TEXTS
from tests.proofs.test_crawl import starts

POSTS = int(os.environ.get("PROOF_FORM_POSTS", "2000"))
SEED = int(os.environ.get("PROOF_FUZZ_SEED", "20261120"))
VISITS_OF_A_ROLE, VISITS_IN_ALL = 3, 8  # of pages that differ in their numbers only
NOT_FUZZED = re.compile(r"^/(static|admin|accounts|api|metrics|healthz|readyz)")


@dataclass
class Field:
    name: str
    kind: str  # of an <input>, or "select", "textarea", "button"
    value: str = ""
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    role: str
    page: str
    action: str
    method: str
    fields: list[Field]

    @property
    def shape(self) -> tuple:
        """Forms that differ in numbers only are the same."""
        return self.method, _shape(urlsplit(self.action).path), tuple(sorted({_shape(one.name) for one in self.fields}))


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", text)


class Reader(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, role: str, page: str):
        super().__init__()
        self.role, self.page = role, page
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: Field | None = None
        self._loose: dict[str, Form] = {}  # <form id=…>, for fields elsewhere that say form=…

    def handle_starttag(self, tag, attrs):
        said = {name: value or "" for name, value in attrs}
        for name in ("href", "hx-get"):
            if said.get(name):
                self.links.append(urljoin(self.page, said[name]).partition("#")[0])
        if tag == "form" or (said.get("hx-post") and self._form is None):
            action = said.get("hx-post") or said.get("hx-get") or said.get("action") or self.page
            method = "POST" if said.get("hx-post") or said.get("method", "").lower() == "post" else "GET"
            form = Form(self.role, self.page, urljoin(self.page, action), method, [])
            self.forms.append(form)
            if tag == "form":
                self._form = form
                self._loose[said.get("id", "")] = form
        form = self._loose.get(said["form"]) if said.get("form") else self._form
        if form is None:
            return
        if tag in ("input", "textarea", "button") and said.get("name"):
            kind = said.get("type", "text") if tag == "input" else tag
            form.fields.append(Field(said["name"], kind, said.get("value", "")))
        elif tag == "select" and said.get("name"):
            self._select = Field(said["name"], "select")
            form.fields.append(self._select)
        elif tag == "option" and self._select is not None:
            self._select.options.append(said.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None


@dataclass
class Site:
    """``forms`` by their shape; ``dead``: links that refuse who was shown them, by role and shape."""

    forms: dict[tuple, list[Form]]
    dead: dict[tuple[str, str], str]


def discovered(estate) -> Site:
    """Every form there is, from a crawl of all pages as every role."""
    forms: dict[tuple, list[Form]] = defaultdict(list)
    dead: dict[tuple[str, str], str] = {}
    visits: Counter = Counter()
    for role in ROLES:
        if role == "anonymous":
            continue
        waiting, seen, here = [p for p in starts(estate, role) if "?" not in p or "search" in p], set(), Counter()
        shown_on: dict[str, str] = {}
        refused: dict[str, int] = {}
        while waiting:
            path = waiting.pop(0)
            parts = urlsplit(path)
            shape = _shape(parts.path)
            if parts.scheme or parts.netloc or NOT_FUZZED.match(parts.path) or path in seen:
                continue
            if "export=" in path or "sort=" in path or here[shape] >= VISITS_OF_A_ROLE:
                continue
            if visits[shape] >= VISITS_IN_ALL and (here[shape] or path not in shown_on):
                continue
            seen.add(path)
            answer = estate.send(role, "GET", path)
            assert answer.status_code < 500, f"{role} GET {path}: {answer.status_code}"
            if answer.status_code in (403, 404):
                refused[path] = answer.status_code
            if answer.status_code in (301, 302):
                waiting.append(urljoin(path, answer["Location"]))
            if answer.status_code != 200 or not answer.get("Content-Type", "").startswith("text/html"):
                continue
            here[shape] += 1
            visits[shape] += 1
            reader = Reader(role, path)
            reader.feed(answer.content.decode())
            waiting += reader.links
            shown_on |= dict.fromkeys(reader.links, path)
            for form in reader.forms:
                if form.fields and not NOT_FUZZED.match(urlsplit(form.action).path) and len(forms[form.shape]) < 6:
                    forms[form.shape].append(form)
        for path in refused.keys() & shown_on.keys():
            dead[role, _shape(path)] = f"{refused[path]} {path} on {shown_on[path]}"
    return Site(dict(forms), dead)


# ---- what is put into them

NASTY = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from([str(number) for number in NUMBERS if number != 10**400]),
    st.text(max_size=40),
)
USUAL = {
    "date": st.dates().map(str) | st.sampled_from(["2026-11-20", "2026-12-01", "2027-02-28"]),
    "number": st.integers(-5, 10**7).map(str),
    "checkbox": st.just("on"),
    "email": st.just("someone@somewhere.example"),
}
TEXT = st.sampled_from(["1", "10", "3.20", "0", "-1", "EUR", "Ningbo", "2026-11-20", "A", "保温杯", "12.5000001"])
COUNTERS = st.sampled_from(["0", "1", "2", "50", "-1", "1001", "99999999999999999999", "", "x", "1.5"])
FILES = st.sampled_from([
    b"", b"\x00" * 50, b"SKU,Name\nA,B\n", b"SKU;Name\n\xff\xfe", b"PK\x03\x04 not a zip", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n",
    "货号\t名称\n甲\t乙\n".encode("utf-16"), "货号,名称\n甲,乙\n".encode("gb18030"), b'"' * 999, b"a,a,a\n1\n1,2,3,4\n", b"<html><script>",
])  # fmt: skip
NAMES = st.sampled_from(
    ["a.csv", "a.xlsx", "../../a.csv", "a\x00.csv", "\u202ecsv.exe", "a" * 300 + ".csv", "", "a.html", "CON", "a\r\nb"]
)


def value_of(one: Field) -> st.SearchStrategy[str]:
    """What a person, or a program, may put into a field."""
    if one.kind in ("csrfmiddlewaretoken",) or one.name in ("csrfmiddlewaretoken", "form_token"):
        return st.just(one.value)
    if one.name.endswith(("TOTAL_FORMS", "INITIAL_FORMS")):
        return st.just(one.value) | st.just(one.value) | COUNTERS
    likely = [st.just(one.value)] if one.value else []
    if one.kind == "select":
        likely = [st.sampled_from(one.options or [""])] * 3
    elif one.kind in USUAL:
        likely += [USUAL[one.kind]]
    elif one.kind not in ("hidden", "button"):
        likely += [TEXT]
    return st.one_of(*likely * 2, NASTY) if likely else NASTY


@st.composite
def sendings(draw, form: Form):
    """The fields of one sending, in order, and its files."""
    pairs, files = [], []
    for one in form.fields:
        if one.kind == "file":
            files.append((one.name, draw(NAMES), draw(FILES)))
            continue
        if one.kind in ("checkbox", "radio", "button") and draw(st.booleans()):
            continue
        pairs.append((one.name, draw(value_of(one))))
    for _round in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2, 5]))):
        if not pairs:
            break
        at = draw(st.integers(0, len(pairs) - 1))
        name, value = pairs[at]
        match draw(st.sampled_from(["drop", "double", "rename", "nasty", "index"])):
            case "drop":
                del pairs[at]
            case "double":
                pairs.append((name, draw(NASTY)))
            case "rename":
                pairs[at] = (
                    draw(st.sampled_from([name + "x", name[:-1], name.upper(), f"{name}-0", "\x00", "__proto__"])),
                    value,
                )
            case "nasty":
                pairs[at] = (name, draw(NASTY))
            case "index":
                pairs[at] = (re.sub(r"\d+", draw(st.sampled_from(["7", "999", "-1", "1e3"])), name), value)
    return pairs, files, draw(st.integers(0, 3)) == 0


def encoded(pairs: list[tuple[str, str]]) -> str:
    """As a browser does, and halves of characters as no browser would."""
    return "&".join(
        "=".join(quote_from_bytes(part.encode("utf-8", "surrogatepass")) for part in pair) for pair in pairs
    )


class Upload(io.BytesIO):
    """A file under any name, also under ones that no file system takes."""

    def __init__(self, content: bytes, name: str):
        super().__init__(content)
        self.name = name.replace("\r\n", "")


def send(estate, form: Form, pairs, files, htmx: bool) -> HttpResponse:
    """One sending as the form's role, undone."""
    client = estate.client(form.role)
    client.cookies.pop("messages", None)
    headers = {"HX-Request": "true"} if htmx else {}
    path = urlsplit(form.action).path
    with transaction.atomic():
        if form.method == "GET":
            answer = client.get(f"{path}?{encoded(pairs)}", headers=headers)
        elif files:
            body = defaultdict(list)
            for name, value in pairs:
                body[name].append(value.encode("utf-8", "surrogatepass"))
            uploads = {name: Upload(content, file_name) for name, file_name, content in files}
            answer = client.post(path, {**body, **uploads}, headers=headers)
        else:
            kind = "application/x-www-form-urlencoded"
            answer = client.generic(
                "POST",
                form.action.replace(f"//{urlsplit(form.action).netloc}", ""),
                encoded(pairs),
                kind,
                headers=headers,
            )
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


@pytest.fixture
def broke():
    with broken_requests() as found:
        yield found


@pytest.fixture(scope="module")
def site(estate) -> Site:
    live(estate)
    return discovered(estate)


@pytest.fixture
def forms(site) -> dict[tuple, list[Form]]:
    return site.forms


def test_no_link_refuses_who_is_shown_it(site):
    assert not site.dead, "\n".join(f"{role}: {what}" for (role, _shape), what in sorted(site.dead.items()))


PLACES = sorted(
    {
        one.route.split("/")[0]
        for name, one in endpoints().items()
        if not one.api and not NOT_FUZZED.match(f"/{one.route}")
    }
)


@pytest.mark.parametrize("place", PLACES)
def test_no_form_makes_a_page_fail(place, forms, estate, broke):
    each = max(2, POSTS // sum(method == "POST" for method, *_shape in forms) + 1)
    statuses: Counter = Counter()
    faults: dict[str, str] = {}
    here = {shape: examples for shape, examples in sorted(forms.items()) if shape[1].split("/")[1] == place}
    for shape, examples in here.items():

        @hypothesis.seed(f"{SEED}{shape}")
        @hypothesis.settings(
            max_examples=each if shape[0] == "POST" else max(2, each // 2),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.sampled_from(examples).flatmap(lambda form: st.tuples(st.just(form), sendings(form))))
        def storm(drawn):
            form, (pairs, files, htmx) = drawn
            del broke[:]
            answer = send(estate, form, pairs, files, htmx)
            statuses[form.method, answer.status_code] += 1
            if answer.status_code >= 500:
                where = f"{form.method} {_shape(urlsplit(form.action).path)}"
                error = broke[-1] if broke else "no exception"
                what = f"{where}: {error.splitlines()[-1]}"[:200]
                faults.setdefault(what, f"{where} as {form.role}: {pairs!r}"[:1500] + f"\n{error}")

        storm()
    print(f"{place}: {len(here)} forms, {sum(statuses.values())} sent, {dict(sorted(statuses.items()))}")  # noqa: T201
    assert sum(statuses.values()) >= len(here)
    assert not faults, f"{len(faults)} faults\n\n" + "\n\n".join(faults.values())


def test_the_crawl_finds_the_forms_that_there_are(forms):
    """Forms of every app, and ones that only some roles or states have; or the storm above is none."""
    actions = {path for _method, path, _fields in forms}
    for path in ("/sourcing/orders/new/", "/portal/orders/0/confirm/", "/catalog/products/import/", "/search/"):
        assert path in actions, sorted(actions)
