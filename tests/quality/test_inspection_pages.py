"""Inspections in the browser: booked, reported, conceded, and what the order's page says."""

from decimal import Decimal

import pytest

from quality.models import Inspection
from tests.doors import person
from tests.factories_quality import add_agency, planned_inspection, reported_inspection

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(world):
    return world.sent_order()


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def booking(order, *quantities, **changes):
    sent = {
        "kind": "psi", "planned_date": "2026-12-01", "level": "II", "aql_critical": "0", "aql_major": "2.5",
        "aql_minor": "4.0", "lines-TOTAL_FORMS": len(quantities), "lines-INITIAL_FORMS": len(quantities), **changes,
    }  # fmt: skip
    return sent | {f"lines-{n}-quantity": quantity for n, quantity in enumerate(quantities)}


def test_a_quality_person_books_reports_and_sees_the_verdict_by_class(world, order):
    agency, quality = add_agency(world), person(world, "quality")
    assert order.number in text(quality.get("/quality/inspections/new/"))
    page = quality.get("/quality/inspections/new/", {"order": order.pk}, follow=True)
    assert "Released before" in text(page) and 'value="1000"' in text(page)
    booked = quality.post(f"/quality/inspections/new/{order.pk}/", booking(order, "1000", "", inspector=agency.pk))
    assert booked.status_code == 303, text(booked)
    inspection = Inspection.objects.get()
    assert [line.sku for line in inspection.lines.all()] == ["MUG-01"] and inspection.inspector == agency
    shown = text(quality.get(booked.url))
    assert "Report the result" in shown and "Sampling plan" in shown and 'name="name" value="fail"' not in shown
    report = {
        "version": inspection.version, "inspected_date": "2026-11-21", "made_pct": "100", "packed_pct": "90",
        "findings-TOTAL_FORMS": 1, "findings-INITIAL_FORMS": 0, "findings-0-defect_class": "major",
        "findings-0-description": "Rim chipped", "findings-0-count": "99",
    }  # fmt: skip
    early = quality.post(f"{booked.url}report/", {**report, "packed_pct": "79"})
    assert early.status_code == 422 and "starts at 80 %" in text(early) and 'value="Rim chipped"' in text(early)
    assert quality.post(f"{booked.url}report/", report).status_code == 303
    shown = text(quality.get(booked.url))
    for piece in ("The goods are held", "Inspect again", "Rim chipped", "Fail"):
        assert piece in shown, piece
    assert "Sign a concession" not in shown, "quality does not sign"
    again = text(quality.get(f"/quality/inspections/new/{order.pk}/?again={inspection.pk}"))
    assert f'<option value="{inspection.pk}" selected>' in again and 'value="1000"' in again
    approver = person(world, "approver")
    assert "Sign a concession" in text(approver.get(booked.url))
    signed = approver.post(f"{booked.url}concede/", {"reason": "Sold as seconds", "version": inspection.version + 1})
    assert signed.status_code == 303, text(signed)
    assert "signed a concession: Sold as seconds" in text(quality.get(booked.url))


def test_a_refusal_stands_beside_the_line_it_is_about(world, order):
    refused = person(world, "quality").post(f"/quality/inspections/new/{order.pk}/", booking(order, "", "501"))
    assert refused.status_code == 422
    assert 'id="id_lines-1-quantity_error"' in text(refused) and "only 500 ordered" in text(refused)


def test_the_order_shows_its_inspections_and_says_when_one_is_needed(world, order):
    quality = person(world, "quality")
    page = f"/sourcing/orders/{order.pk}/"
    assert "none is booked yet" not in text(quality.get(page))
    world.mug.inspection_required = True
    world.mug.save()
    assert "none is booked yet" in text(quality.get(page)) and "Plan an inspection" in text(quality.get(page))
    made = reported_inspection(world, order, quantities={order.lines.first().pk: Decimal(10)})
    assert made.number in text(quality.get(page))


def test_lists_filter_and_search_find_and_strangers_do_not(world, order):
    made = reported_inspection(world, order, major=99)
    planned_inspection(world, order)
    quality = person(world, "quality")
    assert "1 row" in text(quality.get("/quality/inspections/?held=true"))
    assert made.number in text(quality.get("/search/", {"q": made.number}))
    assert person(world, "sales").get("/quality/inspections/").status_code == 403
    assert person(world, "supplier").get(made.get_absolute_url()).status_code == 404


def test_the_sampling_tables_answer_on_a_page(world):
    shown = text(person(world, "quality").get("/quality/aql/", {"lot": "100", "level": "II", "severity": "normal"}))
    assert "letter F" in shown and "by the arrow" in shown
    assert "Ensure this value" in text(
        person(world, "quality").get("/quality/aql/", {"lot": "0", "level": "II", "severity": "normal"})
    )
