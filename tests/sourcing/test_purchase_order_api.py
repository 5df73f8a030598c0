"""A purchase order through the API: written, issued, answered line by line, decided, amended."""

import json

import pytest
from django.test import Client

from core.models import Delivery, Event
from sourcing.models import PurchaseOrder

pytestmark = pytest.mark.django_db


class Api:
    def __init__(self, token: str):
        self.client, self.headers = Client(), {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, body=None, **headers):
        return self.client.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            "application/json",
            headers={**self.headers, **headers},
        )


@pytest.fixture
def api(world):
    return lambda role, scopes=None: Api(world.token(role, scopes))


def order_body(world, **changes):
    return {
        "supplier": world.supplier.pk,
        "order_date": "2026-11-20",
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "mode": "sea",
        "payment_term": world.term.pk,
        "lines": [
            {"product": world.mug.pk, "quantity": "1000", "unit_price": "3.20", "requested_date": "2027-01-15"},
            {"product": world.bottle.pk, "quantity": "500", "unit_price": "7.45", "requested_date": "2027-01-15"},
        ],
        **changes,
    }


def test_a_buyer_writes_and_issues_an_order_and_the_supplier_confirms_it(world, api):
    buyer, supplier = api("buyer"), api("supplier")
    created = buyer("POST", "/sourcing/purchase-orders/", order_body(world))
    assert created.status_code == 201, created.content
    order = created.json()
    assert (order["number"], order["status"], order["total"]) == ("PO-2026-00001", "draft", "6925.0000")
    assert "issue" in order["actions"]
    path = f"/sourcing/purchase-orders/{order['id']}"
    assert supplier("GET", f"{path}/").status_code == 404, "a draft is not the supplier's business"

    issued = buyer("POST", f"{path}/issue/")
    assert issued.status_code == 200, issued.content
    assert issued.json()["status"] == "sent"
    seen = supplier("GET", f"{path}/")
    assert seen.status_code == 200 and seen.json()["actions"] == ["confirm"]
    mug, bottle = (line["id"] for line in seen.json()["lines"])

    answered = supplier(
        "POST",
        f"{path}/confirm/",
        {
            "reference": "HS-778",
            "lines": [
                {"line": mug, "answer": "accepted"},
                {"line": bottle, "answer": "changed", "promised_date": "2027-01-25", "reason": "Steel is late"},
            ],
        },
    )
    assert answered.status_code == 200, answered.content
    assert [line["answer"] for line in answered.json()["lines"]] == ["accepted", "changed"]
    assert answered.json()["status"] == "sent"

    settled = buyer("POST", f"{path}/settle/", {"verdicts": [{"line": bottle, "accept": True}]})
    assert settled.status_code == 200, settled.content
    line = settled.json()["lines"][1]
    assert settled.json()["status"] == "confirmed"
    assert (line["promised_date"], line["original_promised_date"]) == ("2027-01-25", "2027-01-15")
    names = list(Event.objects.filter(subject_id=order["id"]).order_by("id").values_list("name", flat=True))
    assert names == [f"sourcing.purchase_order.{n}" for n in ("created", "sent", "answered", "decided", "confirmed")]
    assert Delivery.objects.filter(event__subject_id=order["id"], handler="core.seal").count() == 5


def test_a_date_within_tolerance_is_agreed_by_itself(world, api):
    order = world.sent_order()
    mug, bottle = order.lines.all()
    answered = api("supplier")(
        "POST",
        f"/sourcing/purchase-orders/{order.pk}/confirm/",
        {
            "lines": [
                {"line": mug.pk, "answer": "changed", "promised_date": "2027-01-17"},
                {"line": bottle.pk, "answer": "accepted"},
            ]
        },
    )
    assert answered.json()["status"] == "confirmed"
    assert answered.json()["lines"][0]["promised_date"] == "2027-01-17"


def test_nobody_elses_order_exists(world, api):
    order = world.sent_order()
    strange, missing = (
        api("supplier2")("GET", f"/sourcing/purchase-orders/{pk}/") for pk in (order.pk, order.pk + 10_000)
    )
    assert strange.status_code == missing.status_code == 404
    assert strange.json()["detail"] == missing.json()["detail"]
    assert api("supplier2")("GET", "/sourcing/purchase-orders/").json()["count"] == 0


def test_every_wrong_input_is_named_and_nothing_is_written(world, api):
    body = order_body(world, currency="XXX", incoterm="FOB", mode="air", named_place=" ")
    body["lines"][1]["quantity"] = "0.5"
    refused = api("buyer")("POST", "/sourcing/purchase-orders/bulk/", [order_body(world), body])
    assert refused.status_code in (400, 422)
    assert refused["Content-Type"] == "application/problem+json"
    assert PurchaseOrder.objects.count() == 0
    body["named_place"] = "Ningbo"
    refused = api("buyer")("POST", "/sourcing/purchase-orders/bulk/", [order_body(world), body])
    assert refused.status_code == 422
    assert {e["pointer"] for e in refused.json()["errors"]} == {"/1/currency", "/1/incoterm", "/1/lines/1/quantity"}
    assert PurchaseOrder.objects.count() == 0


def test_above_the_own_limit_somebody_else_must_approve(world, api):
    junior, approver = api("junior"), api("approver")
    order = junior("POST", "/sourcing/purchase-orders/", order_body(world)).json()
    path = f"/sourcing/purchase-orders/{order['id']}"
    refused = junior("POST", f"{path}/issue/")
    assert refused.status_code == 409 and "above your limit" in refused.json()["detail"]
    assert junior("POST", f"{path}/submit/").json()["status"] == "submitted"
    assert junior("POST", f"{path}/approve/").status_code == 403
    assert approver("POST", f"{path}/approve/").json()["status"] == "approved"
    assert junior("POST", f"{path}/send/").json()["status"] == "sent"


def test_the_same_key_twice_is_one_order(world, api):
    buyer = api("buyer")
    first = buyer("POST", "/sourcing/purchase-orders/", order_body(world), **{"Idempotency-Key": "abc"})
    again = buyer("POST", "/sourcing/purchase-orders/", order_body(world), **{"Idempotency-Key": "abc"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and again["Idempotent-Replayed"] == "true"
    other = buyer("POST", "/sourcing/purchase-orders/", order_body(world, currency="EUR"), **{"Idempotency-Key": "abc"})
    assert other.status_code == 422
    assert PurchaseOrder.objects.count() == 1


def test_a_stale_amendment_is_refused(world, api):
    buyer = api("buyer")
    order = world.sent_order()
    path = f"/sourcing/purchase-orders/{order.pk}"
    tag = buyer("GET", f"{path}/")["ETag"]
    line = order.lines.first()
    change = {
        "reason": "More demand",
        "lines": [
            {
                "line": line.pk,
                "product": line.product_id,
                "quantity": "1200",
                "unit_price": "3.20",
                "requested_date": "2027-01-15",
            }
        ],
    }
    assert buyer("POST", f"{path}/amend/", change).status_code == 428
    amended = buyer("POST", f"{path}/amend/", change, **{"If-Match": tag})
    assert amended.status_code == 200, amended.content
    assert (amended.json()["revision"], amended.json()["lines"][0]["answer"]) == (1, "again")
    assert buyer("POST", f"{path}/amend/", change, **{"If-Match": tag}).status_code == 412


def test_an_unknown_parameter_is_an_error(world, api):
    answer = api("buyer")("GET", "/sourcing/purchase-orders/?statuss=sent")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/statuss"


def test_without_a_token_401_and_with_a_narrow_scope_403(world, api):
    assert Client().get("/api/v1/sourcing/purchase-orders/").status_code == 401
    reader = api("buyer", ["sourcing.view_purchaseorder"])
    assert reader("GET", "/sourcing/purchase-orders/").status_code == 200
    assert reader("POST", "/sourcing/purchase-orders/", order_body(world)).status_code == 403
