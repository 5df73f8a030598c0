"""Inbound through the API: planned, inspected, released, followed, ours, received; and what each step refuses."""

from datetime import date
from decimal import Decimal

import pytest

from core.models import Event, Task
from ledger.models import Account, Period, Posting
from logistics import services as logistics
from logistics.models import Shipment
from reference.models import ExchangeRate
from sourcing import services as sourcing
from tests.doors import Api
from tests.factories import TODAY
from tests.factories_logistics import planned_shipment, receive_lines, warehouse_of
from tests.factories_quality import reported_inspection

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def earlier_rate(world):
    ExchangeRate.objects.create(
        kind="market", base_id="EUR", quote_id="USD", date=date(2026, 11, 10), source="ECB", rate=Decimal("1.1")
    )


@pytest.fixture
def api(world):
    tokens: dict[str, Api] = {}

    def of(role: str) -> Api:
        if role not in tokens:
            tokens[role] = Api(world.token(role))
        return tokens[role]

    return of


@pytest.fixture
def order(world):
    return world.sent_order()


def line_of(order, sku: str) -> int:
    return order.lines.get(sku=sku).pk


def shipment_body(world, order, **changes):
    return {
        "mode": "sea",
        "forwarder": world.forwarder.pk,
        "origin": "CNNGB",
        "destination": "NLRTM",
        "warehouse": warehouse_of(world).pk,
        "planned_departure_date": "2026-11-10",
        "planned_arrival_date": "2026-11-18",
        "transport_document": "NGB-77",
        "containers": [{"number": "CSQU3054383", "seal": "S1"}],
        "lines": [{"order_line": line.pk, "quantity": str(line.quantity)} for line in order.lines.all()],
        **changes,
    }


def happened(code: str, day: str, classifier: str = "ACT", said: str | None = None) -> dict:
    moment = f"{day}T12:00:00Z"
    return {"code": code, "classifier": classifier, "happened_at": moment, "issued_at": f"{said or day}T12:30:00Z"}


def receipt_body(world, *lines, **changes):
    return {"warehouse": warehouse_of(world).pk, "received_date": "2026-11-20", "lines": list(lines), **changes}


def refused(answer, status: int, pointer: str | None = None) -> str:
    assert answer.status_code == status, answer.content
    body = answer.json()
    if pointer is not None:
        assert pointer in [error["pointer"] for error in body["errors"]], body
    return body["detail"]


def balance(account: str) -> Decimal:
    return sum((p.amount for p in Posting.objects.filter(account=account)), Decimal(0))


def test_the_whole_way_in(world, api, order):
    """A failed inspection stops the loading, its re-inspection frees it; the goods become ours on board, and are
    received.
    """
    world.mug.inspection_required = True
    world.mug.save()
    staff, forwarder = api("logistics"), api("forwarder")
    mug, bottle = line_of(order, "MUG-01"), line_of(order, "BOT-750")

    planned = staff("POST", "/logistics/shipments/", shipment_body(world, order))
    assert planned.status_code == 201, planned.content
    shipment = planned.json()
    path = f"/logistics/shipments/{shipment['id']}"
    assert (shipment["number"], shipment["status"], shipment["incoterm"]) == ("SH-2026-00001", "planned", "FOB")
    assert [d["doc_type"] for d in shipment["documents"]] == [
        "commercial_invoice", "packing_list", "bill_of_lading", "customs_entry",
    ]  # fmt: skip
    assert [(line["cartons"], line["volume_m3"]) for line in shipment["lines"]] == [(21, "2.016000"), (21, "2.016000")]

    assert "due before shipment" in refused(staff("POST", f"{path}/release/"), 409)
    assert staff("POST", f"{path}/lift-hold/").status_code == 403, "only finance says that the balance is paid"
    assert api("finance")("POST", f"{path}/lift-hold/").status_code == 200
    assert "has none" in refused(staff("POST", f"{path}/release/"), 409)
    failed = reported_inspection(world, order, quantities={mug: Decimal(1000)}, major=99)
    assert failed.number in refused(staff("POST", f"{path}/release/"), 409)
    reported_inspection(world, order, quantities={mug: Decimal(1000)}, reinspection_of_id=failed.pk)
    released = staff("POST", f"{path}/release/")
    assert released.status_code == 200, released.content
    assert "released" in refused(staff("POST", f"{path}/release/"), 409)

    reports = [happened("loaded", "2026-11-12"), happened("departed", "2026-11-13")]
    reports.append(happened("arrived", "2026-11-22", "EST", said="2026-11-14"))
    followed = forwarder("POST", f"{path}/milestones/", {"reports": reports})
    assert followed.status_code == 200, followed.content
    assert (followed.json()["status"], followed.json()["slip_days"]) == ("departed", 4)
    assert {line["owned_date"] for line in followed.json()["lines"]} == {"2026-11-12"}
    assert Task.objects.filter(kind="logistics.eta_slipped", done_at=None).exists()
    assert sourcing_line(mug).shipped_quantity == 1000
    assert -balance(Account.GRNI) == balance(Account.INVENTORY) == Decimal("6295.45")  # 6,925 ÷ 1.1, line by line

    received = staff(
        "POST",
        "/logistics/receipts/",
        receipt_body(
            world,
            {
                "order_line": mug,
                "accepted": "970",
                "rejected": "20",
                "short": "10",
                "damaged": True,
                "reason": "Wet cartons",
            },
            {"order_line": bottle, "accepted": "500"},
            shipment=shipment["id"],
        ),
    )
    assert received.status_code == 201, received.content
    line = received.json()["lines"][0]
    assert line["lot_number"] and line["rejected_lot_number"] and line["goods_cost"] == "2880.0000"
    assert staff("GET", f"{path}/").json()["status"] == "received"
    assert balance(Account.CLAIMS) == Decimal("29.09")
    assert sum((p.amount for p in Posting.objects.all()), Decimal(0)) == 0
    told = set(Event.objects.filter(about__kind="sourcing.purchaseorder").values_list("name", flat=True))
    assert {f"logistics.{name}" for name in ("shipment.planned", "shipment.goods_owned", "receipt.posted")} <= told


def sourcing_line(pk: int):
    from sourcing.models import PurchaseOrderLine

    return PurchaseOrderLine.objects.get(pk=pk)


def test_a_conceded_inspection_lets_the_goods_be_loaded(world, api, order):
    world.mug.inspection_required = True
    world.mug.save()
    failed = reported_inspection(world, order, major=99)
    shipment = planned_shipment(world, order)
    logistics.lift_hold(actor=world.actors["finance"], shipment_id=shipment.pk)
    staff = api("logistics")
    assert staff("POST", f"/logistics/shipments/{shipment.pk}/release/").status_code == 409
    api("approver")("POST", f"/quality/inspections/{failed.pk}/concede/", {"reason": "Customer accepts"})
    assert staff("POST", f"/logistics/shipments/{shipment.pk}/release/").status_code == 200


def test_no_more_is_released_than_inspections_passed(world, api, order):
    world.mug.inspection_required = True
    world.mug.save()
    mug = line_of(order, "MUG-01")
    reported_inspection(world, order, quantities={mug: Decimal(600)})
    staff = api("logistics")
    for quantity, status in ((400, 200), (300, 409), (200, 200)):
        shipment = planned_shipment(world, order, quantities={mug: quantity})
        logistics.lift_hold(actor=world.actors["finance"], shipment_id=shipment.pk)
        answer = staff("POST", f"/logistics/shipments/{shipment.pk}/release/")
        assert answer.status_code == status, answer.content
        if status == 409:
            logistics.cancel_shipment(actor=world.actors["logistics"], shipment_id=shipment.pk, reason="Too much")


def test_a_departure_is_accepted_even_when_nothing_was_released_but_somebody_is_told(world, api, order):
    shipment = planned_shipment(world, order)
    answer = api("forwarder")(
        "POST", f"/logistics/shipments/{shipment.pk}/milestones/", {"reports": [happened("departed", "2026-11-13")]}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "departed")
    task = Task.objects.get(kind="logistics.departed_unreleased", document_id=shipment.pk)
    assert (task.role, task.done_at) == ("logistics", None)


def test_a_closed_period_refuses_staff_but_not_the_carrier_and_finance_catches_up(world, api, order):
    Period.objects.create(
        company=world.company, first_date=date(2026, 11, 1), last_date=date(2026, 11, 15), closed_at="2026-11-16T00:00Z"
    )
    shipment = planned_shipment(world, order)
    path = f"/logistics/shipments/{shipment.pk}"
    body = {"reports": [happened("loaded", "2026-11-12")]}
    assert refused(api("logistics")("POST", f"{path}/milestones/", body), 422)
    reported = api("forwarder")("POST", f"{path}/milestones/", body)
    assert reported.status_code == 200 and reported.json()["lines"][0]["owned_date"] is None
    assert Task.objects.filter(kind="logistics.take_goods_over", role="finance", done_at=None).exists()
    assert refused(api("finance")("POST", f"{path}/take-over/", {}), 422)
    assert api("finance")("POST", f"{path}/take-over/", {"day": "2026-11-16"}).status_code == 200
    assert balance(Account.INVENTORY) == Decimal("6295.45")
    assert not Task.objects.filter(kind="logistics.take_goods_over", done_at=None).exists()


def test_a_wrong_check_digit_is_refused_with_the_right_one(world, api, order):
    body = shipment_body(world, order, containers=[{"number": "csqu 305438-4"}])
    said = refused(api("logistics")("POST", "/logistics/shipments/", body), 422, "/containers/0/number")
    assert "CSQU3054383" in said
    body = shipment_body(world, order, containers=[{"number": "csqu 305438-3"}])
    made = api("logistics")("POST", "/logistics/shipments/", body)
    assert made.json()["containers"][0]["number"] == "CSQU3054383"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quantity": "1000.5"}, "/lines/0/quantity"),
        ({"quantity": "0"}, "/lines/0/quantity"),
        ({"quantity": "1001"}, "/lines/0/quantity"),
        ({"order_line": 10**9}, "/lines/0/order_line"),
        ({"inspection": 10**9}, "/lines/0/inspection"),
    ],
)
def test_what_cannot_be_shipped_is_refused_by_line(world, api, order, change, pointer):
    line = {"order_line": line_of(order, "MUG-01"), "quantity": "1000", **change}
    refused(api("logistics")("POST", "/logistics/shipments/", shipment_body(world, order, lines=[line])), 422, pointer)


def test_what_is_planned_once_is_not_planned_again(world, api, order):
    staff = api("logistics")
    mug = line_of(order, "MUG-01")
    first = staff(
        "POST", "/logistics/shipments/", shipment_body(world, order, lines=[{"order_line": mug, "quantity": "700"}])
    )
    again = shipment_body(world, order, lines=[{"order_line": mug, "quantity": "301"}])
    refused(staff("POST", "/logistics/shipments/", again), 422, "/lines/0/quantity")
    cancelled = staff("POST", f"/logistics/shipments/{first.json()['id']}/cancel/", {"reason": "Booking lost"})
    assert cancelled.json()["status"] == "cancelled"
    assert staff("POST", "/logistics/shipments/", again).status_code == 201


def test_goods_of_a_draft_are_neither_shipped_nor_received(world, api):
    """P-01."""
    order, staff = world.order(), api("logistics")
    mug = line_of(order, "MUG-01")
    refused(staff("POST", "/logistics/shipments/", shipment_body(world, order)), 422, "/lines/0/order_line")
    body = receipt_body(world, {"order_line": mug, "accepted": "10"})
    refused(staff("POST", "/logistics/receipts/", body), 422, "/lines/0/order_line")
    sourcing.issue_purchase_order(actor=world.actors["buyer"], order_id=order.pk, today=TODAY)
    assert staff("POST", "/logistics/receipts/", body).status_code == 201


def test_what_was_counted_must_be_what_was_judged(world, api, order):
    """R-01."""
    mug, staff = line_of(order, "MUG-01"), api("logistics")
    line = {"order_line": mug, "accepted": "1", "rejected": "1"}
    refused(
        staff("POST", "/logistics/receipts/", receipt_body(world, {**line, "received": "3"})), 422, "/lines/0/received"
    )
    made = staff("POST", "/logistics/receipts/", receipt_body(world, line))
    assert made.status_code == 201 and sourcing_line(mug).received_quantity == 2


@pytest.mark.parametrize(
    ("product", "company", "quantity", "status"),
    [
        (None, "0", "100", 201),
        (None, "0", "100.002", 422),  # X13: exactly, to the last digit
        (None, "10", "110", 201),
        (None, "10", "110.0001", 422),
        ("0", "10", "100.0001", 422),  # X14: 0 % on the product is not "nothing said"
        ("0.002", "0", "100.002", 201),
        ("0.002", "0", "100.0021", 422),
    ],
)
def test_the_over_receipt_tolerance_is_exact_and_nothing_said_is_not_zero(
    world, api, product, company, quantity, status
):
    world.mug.unit_id, world.mug.over_receipt_pct = "kg", Decimal(product) if product else None
    world.mug.save()
    world.company.over_receipt_pct = Decimal(company)
    world.company.save()
    order = world.sent_order(lines=[sourcing.LineInput(world.mug.pk, Decimal(100), Decimal("3.20"), date(2027, 1, 15))])
    body = receipt_body(world, {"order_line": line_of(order, "MUG-01"), "accepted": quantity})
    answer = api("logistics")("POST", "/logistics/receipts/", body)
    assert answer.status_code == status, answer.content
    if status == 422:
        assert answer.json()["errors"][0]["pointer"] == "/lines/0/accepted"


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        ({"accepted": "0"}, "/lines/0/accepted"),
        ({"accepted": "1.5"}, "/lines/0/accepted"),
        ({"accepted": "1", "short": "1"}, "/lines/0/short"),
    ],
)
def test_what_cannot_be_received_is_refused_by_line(world, api, order, line, pointer):
    body = receipt_body(world, {"order_line": line_of(order, "MUG-01"), **line})
    refused(api("logistics")("POST", "/logistics/receipts/", body), 422, pointer)


def test_no_more_can_be_short_than_is_not_accounted_for(world, api, order):
    shipment, mug = planned_shipment(world, order), line_of(order, "MUG-01")
    body = receipt_body(world, {"order_line": mug, "accepted": "990", "short": "11"}, shipment=shipment.pk)
    refused(api("logistics")("POST", "/logistics/receipts/", body), 422, "/lines/0/short")


def test_goods_are_not_received_tomorrow(world, api, order):
    body = receipt_body(world, {"order_line": line_of(order, "MUG-01"), "accepted": "1"}, received_date="2099-01-01")
    refused(api("logistics")("POST", "/logistics/receipts/", body), 422, "/received_date")


def test_what_goes_back_cannot_be_more_than_came(world, api, order):
    """R-04."""
    mug, staff = order.lines.get(sku="MUG-01"), api("logistics")
    receipt = receive_lines(world, [logistics.ReceiptLineInput(mug.pk, Decimal(5))])
    line = receipt.lines.get().pk
    body = {"receipt": receipt.pk, "reason": "Chipped", "returned_date": "2026-11-20"}

    def send(quantity):
        return staff(
            "POST", "/logistics/supplier-returns/", {**body, "lines": [{"receipt_line": line, "quantity": quantity}]}
        )

    refused(send("6"), 422, "/lines/0/quantity")
    refused(send("0"), 422, "/lines/0/quantity")
    made = send("5")
    assert made.status_code == 201 and made.json()["number"] == "RTS-2026-00001", made.content
    refused(send("1"), 422, "/lines/0/quantity")
    assert "went back" in refused(staff("POST", f"/logistics/receipts/{receipt.pk}/cancel/", {"reason": "x"}), 409)
    again = receive_lines(world, [logistics.ReceiptLineInput(mug.pk, Decimal(1000))])
    assert again.pk, "what went back is owed again"


def test_in_a_shared_container_a_supplier_sees_his_own_lines_only(world, api):
    ours = world.sent_order()
    theirs = world.sent_order(supplier_id=world.supplier2.pk)
    shipment, other = planned_shipment(world, ours, theirs), planned_shipment_of_another(world)
    path = f"/logistics/shipments/{shipment.pk}/"
    for role, orders in (
        ("logistics", {ours.pk, theirs.pk}), ("forwarder", {ours.pk, theirs.pk}),
        ("supplier", {ours.pk}), ("supplier2", {theirs.pk}),
    ):  # fmt: skip
        seen = api(role)("GET", path).json()
        assert {line["order"] for line in seen["lines"]} == orders, role
        listed = api(role)("GET", "/logistics/shipments/").json()["results"]
        assert {line["order"] for one in listed for line in one["lines"] if one["id"] == shipment.pk} == orders
        if role != "logistics":
            assert seen["hold_reason"] is None, "whose balance is due is not theirs to read"
    assert api("supplier2")("GET", f"/logistics/shipments/{other.pk}/").status_code == 404
    reports = {"reports": [happened("departed", "2026-11-13")]}
    assert api("supplier2")("POST", f"/logistics/shipments/{other.pk}/milestones/", reports).status_code in (403, 404)
    assert api("supplier")("POST", f"{path}milestones/", reports).status_code == 403
    assert api("supplier")("GET", "/logistics/receipts/").status_code == 403
    assert api("supplier")("GET", f"/logistics/shipments/?order={theirs.pk}").json()["count"] == 0


def planned_shipment_of_another(world) -> Shipment:
    return planned_shipment(world, world.sent_order(), forwarder_id=None)


def test_a_forwarder_reports_for_his_shipments_only(world, api):
    other = planned_shipment_of_another(world)
    reports = {"reports": [happened("departed", "2026-11-13")]}
    assert api("forwarder")("POST", f"/logistics/shipments/{other.pk}/milestones/", reports).status_code == 404


def test_an_edit_needs_the_version_it_saw_and_withdraws_the_release_when_goods_change(world, api, order):
    staff, mug = api("logistics"), line_of(order, "MUG-01")
    made = staff("POST", "/logistics/shipments/", shipment_body(world, order))
    path = f"/logistics/shipments/{made.json()['id']}/"
    body = shipment_body(world, order, vessel="Ever Calm")
    assert staff("PUT", path, body).status_code == 428
    changed = staff("PUT", path, body, **{"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()["vessel"]) == (200, "Ever Calm")
    assert staff("PUT", path, body, **{"If-Match": made["ETag"]}).status_code == 412
    Shipment.objects.filter(pk=made.json()["id"]).update(released_at="2026-11-20T00:00Z")
    body["lines"] = [{"order_line": mug, "quantity": "10"}]
    fewer = staff("PUT", path, body, **{"If-Match": "*"})
    assert fewer.json()["released_at"] is None and len(fewer.json()["lines"]) == 1
    staff("POST", f"{path}milestones/", {"reports": [happened("departed", "2026-11-13")]})
    body["lines"][0]["quantity"] = "11"
    assert "stay" in refused(staff("PUT", path, body, **{"If-Match": "*"}), 409)
    assert refused(staff("POST", f"{path}cancel/", {"reason": "Late"}), 409)


def test_documents_are_present_missing_or_in_conflict(world, api, order):
    shipment = planned_shipment(world, order)
    body = {
        "doc_type": "bill_of_lading",
        "number": "NGB-77",
        "received_date": "2026-11-19",
        "conflict": "49 cartons, not 50",
    }
    answer = api("forwarder")("POST", f"/logistics/shipments/{shipment.pk}/documents/", body)
    assert answer.status_code == 200, answer.content
    papers = {d["doc_type"]: d for d in answer.json()["documents"]}
    assert papers["bill_of_lading"]["conflict"] == "49 cartons, not 50"
    assert papers["packing_list"]["received_date"] is None


def test_lists_and_receiving_cost_no_more_with_more_rows(world, api, django_assert_max_num_queries):
    orders = [world.sent_order() for _n in range(4)]
    for order in orders[:3]:
        planned_shipment(world, order)
    staff = api("logistics")
    staff("GET", "/logistics/shipments/")
    with django_assert_max_num_queries(16):
        assert staff("GET", "/logistics/shipments/").json()["count"] == 3
    with django_assert_max_num_queries(60) as caught:
        lines = [{"order_line": line.pk, "accepted": str(line.quantity)} for line in orders[3].lines.all()]
        made = staff("POST", "/logistics/receipts/", receipt_body(world, *lines))
        assert made.status_code == 201
    real = [q for q in caught.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(real) <= 45, "\n".join(q["sql"][:110] for q in real)
    with django_assert_max_num_queries(14):
        assert staff("GET", "/logistics/receipts/").json()["count"] == 1
