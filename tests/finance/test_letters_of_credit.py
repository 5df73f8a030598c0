"""A letter of credit from the draft to the money: who may what, what the supplier sees, when its invoice falls due (F-14)."""

from datetime import date
from decimal import Decimal as D

import pytest

from core.models import OutgoingMail, Task
from core.outbox import announce, drain
from finance.models import Charge, LetterOfCredit, Presentation, SupplierInvoice
from logistics.models import TradeDocument
from sourcing.events import ORDER_CONFIRMED
from sourcing.services import cancel_purchase_order, close_purchase_order
from tests.factories import TODAY
from tests.factories_finance import agreed, api, balances, bank_of, boss, ok, ordered, paid, ship, term

pytestmark = pytest.mark.django_db
LETTERS, PRESENTED = "/finance/letters-of-credit/", "/finance/presentations/"
INVOICES, PAYMENTS = "/finance/supplier-invoices/", "/finance/payments/"
DAY = "2026-11-20"
PAPERS = ["commercial_invoice", "packing_list", "bill_of_lading"]


@pytest.fixture
def finance(world):
    return api(world, "finance")


@pytest.fixture
def approver(world):
    return api(world, "approver")


@pytest.fixture
def bank(world):
    return bank_of(world)


def secured(world, quantity="1000", price="10", **changes):
    """A confirmed order of which a letter of credit secures everything."""
    sight = term(world, (100, "lc_sight", 0), code=f"LC{changes.pop('code', '')}")
    return agreed(ordered(world, quantity, price, payment_term_id=sight.pk, **changes))


def drafted(finance, order, bank, *, status=201, **changes) -> dict:
    body = {
        "order": order.pk, "bank": bank.pk, "amount": "10000", "latest_shipment_date": "2027-01-15",
        "expiry_date": "2027-02-05", "documents": PAPERS, **changes,
    }  # fmt: skip
    return ok(finance("POST", LETTERS, body), status)


def issued(world, finance, order, bank, **changes) -> dict:
    letter = drafted(finance, order, bank, **changes)
    ok(api(world, "approver")("POST", f"{LETTERS}{letter['id']}/approve/"))
    return ok(finance("POST", f"{LETTERS}{letter['id']}/issue/", {"day": DAY, "bank_reference": "DTB-77"}))


def billed(finance, order, quantity="1000", price="10", number="HS-1", **more) -> dict:
    line = {"order_line": order.lines.get().pk, "quantity": quantity, "unit_price": price}
    head = {"supplier": order.supplier_id, "supplier_number": number, "invoice_date": DAY, "currency": "EUR"}
    made = ok(finance("POST", INVOICES, {**head, "lines": [line], **more}), 201)
    return ok(finance("POST", f"{INVOICES}{made['id']}/post/", {}))


def presented(finance, letter, invoice, *, status=201, **changes) -> dict:
    body = {
        "letter": letter["id"], "invoice": invoice["id"], "presented_date": DAY, "amount": invoice["amount"],
        "documents": PAPERS, "shipped_date": DAY, "packing_quantity": "1000", **changes,
    }  # fmt: skip
    return ok(finance("POST", PRESENTED, body), status)


def examined(finance, presentation, *, status=200, **more) -> dict:
    return ok(finance("POST", f"{PRESENTED}{presentation['id']}/examine/", {"day": DAY, **more}), status)


def plan(finance, invoice) -> list[tuple]:
    rows = finance("GET", f"{INVOICES}{invoice['id']}/instalments/").json()
    return [(D(row["amount"]), row["due_date"], row["waiting"]) for row in rows]


def tasks(world) -> dict[str, date | None]:
    """Open tasks of the company, by kind."""
    drain()
    return dict(Task.objects.filter(company_id=world.company.pk, done_at=None).values_list("kind", "due_date"))


def test_the_money_waits_for_the_credit_the_documents_and_their_examination(world, finance, bank):
    order = secured(world)
    invoice = billed(finance, order)
    assert plan(finance, invoice) == [(10000, None, f"There is no letter of credit for {order.number}.")]
    letter = issued(world, finance, order, bank)
    assert plan(finance, invoice)[0][2] == f"No documents are presented under {letter['number']}."
    shipment = ship(world, order)
    one = presented(finance, letter, invoice)
    assert (one["status"], one["examine_by"], one["invoice_quantity"]) == ("presented", "2026-11-27", "1000.0000")
    assert one["shipment"] == shipment.pk
    assert "is to be examined by" in plan(finance, invoice)[0][2]
    body = {
        "party": world.supplier.pk, "payment_date": DAY, "settles": [{"amount": "10000", "invoice": invoice["id"]}],
    }  # fmt: skip
    refused = ok(finance("POST", PAYMENTS, body), 422)
    assert "is to be examined by" in str(refused["errors"])
    done = examined(finance, one)
    assert (done["status"], done["discrepancies"], done["decided_date"]) == ("complying", [], DAY)
    assert plan(finance, invoice) == [(10000, DAY, "")]
    drain()
    assert SupplierInvoice.objects.get(pk=invoice["id"]).due_date == TODAY
    again = ok(finance("GET", f"{LETTERS}{letter['id']}/"))
    assert (D(again["drawn_amount"]), D(again["available_amount"])) == (10000, 0)
    paid(world, finance, "10000", invoice=invoice["id"])
    assert balances(world).get("payables") is None


def test_f14_an_invoice_that_differs_from_the_packing_list_is_a_discrepancy_and_is_not_paid(world, finance, bank):
    order = secured(world)
    invoice, letter = billed(finance, order), issued(world, finance, order, bank)
    one = examined(finance, presented(finance, letter, invoice, packing_quantity="998", documents=PAPERS[:2]))
    assert one["status"] == "discrepant"
    assert [row["code"] for row in one["discrepancies"]] == ["quantity_conflict", "missing_document"]
    assert "does not comply: waive or refuse by" in plan(finance, invoice)[0][2]
    approver = api(world, "approver")
    assert finance("POST", f"{PRESENTED}{one['id']}/refuse/", {"day": DAY}).status_code == 403
    refused = ok(approver("POST", f"{PRESENTED}{one['id']}/refuse/", {"day": DAY}))
    assert refused["status"] == "refused"
    assert "was refused; other documents must be presented" in plan(finance, invoice)[0][2]
    mail = OutgoingMail.objects.filter(subject__contains=one["number"]).get()
    assert "998" in mail.text and "Bill of lading is missing." in mail.text  # one notice states them all
    better = examined(finance, presented(finance, letter, invoice))
    assert (better["number"], better["status"]) == (f"{letter['number']}-2", "complying")
    assert plan(finance, invoice) == [(10000, DAY, "")]


def test_waived_discrepancies_are_paid_as_if_the_documents_complied(world, finance, approver, bank):
    """Within the limit of who waives; what the papers contradict does not block the payment any more."""
    order = secured(world)
    shipment = ship(world, order)
    TradeDocument.objects.filter(shipment=shipment, doc_type="packing_list").update(conflict="410 cartons, not 412")
    invoice = billed(finance, order, shipment=shipment.pk)
    letter = issued(world, finance, order, bank)
    one = examined(finance, presented(finance, letter, invoice), findings=["The consignee is misspelt."])
    assert [row["detail"] for row in one["discrepancies"]] == [
        "Packing list: 410 cartons, not 412", "The consignee is misspelt.",
    ]  # fmt: skip
    assert finance("POST", f"{PRESENTED}{one['id']}/waive/", {"day": DAY, "reason": "x"}).status_code == 403
    world.memberships["approver"].approval_limit = 9999
    world.memberships["approver"].save()
    above = approver("POST", f"{PRESENTED}{one['id']}/waive/", {"day": DAY, "reason": "x"})
    assert above.status_code == 403 and "above your approval limit" in above.json()["detail"]
    world.memberships["approver"].approval_limit = 10000
    world.memberships["approver"].save()
    done = ok(approver("POST", f"{PRESENTED}{one['id']}/waive/", {"day": DAY, "reason": "Cartons were recounted"}))
    assert (done["status"], done["reason"]) == ("waived", "Cartons were recounted")
    checks = finance("GET", f"{INVOICES}{invoice['id']}/checks/").json()
    assert [row["name"] for row in checks if not row["ok"]] == []
    paid(world, finance, "10000", invoice=invoice["id"])


def test_the_bank_looks_at_documents_and_not_at_goods(world, finance, bank):
    """Complying documents are paid though the goods were never inspected (UCP 600 art. 5)."""
    world.mug.inspection_required = True
    world.mug.save()
    order = secured(world)
    invoice, letter = billed(finance, order), issued(world, finance, order, bank)
    checks = finance("GET", f"{INVOICES}{invoice['id']}/checks/").json()
    assert "inspection" in [row["name"] for row in checks if not row["ok"]]
    examined(finance, presented(finance, letter, invoice))
    checks = finance("GET", f"{INVOICES}{invoice['id']}/checks/").json()
    assert [row["name"] for row in checks if not row["ok"]] == []


def test_a_deferred_credit_counts_from_the_day_on_board_once_documents_comply(world, finance, bank):
    deferred = term(world, (100, "lc_shipped", 90), code="LC90")
    order = agreed(ordered(world, "1000", "10", payment_term_id=deferred.pk))
    invoice, letter = billed(finance, order), issued(world, finance, order, bank)
    one = presented(finance, letter, invoice, shipped_date=DAY)
    assert plan(finance, invoice)[0][1] is None
    examined(finance, one)
    assert plan(finance, invoice) == [(10000, "2027-02-18", "")]


def test_a_deposit_is_paid_by_transfer_and_only_the_rest_under_the_credit(world, finance, bank):
    both = term(world, (30, "order_confirmed", 0), (70, "lc_sight", 0), code="TTLC")
    order = agreed(ordered(world, "1000", "10", payment_term_id=both.pk))
    paid(world, finance, "3000", order=order.pk)
    letter = issued(world, finance, order, bank, amount="7000")
    invoice = billed(finance, order)
    assert [row[0] for row in plan(finance, invoice)] == [7000]
    too_much = presented(finance, letter, invoice, amount="7000.01", status=422)
    assert too_much["errors"][0]["pointer"] == "/amount"
    assert examined(finance, presented(finance, letter, invoice, amount="7000"))["status"] == "complying"


def test_two_parts_draw_on_one_credit_and_the_third_overdraws(world, finance, approver, bank):
    order = secured(world)
    letter = issued(world, finance, order, bank, amount="9000", tolerance_percent="5")
    for number, quantity in (("HS-1", "400"), ("HS-2", "500")):
        part = billed(finance, order, quantity, number=number)
        done = examined(finance, presented(finance, letter, part, packing_quantity=quantity))
        assert done["status"] == "complying"
    rest = billed(finance, order, "100", number="HS-3")
    one = examined(finance, presented(finance, letter, rest, packing_quantity="100"))
    assert [row["code"] for row in one["discrepancies"]] == ["overdrawn"]
    assert "450.00" in one["discrepancies"][0]["detail"]


def test_the_banks_fee_is_carried_by_the_goods_in_proportion_to_what_is_drawn(world, finance, bank):
    """FIN-05: 0.75 % of 100,000 and 150 are 900; of the part drawn its part, estimated on the shipment."""
    order = secured(world, "1000", "100")
    letter = issued(world, finance, order, bank, amount="100000", fee_percent="0.75", fee_fixed="150")
    assert D(letter["fee"]) == 900
    shipment = ship(world, order)
    invoice = billed(finance, order, "400", "100", shipment=shipment.pk)
    one = presented(finance, letter, invoice, packing_quantity="400")
    assert not Charge.objects.filter(kind="bank").exists()
    examined(finance, one)
    charge = Charge.objects.get(kind="bank", shipment=shipment)
    assert (charge.estimate_amount, charge.component) == (360, "other")
    bill = {
        "supplier": bank.pk, "supplier_number": "DTB-F1", "invoice_date": DAY, "currency": "EUR",
        "lines": [{"charge": charge.pk, "amount": "365"}],
    }  # fmt: skip
    ok(finance("POST", f"{INVOICES}charges/", bill), 201)
    charge.refresh_from_db()
    assert (charge.actual_base, charge.variance_base) == (365, 5)


def test_a_draft_is_approved_by_somebody_else_within_his_limit(world, finance, approver, bank):
    order = secured(world)
    admin = api(world, "admin")
    own = drafted(admin, order, bank)
    assert "somebody else must approve it" in ok(admin("POST", f"{LETTERS}{own['id']}/approve/"), 403)["detail"]
    assert finance("POST", f"{LETTERS}{own['id']}/approve/").status_code == 403  # finance drafts and issues
    world.memberships["approver"].approval_limit = 10499
    world.memberships["approver"].save()
    changed = {
        "bank": bank.pk, "amount": "10000", "tolerance_percent": "5", "latest_shipment_date": "2027-01-15",
        "expiry_date": "2027-02-05", "documents": PAPERS,
    }  # fmt: skip
    edited = ok(admin("PUT", f"{LETTERS}{own['id']}/", changed, **{"If-Match": '"1"'}))
    assert D(edited["limit"]) == 10500
    above = ok(approver("POST", f"{LETTERS}{own['id']}/approve/"), 403)
    assert "above your approval limit" in above["detail"]  # all that may be drawn counts
    world.memberships["approver"].approval_limit = 10500
    world.memberships["approver"].save()
    assert ok(approver("POST", f"{LETTERS}{own['id']}/approve/"))["status"] == "approved"
    edit_late = admin("PUT", f"{LETTERS}{own['id']}/", changed, **{"If-Match": "*"})
    assert edit_late.status_code == 409


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": "0"}, "/amount"),
        ({"expiry_date": "2027-01-14"}, "/expiry_date"),
        ({"tolerance_percent": "101"}, "/tolerance_percent"),
        ({"insurance_percent": "109.99"}, "/insurance_percent"),
        ({"fee_percent": "-1"}, "/fee_percent"),
        ({"fee_fixed": "-1"}, "/fee_fixed"),
        ({"presentation_days": 0}, "/presentation_days"),
        ({"documents": []}, "/documents"),
        ({"documents": ["customs_entry"]}, "/documents/0"),
        ({"bank": 999999}, "/bank"),
    ],
)
def test_terms_that_contradict_each_other_are_told_by_their_place(world, finance, bank, changes, pointer):
    order = secured(world)
    answer = finance("POST", LETTERS, {
        "order": order.pk, "bank": bank.pk, "amount": "10000", "latest_shipment_date": "2027-01-15",
        "expiry_date": "2027-02-05", "documents": PAPERS, **changes,
    })  # fmt: skip
    assert answer.status_code in (400, 422), answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not LetterOfCredit.objects.exists()


def test_a_credit_is_for_an_issued_order_whose_term_names_one_and_has_none(world, finance, bank):
    open_account = agreed(ordered(world))
    assert "names no letter of credit" in drafted(finance, open_account, bank, status=422)["detail"]
    sight = term(world, (100, "lc_sight", 0), code="LCD")
    unsent = world.order(payment_term_id=sight.pk)
    assert "opened for an issued order" in drafted(finance, unsent, bank, status=422)["detail"]
    order = secured(world)
    first = drafted(finance, order, bank)
    assert f"has {first['number']} already" in drafted(finance, order, bank, status=422)["detail"]
    ok(finance("POST", f"{LETTERS}{first['id']}/cancel/", {"reason": "Wrong bank"}))
    drafted(finance, order, bank)


def test_what_is_presented_must_be_of_the_credit_and_possible(world, finance, bank):
    order = secured(world)
    invoice = billed(finance, order)
    draft = drafted(finance, order, bank)
    assert "is draft" in presented(finance, draft, invoice, status=409)["detail"]
    ok(api(world, "approver")("POST", f"{LETTERS}{draft['id']}/approve/"))
    letter = ok(finance("POST", f"{LETTERS}{draft['id']}/issue/", {"day": DAY, "bank_reference": "DTB-77"}))
    other = billed(finance, secured(world, code="2"), number="HS-9")
    for changes, pointer in (
        ({"presented_date": "2026-11-19"}, "/presented_date"),
        ({"presented_date": "2099-01-01"}, "/presented_date"),
        ({"shipped_date": None}, "/shipped_date"),
        ({"shipped_date": "2026-11-21"}, "/shipped_date"),
        ({"documents": ["certificate_of_origin"]}, "/documents"),
        ({"amount": "0"}, "/amount"),
        ({"amount": "10000.01"}, "/amount"),
        ({"packing_quantity": "-1"}, "/packing_quantity"),
    ):
        refused = presented(finance, letter, invoice, status=422, **changes)
        assert refused["errors"][0]["pointer"] == pointer, changes
    assert presented(finance, letter, other, status=422)["errors"][0]["pointer"] == "/invoice"
    one = presented(finance, letter, invoice)
    assert "already" in presented(finance, letter, invoice, status=422)["detail"]
    cancelled = finance("POST", f"{INVOICES}{invoice['id']}/cancel/", {"day": DAY})
    assert cancelled.status_code == 409 and one["number"] in cancelled.json()["detail"]


def test_after_the_fifth_banking_day_documents_can_no_longer_be_refused(world, finance, approver, bank):
    """UCP 600 art. 16(f): who is late with his notice must pay."""
    order = secured(world)
    invoice, letter = billed(finance, order), issued(world, finance, order, bank)
    one = examined(finance, presented(finance, letter, invoice, packing_quantity="998"))
    Presentation.objects.filter(pk=one["id"]).update(examine_by=TODAY - date.resolution)
    late = ok(approver("POST", f"{PRESENTED}{one['id']}/refuse/", {"day": DAY}), 409)
    assert "it must be taken up now" in late["detail"]
    ok(approver("POST", f"{PRESENTED}{one['id']}/waive/", {"day": DAY, "reason": "Too late to refuse"}))


def test_an_amendment_needs_a_reason_a_limit_and_covers_what_is_drawn(world, finance, approver, bank):
    order = secured(world)
    letter = issued(world, finance, order, bank)
    part = billed(finance, order, "600", number="HS-1")
    examined(finance, presented(finance, letter, part, packing_quantity="600"))
    said = {
        "amount": "12000", "latest_shipment_date": "2027-02-15", "expiry_date": "2027-03-08", "documents": PAPERS,
        "reason": "The vessel is late",
    }  # fmt: skip
    path = f"{LETTERS}{letter['id']}/amend/"
    assert approver("POST", path, said).status_code == 428
    assert finance("POST", path, said, **{"If-Match": "*"}).status_code == 403
    assert approver("POST", path, {**said, "reason": " "}, **{"If-Match": "*"}).status_code == 400
    less = ok(approver("POST", path, {**said, "amount": "5999.99"}, **{"If-Match": "*"}), 422)
    assert less["errors"][0]["pointer"] == "/amount"
    done = ok(approver("POST", path, said, **{"If-Match": "*"}))
    assert (D(done["amount"]), done["expiry_date"], D(done["available_amount"])) == (12000, "2027-03-08", 6000)
    assert OutgoingMail.objects.filter(text__contains="The vessel is late.").exists()


def test_closing_and_cancelling_wait_for_what_is_presented(world, finance, approver, bank):
    order = secured(world)
    invoice, letter = billed(finance, order), issued(world, finance, order, bank)
    one = presented(finance, letter, invoice)
    close, cancel = f"{LETTERS}{letter['id']}/close/", f"{LETTERS}{letter['id']}/cancel/"
    assert one["number"] in ok(finance("POST", close, {}), 409)["detail"]
    assert "close it instead" in ok(finance("POST", cancel, {"reason": "x"}), 409)["detail"]
    examined(finance, one)
    closed = ok(finance("POST", close, {"reason": "Drawn"}))
    assert (closed["status"], closed["reason"]) == ("closed", "Drawn")


def test_who_acts_next_is_told_at_every_step(world, finance, approver, bank):
    order = secured(world)
    announce(ORDER_CONFIRMED, order, actor=boss(world))
    assert "finance.open_letter" in tasks(world)
    letter = drafted(finance, order, bank)
    now = tasks(world)
    assert "finance.approve_letter" in now and "finance.open_letter" not in now
    ok(approver("POST", f"{LETTERS}{letter['id']}/approve/"))
    now = tasks(world)
    assert "finance.issue_letter" in now and "finance.approve_letter" not in now
    ok(finance("POST", f"{LETTERS}{letter['id']}/issue/", {"day": DAY, "bank_reference": "DTB-77"}))
    mine = Task.objects.get(party_id=world.supplier.pk, kind="finance.present_documents")
    assert (mine.done_at, mine.due_date) == (None, date(2027, 2, 5))
    assert "finance.issue_letter" not in tasks(world)
    invoice = billed(finance, order)
    one = presented(finance, letter, invoice, packing_quantity="998")
    now = tasks(world)
    assert now["finance.examine_documents"] == date(2026, 11, 27) and "finance.present_documents" not in now
    examined(finance, one)
    now = tasks(world)
    assert "finance.decide_discrepancies" in now and "finance.examine_documents" not in now
    ok(approver("POST", f"{PRESENTED}{one['id']}/refuse/", {"day": DAY}))
    now = tasks(world)
    assert "finance.present_documents" in now and "finance.decide_discrepancies" not in now
    examined(finance, presented(finance, letter, invoice))
    assert not {kind for kind in tasks(world) if kind.startswith(("finance.present", "finance.exam", "finance.dec"))}


@pytest.mark.parametrize("end", [cancel_purchase_order, close_purchase_order])
def test_the_credit_of_an_order_that_ended_is_to_be_ended_too(world, finance, bank, end):
    order = secured(world)
    letter = issued(world, finance, order, bank)
    end(actor=world.actors["approver"], order_id=order.pk, reason="No longer needed")
    assert "finance.end_letter" in tasks(world)
    ok(finance("POST", f"{LETTERS}{letter['id']}/cancel/", {"reason": "The order ended; the supplier agrees"}))
    assert "finance.end_letter" not in tasks(world)


def test_the_supplier_sees_his_credit_once_issued_and_never_what_is_ours(world, finance, bank):
    order = secured(world)
    his, others = api(world, "supplier"), api(world, "supplier2")
    letter = drafted(finance, order, bank, fee_percent="0.75")
    assert his("GET", f"{LETTERS}{letter['id']}/").status_code == 404
    ok(api(world, "approver")("POST", f"{LETTERS}{letter['id']}/approve/"))
    assert his("GET", LETTERS).json()["count"] == 0
    ok(finance("POST", f"{LETTERS}{letter['id']}/issue/", {"day": DAY, "bank_reference": "DTB-77"}))
    seen = ok(his("GET", f"{LETTERS}{letter['id']}/"))
    assert (seen["bank_reference"], seen["fee"], seen["requested_by"], seen["actions"]) == ("DTB-77", None, None, [])
    one = examined(finance, presented(finance, letter, billed(finance, order), packing_quantity="998"))
    seen = ok(his("GET", f"{PRESENTED}{one['id']}/"))
    assert [row["code"] for row in seen["discrepancies"]] == ["quantity_conflict"]
    assert seen["examined_by"] is None
    for path in (f"{LETTERS}{letter['id']}/", f"{PRESENTED}{one['id']}/"):
        assert others("GET", path).status_code == 404
    assert others("GET", LETTERS).json()["count"] == others("GET", PRESENTED).json()["count"] == 0


def test_lists_find_what_waits_and_what_expired(world, finance, bank):
    order = secured(world)
    letter = issued(world, finance, order, bank)
    count = lambda query: ok(finance("GET", f"{LETTERS}?{query}"))["count"]  # noqa: E731
    assert (count("to_decide=true"), count("to_decide=false"), count("expired=true")) == (0, 1, 0)
    presented(finance, letter, billed(finance, order))
    assert (count("to_decide=true"), count("status=issued"), count("q=DTB-77"), count("q=nobody")) == (1, 1, 1, 0)
    LetterOfCredit.objects.filter(pk=letter["id"]).update(latest_shipment_date=TODAY, expiry_date=TODAY)
    assert (count("expired=true"), count("expired=false")) == (1, 0)
    assert count(f"order={order.pk}&supplier={world.supplier.pk}") == 1
    assert ok(finance("GET", f"{PRESENTED}?letter={letter['id']}&status=presented"))["count"] == 1
