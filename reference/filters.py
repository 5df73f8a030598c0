"""What a list can be narrowed by; pages and the API share these."""

import django_filters as filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reference.models import (
    Calendar,
    CalendarDay,
    Country,
    Currency,
    DayKind,
    Dimension,
    ExchangeRate,
    Place,
    PlaceKind,
    RateKind,
    Unit,
)


def _contains(*names):
    """A filter method: every word of the text is found in one of the fields ``names``."""

    def method(self, queryset, _name, text):
        for word in text.split()[:5]:
            found = Q()
            for name in names:
                found |= Q(**{f"{name}__icontains": word})
            queryset = queryset.filter(found)
        return queryset

    return method


class CurrencyFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label=_("Search"))
    active = filters.BooleanFilter(label=_("Active"))

    search = _contains("code", "name", "name_zh")

    class Meta:
        model = Currency
        fields: list[str] = []


class UnitFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label=_("Search"))
    dimension = filters.ChoiceFilter(choices=Dimension.choices, label=_("Dimension"))

    search = _contains("code", "name", "name_zh", "unece")

    class Meta:
        model = Unit
        fields: list[str] = []


class CountryFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label=_("Search"))
    eu = filters.BooleanFilter(label=_("EU"))
    currency = filters.CharFilter(field_name="currency_id", label=_("Currency"))

    search = _contains("code", "alpha3", "name", "name_zh")

    class Meta:
        model = Country
        fields: list[str] = []


class PlaceFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label=_("Search"))
    kind = filters.ChoiceFilter(choices=PlaceKind.choices, label=_("Kind"))
    country = filters.CharFilter(field_name="country_id", label=_("Country"))
    main = filters.BooleanFilter(label=_("Main"))

    search = _contains("code", "unlocode", "name", "name_zh")

    class Meta:
        model = Place
        fields: list[str] = []


class CalendarDayFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label=_("Search"))
    calendar = filters.ModelChoiceFilter(queryset=Calendar.objects.all(), label=_("Calendar"))
    kind = filters.ChoiceFilter(choices=DayKind.choices, label=_("Kind"))
    date_from = filters.DateFilter(field_name="date", lookup_expr="gte", label=_("From"))
    date_to = filters.DateFilter(field_name="date", lookup_expr="lte", label=_("To"))

    search = _contains("name", "name_zh")

    class Meta:
        model = CalendarDay
        fields: list[str] = []


class ExchangeRateFilter(filters.FilterSet):
    base = filters.CharFilter(field_name="base_id", label=_("Base"))
    quote = filters.CharFilter(field_name="quote_id", label=_("Quote"))
    kind = filters.ChoiceFilter(choices=RateKind.choices, label=_("Kind"))
    source = filters.CharFilter(label=_("Source"))
    date_from = filters.DateFilter(field_name="date", lookup_expr="gte", label=_("From"))
    date_to = filters.DateFilter(field_name="date", lookup_expr="lte", label=_("To"))

    class Meta:
        model = ExchangeRate
        fields: list[str] = []
