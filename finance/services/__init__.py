from finance.services.accounts import confirm_account, enter_account
from finance.services.charge_invoices import (
    BilledCharge,
    ChargeInvoice,
    record_charge_invoice,
    record_charge_invoices,
)
from finance.services.charges import (
    ChargeInput,
    cancel_charge,
    cancel_charges,
    estimate_charge,
    estimate_charges,
    reshare_movements,
    revise_estimates,
)
from finance.services.collections import Collection, Settled, collect, collect_many
from finance.services.corrections import Debit, cancel_debit_note, cancel_supplier_invoice, issue_debit_note
from finance.services.credits import Credit, credit_invoice, credit_invoices
from finance.services.customer_invoices import DeliveryInvoice, invoice_deliveries, invoice_delivery
from finance.services.holds import sync_holds
from finance.services.invoices import GoodsInvoice, GoodsLine, record_supplier_invoice, record_supplier_invoices
from finance.services.letters import (
    LetterTerms,
    amend_letter,
    approve_letter,
    cancel_letter,
    change_letter,
    close_letter,
    create_letter,
    issue_letter,
)
from finance.services.payments import (
    PaymentInput,
    Settle,
    approve_payment,
    approve_payments,
    cancel_payment,
    pay_payment,
    pay_payments,
    request_payment,
    request_payments,
)
from finance.services.posting import (
    dispute_supplier_invoice,
    post_supplier_invoice,
    post_supplier_invoices,
    settle_dispute,
)
from finance.services.presentations import (
    PresentationInput,
    examine_documents,
    present_documents,
    refuse_documents,
    waive_discrepancies,
)
from finance.services.refunds import Refund, record_refund
from finance.services.returned import return_payment

__all__ = [
    "BilledCharge",
    "ChargeInput",
    "ChargeInvoice",
    "Collection",
    "Credit",
    "Debit",
    "DeliveryInvoice",
    "GoodsInvoice",
    "GoodsLine",
    "LetterTerms",
    "PaymentInput",
    "PresentationInput",
    "Refund",
    "Settle",
    "Settled",
    "amend_letter",
    "approve_letter",
    "approve_payment",
    "approve_payments",
    "cancel_charge",
    "cancel_charges",
    "cancel_debit_note",
    "cancel_letter",
    "cancel_payment",
    "cancel_supplier_invoice",
    "change_letter",
    "close_letter",
    "collect",
    "collect_many",
    "confirm_account",
    "create_letter",
    "credit_invoice",
    "credit_invoices",
    "dispute_supplier_invoice",
    "enter_account",
    "estimate_charge",
    "estimate_charges",
    "examine_documents",
    "invoice_deliveries",
    "invoice_delivery",
    "issue_debit_note",
    "issue_letter",
    "pay_payment",
    "pay_payments",
    "post_supplier_invoice",
    "post_supplier_invoices",
    "present_documents",
    "record_charge_invoice",
    "record_charge_invoices",
    "record_refund",
    "record_supplier_invoice",
    "record_supplier_invoices",
    "refuse_documents",
    "request_payment",
    "request_payments",
    "reshare_movements",
    "return_payment",
    "revise_estimates",
    "settle_dispute",
    "sync_holds",
    "waive_discrepancies",
]
