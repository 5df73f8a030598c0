from rest_framework.routers import SimpleRouter

from sourcing.api.views import PurchaseOrderViewSet

router = SimpleRouter()
router.register("sourcing/purchase-orders", PurchaseOrderViewSet, basename="purchase-order")
urlpatterns = router.urls
