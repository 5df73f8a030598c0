from rest_framework.routers import SimpleRouter

from reference.api import views

router = SimpleRouter()
router.register("reference/currencies", views.CurrencyViewSet, basename="currency")
router.register("reference/countries", views.CountryViewSet, basename="country")
router.register("reference/units", views.UnitViewSet, basename="unit")
router.register("reference/places", views.PlaceViewSet, basename="place")
router.register("reference/calendars", views.CalendarViewSet, basename="calendar")
router.register("reference/calendar-days", views.CalendarDayViewSet, basename="calendar-day")
router.register("reference/exchange-rates", views.ExchangeRateViewSet, basename="exchange-rate")
router.register("reference/incoterms", views.IncotermViewSet, basename="incoterm")
urlpatterns = router.urls
