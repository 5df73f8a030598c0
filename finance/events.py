from core.outbox import event

INVOICE_RECORDED = event("finance.supplier_invoice.recorded", "A supplier invoice was entered.")
INVOICE_POSTED = event("finance.supplier_invoice.posted", "A supplier invoice was matched and posted.", shared=True)
INVOICE_DISPUTED = event(
    "finance.supplier_invoice.disputed", "The undisputed part of a supplier invoice was posted.", shared=True
)
INVOICE_SETTLED = event("finance.supplier_invoice.settled", "The dispute about a supplier invoice ended.", shared=True)
INVOICE_CANCELLED = event("finance.supplier_invoice.cancelled", "A supplier invoice was taken back.", shared=True)
DEBIT_NOTED = event("finance.debit_note.issued", "A debit note lowered what we owe a supplier.", shared=True)
DEBIT_CANCELLED = event("finance.debit_note.cancelled", "A debit note was taken back.", shared=True)
CHARGE_ESTIMATED = event("finance.charge.estimated", "A charge was estimated for a shipment, receipt or delivery.")
CHARGE_POSTED = event("finance.charge.posted", "The actual amount of a charge is known and shared over the goods.")
CHARGE_SHARED = event("finance.charge.shared", "Goods arrived, or left again, and took their part of waiting charges.")
CHARGE_CANCELLED = event("finance.charge.cancelled", "A charge was taken back from the goods.")
PAYMENT_REQUESTED = event("finance.payment.requested", "A payment was requested.")
PAYMENT_APPROVED = event("finance.payment.approved", "A payment was approved.")
PAYMENT_PAID = event("finance.payment.paid", "Money was paid.", shared=True)
PAYMENT_RETURNED = event("finance.payment.returned", "A payment, paid or collected, came back.", shared=True)
PAYMENT_CANCELLED = event("finance.payment.cancelled", "A payment was cancelled before it was paid.")
ACCOUNT_ENTERED = event("finance.bank_account.entered", "Bank data of a supplier were entered; they cool off first.")
ACCOUNT_CONFIRMED = event("finance.bank_account.confirmed", "A second person confirmed a supplier's bank data.")
CUSTOMER_INVOICED = event("finance.customer_invoice.issued", "A customer was invoiced.")
CASH_COLLECTED = event("finance.collection.received", "A customer paid.")
CREDIT_ISSUED = event("finance.credit_note.issued", "A credit note reduced a customer invoice.")
EVENTS_OF_LANDED_COST = (
    CHARGE_ESTIMATED,
    CHARGE_POSTED,
    CHARGE_SHARED,
    CHARGE_CANCELLED,
    INVOICE_POSTED,
    INVOICE_DISPUTED,
    INVOICE_SETTLED,
    INVOICE_CANCELLED,
    DEBIT_NOTED,
    DEBIT_CANCELLED,
)
EVENTS_OF_A_CUSTOMER_ORDER = (CUSTOMER_INVOICED, CASH_COLLECTED, CREDIT_ISSUED)
