"""Shipments, receipts, deliveries and returns in the browser."""

from datetime import date
from decimal import Decimal

import pytest

from logistics.models import CustomerReturn, Delivery, Receipt, Shipment, SupplierReturn
from tests.doors import person
from tests.factories import make_world
from tests.factories_inventory import receive
from tests.factories_logistics import actual, planned_shipment, receive_lines, report, warehouse_of
from tests.factories_sales import confirmed, make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(world):
    return world.sent_order()


@pytest.fixture
def clerk(world):
    return person(world, "logistics")


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def rows(*values, **header):
    sent = {"lines-TOTAL_FORMS": len(values), "lines-INITIAL_FORMS": len(values), **header}
    for number, row in enumerate(values):
        sent |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return sent


def test_a_shipment_is_planned_from_open_lines_released_followed_and_received(world, order, clerk):
    other = world.sent_order(supplier_id=world.supplier2.pk)
    assert {order.number, other.number} <= set(
        text(clerk.get("/logistics/shipments/new/")).replace("<", " ").replace(">", " ").split()
    )
    plan = f"/logistics/shipments/plan/?order={order.pk}&order={other.pk}"
    assert text(clerk.get(plan)).count("Still open") >= 4
    header = {
        "mode": "sea", "forwarder": world.forwarder.pk, "origin": "cnngb", "destination": "NLRTM",
        "warehouse": warehouse_of(world).pk, "planned_departure_date": "2026-11-10",
        "planned_arrival_date": "2026-11-18",
    }  # fmt: skip
    lines = ({"quantity": "1000"}, {"quantity": ""}, {"quantity": "200"}, {"quantity": ""})
    wrong = clerk.post(plan, rows(*lines, **header, containers="CSQU3054384"))
    assert wrong.status_code == 422 and "Did you mean CSQU3054383" in text(wrong) and 'value="200"' in text(wrong)
    too_many = clerk.post(plan, rows(lines[0], lines[1], {"quantity": "1001"}, lines[3], **header))
    assert too_many.status_code == 422 and 'id="id_lines-2-quantity_error"' in text(too_many)
    made = clerk.post(plan, rows(*lines, **header, containers="CSQU3054383 SEAL1 45G1"))
    assert made.status_code == 303, text(made)
    shipment = Shipment.objects.get()
    shown = text(clerk.get(made.url))
    for piece in (
        "CSQU3054383",
        "is due before shipment",
        "Bill of lading",
        "missing",
        "FCA fits better",
        "Saigon Camp Gear",
    ):
        assert piece in shown, piece
    assert "is on hold" in text(clerk.post(f"{made.url}release/", follow=True))
    assert person(world, "finance").post(f"{made.url}lift-hold/").status_code == 303
    assert "is released to load" in text(clerk.post(f"{made.url}release/", follow=True))
    said = {"code": "loaded", "classifier": "ACT", "day": "2026-11-20", "note": ""}
    assert clerk.post(f"{made.url}milestone/", said).status_code == 303
    clerk.post(f"{made.url}milestone/", {**said, "code": "departed"})
    clerk.post(f"{made.url}document/", {"doc_type": "bill_of_lading", "number": "NGB-1", "received_date": "2026-11-21"})
    shown = text(clerk.get(made.url))
    assert "Under way" in shown and "NGB-1" in shown and "present" in shown
    receive_url = f"/logistics/receipts/new/?shipment={shipment.pk}"
    form = text(clerk.get(receive_url))
    assert 'value="1000"' in form and 'data-codes="MUG-01"' in form
    judged = (
        {"accepted": "985", "rejected": "5", "short": "10", "damaged": "on", "reason": "Wet"},
        {"accepted": "200"},
    )
    taken = clerk.post(receive_url, rows(*judged, received_date="2026-11-21", warehouse=warehouse_of(world).pk))
    assert taken.status_code == 303, text(taken)
    receipt = Receipt.objects.get()
    shown = text(clerk.get(taken.url))
    assert receipt.number in shown and "damaged" in shown and "LOT-2026-" in shown
    shipment.refresh_from_db()
    assert shipment.status == "received"
    order_page = text(clerk.get(f"/sourcing/orders/{order.pk}/"))
    assert shipment.number in order_page and receipt.number in order_page


def test_a_wrong_quantity_stands_beside_its_row_and_nothing_typed_is_lost(world, order, clerk):
    url = f"/logistics/receipts/new/?order={order.pk}"
    sent = rows(
        {"accepted": ""},
        {"accepted": "501", "reason": "Extra"},
        received_date="2026-11-21",
        warehouse=warehouse_of(world).pk,
    )
    refused = clerk.post(url, sent)
    assert refused.status_code == 422
    assert 'id="id_lines-1-accepted_error"' in text(refused) and 'value="Extra"' in text(refused)


def test_a_form_sent_twice_receives_once(world, order, clerk):
    url = f"/logistics/receipts/new/?order={order.pk}"
    sent = rows({"accepted": "10"}, {"accepted": ""}, received_date="2026-11-21", warehouse=warehouse_of(world).pk)
    first, second = (clerk.post(url, {**sent, "form_token": "abc"}) for _n in range(2))
    assert first.url == second.url and Receipt.objects.count() == 1


def test_rejected_goods_are_sent_back_from_their_receipt(world, order, clerk):
    receipt = receive_lines(world, [receive_line(order, accepted=990, rejected=10)])
    form = text(clerk.get(f"/logistics/receipts/{receipt.pk}/send-back/"))
    assert 'value="10"' in form
    sent = clerk.post(
        f"/logistics/receipts/{receipt.pk}/send-back/",
        rows({"quantity": "10"}, returned_date="2026-11-22", reason="Chipped"),
    )
    assert sent.status_code == 303, text(sent)
    assert "Chipped" in text(clerk.get(SupplierReturn.objects.get().get_absolute_url()))
    cancel = clerk.post(
        f"/logistics/receipts/{receipt.pk}/cancel/", {"reason": "x", "day": "2026-11-22", "version": receipt.version}
    )
    assert cancel.status_code == 422 and "went back" in text(cancel)


def receive_line(order, **quantities):
    from logistics.services import ReceiptLineInput

    return ReceiptLineInput(order.lines.get(position=1).pk, **{k: Decimal(v) for k, v in quantities.items()})


def test_goods_are_delivered_confirmed_and_taken_back(world, clerk):
    make_customer(world)
    receive(world, warehouse_of(world), 60, 600)
    order = confirmed(world, warehouse_of(world), 40)
    page = text(clerk.get(order.get_absolute_url()))
    assert f"/logistics/deliveries/new/?order={order.pk}" in page
    url = f"/logistics/deliveries/new/?order={order.pk}"
    assert 'value="40"' in text(clerk.get(url))
    refused = clerk.post(url, rows({"quantity": "41"}, shipped_date="2026-11-21", mode=""))
    assert refused.status_code == 422 and 'id="id_lines-0-quantity_error"' in text(refused)
    left = clerk.post(url, rows({"quantity": "40"}, shipped_date="2026-11-21", mode="road", carrier="DHL"))
    assert left.status_code == 303, text(left)
    delivery = Delivery.objects.get()
    assert "Confirm the delivery" in text(clerk.get(left.url))
    done = clerk.post(
        f"{left.url}delivered/", {"delivered_date": "2026-11-22", "documents_ok": "on", "version": delivery.version}
    )
    assert done.status_code == 303, text(done)
    back = clerk.post(
        f"{left.url}take-back/",
        rows({"quantity": "4", "disposition": "restock"}, returned_date="2026-11-22", reason="defect"),
    )
    assert back.status_code == 303, text(back)
    assert "Defect" in text(clerk.get(CustomerReturn.objects.get().get_absolute_url()))
    shown = text(clerk.get(order.get_absolute_url()))
    assert delivery.number in shown and "came back" in shown


def test_every_list_opens_exports_and_keeps_to_its_company_and_its_roles(world, order, clerk):
    shipment = report(world, planned_shipment(world, order), actual("loaded", date(2026, 11, 20)))
    receive_lines(world, [receive_line(order, accepted=5)], shipment=shipment)
    stranger = make_world("XY")
    for name in ("shipments", "receipts", "deliveries", "customer-returns", "supplier-returns"):
        path = f"/logistics/{name}/"
        assert clerk.get(path).status_code == 200
        assert clerk.get(f"{path}?export=csv").status_code == 200
        assert "0 rows" in text(person(stranger, "logistics").get(path))
        assert person(world, "supplier").get(path).status_code == 404
    assert person(stranger, "logistics").get(shipment.get_absolute_url()).status_code == 404
    assert person(world, "sales").get("/logistics/shipments/").status_code == 403
    found = text(clerk.get("/search/", {"q": shipment.number}))
    assert shipment.get_absolute_url() in found


def test_an_edit_changes_the_transport_and_a_cancel_frees_the_goods(world, order, clerk):
    shipment = planned_shipment(world, order)
    url = f"/logistics/shipments/{shipment.pk}/"
    form = text(clerk.get(f"{url}edit/"))
    assert 'value="1000"' in form and "CNNGB" in form
    header = {
        "mode": "sea",
        "version": shipment.version,
        "vessel": "Ever Calm",
        "origin": "CNNGB",
        "destination": "NLRTM",
    }
    saved = clerk.post(f"{url}edit/", rows({"quantity": "1000"}, {"quantity": "500"}, **header))
    assert saved.status_code == 303, text(saved)
    stale = clerk.post(f"{url}edit/", rows({"quantity": "1000"}, {"quantity": "500"}, **header))
    assert stale.status_code == 422 and "Somebody else changed this" in text(stale)
    shipment.refresh_from_db()
    assert shipment.vessel == "Ever Calm"
    assert clerk.post(f"{url}cancel/", {"reason": "No space", "version": shipment.version}).status_code == 303
    assert order.number in text(clerk.get("/logistics/shipments/new/"))


def test_lists_and_pages_cost_the_same_with_more_rows(world, clerk, django_assert_max_num_queries):
    for _n in range(4):
        order = world.sent_order()
        shipment = planned_shipment(world, order)
        receive_lines(world, [receive_line(order, accepted=5)], shipment=shipment)
    for path, most in (
        ("/logistics/shipments/", 20), ("/logistics/receipts/", 20), (shipment.get_absolute_url(), 45),
        ("/logistics/shipments/new/", 20), ("/logistics/receipts/choose/", 24),
    ):  # fmt: skip
        clerk.get(path)
        with django_assert_max_num_queries(most):
            assert clerk.get(path).status_code == 200
