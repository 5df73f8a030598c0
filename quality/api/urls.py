from rest_framework.routers import SimpleRouter

from quality.api.views import InspectionViewSet

router = SimpleRouter()
router.register("quality/inspections", InspectionViewSet, basename="inspection")
urlpatterns = router.urls
