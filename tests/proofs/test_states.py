"""Every (state × step × role) of every flow, through the API, and every jump that the table does not have, in SQL."""

from collections import deque

import pytest
from django.db import DatabaseError, connection, transaction

from tests.proofs.discovery import endpoints, flows
from tests.proofs.estate import ROLES
from tests.proofs.policy import POLICY

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


def of_kind(estate, model) -> list:
    """Our own documents of this model, one for each state that has a maker."""
    label = model._meta.label_lower
    return [owned["own"] for kind, owned in estate.documents.items() if kind.partition(":")[0] == label]


def starting(estate, flow, model):
    """The document from which most of the flow can be walked."""
    reach = ways(flow)
    documents = of_kind(estate, model)
    assert documents, f"add a maker for {model._meta.label_lower} to tests/proofs/makers.py"
    return max(documents, key=lambda one: len(reach[getattr(one, flow.field)]))


@pytest.mark.parametrize("name", FLOWS)
def test_the_database_refuses_every_jump_that_is_not_in_the_table(name, estate):
    flow, model = flows()[name]
    document = starting(estate, flow, model)
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
    states = len(flow.states.values)
    assert tried == states * (states - 1), "a state that cannot be reached from the start"


# Steps that have no door of their own: the endpoint that takes them, and what its body says.
SHARED_DOORS = {
    ("finance.PAYMENT", "return"): ("api:payment-return", {}),  # what we collected comes back at a door of its own
    ("finance.PRESENTATION", "comply"): ("api:presentation-examine", {}),
    ("finance.PRESENTATION", "differ"): ("api:presentation-examine", {"findings": ["The consignee is misspelt."]}),
    ("quality.INSPECTION", "pass"): ("api:inspection-report", {}),
    ("quality.INSPECTION", "fail"): (
        "api:inspection-report",
        {"findings": [{"defect_class": "major", "description": "Chipped", "count": 50}]},
    ),
    **{
        ("suppliers.SUPPLIER", step): ("api:supplier-transition", {"step": step, "reason": "Audited"})
        for step in ("qualify", "approve", "prefer", "demote", "requalify", "block", "unblock")
    },
}


def door(name: str, flow, model, step: str) -> tuple[str, dict]:
    """The endpoint of the API that takes this step, and what its body must say besides the rule's own."""
    if (name, step) in SHARED_DOORS:
        return SHARED_DOORS[name, step]
    ending = "-" + step.replace("_", "-")
    found = [
        endpoint.name
        for endpoint in endpoints().values()
        if endpoint.api and endpoint.model is model and endpoint.name.endswith(ending) and "POST" in endpoint.methods
    ]
    assert len(found) == 1, f"{name}: {step} is taken at {found or 'no endpoint'}"
    return found[0], {}


@pytest.mark.parametrize("name", FLOWS)
def test_every_step_by_every_role_from_every_state(name, estate):
    flow, model = flows()[name]
    real = {getattr(document, flow.field): document for document in reversed(of_kind(estate, model))}
    wrong, tried, taken = [], 0, set()
    for state in flow.states.values:
        usual = real.get(state) or starting(estate, flow, model)
        with transaction.atomic():
            assert state in real or put_into(usual, flow, state)
            for step in flow.steps.values():
                endpoint, more = door(name, flow, model, step.name)
                made_for_it = estate.documents[POLICY[endpoint].subject]["own"]
                document = made_for_it if getattr(made_for_it, flow.field) == state else usual
                for role in ROLES:
                    tried += 1
                    said = _judge(estate, model, document, state, step, endpoint, more, role, taken)
                    wrong += [f"{role} {step.name} from {state}: {said}"] if said else []
            transaction.set_rollback(True)
    assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(wrong[:40])
    assert taken == set(flow.steps), f"never taken by anybody: {sorted(set(flow.steps) - taken)}"


def _judge(estate, model, document, state, step, endpoint, more, role, taken: set) -> str:
    rule = POLICY[endpoint]
    body = rule.body(estate, document) if callable(rule.body) else rule.body
    path = estate.path(endpoint, rule, document.pk)
    answer = estate.call(role, "POST", path, {**body, **more}, **{"If-Match": "*"})
    said = f"{answer.status_code} {answer.content[:200]!r}"
    if role == "anonymous":
        return "" if answer.status_code == 401 else said
    actor = estate.world.actors[role]
    visible = model.objects.visible_to(actor).filter(pk=document.pk).exists()
    if not actor.can(step.needs):
        plain = visible and actor.is_staff  # a party may be told that there is nothing for it there
        return "" if answer.status_code in ((403,) if plain else (403, 404)) else said
    if not visible:
        return "" if answer.status_code == 404 else said
    if state not in step.source:
        refused = answer.status_code == 409 and answer.json()["code"] == "transition_refused"
        return "" if refused or answer.status_code in (403, 422) else said
    if answer.status_code < 300:
        taken.add(step.name)
    return "" if answer.status_code in (200, 201, 403, 409, 422) else said
