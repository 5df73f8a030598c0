"""Who may do what: every endpoint × method × role × owner of the document, found by themselves.

For whom a document does not exist, the answer is that of a document that never existed, word for word. Behind the
first wall (``visible_to``) stands the second (row-level security): with the first one taken down, parties still see
nothing of one another.
"""

import pytest
from django.db.models import QuerySet

from core.rls import declared
from tests.proofs.discovery import endpoints, home_stands
from tests.proofs.estate import ROLES, same_answer
from tests.proofs.policy import PARTY, POLICY, UNTRIED

ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DONE_OR_REFUSED_BY_A_RULE = {200, 201, 202, 204, 302, 303, 409, 412, 422, 428}
NOT_THIS_WAY = {302, 401, 403, 404, 405, 406, 415}
OUTSIDERS = ("supplier2", "forwarder", "inspector")


def test_every_endpoint_has_a_rule():
    for name, endpoint in endpoints().items():
        assert name in POLICY, (
            f"{endpoint.route} ({name}) has no rule. Add one to POLICY in tests/proofs/policy.py: which permission "
            f"each of its methods ({', '.join(sorted(endpoint.methods)) or 'GET, POST'}) needs, and the kind of "
            "document it names."
        )
    assert not set(POLICY) - set(endpoints()), f"No such endpoints any more: {sorted(set(POLICY) - set(endpoints()))}"


def test_every_method_of_the_api_has_a_permission():
    for name, endpoint in endpoints().items():
        if endpoint.api and name in POLICY:
            assert set(POLICY[name].methods) == endpoint.methods, name


# Rules written when the endpoint landed and not yet compared with it line by line. Empty this, never add to it.
TO_BE_TRIED = {
    "api:shipment-hold", "api:shipment-lift-hold", "api:supplier-return-list", "kpis:home", "kpis:late_shipments",
    "kpis:postings", "kpis:retry_events", "finance:customer_invoice", "finance:payment", "finance:supplier_invoice",
    "portal:inspection", "portal:inspection_report", "portal:invoice", "portal:milestone", "portal:order_confirm",
    "portal:shipment", "home",
}  # fmt: skip


def _rules():
    untried = pytest.mark.xfail(reason="this rule has still to be compared with its endpoint", strict=False)
    for name in sorted(set(POLICY) & set(endpoints())):
        yield pytest.param(name, marks=[untried] if name in TO_BE_TRIED else [])


@pytest.mark.parametrize("name", _rules())
def test_the_matrix(name, estate):
    if name == "home" and not home_stands():
        pytest.skip("the page that the home redirects to is not there yet")
    rule, wrong, asked = POLICY[name], [], 0
    for role in ROLES:
        for method in ALL_METHODS:
            nowhere, known = None, method in rule.methods or method == "POST"
            if not known and not endpoints()[name].api and role not in ("anonymous", "buyer", "supplier"):
                continue  # a page refuses PUT, PATCH and DELETE before it looks who asks
            for ownership in reversed(estate.ownerships(rule)) if known else estate.ownerships(rule)[:1]:
                path, body = estate.url(name, rule, ownership), estate.body(rule, ownership)
                answer = estate.call(role, method, path, None if method == "GET" else body, **{"If-Match": "*"})
                asked += 1
                if ownership == "nonexistent":
                    nowhere = answer
                complaint = _judge(estate, name, rule, role, method, ownership, answer, nowhere)
                if complaint:
                    wrong.append(f"{role} {method} {path} ({ownership}): {answer.status_code}, {complaint}")
    assert not wrong, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong[:40])


def _judge(estate, name, rule, role, method, ownership, answer, nowhere) -> str:
    status, api = answer.status_code, endpoints()[name].api
    if status >= 500:
        return "which is our mistake"
    if status == 405 and not api and role != "anonymous":
        return ""  # a button is only sent: whatever it names
    permission = rule.methods.get(method)
    if permission is None:
        if not api and method == "POST" and "GET" in rule.methods:
            return _judge(estate, name, rule, role, "GET", ownership, answer, nowhere)  # looked at, not sent
        return "" if status in NOT_THIS_WAY else "though nobody may use this method"
    if permission == "anyone":
        return "" if status not in (401, 403) else "though it is open to anyone"
    if role == "anonymous":
        login = status == 302 and "/accounts/login/" in answer.get("Location", "")
        return "" if (status == 401 if api else login) else "though nobody is logged in"
    if rule.missing and estate.allowed(role, permission) and (rule.outside or estate.world.actors[role].is_staff):
        return "" if status == 404 else "though there is no such thing"
    if rule.body is UNTRIED and method != "GET" and status == 400:
        return ""
    party = not estate.world.actors[role].is_staff
    if permission == PARTY and status in (302, 403, 404) and not (party and rule.subject):
        return ""  # staff do not go there; whom a list is not for, it does not open to
    hidden_page = party and not api and not rule.outside
    exists = not rule.subject or estate.sees(role, rule.subject, ownership)
    if estate.allowed(role, permission) and exists and not hidden_page:
        if not api and status == 400 and method == "POST":
            return ""  # a form that says nothing is shown again
        return "" if status in DONE_OR_REFUSED_BY_A_RULE else f"though the role may: {answer.content[:300]!r}"
    if rule.subject and not exists:
        if nowhere is not None and not same_answer(answer, nowhere):
            return f"which tells it from one that does not exist ({nowhere.status_code})"
        if estate.allowed(role, permission) and not hidden_page:
            return "" if status == 404 else "though it does not exist for the role"
    if not api and method == "POST" and exists and not hidden_page and estate.allowed(role, rule.methods["GET"]):
        return "though the role may not do it" if answer.happened else ""  # a page says so its own way
    return "" if status in ((403, 404) if party or not exists or not api else (403,)) else "though the role may not"


@pytest.fixture
def first_wall_down(monkeypatch):
    """``visible_to`` gives everything to everybody."""
    classes = [QuerySet]
    for one in classes:
        classes += one.__subclasses__()
        if "visible_to" in vars(one):
            monkeypatch.setattr(one, "visible_to", lambda self, actor: self.all())


BEHIND_THE_WALL = sorted(
    name
    for name, rule in POLICY.items()
    if rule.subject and rule.subject.replace(".", "_") in declared() and name in endpoints()
)


@pytest.mark.parametrize("name", BEHIND_THE_WALL)
def test_with_the_first_wall_down_the_second_still_stands(name, estate, first_wall_down):
    rule = POLICY[name]
    if rule.subject not in estate.documents:
        pytest.skip(f"no maker for {rule.subject} in tests/proofs/estate.py yet")
    refused = (403, 404, 405, 400) if rule.body is UNTRIED else (403, 404, 405)
    for role in OUTSIDERS:
        for method in rule.methods:
            for ownership in estate.ownerships(rule):
                if estate.sees(role, rule.subject, ownership):
                    continue
                path, body = estate.url(name, rule, ownership), estate.body(rule, ownership)
                answer = estate.call(role, method, path, body, **{"If-Match": "*"})
                assert answer.status_code in refused, f"{role} {method} {ownership}: {answer.content[:300]!r}"
                text = answer.content.decode(errors="replace")
                assert not [word for word in estate.forbidden_words(role) if word in text]


def test_taking_the_first_wall_down_does_show_staff_another_company(estate, first_wall_down):
    """Positive control: the wall that the test above takes down is the one that stands there."""
    rule = POLICY["api:purchase-order-detail"]
    path = estate.url("api:purchase-order-detail", rule, "other company's")
    assert estate.call("buyer", "GET", path).status_code == 200
