"""A purchase order on its pages: written, issued, answered in the portal, decided, amended, and every refusal."""

import re
from datetime import date
from decimal import Decimal as D
from io import BytesIO

import pytest

from core.web.forms import DecimalField
from sourcing import services
from sourcing.models import PurchaseOrder
from sourcing.services.confirm import Answer
from tests.factories import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def order_form(world, *lines, **changes) -> dict:
    """What a browser sends for a new order; each line is (sku, quantity, price, day)."""
    lines = lines or (("MUG-01", "1,000", "3.20", ""), ("bot-750", "500", "7.45", "2027-01-20"))
    data = {
        "supplier": world.supplier.pk,
        "order_date": "2026-11-20",
        "needed_by": "2027-01-15",
        "currency": "",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "mode": "sea",
        "payment_term": world.term.pk,
        "destination_country": "NL",
        "remarks": "",
        "lines-TOTAL_FORMS": len(lines) + 1,
        "lines-INITIAL_FORMS": 0,
        **changes,
    }
    for n, (sku, quantity, price, day) in enumerate(lines):
        data |= {f"lines-{n}-sku": sku, f"lines-{n}-quantity": quantity, f"lines-{n}-unit_price": price}
        data |= {f"lines-{n}-requested_date": day, f"lines-{n}-description": ""}
    return data


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def write(client, world, *lines, **changes) -> PurchaseOrder:
    answer = client.post("/sourcing/orders/new/", order_form(world, *lines, **changes))
    assert answer.status_code == 303, text_of(answer)
    return PurchaseOrder.objects.get(pk=int(answer["Location"].split("/")[-2]))


def test_an_order_is_written_issued_confirmed_in_the_portal_with_changes_decided_and_amended(world, person):
    buyer, supplier = person("buyer"), person("supplier")
    order = write(buyer, world)
    mug, bottle = order.lines.all()
    assert (order.currency_id, order.total) == ("USD", D("6925")), "the currency is the supplier's"
    assert (mug.requested_date, bottle.requested_date) == (date(2027, 1, 15), date(2027, 1, 20))

    page = text_of(buyer.get(f"/sourcing/orders/{order.pk}/"))
    assert "宁波海松五金有限公司" in page and "Issue to the supplier" in page and "today" in page
    assert supplier.get(f"/portal/orders/{order.pk}/").status_code == 404, "a draft is not the supplier's business"
    buyer.post(f"/sourcing/orders/{order.pk}/issue/", {"version": order.version})

    assert "Confirm PO-2026-00001" in text_of(supplier.get("/portal/"))
    confirm = {
        "version": PurchaseOrder.objects.get().version,
        "reference": "HS-1",
        "lines-TOTAL_FORMS": 2,
        "lines-INITIAL_FORMS": 2,
        "lines-0-answer": "changed",
        "lines-0-promised_date": "2027-01-25",
        "lines-0-quantity": "900",
        "lines-0-reason": "Kiln",
        "lines-1-answer": "accepted",
    }
    assert supplier.post(f"/portal/orders/{order.pk}/confirm/", confirm).status_code == 303
    order.refresh_from_db()
    assert (order.status, order.supplier_reference) == ("sent", "HS-1")

    page = text_of(buyer.get(f"/sourcing/orders/{order.pk}/"))
    assert "Decide on the answer" in page and "10 days late" in page and "900" in page
    assert "changed PO-2026-00001: decide" in text_of(buyer.get("/tasks/"))
    buyer.post(f"/sourcing/orders/{order.pk}/decide/", {f"verdict-{mug.pk}": "accept", "version": order.version})
    order.refresh_from_db()
    mug.refresh_from_db()
    assert (order.status, mug.quantity, mug.promised_date) == ("confirmed", D(900), date(2027, 1, 25))
    assert mug.original_promised_date == date(2027, 1, 15), "on time is judged against the first promise"

    amend = {
        "version": order.version,
        "reason": "Two trade fairs",
        "lines-TOTAL_FORMS": 2,
        "lines-INITIAL_FORMS": 2,
        "lines-0-line": mug.pk,
        "lines-0-sku": "MUG-01",
        "lines-0-description": "Enamel camp mug",
        "lines-0-quantity": "1200",
        "lines-0-unit_price": "3.20",
        "lines-0-requested_date": "2027-01-15",
        "lines-1-line": bottle.pk,
        "lines-1-sku": "BOT-750",
        "lines-1-description": "Insulated bottle 750 ml",
        "lines-1-quantity": "500",
        "lines-1-unit_price": "7.45",
        "lines-1-requested_date": "2027-01-20",
    }
    assert buyer.post(f"/sourcing/orders/{order.pk}/amend/", amend).status_code == 303
    order.refresh_from_db()
    assert (order.status, order.revision) == ("sent", 1)
    assert [line.answer for line in order.lines.all()] == ["again", "accepted"], "only what changed is asked again"
    page = text_of(buyer.get(f"/sourcing/orders/{order.pk}/"))
    assert "Line 1, quantity: 1,000 → 1,200" in page
    assert "Two trade fairs" in page
    assert "Please confirm the changed lines again" in text_of(supplier.get(f"/portal/orders/{order.pk}/"))


def test_every_wrong_cell_is_named_where_it_stands_and_nothing_typed_is_lost(world, person):
    lines = (("MUG-01", "10.5", "3.20", ""), ("", "", "", ""), ("NO-SUCH", "1", "1", ""))
    answer = person("buyer").post("/sourcing/orders/new/", order_form(world, *lines, named_place="  "))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "There is no product NO-SUCH" in page
    assert 'value="10.5"' in page, "what was typed is still there"
    lines = (("", "", "", ""), ("MUG-01", "10.5", "3.20", ""))
    answer = person("buyer").post("/sourcing/orders/new/", order_form(world, *lines))
    assert answer.status_code == 422
    assert re.search(r'id="id_lines-1-quantity_error"[^>]*>[^<]*counted in whole numbers', answer.content.decode()), (
        "the service counts lines without the empty one; the page shows the fault in the row where it was typed"
    )
    assert not PurchaseOrder.objects.exists()


def test_the_same_form_sent_twice_writes_one_order(world, person):
    buyer, form = person("buyer"), order_form(world, form_token="a" * 32)
    first, second = (buyer.post("/sourcing/orders/new/", form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert PurchaseOrder.objects.count() == 1


def test_a_stale_edit_shows_what_the_order_says_now_and_keeps_what_was_typed(world, person):
    buyer = person("buyer")
    order = write(buyer, world)
    mine = order_form(world, **{"version": order.version, "lines-INITIAL_FORMS": 2, "named_place": "Shanghai"})
    theirs = {**mine, "named_place": "Xiamen", "lines-0-quantity": "2000"}
    assert buyer.post(f"/sourcing/orders/{order.pk}/edit/", theirs).status_code == 303
    answer = buyer.post(f"/sourcing/orders/{order.pk}/edit/", mine)
    page = text_of(answer)
    assert answer.status_code == 422
    assert "It now says “Xiamen”" in page and "It now says “2000”" in page
    assert 'value="Shanghai"' in answer.content.decode()
    order.refresh_from_db()
    assert order.named_place == "Xiamen"
    again = {**mine, "version": order.version}
    assert buyer.post(f"/sourcing/orders/{order.pk}/edit/", again).status_code == 303, "compared and saved again"
    order.refresh_from_db()
    assert order.named_place == "Shanghai"


def test_above_the_own_limit_the_page_offers_submitting_and_says_who_can_approve(world, person):
    junior = person("junior")
    order = write(junior, world)
    page = text_of(junior.get(f"/sourcing/orders/{order.pk}/"))
    assert "Issue to the supplier" not in page and "Submit for approval" in page
    junior.post(f"/sourcing/orders/{order.pk}/submit/", {"version": order.version})
    page = text_of(junior.get(f"/sourcing/orders/{order.pk}/"))
    assert "above your approval limit" in page and "Approver can (limit 1,000,000.00" in page
    assert "Approve PO-2026-00001" in text_of(person("approver").get("/tasks/"))
    order.refresh_from_db()
    sent = person("approver").post(f"/sourcing/orders/{order.pk}/approve/", {"version": order.version, "comment": "ok"})
    assert sent.status_code == 303
    order.refresh_from_db()
    assert order.status == "approved"
    assert "Approver" in text_of(junior.get(f"/sourcing/orders/{order.pk}/"))


def test_cancelling_and_closing_ask_for_a_reason(world, person):
    buyer, order = person("buyer"), world.sent_order()
    refused = buyer.post(f"/sourcing/orders/{order.pk}/cancel/", {"version": order.version, "reason": " "})
    assert refused.status_code == 422
    assert (
        buyer.post(
            f"/sourcing/orders/{order.pk}/cancel/", {"version": order.version, "reason": "Fair moved"}
        ).status_code
        == 303
    )
    assert "Fair moved" in text_of(buyer.get(f"/sourcing/orders/{order.pk}/"))
    other = world.sent_order()
    assert (
        buyer.post(f"/sourcing/orders/{other.pk}/close/", {"version": other.version, "reason": "Enough"}).status_code
        == 303
    )
    other.refresh_from_db()
    assert other.status == "closed"
    buyer.post(f"/sourcing/orders/{other.pk}/reopen/", {"version": other.version})
    other.refresh_from_db()
    assert other.status == "confirmed"


def test_a_step_that_the_state_forbids_is_a_sentence_on_the_page(world, person):
    buyer, order = person("buyer"), world.sent_order()
    answer = buyer.post(f"/sourcing/orders/{order.pk}/issue/", follow=True)
    assert "is sent; to issue it, it must be draft" in text_of(answer)


def test_bulk_actions_say_row_by_row_what_was_refused(world, person):
    buyer = person("buyer")
    good, undated = world.order(), world.order(lines=[services.LineInput(world.mug.pk, D(10), D(1))])
    answer = buyer.post("/sourcing/orders/", {"action": "issue", "pk": [good.pk, undated.pk]}, follow=True)
    page = text_of(answer)
    assert "1 order issued." in page
    assert f"Line 1 of {undated} has no requested date" in page
    good.refresh_from_db()
    undated.refresh_from_db()
    assert (good.status, undated.status) == ("sent", "draft")
    page = text_of(buyer.post("/sourcing/orders/", {"action": "cancel", "pk": [good.pk], "reason": ""}, follow=True))
    assert "Give a reason" in page
    assert person("logistics").post("/sourcing/orders/", {"action": "cancel", "pk": [good.pk]}).status_code == 403


def test_an_order_is_ordered_again_without_its_dates_and_progress(world, person):
    buyer, order = person("buyer"), world.sent_order(remarks="Only once")
    page = buyer.get(f"/sourcing/orders/new/?copy={order.pk}").content.decode()
    assert 'value="MUG-01"' in page and 'value="1000"' in page and "Only once" not in page
    assert 'value="2027-01-15"' not in page
    assert buyer.get("/sourcing/orders/new/?copy=999999").status_code == 404


def test_choosing_a_supplier_brings_his_terms_and_a_container_rule_its_advice(world, person):
    buyer = person("buyer")
    world.sent_order(incoterm="FOB", named_place="Ningbo Beilun")
    page = buyer.get(f"/sourcing/orders/terms/?changed=supplier&supplier={world.supplier.pk}").content.decode()
    assert "Ningbo Beilun" in page and "FCA fits better" in page
    page = buyer.get("/sourcing/orders/terms/?incoterm=FCA&mode=sea&named_place=Yantian").content.decode()
    assert "fits better" not in page and "Yantian" in page
    found = buyer.get(f"/sourcing/orders/products/?q=mug&supplier={world.supplier.pk}").json()["products"]
    assert [(p["sku"], p["price"]) for p in found] == [("MUG-01", "3.2")]


def test_the_list_shows_progress_and_its_tabs_agree_with_what_is_late(world, person):
    buyer = person("buyer")
    late = world.sent_order(
        order_date=date(2026, 9, 1), lines=[services.LineInput(world.mug.pk, D(100), D(2), date(2026, 11, 1))]
    )
    half = world.sent_order()
    line = half.lines.first()
    services.record_progress(actor=world.actors["buyer"], changes={line.pk: services.Progress(received=line.quantity)})
    page = text_of(buyer.get("/sourcing/orders/"))
    assert "19 days overdue" in page
    assert "46" in page, "received by value: 3,200 of 6,925"
    page = text_of(buyer.get("/sourcing/orders/?late=true"))
    assert late.number in page and half.number not in page
    exported = b"".join(buyer.get("/sourcing/orders/?export=csv").streaming_content).decode()
    assert f"{half.number},Ningbo Haisong Metalware,Sent,2026-11-20,2027-01-15,FOB Ningbo,6925.0000,46.2" in exported


def test_the_pages_of_an_order_are_a_bounded_number_of_queries(world, person, django_assert_max_num_queries):
    buyer, order = person("buyer"), world.sent_order()
    for _ in range(4):
        world.sent_order()
    buyer.get("/sourcing/orders/")
    with django_assert_max_num_queries(16):
        buyer.get("/sourcing/orders/")
    with django_assert_max_num_queries(45):
        buyer.get(f"/sourcing/orders/{order.pk}/")


def test_an_answer_to_one_line_leaves_the_pending_answer_to_another_waiting(world):
    order = world.sent_order()
    mug, bottle = order.lines.all()
    supplier = world.actors["supplier"]
    changed = Answer(mug.pk, "changed", quantity=D(900))
    services.answer_purchase_order(actor=supplier, order_id=order.pk, answers=[changed])
    services.answer_purchase_order(actor=supplier, order_id=order.pk, answers=[Answer(bottle.pk, "accepted")])
    from sourcing.services.confirm import Verdict

    decided = services.decide_changes(
        actor=world.actors["buyer"], order_id=order.pk, verdicts=[Verdict(mug.pk, True)], today=TODAY
    )
    assert decided.status == "confirmed"


def test_another_company_s_order_and_a_role_without_rights_are_refused(world, person):
    from tests.factories import make_world

    foreign = make_world("XX").sent_order()
    for path in ("", "edit/", "amend/", "cancel/"):
        assert person("buyer").get(f"/sourcing/orders/{foreign.pk}/{path}").status_code == 404, path
    assert person("sales").get("/sourcing/orders/").status_code == 403
    assert person("logistics").get("/sourcing/orders/new/").status_code == 403
    assert person("supplier").get("/sourcing/orders/").status_code == 404


def test_orders_are_imported_as_drafts_and_the_same_file_again_changes_nothing(world, person):
    buyer = person("buyer")
    head = "Order,Line,Supplier code,Order date,Currency,Incoterm,Named place,SKU,Quantity,Unit price,Needed by\n"
    terms = "NB-01,2026-11-20,USD,FOB,Ningbo"
    rows = f"A-1,1,{terms},MUG-01,100,3.2,2027-01-15\nA-1,2,{terms},BOT-750,50,7.45,\n"
    job = buyer.post("/sourcing/orders/import/", {"file": named("orders.csv", head + rows)})["Location"]
    buyer.post(job, {"step": "commit"})
    order = PurchaseOrder.objects.get()
    assert (order.number, order.status, order.total) == ("A-1", "draft", D("692.5"))
    job = buyer.post("/sourcing/orders/import/", {"file": named("again.csv", head + rows)})["Location"]
    assert "Nothing would change" in text_of(buyer.get(job))
    wrong = rows.replace("BOT-750", "NOPE").replace("A-1,2,NB-01", "A-1,2,SG-01")
    job = buyer.post("/sourcing/orders/import/", {"file": named("wrong.csv", head + wrong.replace("A-1", "A-2"))})[
        "Location"
    ]
    page = text_of(buyer.get(job))
    assert "There is no such product" in page and "Another row of this order says NB-01" in page


def named(name: str, content: str) -> BytesIO:
    file = BytesIO(content.encode())
    file.name = name
    return file


def test_numbers_are_shown_without_the_zeros_that_only_the_column_keeps():
    assert DecimalField().prepare_value(D("1000.0000")) == "1000"
    assert DecimalField().prepare_value(D("3.200000")) == "3.2"
