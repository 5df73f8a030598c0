from django.urls import path, re_path

from sales import views
from sales.imports import CustomerOrderImport

app_name = "sales"
urlpatterns = [
    path("orders/", views.CustomerOrderList.as_view(), name="customer_orders"),
    path("orders/new/", views.new, name="customer_order_new"),
    path("orders/terms/", views.terms, name="customer_order_terms"),
    path("orders/products/", views.product_suggestions, name="product_suggestions"),
    *CustomerOrderImport.urls("orders/import/", "customer_order_import", namespace="sales"),
    path("orders/<int:pk>/", views.order_page, name="customer_order"),
    path("orders/<int:pk>/edit/", views.edit, name="customer_order_edit"),
    path("orders/<int:pk>/delete/", views.delete, name="customer_order_delete"),
    path("orders/<int:pk>/confirm/", views.confirm, name="customer_order_confirm"),
    path("orders/<int:pk>/reserve/", views.reserve, name="customer_order_reserve"),
    path("orders/<int:pk>/repromise/", views.repromise, name="customer_order_repromise"),
    re_path(
        r"^orders/(?P<pk>\d{1,18})/(?P<name>close|cancel|release)/$", views.give_reason, name="customer_order_reason"
    ),
    path("customers/", views.CustomerList.as_view(), name="customers"),
    path("customers/new/", views.customer_new, name="customer_new"),
    path("customers/<int:pk>/", views.customer_page, name="customer"),
    path("customers/<int:pk>/edit/", views.customer_edit, name="customer_edit"),
]
