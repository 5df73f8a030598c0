"""Money: supplier and customer invoices, charges and their shares (landed cost), payments and credit notes."""

from finance.models.charges import Charge, ChargeBasis, ChargeKind, ChargeShare
from finance.models.customers import CreditNote, CreditReason, CustomerInvoice, CustomerInvoiceLine
from finance.models.invoices import (
    DebitNote,
    DebitReason,
    InvoiceKind,
    MatchTolerance,
    SupplierInvoice,
    SupplierInvoiceLine,
)
from finance.models.letters import LetterOfCredit, Presentation
from finance.models.payments import BankAccount, Payment, PaymentAllocation, PaymentDirection

__all__ = [
    "BankAccount",
    "Charge",
    "ChargeBasis",
    "ChargeKind",
    "ChargeShare",
    "CreditNote",
    "CreditReason",
    "CustomerInvoice",
    "CustomerInvoiceLine",
    "DebitNote",
    "DebitReason",
    "InvoiceKind",
    "LetterOfCredit",
    "MatchTolerance",
    "Payment",
    "PaymentAllocation",
    "PaymentDirection",
    "Presentation",
    "SupplierInvoice",
    "SupplierInvoiceLine",
]
