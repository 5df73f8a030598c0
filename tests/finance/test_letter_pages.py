"""The pages of a letter of credit, used as people do: opened from the order, approved, issued, drawn on, ended."""

from decimal import Decimal as D

import pytest

from finance.models import LetterOfCredit, Presentation
from finance.services import GoodsInvoice, GoodsLine, record_supplier_invoice
from logistics.models import TradeDocument
from tests.doors import person
from tests.factories import TODAY
from tests.factories_finance import agreed, bank_of, open_letter, ordered, ship, term
from tests.finance.test_finance_pages import see

pytestmark = pytest.mark.django_db
DAY = "2026-11-20"
TERMS = {
    "amount": "12,500.00", "tolerance_percent": "0", "latest_shipment_date": "2027-01-15", "expiry_date": "2027-02-05",
    "presentation_days": "21", "insurance_percent": "110", "documents": ["commercial_invoice", "packing_list"],
    "partial_shipments": "on",
}  # fmt: skip


@pytest.fixture
def finance(world):
    return person(world, "finance")


@pytest.fixture
def order(world):
    sight = term(world, (100, "lc_sight", 0), code="LC")
    return agreed(ordered(world, payment_term_id=sight.pk))


def send(client, url: str, **data) -> str:
    """What a form leads to."""
    answer = client.post(url, data)
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    return answer["Location"]


def recorded(world, letter, number="HS-1"):
    line = letter.order.lines.get()
    given = GoodsInvoice(
        letter.supplier_id, number, TODAY, letter.currency_id, [GoodsLine(line.pk, line.quantity, line.unit_price)]
    )
    return record_supplier_invoice(actor=world.actors["finance"], invoice=given)


def test_from_the_order_to_complying_documents_by_three_people(world, finance, order):
    bank = bank_of(world)
    assert "Open a letter of credit" in see(finance, order.get_absolute_url())
    form = see(finance, f"/finance/letters-of-credit/new/?order={order.pk}")
    assert 'value="12500"' in form and 'value="2027-01-15"' in form and "Delta Trade Bank" in form
    page = send(
        finance, f"/finance/letters-of-credit/new/?order={order.pk}", **TERMS, bank=bank.pk, fee_percent="0.75",
        fee_fixed="150",
    )  # fmt: skip
    letter = LetterOfCredit.objects.get()
    assert "somebody else must approve it" in see(finance, page)
    assert "Open a letter of credit" not in see(finance, order.get_absolute_url())
    send(finance, f"{page}edit/", **{**TERMS, "amount": "12400"}, bank=bank.pk, fee_percent="0.75", fee_fixed="150",
         version="1")  # fmt: skip
    letter.refresh_from_db()
    assert letter.amount == 12400
    send(person(world, "approver"), f"{page}approve/", version=letter.version)
    send(finance, f"{page}issue/", bank_reference="DTB-1", day=DAY, version=3)
    assert "Nothing yet. When the bank says" in see(finance, page)
    send(person(world, "approver"), f"{page}amend/", **{**TERMS, "amount": "12500"}, reason="The whole order",
         version=4)  # fmt: skip
    invoice = recorded(world, letter)
    shipment = ship(world, order)
    for paper in ("commercial_invoice", "packing_list"):
        TradeDocument.objects.filter(shipment=shipment, doc_type=paper).update(received_date=TODAY)
    form = see(finance, f"{page}present/")  # the only invoice is chosen, its shipment's papers are ticked
    assert invoice.supplier_number in form and 'value="1000"' in form and form.count(" checked") == 2
    send(finance, f"{page}present/", presented_date=DAY, amount="12500", packing_quantity="1000",
         documents=["commercial_invoice", "packing_list"])  # fmt: skip
    made = Presentation.objects.get()
    form = see(finance, f"/finance/presentations/{made.pk}/examine/")
    assert "comply with the credit" in form
    send(finance, f"/finance/presentations/{made.pk}/examine/", day=DAY, findings="", version=1)
    page_now = see(finance, page)
    assert "Complying" in page_now and "12,500.00" in page_now
    letter.refresh_from_db()
    assert (letter.drawn_amount, letter.available_amount) == (12500, 0)
    send(finance, f"{page}close/", reason="Drawn in full", version=letter.version)
    assert "Closed: Drawn in full" in see(finance, page)


def test_what_differs_is_shown_before_it_is_recorded_then_waived_or_refused(world, finance, order):
    letter = open_letter(world, order)
    page = letter.get_absolute_url()
    assert "record the supplier's invoice first" in see(finance, f"{page}present/")
    recorded(world, letter)
    said = {"presented_date": DAY, "amount": "12500", "packing_quantity": "998", "documents": ["commercial_invoice"]}
    send(finance, f"{page}present/", **said)
    first = Presentation.objects.get()
    examine = f"/finance/presentations/{first.pk}/examine/"
    form = see(finance, examine)
    assert "the packing list 998" in form and "Bill of lading is missing." in form
    send(finance, examine, day=DAY, findings="The consignee is misspelt.\n\n", version=1)
    first.refresh_from_db()
    codes = [one["code"] for one in first.discrepancies]
    assert codes == ["quantity_conflict", "missing_document", "missing_document", "conflict"]
    approver = person(world, "approver")
    assert "Waive the discrepancies" in see(approver, page)
    assert "Waive the discrepancies" not in see(finance, page)
    assert "The consignee is misspelt." in see(approver, f"/finance/presentations/{first.pk}/refuse/")
    send(approver, f"/finance/presentations/{first.pk}/refuse/", day=DAY, version=2)
    his = see(person(world, "supplier"), f"/portal/letters-of-credit/{letter.pk}/")
    assert "Refused, because:" in his and "The consignee is misspelt." in his
    send(finance, f"{page}present/", **said)
    second = Presentation.objects.latest("pk")
    send(finance, f"/finance/presentations/{second.pk}/examine/", day=DAY, findings="", version=1)
    send(approver, f"/finance/presentations/{second.pk}/waive/", day=DAY, reason="They are right now", version=2)
    assert "Taken up in spite of:" in see(finance, page)


def test_a_refused_form_keeps_what_was_typed_and_says_where_it_is_wrong(world, finance, order):
    bank = bank_of(world)
    url = f"/finance/letters-of-credit/new/?order={order.pk}"
    wrong = {**TERMS, "expiry_date": "2027-01-14", "bank": bank.pk, "fee_percent": "0", "fee_fixed": "0"}
    answer = finance.post(url, wrong)
    said = answer.content.decode()
    assert answer.status_code == 422 and "cannot expire before the latest day of shipment" in said
    assert 'value="12,500.00"' in said and not LetterOfCredit.objects.exists()


def test_two_invoices_are_told_apart_before_one_is_presented(world, finance, order):
    letter = open_letter(world, order)
    first, second = (recorded(world, letter, number) for number in ("HS-1", "HS-2"))
    choose = see(finance, f"{letter.get_absolute_url()}present/")
    assert "HS-1" in choose and "HS-2" in choose
    assert "HS-2" in see(finance, f"{letter.get_absolute_url()}present/?invoice={second.pk}")
    assert "Which invoice" in see(finance, f"{letter.get_absolute_url()}present/?invoice=999999")
    assert first.amount == D(12500)


def test_lists_search_and_portal_lead_to_the_credit(world, finance, order):
    letter = open_letter(world, order)
    listed = see(finance, "/finance/letters-of-credit/")
    assert letter.number in listed and order.number in listed
    assert letter.number in see(finance, f"/search/?q={letter.bank_reference}")
    his = person(world, "supplier")
    assert letter.number in see(his, "/portal/letters-of-credit/")
    assert "Present documents under" in see(his, "/portal/")
    assert letter.number in see(his, f"/portal/orders/{order.pk}/")
    assert "0.75" not in see(his, f"/portal/letters-of-credit/{letter.pk}/")  # what the bank asks is ours
    others = person(world, "supplier2")
    assert letter.number not in see(others, "/portal/letters-of-credit/")
    assert others.get(f"/portal/letters-of-credit/{letter.pk}/").status_code == 404
    csv = finance.get("/finance/letters-of-credit/?export=csv")
    assert letter.number in b"".join(csv.streaming_content if csv.streaming else [csv.content]).decode("utf-8-sig")
