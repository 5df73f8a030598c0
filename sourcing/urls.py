from django.urls import path, re_path

from sourcing import views
from sourcing.imports import PurchaseOrderImport

app_name = "sourcing"
urlpatterns = [
    path("orders/", views.PurchaseOrderList.as_view(), name="purchase_orders"),
    path("orders/new/", views.new, name="purchase_order_new"),
    path("orders/terms/", views.terms, name="purchase_order_terms"),
    path("orders/products/", views.product_suggestions, name="product_suggestions"),
    *PurchaseOrderImport.urls("orders/import/", "purchase_order_import", namespace="sourcing"),
    path("orders/<int:pk>/", views.order_page, name="purchase_order"),
    path("orders/<int:pk>/edit/", views.edit, name="purchase_order_edit"),
    path("orders/<int:pk>/delete/", views.delete, name="purchase_order_delete"),
    path("orders/<int:pk>/decide/", views.decide, name="purchase_order_decide"),
    path("orders/<int:pk>/amend/", views.amend, name="purchase_order_amend"),
    path("orders/<int:pk>/approve/", views.approve, name="purchase_order_approve"),
    re_path(
        r"^orders/(?P<pk>\d{1,18})/(?P<name>submit|issue|send|reopen)/$", views.take_step, name="purchase_order_click"
    ),
    re_path(
        r"^orders/(?P<pk>\d{1,18})/(?P<name>reject|close|cancel)/$", views.give_reason, name="purchase_order_reason"
    ),
]
