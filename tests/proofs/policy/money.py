"""Invoices, charges, payments, bank data, and the ledger."""

from finance.models import DebitNote, SupplierInvoice
from tests.proofs.policy.rules import Rule, act, button, document, lists, page

INVOICE = "finance.supplierinvoice"
CHARGE = "finance.charge"
PAYMENT = "finance.payment"
SOLD = "finance.customerinvoice"
LETTER, PRESENTED = "finance.letterofcredit", "finance.presentation"
DAY = "2026-11-20"
_FI = "finance.{}".format
_VIEW_BILL, _ADD_BILL, _POST_BILL = (
    _FI("view_supplierinvoice"),
    _FI("add_supplierinvoice"),
    _FI("post_supplierinvoice"),
)


_BOUNCED = {"day": DAY, "reason": "The account is closed"}


def _own(estate, kind: str):
    return estate.documents[kind]["own"]


def _goods_bill(estate, _invoice=None) -> dict:
    order = _own(estate, "sourcing.purchaseorder")
    lines = [
        {"order_line": line.pk, "quantity": "10", "unit_price": str(line.unit_price)} for line in order.lines.all()
    ]
    return {
        "supplier": order.supplier_id,
        "supplier_number": "NEW-1",
        "invoice_date": DAY,
        "currency": order.currency_id,
        "lines": lines,
    }


def _freight_bill(estate, _invoice=None) -> dict:
    return {
        "supplier": estate.world.forwarder.pk,
        "supplier_number": "NEW-1",
        "invoice_date": DAY,
        "currency": "EUR",
        "lines": [{"kind": "freight", "shipment": _own(estate, "logistics.shipment").pk, "amount": "120.00"}],
    }


def _debit_note(_estate, invoice) -> dict:
    return {"note": DebitNote.objects.filter(invoice=invoice).values_list("pk", flat=True)[0], "day": DAY}


def _charge(estate, _charge=None) -> dict:
    shipment = _own(estate, "logistics.shipment").pk
    return {"kind": "freight", "shipment": shipment, "amount": "90.00", "currency": "EUR", "day": DAY}


def _payment(estate, _payment=None) -> dict:
    invoice = _own(estate, INVOICE)
    settles = [{"invoice": invoice.pk, "amount": "1.00"}]
    return {"party": invoice.supplier_id, "payment_date": DAY, "settles": settles}


def _collection(estate, _payment=None) -> dict:
    invoice = _own(estate, SOLD)
    return {"customer": invoice.customer_id, "day": DAY, "settles": [{"invoice": invoice.pk, "amount": "1.00"}]}


def _credit(estate, _note=None) -> dict:
    return {"invoice": _own(estate, SOLD).pk, "amount": "1.00", "day": DAY, "reason": "goodwill"}


_TERMS = {
    "amount": "317.71",
    "latest_shipment_date": "2027-01-15",
    "expiry_date": "2027-02-05",
    "documents": ["commercial_invoice", "packing_list"],
}


def _letter_edit(estate, letter) -> dict:
    return {**_TERMS, "bank": (letter or _own(estate, LETTER)).bank_id}


def _letter(estate, _letter=None) -> dict:
    """For the order of the payment term's supplier that has no credit yet."""
    order = _own(estate, "sourcing.purchaseorder:secured")
    return {**_letter_edit(estate, None), "order": order.pk}


def _presentation(estate, _presentation=None) -> dict:
    letter = _own(estate, f"{LETTER}:billed")
    invoice = SupplierInvoice.objects.get(lines__order_line__order_id=letter.order_id)
    return {
        "letter": letter.pk,
        "invoice": invoice.pk,
        "presented_date": DAY,
        "amount": "1.00",
        "documents": ["commercial_invoice"],
    }


def _movement(permission: str, post: str = "") -> Rule:
    """Pages on the charges of a shipment."""
    return page(permission, post=post, subject="logistics.shipment", kind="shipment")


RULES = {
    # suppliers' invoices
    **document(
        "supplier-invoice",
        INVOICE,
        view=_VIEW_BILL,
        post=_ADD_BILL,
        bulk=True,
        body=_goods_bill,
        reads=("instalments",),
        steps={
            "post": act(_POST_BILL, {"day": DAY}, f"{INVOICE}:draft"),
            "dispute": act(_POST_BILL, {"reason": "Dearer than ordered", "day": DAY}, f"{INVOICE}:dear"),
            "settle": act(_FI("settle_supplierinvoice"), {"accept": False, "day": DAY}, f"{INVOICE}:disputed"),
            "cancel": act(_POST_BILL, {"day": DAY}),
            "debit": act(_POST_BILL, {"amount": "1.00", "day": DAY, "reason": "quality"}),
            "cancel-debit": act(_POST_BILL, _debit_note, f"{INVOICE}:debited"),
        },
    ),
    # how we match and what we check before we pay is the house's own
    "api:supplier-invoice-match": Rule({"GET": _VIEW_BILL}, INVOICE, outside=False),
    "api:supplier-invoice-checks": Rule({"GET": _FI("view_payment")}, INVOICE, outside=False),
    "api:supplier-invoice-charges": Rule({"POST": _ADD_BILL}, body=_freight_bill),
    "api:supplier-invoice-charges-bulk": Rule({"POST": _ADD_BILL}, body=lambda e, _n: [_freight_bill(e)]),
    "api:supplier-invoice-post-many": Rule(
        {"POST": _POST_BILL}, body=lambda estate, _none: {"ids": [_own(estate, f"{INVOICE}:draft").pk], "day": DAY}
    ),
    **lists(_VIEW_BILL, "finance:supplier_invoices"),
    "finance:supplier_invoice": page(_VIEW_BILL, subject=INVOICE),
    "finance:supplier_invoice_new": page(_ADD_BILL, post=_ADD_BILL),
    "finance:supplier_invoice_post": button(_POST_BILL, f"{INVOICE}:draft"),
    "finance:supplier_invoice_dispute": page(_VIEW_BILL, post=_POST_BILL, subject=f"{INVOICE}:draft"),
    "finance:supplier_invoice_settle": page(_VIEW_BILL, post=_FI("settle_supplierinvoice"), subject=INVOICE),
    "finance:supplier_invoice_cancel": page(_VIEW_BILL, post=_POST_BILL, subject=INVOICE),
    "finance:supplier_invoice_debit": page(_POST_BILL, post=_POST_BILL, subject=INVOICE),
    "finance:supplier_invoice_cancel_debit": page(
        _POST_BILL, post=_POST_BILL, subject=f"{INVOICE}:debited", note="@finance.DebitNote"
    ),
    # charges
    **document(
        "charge",
        CHARGE,
        view=_FI("view_charge"),
        post=_FI("add_charge"),
        bulk=True,
        body=_charge,
        steps={
            "cancel": act(_FI("add_charge"), {"day": DAY}),
            "revise": act(_FI("add_charge"), {"amount": "95.00", "day": DAY}),
        },
    ),
    **lists(_FI("view_charge"), "finance:charges"),
    "finance:charge_cancel": button(_FI("add_charge"), CHARGE),
    "finance:charges_of": _movement(_FI("view_charge")),
    "finance:charge_estimate": _movement(_FI("add_charge"), _FI("add_charge")),
    "finance:charge_bill": _movement(_ADD_BILL, _ADD_BILL),
    # paying
    **document(
        "payment",
        PAYMENT,
        view=_FI("view_payment"),
        post=_FI("add_payment"),
        bulk=True,
        body=_payment,
        steps={
            "approve": act(_FI("approve_payment"), subject=f"{PAYMENT}:requested", four_eyes=True),
            "pay": act(_FI("add_payment"), {"day": DAY}, f"{PAYMENT}:approved"),
            "cancel": act(_FI("add_payment"), subject=f"{PAYMENT}:requested"),
            "return": act(_FI("add_payment"), _BOUNCED),
        },
    ),
    "api:payment-refund": Rule(
        {"POST": _FI("add_payment")},
        body=lambda estate, _none: {
            "order": _own(estate, "sourcing.purchaseorder:advanced").pk,
            "amount": "1.00",
            "day": DAY,
        },
    ),
    "api:payment-due": Rule({"GET": _FI("view_payment")}),
    **lists(_FI("view_payment"), "finance:payments"),
    "finance:payables": page(_FI("view_payment"), post=_FI("add_payment")),
    "finance:payment": page(_FI("view_payment"), subject=PAYMENT),
    "finance:payment_new": page(_FI("add_payment"), post=_FI("add_payment")),
    "finance:payment_approve": button(_FI("approve_payment"), f"{PAYMENT}:requested"),
    "finance:payment_cancel": button(_FI("add_payment"), f"{PAYMENT}:requested"),
    "finance:payment_refund": page(_FI("add_payment"), post=_FI("add_payment")),
    "finance:payment_return": page(_FI("add_payment"), post=_FI("add_payment"), subject=PAYMENT),
    "finance:payment_pay": page(_FI("add_payment"), post=_FI("add_payment"), subject=f"{PAYMENT}:approved"),
    "finance:account": page(
        _FI("view_account"),
        post=_FI("enter_account"),
        subject="parties.organisation",
        body={"holder": "New", "account": "NL91ABNA0417164300"},
    ),
    "finance:account_confirm": button(_FI("confirm_account"), "finance.bankaccount"),
    # letters of credit, and what is presented under them
    **document(
        "letter-of-credit",
        LETTER,
        view=_FI("view_letterofcredit"),
        post=_FI("add_letterofcredit"),
        body=_letter,
        more={"PUT": _FI("add_letterofcredit")},
        changes=f"{LETTER}:draft",
        changed=_letter_edit,
        steps={
            "approve": act(_FI("approve_letterofcredit"), subject=f"{LETTER}:draft", four_eyes=True),
            "issue": act(_FI("add_letterofcredit"), {"day": DAY, "bank_reference": "L-1"}, f"{LETTER}:approved"),
            "amend": act(_FI("approve_letterofcredit"), {**_TERMS, "reason": "The vessel is late"}, four_eyes=True),
            "close": act(_FI("add_letterofcredit"), {"reason": "Drawn"}),
            "cancel": act(_FI("add_letterofcredit"), {"reason": "Not needed"}),
        },
    ),
    **document(
        "presentation",
        PRESENTED,
        view=_FI("view_letterofcredit"),
        post=_FI("add_letterofcredit"),
        body=_presentation,
        steps={
            "examine": act(_FI("add_letterofcredit"), {"day": DAY}, f"{PRESENTED}:presented"),
            "waive": act(
                _FI("approve_letterofcredit"),
                {"day": DAY, "reason": "Recounted"},
                f"{PRESENTED}:discrepant",
                four_eyes=True,
            ),
            "refuse": act(_FI("approve_letterofcredit"), {"day": DAY}, f"{PRESENTED}:discrepant"),
        },
    ),
    **lists(_FI("view_letterofcredit"), "finance:letters"),
    "finance:letter": page(_FI("view_letterofcredit"), subject=LETTER),
    "finance:letter_new": page(_FI("add_letterofcredit"), post=_FI("add_letterofcredit")),
    "finance:letter_edit": page(_FI("add_letterofcredit"), post=_FI("add_letterofcredit"), subject=f"{LETTER}:draft"),
    "finance:letter_approve": button(_FI("approve_letterofcredit"), f"{LETTER}:draft"),
    "finance:letter_issue": page(
        _FI("add_letterofcredit"), post=_FI("add_letterofcredit"), subject=f"{LETTER}:approved"
    ),
    "finance:letter_amend": page(_FI("approve_letterofcredit"), post=_FI("approve_letterofcredit"), subject=LETTER),
    "finance:letter_close": page(_FI("add_letterofcredit"), post=_FI("add_letterofcredit"), subject=LETTER),
    "finance:letter_cancel": page(_FI("add_letterofcredit"), post=_FI("add_letterofcredit"), subject=LETTER),
    "finance:letter_present": page(
        _FI("add_letterofcredit"), post=_FI("add_letterofcredit"), subject=f"{LETTER}:billed"
    ),
    "finance:presentation_examine": page(
        _FI("add_letterofcredit"), post=_FI("add_letterofcredit"), subject=f"{PRESENTED}:presented"
    ),
    "finance:presentation_waive": page(
        _FI("approve_letterofcredit"), post=_FI("approve_letterofcredit"), subject=f"{PRESENTED}:discrepant"
    ),
    "finance:presentation_refuse": page(
        _FI("approve_letterofcredit"), post=_FI("approve_letterofcredit"), subject=f"{PRESENTED}:discrepant"
    ),
    # being paid
    **document(
        "customer-invoice",
        SOLD,
        view=_FI("view_customerinvoice"),
        post=_FI("add_customerinvoice"),
        bulk=True,
        body=lambda estate, _one: {"delivery": _own(estate, "logistics.delivery:under_way").pk, "invoice_date": DAY},
    ),
    **document(
        "collection",
        "finance.collection",
        view=_FI("view_customerinvoice"),
        post=_FI("add_collection"),
        bulk=True,
        body=_collection,
        steps={"return": act(_FI("add_payment"), _BOUNCED)},
    ),
    **document(
        "credit-note",
        "finance.creditnote",
        view=_FI("view_customerinvoice"),
        post=_FI("add_creditnote"),
        body=_credit,
    ),
    **lists(_FI("view_customerinvoice"), "finance:customer_invoices"),
    "finance:customer_invoice": page(_FI("view_customerinvoice"), subject=SOLD),
    "finance:customer_invoice_new": page(_FI("add_customerinvoice"), post=_FI("add_customerinvoice")),
    "finance:customer_collect": page(_FI("add_collection"), post=_FI("add_collection"), subject=SOLD),
    "finance:customer_credit": page(_FI("add_creditnote"), post=_FI("add_creditnote"), subject=SOLD),
    # tolerances of the match
    **lists(_FI("change_tolerance"), "finance:tolerances"),
    "finance:tolerance_new": page(_FI("change_tolerance"), post=_FI("change_tolerance")),
    "finance:tolerance": page(_FI("change_tolerance"), post=_FI("change_tolerance"), subject="finance.matchtolerance"),
    "finance:tolerance_delete": button(_FI("change_tolerance"), "finance.matchtolerance"),
    # the ledger
    **document("entry", "ledger.entry", view="ledger.view_entry"),
    **document(
        "period",
        "ledger.period",
        view="ledger.view_entry",
        post="ledger.close_period",
        body={"year": 2031},
        steps={
            "close": "ledger.close_period",
            "reopen": act("ledger.reopen_period", subject="ledger.period:closed"),
        },
    ),
    **lists("ledger.view_entry", "ledger:entries"),
    "ledger:entry": page("ledger.view_entry", subject="ledger.entry"),
    "ledger:periods": page("ledger.view_entry"),
    "ledger:year_new": page("ledger.close_period", post="ledger.close_period"),
    "ledger:period_close": button("ledger.close_period", "ledger.period"),
    "ledger:period_reopen": button("ledger.reopen_period", "ledger.period:closed"),
}
