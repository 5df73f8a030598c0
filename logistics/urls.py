from django.urls import path

from logistics import views

app_name = "logistics"
urlpatterns = [
    path("shipments/<int:pk>/", views.shipment, name="shipment"),
    path("receipts/<int:pk>/", views.receipt, name="receipt"),
    path("deliveries/<int:pk>/", views.delivery, name="delivery"),
    path("customer-returns/<int:pk>/", views.customer_return, name="customer_return"),
    path("supplier-returns/<int:pk>/", views.supplier_return, name="supplier_return"),
]
