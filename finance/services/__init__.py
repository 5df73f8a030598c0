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
    "PaymentInput",
    "Settle",
    "Settled",
    "approve_payment",
    "approve_payments",
    "cancel_charge",
    "cancel_charges",
    "cancel_debit_note",
    "cancel_payment",
    "cancel_supplier_invoice",
    "collect",
    "collect_many",
    "confirm_account",
    "credit_invoice",
    "credit_invoices",
    "dispute_supplier_invoice",
    "enter_account",
    "estimate_charge",
    "estimate_charges",
    "invoice_deliveries",
    "invoice_delivery",
    "issue_debit_note",
    "pay_payment",
    "pay_payments",
    "post_supplier_invoice",
    "post_supplier_invoices",
    "record_charge_invoice",
    "record_charge_invoices",
    "record_supplier_invoice",
    "record_supplier_invoices",
    "request_payment",
    "request_payments",
    "reshare_movements",
    "return_payment",
    "revise_estimates",
    "settle_dispute",
    "sync_holds",
]
