"""The portal: what each outside party may do there, and that nothing of another party is anywhere in it."""

import re
from datetime import date
from decimal import Decimal as D
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from core.files import attach, write_note
from core.models import Attachment, Note, Task
from logistics.models import Milestone
from sourcing.models import PurchaseOrder
from tests.factories_finance import open_letter, term
from tests.factories_logistics import planned_shipment
from tests.factories_quality import add_agency, planned_inspection

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PDF = b"%PDF-1.7 test"


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def portal_addresses() -> dict[str, str]:
    """Every address of the portal with one id in it, from the URL configuration itself."""
    entries: list[Any] = get_resolver().url_patterns
    for entry in entries:
        if getattr(entry, "app_name", "") == "portal":
            return {one.name: "/portal/" + str(one.pattern) for one in entry.url_patterns}
    raise AssertionError("the portal has no addresses")


@pytest.fixture
def thread(world):
    """One order of the supplier with its letter of credit, shipment (carried by the forwarder), inspection and invoice."""
    agency = add_agency(world)
    order = world.sent_order(payment_term_id=term(world, (100, "lc_sight", 0), code="LC").pk)
    letter = open_letter(world, order)
    shipment = planned_shipment(world, order)
    inspection = planned_inspection(world, order, inspector_id=agency.pk)
    invoice = make_invoice(world, order)
    return {"order": order, "letter": letter, "shipment": shipment, "inspection": inspection, "invoice": invoice}


def make_invoice(world, order):
    """A posted invoice as finance leaves it."""
    from finance.models import SupplierInvoice
    from parties.models import DocumentParty

    invoice = SupplierInvoice.objects.create(
        company=world.company, number="SI-2026-00001", supplier=world.supplier, supplier_number="HS-INV-7", kind="goods",
        status="posted", invoice_date=date(2026, 11, 1), due_date=date(2026, 11, 10), currency_id="USD",
        amount=D("1000"), exchange_rate=D("0.9"), base_amount=D("900"), created_by="x",
    )  # fmt: skip
    DocumentParty.objects.create(
        kind="finance.supplierinvoice", document_id=invoice.pk, organisation=world.supplier, role="supplier"
    )
    return invoice


def of(name: str) -> str:
    """Which document an address is about, by its first word: "order_confirm" → "order"."""
    return {"milestone": "shipment"}.get(name, name.split("_")[0])


@pytest.mark.parametrize("name", sorted(name for name, path in portal_addresses().items() if "<int:pk>" in path))
def test_a_document_of_somebody_else_is_the_same_404_as_none_at_all(world, person, thread, name):
    """Whoever is not named on a document hears of it what he would hear of a number that does not exist."""
    path = portal_addresses()[name]
    mine = path.replace("<int:pk>", str(thread[of(name)].pk))
    nobody = path.replace("<int:pk>", "999999")
    strangers = ["supplier2", "buyer"] + (["forwarder"] if of(name) != "shipment" else [])
    for role in strangers:
        client = person(role)
        for method in (client.get, client.post):
            theirs, none = method(mine), method(nobody)
            if theirs.status_code == none.status_code in (403, 405):
                continue  # the role may not open such a page at all
            assert (theirs.status_code, none.status_code) == (404, 404), (role, mine, theirs.status_code)
            assert strip(theirs) == strip(none), (role, mine)
    assert Client().get(mine).status_code in (302, 405), "strangers log in first"


def strip(answer) -> str:
    return re.sub(r"nonce-[\w-]+|csrf[^>]*|\d{4,}", "", answer.content.decode())


@pytest.mark.parametrize("name", sorted(portal_addresses()))
def test_no_page_shows_the_second_supplier_or_the_forwarder_a_word_of_the_first_supplier(world, person, thread, name):
    path = portal_addresses()[name]
    if "<int:pk>" in path:
        path = path.replace("<int:pk>", str(thread[of(name)].pk))
    for role in ("supplier2", "forwarder"):
        page = person(role).get(path, follow=True).content.decode()
        for canary in ("HS-INV-7", thread["order"].number, "6,925", "海松", "3.20"):
            allowed = role == "forwarder" and canary == thread["order"].number and of(name) == "shipment"
            assert allowed or canary not in page, (role, path, canary)


def test_our_own_people_have_no_portal_and_parties_no_other_start_page(world, person):
    assert person("buyer").get("/portal/orders/").status_code == 404
    assert person("buyer").get("/portal/")["Location"] == "/"
    assert person("supplier").get("/")["Location"] == "/portal/"


def test_home_counts_agree_with_the_lists_behind_them(world, person, thread):
    world.sent_order()
    supplier = person("supplier")
    page = supplier.get("/portal/").content.decode()
    assert "3 things need your action" in page  # two orders to confirm, documents to present
    tiles = re.findall(r'<a href="([^"]+)">[^<]+</a></h2><p class="tile-value"><span class="num">(\d+)', page)
    assert len(tiles) == 5
    for url, count in tiles:
        rows = supplier.get(url.replace("&amp;", "&"))
        assert rows.context["count"] == int(count), url
    assert Task.objects.filter(party_id=world.supplier.pk, done_at=None).count() == 3
    assert "Nothing needs your action" in text_of(person("supplier2").get("/portal/"))


def test_accept_all_confirms_at_one_touch_and_the_task_is_gone(world, person):
    order, supplier = world.sent_order(), person("supplier")
    page = supplier.get(f"/portal/orders/{order.pk}/confirm/").content.decode()
    assert "Accept all" in page and "1,000" in page
    answer = supplier.post(
        f"/portal/orders/{order.pk}/confirm/", {"accept_all": "1", "version": order.version}, follow=True
    )
    assert "is confirmed" in text_of(answer)
    order.refresh_from_db()
    assert order.status == "confirmed"
    assert "Nothing needs your action" in text_of(supplier.get("/portal/"))
    again = supplier.get(f"/portal/orders/{order.pk}/confirm/", follow=True)
    assert "There is nothing to confirm" in text_of(again)


def confirm_form(order, **answers) -> dict:
    return {"version": order.version, "lines-TOTAL_FORMS": 2, "lines-INITIAL_FORMS": 2, **answers}


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({}, "Choose an answer for at least one line"),
        ({"lines-0-answer": "rejected"}, "Say why you reject it"),
        ({"lines-0-answer": "changed"}, "Say what changes"),
        ({"lines-0-quantity": "5"}, "Choose “accept with changes”"),
        ({"lines-1-answer": "changed", "lines-1-quantity": "1.5"}, "counted in whole numbers"),
    ],
)
def test_an_incomplete_answer_comes_back_with_a_sentence_and_what_was_typed(world, person, answers, sentence):
    order = world.sent_order()
    form = confirm_form(order, reference="HS-55", **answers)
    answer = person("supplier").post(f"/portal/orders/{order.pk}/confirm/", form)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert 'value="HS-55"' in answer.content.decode()
    assert not order.confirmations.exists()


def test_an_answer_sent_twice_is_kept_once_and_a_stale_one_is_asked_again(world, person):
    order, supplier = world.sent_order(), person("supplier")
    form = confirm_form(order, form_token="b" * 32, **{"lines-0-answer": "changed", "lines-0-quantity": "900"})
    first, second = (supplier.post(f"/portal/orders/{order.pk}/confirm/", form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert order.confirmations.count() == 1
    stale = supplier.post(f"/portal/orders/{order.pk}/confirm/", {**form, "form_token": "c" * 32})
    assert stale.status_code == 422
    assert "Somebody else changed this" in text_of(stale)


def test_the_forwarder_reports_milestones_on_his_own_shipment(world, person, thread):
    forwarder, shipment = person("forwarder"), thread["shipment"]
    page = text_of(forwarder.get(f"/portal/shipments/{shipment.pk}/"))
    assert "Report a milestone" in page and "MUG-01" in page and "3.20" not in page
    form = {"code": "booked", "classifier": "ACT", "day": "2026-11-19", "note": "Booking 4711"}
    assert forwarder.post(f"/portal/shipments/{shipment.pk}/milestone/", form).status_code == 303
    page = text_of(forwarder.get(f"/portal/shipments/{shipment.pk}/"))
    assert "Booking 4711" in page and "Booked" in page
    future = {**form, "code": "departed", "day": "2026-12-24"}
    refused = forwarder.post(f"/portal/shipments/{shipment.pk}/milestone/", future)
    assert refused.status_code == 422 and "cannot lie in the future" in text_of(refused)
    assert Milestone.objects.count() == 1
    assert "Report a milestone" not in text_of(person("supplier").get(f"/portal/shipments/{shipment.pk}/"))


def test_the_inspector_reports_and_the_plan_decides(world, person, thread):
    inspector, inspection = Client(), thread["inspection"]
    inspector.force_login(world.users["inspector"])
    assert "Inspect PO-2026-00001" in text_of(inspector.get("/portal/"))
    form = {
        "version": inspection.version,
        "inspected_date": "2026-11-20",
        "made_pct": "100",
        "packed_pct": "85",
        "report": "Good lot",
        "findings-TOTAL_FORMS": 1,
        "findings-INITIAL_FORMS": 0,
        "findings-0-defect_class": "minor",
        "findings-0-description": "Scratch",
        "findings-0-count": "1",
    }
    early = inspector.post(f"/portal/inspections/{inspection.pk}/report/", {**form, "packed_pct": "50"})
    assert early.status_code == 422 and "80" in text_of(early)
    assert inspector.post(f"/portal/inspections/{inspection.pk}/report/", form).status_code == 303
    inspection.refresh_from_db()
    assert inspection.status == "passed"
    assert "Good lot" in text_of(person("supplier").get(f"/portal/inspections/{inspection.pk}/"))
    assert inspector.get(f"/portal/orders/{thread['order'].pk}/").status_code in (403, 404), "no prices for the agency"


def test_the_supplier_reads_when_he_will_be_paid(world, person, thread):
    page = text_of(person("supplier").get(f"/portal/invoices/{thread['invoice'].pk}/"))
    assert "HS-INV-7" in page and "Accepted, to be paid" in page and "10 days overdue" in page


# ---- notes and files --------------------------------------------------------------------------------------------------


def test_a_message_is_between_us_and_the_party_it_is_written_to(world, person, thread):
    shipment, buyer = thread["shipment"], world.actors["buyer"]
    write_note(actor=buyer, document=shipment, text="Internal thought")
    write_note(actor=buyer, document=shipment, text="To the supplier alone", party_id=world.supplier.pk)
    write_note(actor=buyer, document=shipment, text="To everyone", shared=True)
    path = f"/portal/shipments/{shipment.pk}/"
    supplier, forwarder = person("supplier"), person("forwarder")
    supplier.post(f"/notes/logistics.shipment/{shipment.pk}/add/", {"text": "Cartons are ready"})
    seen = {role: text_of(person(role).get(path)) for role in ("supplier", "forwarder")}
    for text, readers in {
        "Internal thought": set(),
        "To the supplier alone": {"supplier"},
        "To everyone": {"supplier", "forwarder"},
        "Cartons are ready": {"supplier"},
    }.items():
        assert {role for role, page in seen.items() if text in page} == readers, text
    assert Task.objects.filter(kind="core.answer_note", role="logistics", done_at=None).count() == 1
    write_note(actor=buyer, document=shipment, text="Thank you", party_id=world.supplier.pk)
    assert not Task.objects.filter(kind="core.answer_note", done_at=None).exists()
    assert forwarder.post(f"/notes/sourcing.purchaseorder/{thread['order'].pk}/add/", {"text": "x"}).status_code in (
        403,
        404,
    )
    assert person("supplier2").post(f"/notes/logistics.shipment/{shipment.pk}/add/", {"text": "x"}).status_code == 404
    assert not Note.objects.filter(text="x").exists()


def test_a_file_is_kept_once_by_content_and_read_only_by_those_it_is_for(world, person, thread):
    order, buyer = thread["order"], person("buyer")
    add = f"/files/sourcing.purchaseorder/{order.pk}/add/"
    buyer.post(add, {"file": upload("spec.pdf"), "reader": str(world.supplier.pk), "doc_type": "specification"})
    buyer.post(add, {"file": upload("margin.pdf")})
    spec, margin = Attachment.objects.order_by("pk")
    assert spec.sha256 == margin.sha256, "the same content is stored once"
    supplier = person("supplier")
    answer = supplier.get(f"/files/{spec.pk}/")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="spec.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    for role, file in (("supplier", margin), ("supplier2", spec), ("forwarder", spec)):
        assert person(role).get(f"/files/{file.pk}/").status_code == 404, (role, file.name)
    supplier.post(add, {"file": upload("margin.pdf", b"%PDF-2 other")})
    mine = Attachment.objects.order_by("pk").last()
    assert (mine.party_id, mine.version) == (world.supplier.pk, 2), (
        "a name that exists unseen is no obstacle and no hint"
    )
    assert buyer.get(f"/files/{mine.pk}/").status_code == 200
    page = text_of(supplier.get(f"/portal/orders/{order.pk}/"))
    assert "spec.pdf" in page


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>", "is not a kind of file we take"),
        ("drawing.svg", b"<svg onload=alert(1)>", "is not a kind of file we take"),
        ("note.txt", b"hello <script>x</script>", "is not a kind of file we take"),
        ("tool.exe", b"MZ\x90\x00", "is not a kind of file we take"),
        ("fake.pdf", b"MZ\x90\x00", "is not a kind of file we take"),
        ("empty.pdf", b"", "empty"),
    ],
)
def test_what_could_run_in_a_browser_or_is_not_what_it_says_is_not_taken(
    world, person, thread, name, content, sentence
):
    add = f"/files/sourcing.purchaseorder/{thread['order'].pk}/add/"
    page = text_of(person("supplier").post(add, {"file": upload(name, content)}, follow=True))
    assert sentence in page or "Choose a file" in page
    assert not Attachment.objects.exists()


def test_a_name_that_climbs_folders_or_turns_text_around_is_made_plain(world, thread):
    kept = attach(
        actor=world.actors["buyer"], document=thread["order"], file=BytesIO(PDF), name="../../etc/\u202efdp.exe.pdf"
    )
    assert kept.name == "fdp.exe.pdf"


def upload(name: str, content: bytes = PDF) -> BytesIO:
    file = BytesIO(content)
    file.name = name
    return file


def test_a_person_switches_between_his_own_places_only(world, person):
    from parties.models import Membership
    from tests.factories import make_world

    other = make_world("XX")
    mine = Membership.objects.create(user=world.users["buyer"], company=other.company, roles=["buyer"])
    order = other.sent_order()
    buyer = person("buyer")
    assert buyer.get(f"/sourcing/orders/{order.pk}/").status_code == 404
    assert "Act for Harbor &amp; Pine XX" in buyer.get("/sourcing/orders/").content.decode()
    assert buyer.get("/act-for/").status_code == 405
    buyer.post("/act-for/", {"membership": mine.pk})
    assert buyer.get(f"/sourcing/orders/{order.pk}/").status_code == 200
    foreign = other.memberships["buyer"].pk
    assert buyer.post("/act-for/", {"membership": foreign}).status_code == 404
    assert PurchaseOrder.objects.count() == 1
