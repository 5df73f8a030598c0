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
DEPOSIT_REFUNDED = event("finance.deposit.refunded", "A supplier paid back part of a deposit.", shared=True)
PAYMENT_CANCELLED = event("finance.payment.cancelled", "A payment was cancelled before it was paid.")
ACCOUNT_ENTERED = event("finance.bank_account.entered", "Bank data of a supplier were entered; they cool off first.")
ACCOUNT_CONFIRMED = event("finance.bank_account.confirmed", "A second person confirmed a supplier's bank data.")
CUSTOMER_INVOICED = event("finance.customer_invoice.issued", "A customer was invoiced.")
CASH_COLLECTED = event("finance.collection.received", "A customer paid.")
CREDIT_ISSUED = event("finance.credit_note.issued", "A credit note reduced a customer invoice.")
LETTER_DRAFTED = event("finance.letter_of_credit.drafted", "A letter of credit was drafted.")
LETTER_CHANGED = event("finance.letter_of_credit.changed", "The draft of a letter of credit was changed.")
LETTER_APPROVED = event("finance.letter_of_credit.approved", "A letter of credit was approved.")
LETTER_ISSUED = event("finance.letter_of_credit.issued", "The bank issued a letter of credit.", shared=True)
LETTER_AMENDED = event("finance.letter_of_credit.amended", "A letter of credit was amended.", shared=True)
LETTER_CLOSED = event("finance.letter_of_credit.closed", "A letter of credit was closed.", shared=True)
LETTER_CANCELLED = event("finance.letter_of_credit.cancelled", "A letter of credit was cancelled.", shared=True)
DOCUMENTS_PRESENTED = event("finance.presentation.made", "Documents were presented under a credit.", shared=True)
DOCUMENTS_COMPLY = event("finance.presentation.complied", "Presented documents comply with the credit.", shared=True)
DOCUMENTS_DIFFER = event("finance.presentation.differed", "Discrepancies were found in documents.", shared=True)
DISCREPANCIES_WAIVED = event("finance.presentation.waived", "Documents were taken up as they are.", shared=True)
DOCUMENTS_REFUSED = event("finance.presentation.refused", "Presented documents were refused.", shared=True)
EVENTS_OF_PRESENTATIONS = (
    DOCUMENTS_PRESENTED,
    DOCUMENTS_COMPLY,
    DOCUMENTS_DIFFER,
    DISCREPANCIES_WAIVED,
    DOCUMENTS_REFUSED,
)
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
