from django.urls import path, re_path

from logistics.views import deliveries, lists, receipts, shipments, shipping

app_name = "logistics"
urlpatterns = [
    path("shipments/", lists.ShipmentList.as_view(), name="shipments"),
    path("shipments/new/", shipping.choose, name="shipment_new"),
    path("shipments/plan/", shipping.plan, name="shipment_plan"),
    path("shipments/<int:pk>/", shipments.shipment_page, name="shipment"),
    path("shipments/<int:pk>/edit/", shipping.edit, name="shipment_edit"),
    path("shipments/<int:pk>/release/", shipping.release, name="shipment_release"),
    path("shipments/<int:pk>/lift-hold/", shipping.lift_hold, name="shipment_lift_hold"),
    path("shipments/<int:pk>/milestone/", shipping.milestone, name="shipment_milestone"),
    path("shipments/<int:pk>/document/", shipping.document, name="shipment_document"),
    re_path(r"^shipments/(?P<pk>\d{1,18})/(?P<name>hold|cancel|take-over)/$", shipping.ask, name="shipment_ask"),
    path("receipts/", lists.ReceiptList.as_view(), name="receipts"),
    path("receipts/choose/", receipts.choose, name="receipt_choose"),
    path("receipts/new/", receipts.new, name="receipt_new"),
    path("receipts/<int:pk>/", receipts.receipt_page, name="receipt"),
    path("receipts/<int:pk>/cancel/", receipts.cancel, name="receipt_cancel"),
    path("receipts/<int:pk>/send-back/", receipts.send_back, name="receipt_send_back"),
    path("deliveries/", lists.DeliveryList.as_view(), name="deliveries"),
    path("deliveries/new/", deliveries.new, name="delivery_new"),
    path("deliveries/<int:pk>/", deliveries.delivery_page, name="delivery"),
    path("deliveries/<int:pk>/delivered/", deliveries.delivered, name="delivery_delivered"),
    path("deliveries/<int:pk>/take-back/", deliveries.take_back, name="delivery_take_back"),
    path("customer-returns/", lists.CustomerReturnList.as_view(), name="customer_returns"),
    path("customer-returns/<int:pk>/", deliveries.customer_return_page, name="customer_return"),
    path("supplier-returns/", lists.SupplierReturnList.as_view(), name="supplier_returns"),
    path("supplier-returns/<int:pk>/", receipts.supplier_return_page, name="supplier_return"),
]
