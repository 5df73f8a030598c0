"""Positive controls: with a guard taken out, the matrix complains. A proof that cannot fail proves nothing."""

import pytest

from core.actor import Actor
from core.api.permissions import ActorRequired
from tests.proofs.discovery import endpoints
from tests.proofs.estate import OUTSIDERS, ROLES
from tests.proofs.policy import ANYONE, MEMBER, POLICY, STAFF
from tests.proofs.test_matrix import BEHIND_THE_WALL, judge

OURS = [role for role in ROLES if role not in OUTSIDERS and role != "anonymous"]
PERMISSIONS = sorted({p for rule in POLICY.values() for p in rule.methods.values()} - {ANYONE, MEMBER, STAFF})


def _complaints(estate, name: str, role: str, method: str, ownership: str = "own"):
    """What the matrix says of one call (an iterator, so that one complaint is enough)."""
    rule = POLICY[name]

    def ask(whose: str):
        path, body = estate.url(name, rule, whose, method), estate.body(rule, whose, method)
        return estate.call(role, method, path, None if method == "GET" else body, **{"If-Match": "*"})

    nowhere = ask("nonexistent") if ownership not in ("own", "nonexistent") else None
    complaint = judge(estate, name, role, method, ownership, ask(ownership), nowhere)
    if complaint:
        yield complaint


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_that_nobody_asks_for_any_more_is_noticed(permission, estate, monkeypatch):
    """Every guard on this permission out: the one of the page, of the API's view, of the service and of the flow."""
    needs, admits = Actor.needs, ActorRequired.has_permission
    monkeypatch.setattr(Actor, "needs", lambda self, asked: None if asked == permission else needs(self, asked))

    def admit(self, request, view) -> bool:
        if getattr(view, "view_permission", None) == permission:
            return request._request.actor is not None
        return admits(self, request, view)

    monkeypatch.setattr(ActorRequired, "has_permission", admit)
    guarded = sorted((name, method) for name, r in POLICY.items() for method, p in r.methods.items() if p == permission)
    guarded.sort(key=lambda one: not endpoints()[one[0]].api)
    others = [role for role in (*OURS, *OUTSIDERS) if not estate.allowed(role, permission)]
    assert others, f"everybody holds {permission}: what is it for?"
    told = (
        complaint
        for name, method in guarded
        for role in others
        for complaint in _complaints(estate, name, role, method)
    )
    assert next(told, None), f"the matrix does not see that {permission} is not asked for at {guarded}"


DETAILS = sorted(
    name
    for name, rule in POLICY.items()
    if name.endswith("-detail") and rule.subject and hasattr(endpoints()[name].model.objects.all(), "visible_to")
)


@pytest.mark.parametrize("name", DETAILS)
def test_a_document_without_its_first_wall_is_noticed(name, estate, first_wall_down):
    role = next(role for role in OURS if estate.allowed(role, POLICY[name].methods["GET"]))
    assert next(_complaints(estate, name, role, "GET", "other company's"), None), (
        "another company's is shown, unnoticed"
    )


@pytest.mark.parametrize("name", [name for name in BEHIND_THE_WALL if name in DETAILS])
def test_behind_both_walls_lies_what_the_second_one_keeps(name, estate, first_wall_down, second_wall_down):
    """The test with only the first wall down is not blind: with the second one down too, parties see one another."""
    rule = POLICY[name]
    if not estate.allowed("supplier2", rule.methods["GET"]):
        pytest.skip("suppliers have no business there")
    answer = estate.call("supplier2", "GET", estate.url(name, rule, "own"))
    assert answer.status_code == 200
