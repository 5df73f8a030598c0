from django.urls import path

from reference import views

app_name = "reference"
urlpatterns = [
    path("currencies/", views.CurrencyList.as_view(), name="currencies"),
    path("countries/", views.CountryList.as_view(), name="countries"),
    path("units/", views.UnitList.as_view(), name="units"),
    path("places/", views.PlaceList.as_view(), name="places"),
    path("holidays/", views.CalendarDayList.as_view(), name="calendar_days"),
    path("exchange-rates/", views.ExchangeRateList.as_view(), name="exchange_rates"),
    path("exchange-rates/new/", views.exchange_rate_new, name="exchange_rate_new"),
    path("exchange-rates/<str:base>/<str:quote>/", views.currency_pair, name="currency_pair"),
    path("incoterms/", views.incoterms_page, name="incoterms"),
]
