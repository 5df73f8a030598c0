"""Everything a role can reach by links, lists, exports, search and API: no word of another party, and safe headers.

The words are the canaries of tests/proofs/estate.py: they stand in the names and free texts of each party's documents.
"""

import io
import re
import zipfile
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.urls import NoReverseMatch, reverse

from core.web.headers import FIXED
from tests.proofs.discovery import endpoints
from tests.proofs.estate import OUTSIDERS, OWNERSHIPS
from tests.proofs.makers import CANARY
from tests.proofs.policy import POLICY

MOST_PAGES = 500  # of one role; lists of the estate are short
LIST_QUERIES = ("", "?export=csv", "?export=xlsx", "?q=zqx", "?page=2")
# Of our own people those who reach most: what is of another company does not depend on the role.
CRAWLERS = ("anonymous", "auditor", "admin", *OUTSIDERS)
NOT_FOLLOWED = re.compile(r"^/(static|admin|accounts/logout)")


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "hx-get") and value:
                self.found.append(value)


def starts(estate, role: str) -> list[str]:
    """Every URL without a document in it, lists in all their forms, and what there is of documents, whoever's."""
    found = ["/search/?q=zqx"]
    ours = role not in ("anonymous", *OUTSIDERS)
    owners = ("own",) if role == "anonymous" else ("own", "other company's") if ours else OWNERSHIPS[:3]
    for name, endpoint in endpoints().items():
        if (endpoint.methods and "GET" not in endpoint.methods) or name == "metrics":
            continue
        rule = POLICY.get(name)
        if not endpoint.params or (rule and rule.kwargs):
            try:
                path = reverse(name, kwargs=estate.kwargs(rule) if rule else {})
            except NoReverseMatch:
                continue
            if endpoint.api:
                found += [path, f"{path}?limit=200", *([f"{path}?{rule.query}"] if rule and rule.query else [])]
            else:  # a list, or a page without one
                found += [path + query for query in (LIST_QUERIES if endpoint.model else ("",))]
        elif rule and rule.subject:
            found += [estate.url(name, rule, ownership) for ownership in owners]
    return found


def text_of(answer) -> str:
    """What a reader finds in the answer: spreadsheets are unpacked."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    return body.decode(errors="replace")


def crawl(estate, role: str):
    """Yield (path, answer, text) of everything reachable."""
    waiting = starts(estate, role)
    seen: set[tuple] = set()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        parts = urlsplit(path)
        key = (parts.path, tuple(sorted((k, *v) for k, v in parse_qs(parts.query).items())))
        if key in seen or NOT_FOLLOWED.match(parts.path) or parts.netloc:
            continue
        seen.add(key)
        answer = estate.send(role, "GET", path)
        text = text_of(answer)
        yield path, answer, text
        if answer.status_code in (301, 302):
            waiting.append(urljoin(path, answer["Location"]))
        elif answer.get("Content-Type", "").startswith("text/html"):
            links = Links()
            links.feed(text)
            pages = [urljoin(path, link).partition("#")[0] for link in links.found]
            # a sort or filter of a list seen already says nothing new; another page does
            waiting += [p for p in pages if "sort=" not in p and p not in waiting]


@pytest.mark.parametrize("role", CRAWLERS)
def test_nobody_reads_what_is_not_his_and_every_answer_is_safe(role, estate):
    foreign, read = estate.forbidden_words(role), set()
    for path, answer, text in crawl(estate, role):
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        asked = {value for values in parse_qs(urlsplit(path).query).values() for value in values}
        leaked = [word for word in foreign if word in text and word not in asked]
        assert not leaked, f"{role} reads {leaked} at {path}"
        read |= {word for word in CANARY.values() if word in text}
        _judge_headers(path, answer)
    if role in ("supplier", "supplier2"):
        assert CANARY[role] in read, "the crawl does not even find the party's own documents: it is blind"
    elif role in ("admin", "auditor"):
        assert {CANARY["supplier"], CANARY["supplier2"], CANARY["inside"]} <= read


def _judge_headers(path: str, answer) -> None:
    policy = answer.get("Content-Security-Policy", "")
    if urlsplit(path).path in ("/healthz", "/readyz", "/metrics"):  # answered before all else; they hold nothing
        assert "no-store" in answer["Cache-Control"]
        return
    for piece in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"):
        assert piece in policy, path
    assert "unsafe" not in policy, path
    for name, value in FIXED.items():
        assert answer.get(name) == value, f"{path}: {name}"
    assert "no-store" in answer.get("Cache-Control", "") or "private" in answer.get("Cache-Control", ""), path
    assert answer["X-Request-ID"], path


LISTS = sorted(  # of documents; published facts are the same for all
    name
    for name, endpoint in endpoints().items()
    if endpoint.api
    and name.endswith("-list")
    and (rule := POLICY.get(name.replace("-list", "-detail"))) is not None
    and rule.subject
)


@pytest.mark.parametrize("name", LISTS)
def test_the_count_of_a_list_does_not_tell_of_others(name, estate):
    """What a party may not list does not stand in its count either; nor does a page beyond the end."""
    rule = POLICY[name]
    detail = POLICY.get(name.replace("-list", "-detail"))
    for role in ("supplier", "supplier2", "forwarder", "inspector"):
        if not estate.allowed(role, rule.methods["GET"]):
            continue
        own = [o for o in ("own", "other party's") if estate.sees(role, detail.subject, o)]
        envelope = estate.call(role, "GET", f"{reverse(name)}?limit=200").json()
        assert envelope["count"] == len(envelope["results"])
        ids = {row["id"] for row in envelope["results"]}
        assert {estate.pk(detail.subject, ownership) for ownership in own} <= ids, role
        others = {estate.pk(detail.subject, o) for o in ("own", "other party's", "other company's") if o not in own}
        assert not others & ids, role


@pytest.mark.parametrize(
    "path", ["/no-such-page", "/api/v1/no-such-thing/", "/static/no-such-file.css", "/accounts/login/"]
)
def test_errors_and_logins_carry_the_same_headers(path, estate):
    answer = estate.send("anonymous", "GET", path)
    assert answer.status_code in (200, 404)
    _judge_headers(path, answer)
