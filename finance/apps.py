from django.apps import AppConfig

from core.rls import Policy, documents_of, house_only


class FinanceConfig(AppConfig):
    name = "finance"
    row_security = {
        "finance_supplierinvoice": Policy(read=documents_of("finance.supplierinvoice"), write=True),
        "finance_supplierinvoiceline": Policy(
            read="invoice_id IN (SELECT i.id FROM finance_supplierinvoice i)", write=True
        ),
        "finance_payment": Policy(read=f"{documents_of('finance.payment')} AND status IN ('paid', 'returned')"),
        "finance_paymentallocation": Policy(read="payment_id IN (SELECT p.id FROM finance_payment p)"),
        "finance_letterofcredit": Policy(read=documents_of("finance.letterofcredit")),
        "finance_presentation": Policy(read=documents_of("finance.presentation")),
        **house_only(
            "finance_bankaccount",
            "finance_charge",
            "finance_chargeshare",
            "finance_creditnote",
            "finance_customerinvoice",
            "finance_customerinvoiceline",
            "finance_debitnote",
            "finance_matchtolerance",
        ),
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
        "finance.view_letterofcredit": ("finance", "buyer", "approver", "logistics", "admin", "supplier"),
        "finance.add_letterofcredit": ("finance", "admin"),
        "finance.approve_letterofcredit": ("approver", "admin"),
        "finance.view_account": ("finance", "buyer", "approver", "admin"),
        "finance.enter_account": ("finance", "buyer", "admin"),
        "finance.confirm_account": ("approver", "finance", "admin"),
        "finance.change_tolerance": ("finance", "admin"),
        "finance.view_customerinvoice": ("finance", "sales", "approver", "admin"),
        "finance.add_customerinvoice": ("finance", "sales", "admin"),
        "finance.add_collection": ("finance", "admin"),
        "finance.add_creditnote": ("finance", "admin"),
    }

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core.web import documents, nav, panels, search, states, tasks
        from finance import (
            events,  # noqa: F401  (registers the names this app announces)
            handlers,  # noqa: F401  (and what it does when others announce)
        )
        from finance import panels as own
        from finance.models import CustomerInvoice, LetterOfCredit, Payment, Presentation, SupplierInvoice

        documents.register(
            SupplierInvoice,
            "finance.view_supplierinvoice",
            file_types=(("commercial_invoice", _("Invoice")), ("debit_note", _("Debit note"))),
            portal_url_name="portal:invoice",
            answered_by="finance",
        )
        documents.register(Payment, "finance.view_payment")
        documents.register(CustomerInvoice, "finance.view_customerinvoice")
        credit = "finance.view_letterofcredit"
        documents.register(
            LetterOfCredit,
            credit,
            file_types=(("letter_of_credit", _("Credit as issued")), ("amendment", _("Amendment"))),
            portal_url_name="portal:letter",
            answered_by="finance",
        )
        documents.register(Presentation, credit)
        pay, see = "finance.view_payment", "finance.view_supplierinvoice"
        states.register("wait", "presented")
        states.register("hurt", "discrepant")
        states.register("good", "complying", "waived")
        counter = tasks.counter("finance.payment")
        nav.register("money", _("Payables"), "finance:payables", pay, icon="coins", order=10)
        nav.register("money", _("Supplier invoices"), "finance:supplier_invoices", see, icon="file-invoice", order=20)
        nav.register("money", _("Payments"), "finance:payments", pay, icon="credit-card", order=30, badge=counter)
        nav.register("money", _("Letters of credit"), "finance:letters", credit, icon="building-bank", order=35)
        nav.register("money", _("Charges"), "finance:charges", "finance.view_charge", icon="receipt", order=40)
        nav.register(
            "money", _("Customer invoices"), "finance:customer_invoices", "finance.view_customerinvoice", order=50
        )
        nav.register("settings", _("Invoice tolerances"), "finance:tolerances", "finance.change_tolerance", order=43)
        nav.register_new(
            _("Supplier invoice"), "finance:supplier_invoice_new", "finance.add_supplierinvoice", icon="file-invoice"
        )
        search.register(_("Supplier invoices"), own.find_invoices)
        search.register(_("Letters of credit"), own.find_letters)
        search.register(_("Customer invoices"), own.find_customer_invoices)
        panels.register("purchase_order", 20, own.of_order)
        panels.register("shipment", 20, own.of_shipment)
        panels.register("receipt", 20, own.of_receipt)
        panels.register("delivery", 20, own.of_delivery)
        panels.register("customer_order", 20, own.of_customer_order)
