from django.apps import AppConfig

from core.rls import Policy, documents_of


class FinanceConfig(AppConfig):
    name = "finance"
    row_security = {
        "finance_supplierinvoice": Policy(read=documents_of("finance.supplierinvoice"), write=True),
        "finance_supplierinvoiceline": Policy(
            read="invoice_id IN (SELECT i.id FROM finance_supplierinvoice i)", write=True
        ),
        "finance_payment": Policy(read=f"{documents_of('finance.payment')} AND status = 'paid'"),
        "finance_paymentallocation": Policy(read="payment_id IN (SELECT p.id FROM finance_payment p)"),
    }
    role_permissions = {
        "finance.view_supplierinvoice": (
            "finance",
            "buyer",
            "approver",
            "logistics",
            "admin",
            "supplier",
            "forwarder",
            "broker",
        ),
        "finance.add_supplierinvoice": ("finance", "admin"),
        "finance.post_supplierinvoice": ("finance", "admin"),
        "finance.settle_supplierinvoice": ("finance", "approver", "admin"),
        "finance.accept_difference": ("approver", "admin"),
        "finance.view_charge": ("finance", "logistics", "buyer", "approver", "admin"),
        "finance.add_charge": ("finance", "logistics", "admin"),
        "finance.view_payment": ("finance", "approver", "admin", "supplier"),
        "finance.add_payment": ("finance", "admin"),
        "finance.approve_payment": ("approver", "finance", "admin"),
        "finance.enter_account": ("finance", "buyer", "admin"),
        "finance.confirm_account": ("approver", "finance", "admin"),
        "finance.change_paymentterm": ("finance", "admin"),
        "finance.change_tolerance": ("finance", "admin"),
        "finance.view_customerinvoice": ("finance", "sales", "approver", "admin"),
        "finance.add_customerinvoice": ("finance", "sales", "admin"),
        "finance.add_collection": ("finance", "admin"),
        "finance.add_creditnote": ("finance", "admin"),
    }

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core.web import documents
        from finance import (
            events,  # noqa: F401  (registers the names this app announces)
            handlers,  # noqa: F401  (and what it does when others announce)
        )
        from finance.models import SupplierInvoice

        documents.register(
            SupplierInvoice,
            "finance.view_supplierinvoice",
            file_types=(("commercial_invoice", _("Invoice")), ("debit_note", _("Debit note"))),
            portal_url_name="portal:invoice",
            answered_by="finance",
        )
