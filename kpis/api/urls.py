from rest_framework.routers import SimpleRouter

from kpis.api import views

router = SimpleRouter()
router.register("kpis/perfect-order/lines", views.OrderLineFactViewSet, basename="kpi-order-line")
router.register("kpis/perfect-order/orders", views.OrderFactViewSet, basename="kpi-order")
router.register("kpis/landed-cost/lines", views.LandedCostFactViewSet, basename="kpi-landed-line")
router.register("kpis", views.KpiViewSet, basename="kpi")
router.register("core/events", views.EventViewSet, basename="event")
urlpatterns = router.urls
