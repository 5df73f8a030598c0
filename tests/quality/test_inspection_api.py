"""Inspections through the API: booked, reported, failed, repeated, conceded."""

from decimal import Decimal

import pytest

from core.models import Event, Task
from parties.models import Organisation
from quality.models import Inspection
from quality.selectors import released_quantity
from tests.doors import Api
from tests.factories_quality import add_agency, planned_inspection, reported_inspection

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(world):
    return lambda role, scopes=None: Api(world.token(role, scopes))


@pytest.fixture
def order(world):
    return world.sent_order()


def booking(order, **changes):
    return {
        "order": order.pk,
        "planned_date": "2026-12-20",
        "lines": [{"order_line": line.pk, "quantity": str(line.quantity)} for line in order.lines.all()],
        **changes,
    }


REPORT = {"inspected_date": "2026-12-20", "made_pct": "100", "packed_pct": "85", "findings": []}


def found(critical=0, major=0, minor=0):
    counts = {"critical": critical, "major": major, "minor": minor}
    return [{"defect_class": c, "description": f"{c} defect", "count": n} for c, n in counts.items() if n]


def test_a_failed_class_fails_the_lot_whatever_the_others_say(world, api, order):
    """Q12: 3,000 presented, n 125; major 6 of 7/8 passes, minor 11 of 10/11 fails; overall fail."""
    mug = order.lines.get(position=1)
    type(mug).objects.filter(pk=mug.pk).update(quantity=3000)
    quality = api("quality")
    booked = quality(
        "POST", "/quality/inspections/", booking(order, lines=[{"order_line": mug.pk, "quantity": "3000"}])
    )
    assert booked.status_code == 201, booked.content
    plan = {row["defect_class"]: row for row in booked.json()["plan"]}
    assert booked.json()["sample_size"] == 125
    assert [(plan[c]["n"], plan[c]["ac"], plan[c]["re"]) for c in ("critical", "major", "minor")] == [
        (125, 0, 1), (125, 7, 8), (125, 10, 11),
    ]  # fmt: skip
    path = f"/quality/inspections/{booked.json()['id']}"
    done = quality("POST", f"{path}/report/", {**REPORT, "findings": found(major=6, minor=11)})
    assert done.status_code == 200, done.content
    assert done.json()["status"] == "failed"
    assert {row["defect_class"]: row["verdict"] for row in done.json()["plan"]} == {
        "critical": "pass", "major": "pass", "minor": "fail",
    }  # fmt: skip
    assert released_quantity([mug.pk])[mug.pk] == 0
    assert Event.objects.filter(name="quality.inspection.failed", about__kind="sourcing.purchaseorder").exists()


def test_one_critical_defect_fails_the_lot(world, api, order):
    quality = api("quality")
    for critical, status in ((0, "passed"), (1, "failed")):
        booked = quality("POST", "/quality/inspections/", booking(order)).json()
        done = quality(
            "POST", f"/quality/inspections/{booked['id']}/report/", {**REPORT, "findings": found(critical=critical)}
        )
        assert done.json()["status"] == status


def test_a_reinspection_that_passes_releases_the_goods_and_the_supplier_pays_for_it(world, api, order):
    quality = api("quality")
    first = reported_inspection(world, order, major=99)
    mug = order.lines.get(position=1)
    assert Task.objects.filter(kind="quality.decide_failed", document_id=first.pk, done_at=None).exists()
    again = quality("POST", "/quality/inspections/", booking(order, reinspection_of=first.pk))
    assert again.status_code == 201, again.content
    assert again.json()["charged_to_supplier"] and not Inspection.objects.get(pk=first.pk).charged_to_supplier
    assert not Task.objects.filter(kind="quality.decide_failed", document_id=first.pk, done_at=None).exists()
    assert released_quantity([mug.pk])[mug.pk] == 0, "a booked re-inspection releases nothing yet"
    twice = quality("POST", "/quality/inspections/", booking(order, reinspection_of=first.pk))
    assert twice.status_code == 409
    quality("POST", f"/quality/inspections/{again.json()['id']}/report/", REPORT)
    assert released_quantity([mug.pk])[mug.pk] == 1000


def test_staged_lots_of_one_line_are_released_one_by_one(world, order):
    mug = order.lines.get(position=1)
    reported_inspection(world, order, quantities={mug.pk: Decimal(400)})
    reported_inspection(world, order, quantities={mug.pk: Decimal(600)}, major=99)
    assert released_quantity([mug.pk])[mug.pk] == 400


def test_a_concession_is_signed_by_an_approver_who_gives_a_reason(world, api, order):
    failed = reported_inspection(world, order, major=99)
    path = f"/quality/inspections/{failed.pk}/concede/"
    assert api("quality")("POST", path, {"reason": "Cosmetic only"}).status_code == 403
    assert api("approver")("POST", path, {"reason": "  "}).status_code == 400
    signed = api("approver")("POST", path, {"reason": "Cosmetic only"})
    assert signed.status_code == 200, signed.content
    assert (signed.json()["status"], signed.json()["conceded_by"]) == ("conceded", "Approver")
    assert signed.json()["plan"][1]["verdict"] == "fail", "the report stays as it was found"
    assert released_quantity([order.lines.get(position=1).pk])


@pytest.mark.parametrize(
    ("made", "packed", "status"), [("100", "80", 200), ("99.99", "80", 422), ("100", "79.99", 422), (None, None, 422)]
)
def test_a_pre_shipment_inspection_needs_all_made_and_four_fifths_packed(world, api, order, made, packed, status):
    inspection = planned_inspection(world, order)
    answer = api("quality")(
        "POST", f"/quality/inspections/{inspection.pk}/report/", {**REPORT, "made_pct": made, "packed_pct": packed}
    )
    assert answer.status_code == status, answer.content


def test_an_aborted_inspection_releases_nothing_and_is_charged_to_the_supplier(world, api, order):
    inspection = planned_inspection(world, order)
    body = {"inspected_date": "2026-12-20", "reason": "Only half was packed"}
    answer = api("quality")("POST", f"/quality/inspections/{inspection.pk}/abort/", body)
    assert (answer.json()["status"], answer.json()["charged_to_supplier"]) == ("aborted", True)
    assert released_quantity([order.lines.get(position=1).pk]).popitem()[1] == 0
    again = api("quality")("POST", f"/quality/inspections/{inspection.pk}/report/", REPORT)
    assert again.status_code == 409


def test_the_agency_must_not_be_the_supplier_nor_share_his_registration(world, api, order):
    agency, quality = add_agency(world), api("quality")
    assert quality("POST", "/quality/inspections/", booking(order, inspector=agency.pk)).status_code == 201
    Organisation.objects.filter(pk__in=[agency.pk, world.supplier.pk]).update(registration_number="91330200MA2AG")
    refused = quality("POST", "/quality/inspections/", booking(order, inspector=agency.pk))
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/inspector"
    Organisation.objects.filter(pk=world.supplier.pk).update(is_inspector=True, registration_number="other")
    assert quality("POST", "/quality/inspections/", booking(order, inspector=world.supplier.pk)).status_code == 422


def test_the_agency_reports_its_own_inspection_and_sees_no_other(world, api, order):
    agency = add_agency(world)
    its, other = planned_inspection(world, order, inspector_id=agency.pk), planned_inspection(world, order)
    inspector = api("inspector")
    assert inspector("GET", "/quality/inspections/").json()["count"] == 1
    assert inspector("GET", f"/quality/inspections/{other.pk}/").status_code == 404
    assert inspector("POST", f"/quality/inspections/{other.pk}/report/", REPORT).status_code == 404
    done = inspector("POST", f"/quality/inspections/{its.pk}/report/", {**REPORT, "findings": found(major=90)})
    assert done.status_code == 200, done.content
    assert (done.json()["status"], done.json()["lines"][0]["sku"]) == ("failed", "MUG-01")
    assert Task.objects.filter(kind="quality.decide_failed", document_id=its.pk, role="quality", done_at=None).exists()
    assert inspector("GET", f"/sourcing/purchase-orders/{order.pk}/").status_code == 403, "prices are not its business"


def test_the_supplier_reads_the_inspections_of_his_goods_and_cannot_report_them(world, api, order):
    inspection = planned_inspection(world, order)
    assert api("supplier")("GET", f"/quality/inspections/{inspection.pk}/").status_code == 200
    assert api("supplier")("POST", f"/quality/inspections/{inspection.pk}/report/", REPORT).status_code == 403
    assert api("supplier2")("GET", f"/quality/inspections/{inspection.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quantity": "1000.0001"}, "/lines/0/quantity"),
        ({"quantity": "0"}, "/lines/0/quantity"),
        ({"order_line": 999999}, "/lines/0/order_line"),
    ],
)
def test_what_cannot_be_presented_is_refused_by_line(world, api, order, change, pointer):
    line = {"order_line": order.lines.get(position=1).pk, "quantity": "1000", **change}
    refused = api("quality")("POST", "/quality/inspections/", booking(order, lines=[line]))
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == pointer


def test_goods_of_a_draft_order_are_not_inspected(world, api):
    assert api("quality")("POST", "/quality/inspections/", booking(world.order())).status_code == 409


def test_the_sample_follows_what_was_really_presented(world, api, order):
    inspection = planned_inspection(world, order)
    assert inspection.sample_size == 125  # 1,500 presented: letter K
    mug = order.lines.get(position=1)
    answer = api("quality")(
        "POST",
        f"/quality/inspections/{inspection.pk}/report/",
        {**REPORT, "presented": [{"order_line": mug.pk, "quantity": "200"}]},
    )
    assert answer.json()["sample_size"] == 80  # 700: letter J
    assert released_quantity([mug.pk])[mug.pk] == 200


def test_two_failed_originals_tighten_the_next_plan_and_a_reinspection_counts_for_nothing(world, order):
    first = reported_inspection(world, order, major=99)
    for again in (True, False):  # the second failure is a re-inspection, then an original one
        reported_inspection(world, order, major=99, **({"reinspection_of_id": first.pk} if again else {}))
        severity = planned_inspection(world, order).severity
        assert severity == ("normal" if again else "tightened")


def test_the_list_costs_the_same_with_many_inspections(world, api, order, django_assert_max_num_queries):
    for _n in range(5):
        planned_inspection(world, order)
    quality = api("quality")
    quality("GET", "/quality/inspections/")
    with django_assert_max_num_queries(12):
        assert quality("GET", "/quality/inspections/").json()["count"] == 5


def test_an_unknown_aql_or_level_is_refused_beside_its_field(world, api, order):
    refused = api("quality")("POST", "/quality/inspections/", booking(order, aql_major="3.0"))
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/aql_major"
    assert api("quality")("POST", "/quality/inspections/", booking(order, level="IV")).status_code == 400
