from rest_framework.routers import SimpleRouter

from logistics.api import views

router = SimpleRouter()
router.register("logistics/shipments", views.ShipmentViewSet, basename="shipment")
router.register("logistics/receipts", views.ReceiptViewSet, basename="receipt")
router.register("logistics/deliveries", views.DeliveryViewSet, basename="delivery")
router.register("logistics/customer-returns", views.CustomerReturnViewSet, basename="customer-return")
router.register("logistics/supplier-returns", views.SupplierReturnViewSet, basename="supplier-return")
urlpatterns = router.urls
