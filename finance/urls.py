from django.urls import path

from finance import views

app_name = "finance"
urlpatterns = [
    path("supplier-invoices/", views.SupplierInvoiceList.as_view(), name="supplier_invoices"),
    path("supplier-invoices/new/", views.invoice_new, name="supplier_invoice_new"),
    path("supplier-invoices/<int:pk>/", views.supplier_invoice, name="supplier_invoice"),
    path("supplier-invoices/<int:pk>/post/", views.invoice_post, name="supplier_invoice_post"),
    path("supplier-invoices/<int:pk>/dispute/", views.invoice_dispute, name="supplier_invoice_dispute"),
    path("supplier-invoices/<int:pk>/settle/", views.invoice_settle, name="supplier_invoice_settle"),
    path("supplier-invoices/<int:pk>/cancel/", views.invoice_cancel, name="supplier_invoice_cancel"),
    path("supplier-invoices/<int:pk>/debit/", views.invoice_debit, name="supplier_invoice_debit"),
    path(
        "supplier-invoices/<int:pk>/debit/<int:note>/cancel/",
        views.invoice_cancel_debit,
        name="supplier_invoice_cancel_debit",
    ),
    path("charges/", views.ChargeList.as_view(), name="charges"),
    path("charges/<int:pk>/cancel/", views.charge_cancel, name="charge_cancel"),
    path("charges/<str:kind>/<int:pk>/", views.charges_of, name="charges_of"),
    path("charges/<str:kind>/<int:pk>/estimate/", views.charge_estimate, name="charge_estimate"),
    path("charges/<str:kind>/<int:pk>/bill/", views.charge_bill, name="charge_bill"),
    path("payables/", views.payables_page, name="payables"),
    path("payments/", views.PaymentList.as_view(), name="payments"),
    path("payments/new/", views.payment_new, name="payment_new"),
    path("payments/<int:pk>/", views.payment, name="payment"),
    path("payments/<int:pk>/approve/", views.payment_approve, name="payment_approve"),
    path("payments/<int:pk>/pay/", views.payment_pay, name="payment_pay"),
    path("payments/<int:pk>/return/", views.payment_return, name="payment_return"),
    path("payments/<int:pk>/cancel/", views.payment_cancel, name="payment_cancel"),
    path("accounts/<int:pk>/", views.account_page, name="account"),
    path("accounts/<int:pk>/confirm/", views.account_confirm, name="account_confirm"),
    path("customer-invoices/", views.CustomerInvoiceList.as_view(), name="customer_invoices"),
    path("customer-invoices/new/", views.customer_invoice_new, name="customer_invoice_new"),
    path("customer-invoices/<int:pk>/", views.customer_invoice, name="customer_invoice"),
    path("customer-invoices/<int:pk>/collect/", views.customer_collect, name="customer_collect"),
    path("customer-invoices/<int:pk>/credit/", views.customer_credit, name="customer_credit"),
    path("tolerances/", views.ToleranceList.as_view(), name="tolerances"),
    path("tolerances/new/", views.tolerance_new, name="tolerance_new"),
    path("tolerances/<int:pk>/", views.tolerance_edit, name="tolerance"),
    path("tolerances/<int:pk>/delete/", views.tolerance_delete, name="tolerance_delete"),
]
