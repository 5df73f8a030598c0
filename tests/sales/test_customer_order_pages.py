"""The pages of selling: what a seller sees and does in the browser."""

import io
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from sales import services as sales
from sales.models import Customer, CustomerOrder
from tests.doors import person
from tests.factories import make_world
from tests.factories_inventory import make_warehouse, receive
from tests.factories_sales import confirmed, draft, make_customer, order_input

pytestmark = pytest.mark.django_db


@pytest.fixture
def rotterdam(world):
    return make_warehouse(world)


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def days_from_now(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def form(world, warehouse, *lines, **changes):
    sent = {
        "customer": world.customer.pk,
        "order_date": days_from_now(0),
        "promised": days_from_now(14),
        "warehouse": warehouse.pk,
        "currency": "EUR",
        "lines-TOTAL_FORMS": len(lines),
        "lines-INITIAL_FORMS": 0,
        **changes,
    }
    for number, line in enumerate(lines):
        sent |= {f"lines-{number}-{name}": value for name, value in line.items()}
    return sent


def test_a_seller_writes_confirms_and_cancels_an_order(world, rotterdam):
    receive(world, rotterdam, 60, 600)
    seller = person(world, "sales")
    lines = (
        {"sku": "mug-01", "quantity": "1", "unit": "carton", "unit_price": "240.00"},
        {"sku": "BOT-750", "quantity": "3", "unit_price": "19.90"},
    )
    written = seller.post("/sales/orders/new/", form(world, rotterdam, *lines))
    assert written.status_code == 303, text(written)
    order = CustomerOrder.objects.get()
    assert [(line.sku, line.quantity, line.amount) for line in order.lines.all()] == [
        ("MUG-01", 48, 240),
        ("BOT-750", 3, D("59.70")),
    ]
    shown = text(seller.get(written.url))
    assert "Confirm and reserve" in shown and "299.70" in shown
    assert seller.post(f"{written.url}confirm/").status_code == 303
    shown = text(seller.get(written.url))
    for piece in (
        "1 line waits for goods in Rotterdam",
        "A customer order was confirmed and goods reserved",
        "3</span> missing",
    ):
        assert piece in shown, piece
    assert "Reserve what has come" not in shown
    receive(world, rotterdam, 3, 30, product=world.bottle)
    assert "Reserve what has come" in text(seller.get(written.url))
    seller.post(f"{written.url}reserve/")
    assert order.lines.get(sku="BOT-750").reserved_quantity == 3
    empty = seller.post(f"{written.url}cancel/", {"reason": "", "version": CustomerOrder.objects.get().version})
    assert empty.status_code == 422
    given = {"reason": "Store burnt down", "by_customer": "on", "version": CustomerOrder.objects.get().version}
    assert seller.post(f"{written.url}cancel/", given).status_code == 303
    assert "Cancelled by the customer" in text(seller.get(written.url))


def test_a_wrong_line_is_named_where_it_stands_and_nothing_typed_is_lost(world, rotterdam):
    lines = (
        {"sku": "", "quantity": "", "unit_price": ""},
        {"sku": "MUG-01", "quantity": "2.5", "unit_price": "4"},
        {"sku": "NOPE", "quantity": "1", "unit_price": "4"},
    )
    seller = person(world, "sales")
    refused = seller.post("/sales/orders/new/", form(world, rotterdam, *lines))
    assert refused.status_code == 422 and "There is no product NOPE" in text(refused) and 'value="2.5"' in text(refused)
    refused = seller.post("/sales/orders/new/", form(world, rotterdam, *lines[:2]))
    assert (
        refused.status_code == 422
        and "whole numbers" in text(refused)
        and 'id="id_lines-1-quantity_error"' in text(refused)
    )
    refused = seller.post("/sales/orders/new/", form(world, rotterdam, {**lines[1], "unit": "pallet"}))
    assert "no packaging “Pallet”" in text(refused)
    assert CustomerOrder.objects.count() == 0


def test_a_draft_is_edited_but_not_over_somebody_elses_change(world, rotterdam):
    order = draft(world, rotterdam)
    seller = person(world, "sales")
    path = f"/sales/orders/{order.pk}/edit/"
    assert 'value="MUG-01"' in text(seller.get(path))
    changed = form(world, rotterdam, {"sku": "MUG-01", "quantity": "7", "unit_price": "5"}, version=order.version)
    assert seller.post(path, changed).status_code == 303
    assert order.lines.get().quantity == 7
    changed["lines-0-quantity"] = "8"
    stale = seller.post(path, changed)
    assert stale.status_code == 422 and "Somebody else changed this" in text(stale)
    assert order.lines.get().quantity == 7
    assert seller.post(f"/sales/orders/{order.pk}/delete/").status_code == 303
    assert CustomerOrder.objects.count() == 0


def test_the_page_says_why_credit_stops_an_order_and_finance_lets_it_through(world, rotterdam):
    make_customer(world, credit_limit=D(10))
    order = draft(world, rotterdam)
    seller, finance = person(world, "sales"), person(world, "finance")
    page = f"/sales/orders/{order.pk}/"
    assert "over the credit limit of 10.00 EUR" in text(seller.get(page))
    assert "Release the credit" not in text(seller.get(page))
    assert "Release the credit" in text(finance.get(page))
    assert seller.get(f"{page}release/").status_code == 200, "the form says what it needs; the service refuses"
    assert seller.post(f"{page}release/", {"reason": "Please", "version": order.version}).status_code in (403, 422)
    assert finance.post(f"{page}release/", {"reason": "Paid today", "version": order.version}).status_code == 303
    assert "Finance released the credit: Paid today" in text(seller.get(page))
    seller.post(f"{page}confirm/")
    assert CustomerOrder.objects.get().status == "confirmed"


def test_a_promise_is_moved_in_the_browser(world, rotterdam):
    order = confirmed(world, rotterdam)
    line = order.lines.get()
    page = f"/sales/orders/{order.pk}/"
    given = {f"line-{line.pk}": days_from_now(60), "reason": "The vessel is late", "version": order.version}
    moved = person(world, "sales").post(f"{page}repromise/", given)
    assert moved.status_code == 303, text(moved)
    line.refresh_from_db()
    assert (line.promised_date.isoformat(), line.commit_date) != (None, line.promised_date)
    assert "days late" in text(person(world, "sales").get(page))


def test_the_list_finds_late_and_waiting_orders_in_few_queries(world, rotterdam, django_assert_max_num_queries):
    sales.record_agreed_orders(actor=world.actors["sales"], orders=[order_input(world, rotterdam) for _n in range(30)])
    seller = person(world, "sales")
    seller.get("/sales/orders/")
    with django_assert_max_num_queries(16):
        shown = seller.get("/sales/orders/?short=true")
    assert text(shown).count("CO-2026-") >= 30 and "1,500.00" in text(shown)
    assert "No document matches" in text(seller.get("/sales/orders/?late=true"))
    exported = b"".join(seller.get("/sales/orders/?export=csv").streaming_content).decode()
    assert exported.count("Outdoor Retail") == 30
    assert person(world, "supplier").get("/sales/orders/").status_code == 404
    assert person(world, "quality").get("/sales/orders/").status_code == 403
    assert "CO-2026-" not in text(person(make_world("OT"), "sales").get("/sales/orders/"))


def test_an_order_page_is_a_fixed_number_of_queries(world, rotterdam, django_assert_max_num_queries):
    line = sales.LineInput(world.mug.pk, D(1), D(5), timezone.localdate() + timedelta(days=9))
    order = confirmed(world, rotterdam, lines=[line] * 30)
    seller = person(world, "sales")
    seller.get(f"/sales/orders/{order.pk}/")
    with django_assert_max_num_queries(32):
        assert seller.get(f"/sales/orders/{order.pk}/").status_code == 200


def test_orders_are_confirmed_together_and_the_refused_ones_say_why(world, rotterdam):
    make_customer(world, credit_limit=D(60))
    orders = [draft(world, rotterdam) for _n in range(2)]
    answer = person(world, "sales").post(
        "/sales/orders/", {"action": "confirm", "pk": [order.pk for order in orders]}, follow=True
    )
    assert "1 order confirmed." in text(answer) and "over the credit limit" in text(answer)
    assert sorted(CustomerOrder.objects.values_list("status", flat=True)) == ["confirmed", "draft"]


def test_suggestions_and_terms_follow_the_customer(world, rotterdam):
    make_customer(world, payment_term_id=world.term.pk)
    confirmed(world, rotterdam, 10, "6.40")
    seller = person(world, "sales")
    found = seller.get(f"/sales/orders/products/?q=mug&supplier={world.customer.pk}").json()["products"]
    assert found == [{"sku": "MUG-01", "name": "Enamel camp mug", "unit": "pcs", "price": "6.4"}]
    terms = text(seller.get(f"/sales/orders/terms/?customer={world.customer.pk}"))
    assert '<option value="DE" selected>' in terms and f'<option value="{world.term.pk}" selected>' in terms


def test_files_and_notes_hang_on_an_order(world, rotterdam):
    order = draft(world, rotterdam)
    seller = person(world, "sales")
    upload = io.BytesIO(b"%PDF-1.4\n%%EOF")
    upload.name = "order.pdf"
    kind = f"sales.customerorder/{order.pk}/add/"
    assert seller.post(f"/files/{kind}", {"file": upload, "doc_type": "purchase_order"}).status_code == 303
    assert seller.post(f"/notes/{kind}", {"text": "He calls back on Monday"}).status_code == 303
    shown = text(seller.get(order.get_absolute_url()))
    assert "order.pdf" in shown and "He calls back on Monday" in shown
    assert person(world, "quality").post(f"/notes/{kind}", {"text": "?"}).status_code == 404


TABLE = (
    "Order,Line,Customer code,Order date,Currency,Warehouse,SKU,Quantity,Unit,Unit price,Promised for\n"
    "CO-A-1,1,OUT-01,2026-11-20,EUR,RTM,MUG-01,2,carton,240,2026-12-20\n"
    "CO-A-1,2,OUT-01,2026-11-20,EUR,RTM,BOT-750,5,,19.90,2026-12-20\n"
)


def test_orders_come_in_from_a_table_once(world, rotterdam):
    seller = person(world, "sales")

    def send(table: str):
        upload = io.BytesIO(table.encode())
        upload.name = "orders.csv"
        return seller.post("/sales/orders/import/", {"file": upload}).url

    page = send(TABLE)
    assert CustomerOrder.objects.count() == 0
    seller.post(page, {"step": "commit"})
    order = CustomerOrder.objects.get()
    assert (order.number, [line.quantity for line in order.lines.all()], order.total) == (
        "CO-A-1",
        [96, 5],
        D("579.50"),
    )
    again = seller.get(send(TABLE))
    assert "exists already" not in text(again)
    differs = seller.get(send(TABLE.replace("19.90", "18.90")))
    assert "This order exists already and differs" in text(differs)
    wrong = text(
        seller.get(send(TABLE.replace("CO-A-1", "CO-A-2").replace("OUT-01", "NOBODY").replace("carton", "kg")))
    )
    assert "There is no such customer" in wrong and "cannot be converted" in wrong
    assert CustomerOrder.objects.count() == 1


def test_a_customer_page_shows_his_credit_and_his_orders(world, rotterdam, django_assert_max_num_queries):
    customer = make_customer(world, credit_limit=D(100))
    confirmed(world, rotterdam, 10, "5.00")
    since = timezone.localdate() - timedelta(days=5)
    sales.record_exposure(actor=world.actors["finance"], exposures={world.customer.pk: sales.Exposure(D(70), since)})
    seller = person(world, "sales")
    shown = text(seller.get(f"/sales/customers/{customer.pk}/"))
    for piece in ("70.00", "50.00", "-20.00", "Over the credit limit", "5 days overdue", "CO-2026-00001"):
        assert piece in shown, piece
    with django_assert_max_num_queries(16):
        assert "5 days overdue" in text(seller.get("/sales/customers/"))
    edit = f"/sales/customers/{customer.pk}/edit/"
    given = {"credit_limit": "250", "claim_days": "30", "currency": "EUR", "version": Customer.objects.get().version}
    assert seller.post(edit, given).status_code == 303
    assert (Customer.objects.get().credit_limit, Customer.objects.get().claim_days) == (250, 30)
    assert (
        seller.post("/sales/customers/new/", {"organisation": world.supplier2.pk, "claim_days": "14"}).status_code
        == 303
    )
    assert person(world, "logistics").get(edit).status_code == 403
