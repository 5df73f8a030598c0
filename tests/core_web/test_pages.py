"""Lists, forms, search and headers through a browser session."""

import io

import pytest
from openpyxl import load_workbook

from core.web import search
from sourcing.models import PurchaseOrder
from tests.factories import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core_web.urls")]


@pytest.fixture
def buyer(world, client):
    client.force_login(world.users["buyer"], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def make_orders(world, count: int, **values) -> list[PurchaseOrder]:
    """Drafts written straight into the table: a list does not care how they came about."""
    return PurchaseOrder.objects.bulk_create(
        PurchaseOrder(
            company=world.company, number=f"PO-T-{n:05d}", supplier=world.supplier, order_date=TODAY, currency_id="USD",
            incoterm="FOB", named_place="Ningbo", total=n, created_by="test", **values,
        )
        for n in range(count)
    )  # fmt: skip


def test_a_stranger_is_led_to_the_login_and_a_role_without_the_right_is_refused(world, client):
    assert client.get("/t/orders/?q=x").url == "/accounts/login/?next=/t/orders/%3Fq%3Dx"
    client.force_login(world.users["supplier"], backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/t/orders/").status_code == 404


def test_every_answer_carries_the_policy_and_private_pages_are_not_kept(buyer):
    for address in ("/t/orders/", "/nothing/", "/static/css/iscm.css", "/accounts/login/"):
        answer = buyer.get(address)
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self' 'nonce-") and "unsafe" not in policy
        assert answer["X-Content-Type-Options"] == "nosniff" and answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in buyer.get("/t/orders/")["Cache-Control"]
    nonces = {buyer.get("/t/orders/")["Content-Security-Policy"] for _n in range(3)}
    assert len(nonces) == 3


def test_filters_stand_in_the_address_as_chips_and_unknown_ones_are_named(world, buyer):
    make_orders(world, 3)
    page = buyer.get("/t/orders/?status=draft&order_date_after=2026-01-01&statuss=x").content.decode()
    assert "3 rows" in page and "statuss" in page
    assert 'href="?order_date_after=2026-01-01&amp;statuss=x"' in page
    assert "from 1 Jan 2026" in page
    assert "No document matches" in buyer.get("/t/orders/?q=nosuchthing").content.decode()


def test_a_list_asks_as_often_for_fifty_rows_as_for_five(world, buyer, django_assert_max_num_queries):
    make_orders(world, 5)
    with django_assert_max_num_queries(40) as few:
        buyer.get("/t/orders/")
    PurchaseOrder.objects.all().delete()
    make_orders(world, 50)
    with django_assert_max_num_queries(40) as many:
        buyer.get("/t/orders/")
    assert len(many.captured_queries) == len(few.captured_queries)


def test_pages_sort_and_the_htmx_piece(world, buyer):
    make_orders(world, 90)
    first = buyer.get("/t/orders/?sort=total")
    assert [row.total for row in first.context["page"].object_list][:3] == [0, 1, 2]
    piece = buyer.get("/t/orders/?sort=-total&page=2", headers={"HX-Request": "true", "HX-Target": "results"})
    assert piece.content.strip().startswith(b'<div id="results">')
    assert [row.total for row in piece.context["page"].object_list][-1] == 0
    assert (
        buyer.get("/t/orders/?page=999").status_code == buyer.get("/t/orders/?page=x&sort=nonsense").status_code == 200
    )


def test_an_export_holds_all_pages_of_the_filter_and_no_formula(world, buyer):
    make_orders(world, 90, remarks="=HYPERLINK(1)")
    answer = buyer.get("/t/orders/?export=csv-bom&status=draft")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0] == "\ufeffNumber,Supplier,Status,Total,Remarks" and len(lines) == 91
    assert lines[1].endswith(",89.0000,'=HYPERLINK(1)")
    book = buyer.get("/t/orders/?export=xlsx&q=PO-T-00003")
    sheet = load_workbook(io.BytesIO(b"".join(book.streaming_content))).active
    assert [cell.value for cell in sheet[2]][:4] == ["PO-T-00003", "Ningbo Haisong Metalware", "Draft", 3]


def test_a_bulk_action_takes_the_ticked_rows_or_all_that_match(world, buyer):
    orders = make_orders(world, 90)
    ticked = buyer.post("/t/orders/", {"action": "count", "pk": [orders[0].pk, orders[1].pk]}, follow=True)
    assert "2 counted." in ticked.content.decode()
    everything = buyer.post("/t/orders/?status=draft", {"action": "count", "all": "1"}, follow=True)
    assert "90 counted." in everything.content.decode()
    assert buyer.post("/t/orders/", {"action": "refuse", "all": "1"}).status_code == 403


def test_the_same_form_sent_twice_has_one_effect(world, buyer):
    order = make_orders(world, 1)[0]
    sent = {"remarks": "once", "version": "1", "form_token": "abc"}
    first, second = buyer.post(f"/t/remarks/{order.pk}/", sent), buyer.post(f"/t/remarks/{order.pk}/", sent)
    order.refresh_from_db()
    assert (order.remarks, order.version) == ("once", 2)
    assert (first.status_code, first.url) == (second.status_code, second.url) == (303, "/t/saved/2/")


def test_a_rule_that_refuses_keeps_what_was_typed_and_lets_one_send_again(world, buyer):
    order = make_orders(world, 1)[0]
    refused = buyer.post(f"/t/remarks/{order.pk}/", {"remarks": "bad", "version": "1", "form_token": "t"})
    page = refused.content.decode()
    assert refused.status_code == 422 and "This remark is on the list." in page and 'value="bad"' in page
    assert "data-focus" in page and 'aria-invalid="true"' in page
    again = buyer.post(f"/t/remarks/{order.pk}/", {"remarks": "good", "version": "1", "form_token": "t"})
    assert again.status_code == 303


def test_a_stale_edit_is_refused_with_what_changed_and_the_next_save_goes_through(world, buyer):
    order = make_orders(world, 1)[0]
    PurchaseOrder.objects.filter(pk=order.pk).update(remarks="theirs", version=2)
    refused = buyer.post(f"/t/remarks/{order.pk}/", {"remarks": "mine", "version": "1"})
    page = refused.content.decode()
    assert refused.status_code == 422 and "Somebody else changed this" in page
    assert "It now says “theirs”" in page and 'value="mine"' in page and 'name="version" value="2"' in page
    assert buyer.post(f"/t/remarks/{order.pk}/", {"remarks": "mine", "version": "2"}).status_code == 303


def test_live_pieces_answer_204_until_something_changed(buyer):
    assert buyer.get("/t/live/?seen=7").status_code == 204
    assert b"news" in buyer.get("/t/live/?seen=6").content


def test_search_asks_every_finder_and_escapes_what_was_typed(world, buyer, monkeypatch):
    monkeypatch.setattr(
        search, "_finders", [("Orders", lambda actor, text, limit: [(text, "/x/", "hint")] * limit, False)]
    )
    page = buyer.get("/search/?q=<script>").content.decode()
    assert "&lt;script&gt;" in page and "<script>" not in page.replace("<script src", "")
    piece = buyer.get("/search/?q=ab", headers={"HX-Request": "true", "HX-Target": "search-results"}).content
    assert piece.count(b"/x/") == 5 and b"<html" not in piece


def test_a_browsers_complaint_about_the_policy_is_taken(client):
    assert client.post("/csp-report/", b'{"csp-report": {}}', content_type="application/csp-report").status_code == 204
    assert client.post("/csp-report/", b"nonsense", content_type="application/csp-report").status_code == 204


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "offered"), [("localhost:8000", True), ("127.0.0.1:8000", False), ("[::1]:8000", False)]
)
def test_a_passkey_is_offered_where_the_browser_can_have_one(client, settings, host, offered):
    settings.ALLOWED_HOSTS = ["*"]
    page = client.get("/accounts/login/", headers={"host": host}).content.decode()
    assert ("Use a passkey" in page, "webauthn" in page) == (offered, offered)
