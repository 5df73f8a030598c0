from rest_framework.routers import SimpleRouter

from ledger.api.views import EntryViewSet, PeriodViewSet

router = SimpleRouter()
router.register("ledger/entries", EntryViewSet, basename="entry")
router.register("ledger/periods", PeriodViewSet, basename="period")
urlpatterns = router.urls
