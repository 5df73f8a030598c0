"""Whatever is sent to the API, it answers what its description names: no 500, no status or shape nobody was told of.

Schemathesis makes the cases from the API's own description: lawful ones, ones that break one rule, the edges of each
rule; and lawful ones into which one of the values of tests/proofs/nasty.py is put. Ids are often those of documents of
the estate, so that cases reach the services behind the serializers. Each is sent as some role and undone.

``PROOF_FUZZ_CASES`` (3,000; a release: 50,000) is how many over all operations, ``PROOF_FUZZ_SEED`` another storm.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, models, transaction
from django.http import HttpResponse
from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, Verbosity, given
from hypothesis.errors import Unsatisfiable
from rest_framework.response import Response
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import GenerationConfig, SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override

from catalog.api.serializers import ProductGroupWrite
from catalog.api.views import ProductGroupViewSet
from tests.proofs.broken import broken_requests
from tests.proofs.discovery import endpoints
from tests.proofs.estate import NOWHERE, ROLES
from tests.proofs.lived import live
from tests.proofs.nasty import EVERYTHING, TEXTS
from tests.proofs.policy import POLICY

CASES = int(os.environ.get("PROOF_FUZZ_CASES", "3000"))
SEED = int(os.environ.get("PROOF_FUZZ_SEED", "20261120"))

SHAPE = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
         "response_headers_conformance")  # fmt: skip
RULES = (*SHAPE, "negative_data_rejection", "ignored_auth")


# ---- the operations


@cache
def description() -> Any:
    """The API's description as schemathesis reads it, answered by this process."""
    load_all_checks()
    config = SchemathesisConfig.from_dict(
        {
            "generation": {"with-security-parameters": False, "allow-x00": True},
            "output": {"sanitization": {"enabled": False}},
        }
    )
    raw = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    schema = schemathesis.openapi.from_dict(raw, config=config)
    schema.app = WSGIHandler()
    return schema


@cache
def operations() -> dict[str, list]:
    """Every operation of the description, by app."""
    found: dict[str, list] = {}
    for result in description().get_all_operations():
        operation = result.ok()
        found.setdefault(operation.path.split("/")[3], []).append(operation)
    return found


APPS = sorted({one.route.split("/")[2] for name, one in endpoints().items() if name.startswith("api:")})


# ---- the cases


def seeds(*names: object) -> Random:
    return Random("/".join(map(str, (SEED, *names))))


def fuzzed(operation, mode: GenerationMode, number: int) -> list:
    """``number`` cases by Hypothesis; fewer where the description leaves no room for more."""
    found: list = []
    try:
        strategy = operation.as_strategy(generation_mode=mode)

        @hypothesis.seed(SEED)
        @hypothesis.settings(
            max_examples=number,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(case=strategy)
        def draw(case):
            found.append(case)

        draw()
    except Unsatisfiable:  # nothing in it can be wrong
        pass
    return found[:number]


def edges(operation, number: int) -> list:
    """The edges of every rule, one at a time: ``number`` of them, spread over all."""
    generation = GenerationConfig(with_security_parameters=False)
    everything = list(
        CoverageGenerator(
            operation=operation,
            generation_modes=list(GenerationMode),
            generation_config=generation,
            auth_storage=None,
            override=Override(query={}, headers={}, cookies={}, path_parameters={}, body={}),
            feedback=NO_FEEDBACK,
        )
    )
    return seeds("edges", operation.label).sample(everything, min(number, len(everything)))


def leaves(value: Any, way: tuple = ()) -> Iterator[tuple]:
    """The way to every part of a body."""
    yield way
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*way, key))
    elif isinstance(value, list):
        for number, part in enumerate(value[:3]):
            yield from leaves(part, (*way, number))


def with_part(value: Any, way: tuple, part: Any) -> Any:
    if not way:
        return part
    copy = deepcopy(value)
    here = copy
    for step in way[:-1]:
        here = here[step]
    here[way[-1]] = part
    return copy


# ---- sending them


@dataclass
class Sender:
    """Sends cases as the roles of an estate and keeps what was wrong with the answers, once each."""

    estate: Any
    broke: list[str]
    checks: tuple[str, ...] = RULES
    sent: int = 0
    statuses: Counter = field(default_factory=Counter)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    pools: dict[str, list[int]] = field(default_factory=dict)

    def run(self, operation, number: int) -> None:
        """This will send about ``number`` cases of one operation."""
        random = seeds(operation.label)
        rule, view = rule_of(operation)
        needed = rule.methods.get(operation.method.upper()) if rule else getattr(view, "view_permission", None)
        usual = [role for role in ROLES if needed and self.estate.allowed(role, needed)]
        lawful = fuzzed(operation, GenerationMode.POSITIVE, max(2, number * 6 // 10))
        spiked = lawful[: len(lawful) // 2]
        plain = lawful[len(spiked) :]
        for case in plain:
            self.send(self.filled(case, rule, view, random), self.role(usual, random), self.checks)
        for case in fuzzed(operation, GenerationMode.NEGATIVE, max(1, number * 2 // 10)):
            self.send(self.filled(case, rule, view, random), self.role(usual, random), self.checks)
        for case in edges(operation, max(1, number * 2 // 10)):
            self.send(self.filled(case, rule, view, random), self.role(usual, random), self.checks)
        for case in spiked:
            self.send_spiked(self.filled(case, rule, view, random), self.role(usual, random), random)

    def role(self, usual: list[str], random: Random) -> str:
        return random.choice(usual if usual and random.random() < 0.8 else ROLES)

    def filled(self, case, rule, view, random: Random):
        """The case with ids of what there is, where it was lawful anyway."""
        negative = {
            place for place, part in (case.meta.components if case.meta else {}).items() if part.mode.is_negative
        }
        if ParameterLocation.PATH not in negative:
            for name in case.path_parameters:
                if random.random() < 0.85:
                    case.path_parameters[name] = self.key(name, rule, view, random)
        if ParameterLocation.BODY not in negative and isinstance(case.body, dict | list):
            self.fill(case.body, random)
        if ParameterLocation.HEADER not in negative and "If-Match" in case.headers and random.random() < 0.8:
            case.headers["If-Match"] = "*"
        return case

    def key(self, name: str, rule, view, random: Random) -> str:
        if rule and name in self.estate.kwargs(rule):
            return str(self.estate.kwargs(rule)[name])
        if rule and rule.kwargs:
            return str(next(iter(self.estate.kwargs(rule).values())))
        known = self.pool(view)
        return str(random.choice([*known, *known, NOWHERE])) if known else "1"

    def pool(self, view) -> list[int]:
        """Ids of what a view shows."""
        queryset = getattr(view, "queryset", None)
        return self.ids(queryset.model) if queryset is not None else []

    def ids(self, model: type[models.Model]) -> list[int]:
        label = model._meta.label_lower
        if label not in self.pools:
            self.pools[label] = list(model._base_manager.order_by("-pk").values_list("pk", flat=True)[:12])
        return self.pools[label]

    def fill(self, value: Any, random: Random) -> None:
        """Ids and codes in a body become those of what there is, mostly."""
        for key, part in list(value.items() if isinstance(value, dict) else enumerate(value)):
            if isinstance(part, dict | list):
                self.fill(part, random)
            elif random.random() < 0.9 and (known := self.known(str(key))):
                value[key] = random.choice(known)

    def known(self, name: str) -> list:
        if name in CODES:
            return CODES[name]
        model = MODELS.get(name)
        return self.ids(model()) if model else []

    def send(self, case, role: str, checks: tuple[str, ...], **how: Any) -> None:
        """One case as ``role``; whatever it did is undone, also what the checks ask besides."""
        headers = {"Authorization": f"Bearer {self.estate.tokens[role]}"} if role != "anonymous" else {}
        if "data" in how:
            headers["Content-Type"] = "application/json"
        self.sent += 1
        del self.broke[:]
        with transaction.atomic():
            try:
                answer = case.call(headers=headers, **how)
                self.statuses[answer.status_code] += 1
                case.validate_response(
                    answer,
                    checks=[CHECKS.get_one(name) for name in checks],
                    headers=headers,
                    transport_kwargs={"headers": headers},
                )
            except (Failure, FailureGroup) as error:
                for one in error.exceptions if isinstance(error, FailureGroup) else [error]:
                    self.fault(case, role, headers, type(one).__name__, f"{one}", how)
            except Exception as error:  # the request could not be sent at all
                self.fault(case, role, headers, f"unsent {type(error).__name__}", str(error), how)
            finally:
                transaction.set_rollback(True)

    def fault(self, case, role, headers, kind: str, message: str, how) -> None:
        what = self.broke[-1].splitlines()[-1] if kind == "ServerError" and self.broke else ""
        key = (case.operation.label, f"{kind} {what}"[:160])
        if key not in self.faults:
            body = how.get("data") or case.body
            self.faults[key] = "\n".join(
                [
                    f"{case.operation.label} as {role}: {kind}",
                    f"  {case.formatted_path if hasattr(case, 'formatted_path') else case.path} {dict(case.query or {})!r}"[
                        :600
                    ],
                    f"  body {body!r}"[:900],
                    "  " + message.replace("\n", "\n  ")[:900],
                    *self.broke[-1:],
                ]
            )

    def send_spiked(self, case, role: str, random: Random) -> None:
        """The case with one part of its body, query or headers replaced by something nasty."""
        places = ["query"] if case.query else []
        if isinstance(case.body, dict | list) and case.body:
            places += ["body"] * 4
        if not places:
            places = ["query"]
        if random.choice(places) == "body":
            way = random.choice([way for way in leaves(case.body) if way] or [()])
            body = with_part(case.body, way, deepcopy(random.choice(EVERYTHING)))
            self.send(case, role, SHAPE, data=json.dumps(body).encode())
            return
        known = [p.name for p in case.operation.query] or ["q"]
        case.query = {
            **(case.query or {}),
            random.choice(known): random.choice([t for t in TEXTS if "\ud800" not in t]),
        }
        self.send(case, role, SHAPE)


def rule_of(operation):
    """The policy's rule for an operation and the view that answers it."""
    path = operation.path.replace("{id}", "1").replace("{code}", "FOB")
    for part in ("{kind}", "{name}", "{key}", "{number}", "{date}"):
        path = path.replace(part, "1")
    try:
        match = resolve(path)
    except Resolver404:
        return None, None
    return POLICY.get(match.view_name), getattr(match.func, "cls", None)


def model(label: str):
    from django.apps import apps

    return lambda: apps.get_model(label)


MODELS = {
    "product": model("catalog.product"), "products": model("catalog.product"), "group": model("catalog.productgroup"),
    "supplier": model("parties.organisation"), "party": model("parties.organisation"),
    "customer": model("parties.organisation"), "organisation": model("parties.organisation"),
    "forwarder": model("parties.organisation"), "inspector": model("parties.organisation"),
    "payment_term": model("parties.paymentterm"), "warehouse": model("inventory.warehouse"),
    "order": model("sourcing.purchaseorder"), "order_line": model("sourcing.purchaseorderline"),
    "line": model("sourcing.purchaseorderline"), "shipment": model("logistics.shipment"),
    "shipment_line": model("logistics.shipmentline"), "receipt": model("logistics.receipt"),
    "receipt_line": model("logistics.receiptline"), "delivery": model("logistics.delivery"),
    "delivery_line": model("logistics.deliveryline"), "customer_return": model("logistics.customerreturn"),
    "invoice": model("finance.supplierinvoice"), "charge": model("finance.charge"),
    "inspection": model("quality.inspection"), "reinspection_of": model("quality.inspection"),
    "lot": model("inventory.lot"),
}  # fmt: skip
CODES = {
    "currency": ["USD", "EUR", "CNY"], "country": ["NL", "CN"], "destination_country": ["NL"], "base": ["EUR"],
    "quote": ["USD"], "incoterm": ["FOB", "CIF", "DDP"], "unit": ["pcs"],
    "day": ["2026-11-20", "2026-12-01"], "date": ["2026-11-20"], "order_date": ["2026-11-20"],
    "invoice_date": ["2026-11-20"], "payment_date": ["2026-11-20"], "received_date": ["2026-11-20"],
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def in_process():
    """Each request begins and ends in this process; its end must not close the connection that undoes it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def sender(lived):
    with broken_requests() as broke:
        yield Sender(lived, broke)


@pytest.fixture(scope="module")
def lived(estate):
    """The estate with documents of every kind."""
    live(estate)
    return estate


@pytest.mark.parametrize("app", APPS)
def test_every_answer_is_one_that_the_description_names(app, sender):
    each = max(4, CASES // sum(map(len, operations().values())) + 1)
    for operation in operations()[app]:
        sender.run(operation, each)
    print(f"{app}: {sender.sent} cases, {dict(sorted(sender.statuses.items()))}")  # noqa: T201
    assert not sender.faults, f"{len(sender.faults)} faults in {sender.sent} cases\n\n" + "\n\n".join(
        sender.faults.values()
    )


def _breaks(self, request):
    body = self.read(ProductGroupWrite)
    return 1 / body["name"].isascii() and self.create_as_ever(request)


CONTROLS = {  # what is broken on purpose in the product groups' view, and the fault that must be found
    "ServerError": {"create": _breaks},
    "UndefinedStatusCode": {"retrieve": lambda self, request, **_: Response({"x": 1}, status=418)},
    "UndefinedContentType": {"retrieve": lambda self, request, **_: HttpResponse("ok")},
    "JsonSchemaError": {"retrieve": lambda self, request, **_: Response({"id": "not a number"})},
    "AcceptedNegativeData": {"create": lambda self, request: Response(self.get_serializer(self.get_queryset()[0]).data, status=201)},
    "IgnoredAuth": {"permission_classes": [], "retrieve": lambda self, request, **_: Response(status=200)},
}  # fmt: skip


@pytest.mark.parametrize("found", CONTROLS)
def test_a_fault_that_was_put_in_is_found(found, sender, monkeypatch):
    sound = operations()["catalog"]  # described before anything is broken
    monkeypatch.setattr(ProductGroupViewSet, "create_as_ever", ProductGroupViewSet.create, raising=False)
    for name, broken in CONTROLS[found].items():
        monkeypatch.setattr(ProductGroupViewSet, name, broken)
    for operation in sound:
        if "/product-groups/" in operation.path and operation.method.upper() in ("GET", "POST"):
            sender.run(operation, 40)
    assert found in {kind.split()[0] for _operation, kind in sender.faults}
