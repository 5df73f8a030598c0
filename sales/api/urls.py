from rest_framework.routers import SimpleRouter

from sales.api.views import CustomerOrderViewSet, CustomerViewSet

router = SimpleRouter()
router.register("sales/customer-orders", CustomerOrderViewSet, basename="customer-order")
router.register("sales/customers", CustomerViewSet, basename="customer")
urlpatterns = router.urls
