from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from core.api.views import ActorView, DocumentViewSet
from core.errors import NotVisible
from reference import exchange, filters, incoterms, services
from reference.api import serializers as s
from reference.models import Calendar, CalendarDay, Country, Currency, ExchangeRate, Place, Unit


class CurrencyViewSet(DocumentViewSet):
    """Currencies (ISO 4217) with the decimals of their amounts."""

    queryset = Currency.objects.none()
    serializer_class = s.CurrencySerializer
    filterset_class = filters.CurrencyFilter
    lookup_value_regex = "[A-Z]{3}"

    def get_queryset(self):
        return super().get_queryset().order_by("code")


class CountryViewSet(DocumentViewSet):
    """Countries (ISO 3166-1)."""

    queryset = Country.objects.none()
    serializer_class = s.CountrySerializer
    filterset_class = filters.CountryFilter
    lookup_value_regex = "[A-Z]{2}"

    def get_queryset(self):
        return super().get_queryset().order_by("name")


class UnitViewSet(DocumentViewSet):
    """Units of measure, with their UNECE codes."""

    queryset = Unit.objects.none()
    serializer_class = s.UnitSerializer
    filterset_class = filters.UnitFilter
    lookup_value_regex = "[A-Za-z0-9]{1,8}"

    def get_queryset(self):
        return super().get_queryset().order_by("dimension", "code")


class PlaceViewSet(DocumentViewSet):
    """Ports and inland places by UN/LOCODE, airports by IATA code."""

    queryset = Place.objects.none()
    serializer_class = s.PlaceSerializer
    filterset_class = filters.PlaceFilter
    lookup_value_regex = "[A-Z0-9]{3,5}"

    def get_queryset(self):
        return super().get_queryset().order_by("-main", "name")


class CalendarViewSet(DocumentViewSet):
    """Working calendars: the weekly rest, and through which day holidays are published."""

    queryset = Calendar.objects.none()
    serializer_class = s.CalendarSerializer
    lookup_value_regex = "[A-Za-z0-9_-]{1,12}"

    def get_queryset(self):
        return super().get_queryset().order_by("code")


class CalendarDayViewSet(DocumentViewSet):
    """Days off, and weekend days that are worked to make up for them."""

    queryset = CalendarDay.objects.none()
    serializer_class = s.CalendarDaySerializer
    filterset_class = filters.CalendarDayFilter

    def get_queryset(self):
        return super().get_queryset().order_by("date", "calendar")


class ExchangeRateViewSet(DocumentViewSet):
    """Exchange rates: published ones, and those entered by hand."""

    queryset = ExchangeRate.objects.none()
    serializer_class = s.ExchangeRateSerializer
    filterset_class = filters.ExchangeRateFilter
    view_permission = "reference.view_exchangerate"

    def get_queryset(self):
        return super().get_queryset().order_by("-date", "base", "quote")

    @extend_schema(request=s.ExchangeRateWrite, responses={201: s.ExchangeRateSerializer})
    def create(self, request):
        """Enter a rate by hand, or correct the one entered for that pair and day."""
        body = self.read(s.ExchangeRateWrite)
        rate = services.set_exchange_rate(actor=self.actor, on=body.pop("date"), today=timezone.localdate(), **body)
        return self.answer(rate, status=201)

    @extend_schema(parameters=[s.LookUpQuery], responses=s.LookUpSerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None, url_path="look-up")
    def look_up(self, request):
        """The rate that applies on a day: of that day or the last before it, through the euro where need be."""
        asked = self.asked(s.LookUpQuery)
        found = exchange.find_rate(
            asked["base"],
            asked["quote"],
            asked["date"],
            kind=asked["kind"],
            max_age_days=asked.get("max_age_days"),
        )
        return Response(s.LookUpSerializer(found).data)


class IncotermViewSet(ActorView, viewsets.GenericViewSet):
    """Incoterms 2020: who pays for what, when the risk passes, and what to mind."""

    serializer_class = s.IncotermSerializer
    lookup_url_kwarg = "code"
    lookup_value_regex = "[A-Z]{3}"
    queryset = Currency.objects.none()  # the rules are no rows; the API description asks for a model's key type

    def get_serializer_context(self):
        return super().get_serializer_context() | {
            "costs": lambda rule: dict(rule.costs),
            "losses": lambda rule: {loss: incoterms.who_bears_loss(rule.code, loss).value for loss in incoterms.LOSSES},
            "insurance": incoterms.insurance_advisory,
            "container": incoterms.container_advisory,
        }

    def list(self, request):
        rules = self.filter_queryset([incoterms.RULES[code] for code in incoterms.CURRENT])
        found = self.paginate_queryset(rules)
        return self.get_paginated_response(self.get_serializer(found, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("code", str, OpenApiParameter.PATH, pattern="^[A-Z]{3}$"), s.IncotermQuery]
    )
    def retrieve(self, request, code=None):
        """One rule. With named_place_kind every cost says S or B; the withdrawn DDU is answered too."""
        if code not in incoterms.RULES:
            raise NotVisible("There is no such rule.")
        asked = self.asked(s.IncotermQuery)
        context = self.get_serializer_context()
        place = asked.get("named_place_kind")
        if place:
            context["costs"] = lambda rule: {
                item: incoterms.who_pays(rule.code, item, **asked).value for item in incoterms.ITEMS
            }
        elif asked["freight_includes_dthc"]:
            raise ValidationError({"named_place_kind": ["State it to have every cost answered."]})
        return Response(s.IncotermSerializer(incoterms.RULES[code], context=context).data)
