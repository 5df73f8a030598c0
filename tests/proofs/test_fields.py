"""Field by field: nobody outside reads what a document he sees does not owe him, and nobody writes what is not to be written.

Prices, and the words of what is ours alone, are canaries too: the crawl looks for them in everything (test_crawl).
"""

import re
from datetime import date, datetime

import pytest
import yaml
from django.conf import settings
from django.db import connection, transaction

from core.outbox import kind_of
from core.scope import scope
from parties.models import DocumentParty
from sourcing.models import PurchaseOrder, PurchaseOrderLine
from tests.proofs.discovery import endpoints
from tests.proofs.estate import ROLES
from tests.proofs.policy import POLICY

ORDER = "sourcing.purchaseorder"


@pytest.mark.parametrize("role", ["forwarder", "broker", "inspector"])
def test_who_carries_clears_or_inspects_the_goods_reads_no_price_even_when_named_on_the_order(role, estate):
    order = estate.documents[ORDER]["own"]
    actor = estate.world.actors[role]
    with transaction.atomic():
        DocumentParty.objects.create(
            kind=kind_of(order), document_id=order.pk, organisation_id=actor.party_id, role="forwarder"
        )
        for path in (
            f"/api/v1/sourcing/purchase-orders/{order.pk}/",
            f"/api/v1/sourcing/purchase-orders/{order.pk}/confirmations/",
            "/api/v1/sourcing/purchase-orders/",
            f"/portal/orders/{order.pk}/",
            "/portal/orders/?export=csv",
            f"/search/?q={order.number}",
        ):
            answer = estate.call(role, "GET", path)
            text = b"".join(answer.streaming_content) if answer.streaming else answer.content
            told = [said for said in (*figures(estate, order), order.remarks) if said in text.decode()]
            assert not told, f"{role} reads {told} at {path}"
        with scope(actor):  # nor would he if the application forgot to ask
            assert not PurchaseOrder.objects.filter(pk=order.pk).exists()
            assert not PurchaseOrderLine.objects.filter(order_id=order.pk).exists()
        transaction.set_rollback(True)


def figures(estate, order) -> list[str]:
    line = order.lines.get()
    return [f"{line.unit_price.normalize():f}", f"{order.total:.2f}"]


def test_the_supplier_does_read_them(estate):
    """Positive control of the test above: the figures it looks for are the ones that stand there."""
    order = estate.documents[ORDER]["own"]
    for path in (f"/api/v1/sourcing/purchase-orders/{order.pk}/", f"/portal/orders/{order.pk}/"):
        text = estate.call("supplier", "GET", path).content.decode()
        assert all(said in text for said in figures(estate, order)), path


@pytest.mark.parametrize(
    ("name", "role", "ours"),
    [
        ("api:supplier-invoice-detail", "supplier", ["exchange_rate", "base_amount"]),
        ("api:payment-detail", "supplier", ["base_amount", "exchange_difference", "requested_by", "approved_by"]),
        ("api:shipment-detail", "supplier", ["hold_reason", "remarks"]),
        ("api:shipment-detail", "forwarder", ["hold_reason", "remarks"]),
    ],
)
def test_what_is_ours_is_null_for_a_party_and_told_to_our_own_people(name, role, ours, estate):
    path = estate.url(name, POLICY[name], "own")
    theirs, seen = estate.call(role, "GET", path).json(), estate.call("finance", "GET", path).json()
    assert {field: theirs[field] for field in ours} == dict.fromkeys(ours)
    assert all(seen[field] is not None for field in ours)
    assert theirs.keys() == seen.keys()


@pytest.mark.parametrize("role", ["supplier", "forwarder"])
def test_why_a_shipment_is_on_hold_is_told_to_nobody_outside(role, estate):
    """The reason may name what another party is owed; it once stood on everybody's timeline."""
    shipment = estate.documents["logistics.shipment:held"]["own"]
    page = estate.call(role, "GET", f"/portal/shipments/{shipment.pk}/").content.decode()
    assert shipment.number in page and shipment.hold_reason not in page
    assert (
        shipment.hold_reason in estate.call("logistics", "GET", f"/logistics/shipments/{shipment.pk}/").content.decode()
    )


# ---- mass assignment


@pytest.fixture(scope="module")
def writable() -> dict[tuple[str, str], dict]:
    """(method, route) → the schema of what the operation takes, references resolved, by the committed description."""
    with (settings.BASE_DIR / "docs" / "openapi.yaml").open() as file:
        described = yaml.load(file, Loader=yaml.CSafeLoader)
    components = described["components"]["schemas"]

    def resolved(schema: dict) -> dict:
        schema = components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if schema.get("type") == "array":
            return {"items": resolved(schema["items"])}
        return {"properties": {name: resolved(one) for name, one in schema.get("properties", {}).items()}}

    found = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found[method.upper(), path] = resolved(content["schema"])
    return found


WRITING = sorted(
    (name, method)
    for name, rule in POLICY.items()
    for method in rule.methods
    if endpoints()[name].api and method in ("POST", "PUT", "PATCH") and not rule.refused and not rule.missing
)


@pytest.mark.parametrize(("name", "method"), WRITING)
def test_fields_that_are_not_to_be_written_stay_as_they_are(name, method, estate, writable):
    """With every field of the row that the operation does not take in the body as well, the same row is written."""
    rule = POLICY[name]
    route = "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: f"{{{_called(found[1])}}}", endpoints()[name].route)
    takes = writable.get((method, route), {"properties": {}})
    document = estate.documents.get(rule.subject_of(method), {}).get("own")
    body = estate.body(rule, "own", method)
    path = estate.url(name, rule, "own", method)
    tried = 0
    for role in ROLES:
        if not estate.allowed(role, rule.methods[method]):
            continue
        before, plain = _written(estate, role, method, path, body, document, endpoints()[name].model)
        if before is None or not plain:
            continue  # this one may, but a rule of the trade says no: the matrix is content
        forged = _forge(body, plain, takes, estate.foreign.company.pk)
        _answer, after = _written(estate, role, method, path, forged, document, endpoints()[name].model)
        assert not list(_changed(plain, after)), f"{role} {method} {path}"
        tried += 1
    assert tried, "nobody writes anything: the test is blind"


def _called(param: str) -> str:
    return {"pk": "id"}.get(param, param)


def _written(estate, role, method, path, body, document, model):
    """The answer's body and the row it is about (with its lines) after the call, which is undone; None if refused."""
    with transaction.atomic():
        answer = estate.send(role, method, path, body, **{"If-Match": "*"})
        found, row = None, {}
        if answer.status_code < 300:
            found = answer.json() if answer.content else {}
            first = found[0] if isinstance(found, list) and found else found
            pk = document.pk if document is not None else (first or {}).get("id")
            kind = type(document) if document is not None else model
            row = _row(kind, pk)
        transaction.set_rollback(True)
    return found, row


def _row(model, pk) -> dict:
    """The row without its key, moments as days: two creations are never at the same one."""

    def told(row: dict, *without: str) -> dict:
        days = {k: v.date() if isinstance(v, datetime) else v for k, v in row.items()}
        return {k: v for k, v in days.items() if k not in without}

    rows = list(model._base_manager.filter(pk=pk).values())
    found = told(rows[0], model._meta.pk.attname) if rows else {}
    if found and hasattr(model, "lines"):
        parent = model.lines.field.attname
        own = model.lines.field.model._base_manager.filter(**{parent: pk}).order_by("pk").values()
        found["lines"] = [told(line, "id", parent) for line in own]
    return found


def _changed(plain: dict, after: dict):
    """What differs between the two rows; a row that is made along with them has the next key the second time."""
    for field, value in plain.items():
        now = after.get(field)
        if field == "lines" and len(value) == len(now or ()):
            for one, other in zip(value, now, strict=True):
                yield from _changed(one, other)
        elif now != value and not (field.endswith("_id") and _next_key(value, now)):
            yield field, value, now


def _next_key(value, now) -> bool:
    return isinstance(value, int) and isinstance(now, int) and 0 < now - value < FAR


FAR = 10_000


def _forge(body, row: dict, takes: dict, company: int):
    """The body with every field of the row that the operation does not take, each set to something else."""
    if isinstance(body, list):
        return [_forge(one, row, takes.get("items", takes), company) for one in body]
    known, forged = takes.get("properties", {}), dict(body or {})
    for name, value in row.items():
        plain = name.removesuffix("_id")
        if name == "lines" and isinstance(body, dict) and isinstance(body.get("lines"), list) and value:
            forged["lines"] = [
                _forge(line, value[0], known.get("lines", {}).get("items", {}), company) for line in body["lines"]
            ]
        elif name != "lines" and name not in known and plain not in known:
            other = company if plain == "company" else _other(value)
            forged[name] = forged[plain] = other
    return forged


def _other(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + FAR
    if isinstance(value, date):
        return "2001-01-01"
    return "999.00" if value is None or not isinstance(value, str) else "zqxforged"


def test_nobody_gives_himself_rights(estate):
    """The administrator of an outside party invites and changes its people, as what it is to us and no more."""
    invite = {"email": "new@outside.example", "name": "New"}
    for roles in (["admin"], ["buyer"], ["supplier", "finance"], ["forwarder"]):
        answer = estate.call("supplier_admin", "POST", "/api/v1/parties/members/", {**invite, "roles": roles})
        assert answer.status_code in (400, 403, 422), (roles, answer.content)
    for role in ("supplier_admin", "admin"):
        own = estate.world.memberships[role]
        path = f"/api/v1/parties/members/{own.pk}/"
        answer = estate.call(role, "PUT", path, {"roles": ["admin"], "approval_limit": "1000000"})
        assert answer.status_code == 403, (role, answer.content)


def test_the_database_itself_shows_a_party_nothing_of_an_order_without_its_scope(estate):
    """Outside a scope the application's own login sees no protected row at all."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', 'iscm_app', true)")
        cursor.execute("SELECT count(*) FROM sourcing_purchaseorder")
        assert cursor.fetchone()[0] == 0
        transaction.set_rollback(True)
