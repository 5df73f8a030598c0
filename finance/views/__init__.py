from finance.views.charges import charge_bill, charge_cancel, charge_estimate, charges_of
from finance.views.customers import customer_collect, customer_credit, customer_invoice, customer_invoice_new
from finance.views.invoices import (
    invoice_cancel,
    invoice_debit,
    invoice_dispute,
    invoice_new,
    invoice_post,
    invoice_settle,
    supplier_invoice,
)
from finance.views.lists import ChargeList, CustomerInvoiceList, PaymentList, SupplierInvoiceList, ToleranceList
from finance.views.payments import (
    account_confirm,
    account_page,
    payables_page,
    payment,
    payment_approve,
    payment_cancel,
    payment_new,
    payment_pay,
)
from finance.views.settings import tolerance_delete, tolerance_edit, tolerance_new

__all__ = [
    "ChargeList",
    "CustomerInvoiceList",
    "PaymentList",
    "SupplierInvoiceList",
    "ToleranceList",
    "account_confirm",
    "account_page",
    "charge_bill",
    "charge_cancel",
    "charge_estimate",
    "charges_of",
    "customer_collect",
    "customer_credit",
    "customer_invoice",
    "customer_invoice_new",
    "invoice_cancel",
    "invoice_debit",
    "invoice_dispute",
    "invoice_new",
    "invoice_post",
    "invoice_settle",
    "payables_page",
    "payment",
    "payment_approve",
    "payment_cancel",
    "payment_new",
    "payment_pay",
    "supplier_invoice",
    "tolerance_delete",
    "tolerance_edit",
    "tolerance_new",
]
