"""Every (state × step × role) of every flow, through the API, and every jump that the table does not have, in SQL."""

from collections import deque

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import NoReverseMatch

from tests.proofs.discovery import endpoints, flows
from tests.proofs.estate import ROLES
from tests.proofs.policy import POLICY, UNTRIED

FLOWS = sorted(flows())


def ways(flow) -> dict[str, dict[str, list[str]]]:
    """How to walk from each state to each reachable one: {start: {state: [next states]}} by the flow's own table."""
    found: dict[str, dict[str, list[str]]] = {}
    for start in flow.states.values:
        found[start] = {start: []}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            for source, target in flow.transitions():
                if source == here and target not in found[start]:
                    found[start][target] = [*found[start][here], target]
                    queue.append(target)
    return found


def put_into(document, flow, state: str) -> bool:
    """This will bring the row into ``state`` by lawful updates; False when there is no way there."""
    table, field = document._meta.db_table, flow.field
    way = ways(flow)[getattr(document, field)].get(state)
    if way is None:
        return False
    with connection.cursor() as cursor:
        for target in way:
            cursor.execute(f'UPDATE "{table}" SET "{field}" = %s WHERE id = %s', [target, document.pk])
    return True


def _kind(model) -> str:
    return model._meta.label_lower


@pytest.mark.parametrize("name", FLOWS)
def test_the_database_refuses_every_jump_that_is_not_in_the_table(name, estate):
    flow, model = flows()[name]
    document = _start(estate, flow, model)
    table, lawful = model._meta.db_table, set(flow.transitions())
    tried = 0
    for state in flow.states.values:
        for target in flow.states.values:
            if target == state:
                continue
            with transaction.atomic():
                if put_into(document, flow, state):
                    tried += 1
                    change = f'UPDATE "{table}" SET "{flow.field}" = %s WHERE id = %s'
                    if (state, target) in lawful:
                        with connection.cursor() as cursor:
                            cursor.execute(change, [target, document.pk])
                    else:
                        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                            cursor.execute(change, [target, document.pk])
                transaction.set_rollback(True)
    assert tried > len(flow.states.values)


def _start(estate, flow, model):
    """The estate's document of this kind, in whatever state it is; a flow needs a maker to be tried."""
    document = estate.documents.get(_kind(model), {}).get("own")
    if document is None:
        pytest.skip(f"no maker for {_kind(model)} in tests/proofs/estate.py yet")
    try:
        document.get_absolute_url()
    except NoReverseMatch:
        pytest.skip(f"{_kind(model)} has no page yet")
    document.refresh_from_db()
    return estate.first_state(model) or document


@pytest.mark.parametrize("name", FLOWS)
def test_every_step_by_every_role_from_every_state(name, estate):
    flow, model = flows()[name]
    document = _start(estate, flow, model)
    doors = {
        step: endpoint
        for endpoint in endpoints().values()
        for step in flow.steps
        if endpoint.api
        and endpoint.model is model
        and endpoint.name.endswith("-" + step.replace("_", "-"))
        and "POST" in endpoint.methods
    }
    if not doors:
        pytest.skip(f"no API for {_kind(model)} yet")
    wrong, tried = [], 0
    for state in flow.states.values:
        with transaction.atomic():
            if put_into(document, flow, state):
                for step, endpoint in doors.items():
                    for role in ROLES:
                        tried += 1
                        complaint = _judge(estate, flow, model, document, state, flow.steps[step], endpoint, role)
                        wrong += [f"{role} {step} from {state}: {complaint}"] if complaint else []
            transaction.set_rollback(True)
    assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(wrong[:40])


def _judge(estate, flow, model, document, state, step, endpoint, role) -> str:
    rule = POLICY[endpoint.name]
    path = estate.path(endpoint.name, rule, document.pk)
    body = rule.body(estate, document) if callable(rule.body) else rule.body
    answer = estate.call(role, "POST", path, body, **{"If-Match": "*"})
    if rule.body is UNTRIED and answer.status_code == 400:
        return ""
    said = f"{answer.status_code} {answer.content[:200]!r}"
    if role == "anonymous":
        return "" if answer.status_code == 401 else said
    actor = estate.world.actors[role]
    visible = model.objects.visible_to(actor).filter(pk=document.pk).exists()
    if not actor.can(step.needs):
        return "" if answer.status_code in ((403,) if visible else (403, 404)) else said
    if not visible:
        return "" if answer.status_code == 404 else said
    if state not in step.source:
        refused = answer.status_code == 409 and answer.json()["code"] == "transition_refused"
        return "" if refused or answer.status_code in (403, 422) else said
    return "" if answer.status_code in (200, 201, 403, 409, 422) else said
