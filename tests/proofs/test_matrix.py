"""Who may do what: every endpoint × method × role × owner of the document, found by themselves.

For whom a document does not exist, the answer is that of a document that never existed, word for word. Behind the
first wall (``visible_to``) stands the second (row-level security): with the first one taken down, parties still see
nothing of one another.
"""

import re

import pytest
from django.db import connection

from core.rls import declared
from core.scope import scope
from parties.roles import OUTSIDE_ROLES, permissions_of
from tests.proofs.discovery import endpoints
from tests.proofs.estate import OUTSIDERS, OWNERSHIPS, ROLES, same_answer
from tests.proofs.makers import MAKERS
from tests.proofs.policy import ANYONE, POLICY

ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DONE_OR_REFUSED_BY_A_RULE = {200, 201, 202, 204, 302, 303, 409, 412, 422, 428}
NOT_THIS_WAY = {302, 401, 403, 404, 405, 406, 415}


def test_every_endpoint_has_a_rule():
    for name, endpoint in endpoints().items():
        assert name in POLICY, (
            f"{endpoint.route} ({name}) has no rule. Add one below tests/proofs/policy/: which permission "
            f"each of its methods ({', '.join(sorted(endpoint.methods)) or 'GET, POST'}) needs, and the kind of "
            "document it names."
        )
    assert not set(POLICY) - set(endpoints()), f"No such endpoints any more: {sorted(set(POLICY) - set(endpoints()))}"


def test_every_method_of_the_api_has_a_permission():
    for name, endpoint in endpoints().items():
        if endpoint.api:
            assert set(POLICY[name].methods) == endpoint.methods, name


def test_every_kind_that_a_rule_names_is_made():
    for name, rule in POLICY.items():
        assert rule.subjects <= set(MAKERS), f"{name}: add a maker to tests/proofs/makers.py"


@pytest.mark.parametrize("name", sorted(set(POLICY) & set(endpoints())))
def test_the_matrix(name, estate):
    rule, api = POLICY[name], endpoints()[name].api
    wrong, asked, succeeded = [], 0, set()
    for method in ALL_METHODS:
        known = method in rule.methods
        for role in ROLES if known else ("admin",):  # who may most, may not do what nobody may
            nowhere = None
            for ownership in _owners(estate, rule, role, method):
                path, body = estate.url(name, rule, ownership, method), estate.body(rule, ownership, method)
                answer = estate.call(role, method, path, None if method == "GET" else body, **{"If-Match": "*"})
                asked += 1
                if ownership == "nonexistent":
                    nowhere = answer
                if answer.status_code < 400:
                    succeeded.add(method)
                complaint = judge(estate, name, role, method, ownership, answer, nowhere)
                if complaint:
                    wrong.append(f"{role} {method} {path} ({ownership}): {answer.status_code}, {complaint}")
    assert not wrong, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong[:40])
    if api and not rule.missing and not rule.refused:
        assert set(rule.methods) <= succeeded, "nobody succeeds: the rule's body or its subject cannot be right"


def _owners(estate, rule, role: str, method: str) -> tuple[str, ...]:
    """Whose documents to ask for, that of nobody first.

    All of them for each outside role that may, and for one of our own: what another company's is to one of us it is to
    all. Who may not is asked for his own, and the supplier also whether that differs from what is not there.
    """
    if not rule.subject or method not in rule.methods or role == "anonymous":
        return ("own",)
    if role in OUTSIDERS and estate.allowed(role, rule.methods[method]):
        return tuple(reversed(OWNERSHIPS))
    if role in OUTSIDERS:
        return ("nonexistent", "own") if role == "supplier" else ("own",)
    first = next((one for one in ROLES if one not in OUTSIDERS and estate.allowed(one, rule.methods[method])), None)
    return tuple(reversed(OWNERSHIPS)) if role == first else ("own",)


def judge(estate, name, role, method, ownership, answer, nowhere) -> str:
    """What is wrong with this answer; empty when nothing is."""
    rule, status, api = POLICY[name], answer.status_code, endpoints()[name].api
    if status >= 500:
        return "which is our mistake"
    if status == 405 and not api and role != "anonymous":
        return ""  # a button is only sent: whatever it names
    permission = rule.methods.get(method)
    if permission is None:
        if not api and method == "POST" and "GET" in rule.methods:
            return judge(estate, name, role, "GET", ownership, answer, nowhere)  # looked at, not sent
        return "" if status in NOT_THIS_WAY else "though nobody may use this method"
    if permission == ANYONE:
        return "" if status not in (401, 403) else "though it is open to anyone"
    if role == "anonymous":
        login = status == 302 and "/accounts/login/" in answer.get("Location", "")
        return "" if (status == 401 if api else login) else "though nobody is logged in"
    party = not estate.world.actors[role].is_staff
    may = estate.allowed(role, permission) and not (rule.party_only and not party)
    hidden_page = party and not api and not rule.outside
    may = may and not (party and not rule.outside)
    if rule.missing and may:
        return "" if status == 404 else "though there is no such thing"
    subject = rule.subject_of(method)
    exists = not subject or estate.sees(role, subject, ownership)
    if may and exists:
        if not api and status == 400 and method == "POST":
            return ""  # a form that says nothing is shown again
        if status == 403 and rule.four_eyes:
            return ""
        return "" if status in DONE_OR_REFUSED_BY_A_RULE else f"though the role may: {answer.content[:300]!r}"
    if subject and not exists:
        if nowhere is not None and not same_answer(answer, nowhere):
            return f"which tells it from one that does not exist ({nowhere.status_code})"
        if may:
            return "" if status == 404 else "though it does not exist for the role"
    seen = ("GET" not in rule.methods or estate.allowed(role, rule.methods["GET"])) and not hidden_page
    if not api and method == "POST" and exists and seen and not rule.party_only:
        return "though the role may not do it" if answer.happened else ""  # a page says so its own way
    return "" if status in ((403, 404) if party or not exists or not api else (403,)) else "though the role may not"


# Rules on protected documents that some outside role may take: elsewhere its permission already stands before the wall.
BEHIND_THE_WALL = sorted(
    name
    for name, rule in POLICY.items()
    if rule.subject
    and rule.subject.partition(":")[0].replace(".", "_") in declared()
    and any(p in permissions_of(role) for p in rule.methods.values() for role in OUTSIDE_ROLES)
)


@pytest.mark.parametrize("name", BEHIND_THE_WALL)
def test_with_the_first_wall_down_the_second_still_stands(name, estate, first_wall_down):
    rule = POLICY[name]
    for role in OUTSIDERS:
        for method, permission in rule.methods.items():
            for ownership in OWNERSHIPS if estate.allowed(role, permission) else ():
                if estate.sees(role, rule.subject_of(method), ownership):
                    continue
                path, body = estate.url(name, rule, ownership, method), estate.body(rule, ownership, method)
                answer = estate.call(role, method, path, body, **{"If-Match": "*"})
                assert answer.status_code in (403, 404, 405), f"{role} {method} {ownership}: {answer.content[:300]!r}"
                text = answer.content.decode(errors="replace")
                assert not [word for word in estate.forbidden_words(role) if word in text]


# What an outside party's transaction could still read if the application forgot to ask: the first wall alone keeps it.
# Masters that its own documents point at, receipts (its instalments hang on them), our figures, mail on its way, and
# what we note on a shipment that it does see. May become shorter, never longer.
FIRST_WALL_ALONE = {
    "catalog_product",
    "catalog_productgroup",
    "core_outgoingmail",
    "logistics_receipt",
    "logistics_shipment",
    "parties_apitoken",
    "parties_organisation",
    "parties_paymentterm",
    "parties_user",
    "suppliers_supplier",
}


@pytest.mark.parametrize("role", OUTSIDERS)
def test_the_database_shows_a_party_no_word_of_another(role, estate):
    """Every row of every table, read as this party's transaction: the application is not in the way at all."""
    forbidden = "|".join(sorted(map(re.escape, estate.forbidden_words(role))))
    look = 'SELECT count(*) FROM "{}" AS one WHERE one::text ~ %s'.format
    tables = connection.introspection.table_names()
    with scope(estate.world.actors[role]), connection.cursor() as cursor:
        told = {table for table in tables if cursor.execute(look(table), [forbidden]) or cursor.fetchone()[0]}
    assert told <= FIRST_WALL_ALONE, f"a party reads in {sorted(told - FIRST_WALL_ALONE)}"
    with connection.cursor() as cursor:  # we do read them: the words are there to be found
        seen = {table for table in declared() if cursor.execute(look(table), [forbidden]) or cursor.fetchone()[0]}
    assert len(seen) > 20
