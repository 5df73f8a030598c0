from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import Flag, Text
from reference.incoterms import ITEMS, NamedPlace
from reference.models import Calendar, CalendarDay, Country, Currency, ExchangeRate, Place, RateKind, Unit


class CurrencySerializer(serializers.ModelSerializer):
    class Meta:
        model = Currency
        fields = ["code", "numeric", "name", "name_zh", "decimals", "active"]


class CountrySerializer(serializers.ModelSerializer):
    class Meta:
        model = Country
        fields = ["code", "alpha3", "numeric", "name", "name_zh", "eu", "currency"]


class UnitSerializer(serializers.ModelSerializer):
    class Meta:
        model = Unit
        fields = ["code", "name", "name_zh", "dimension", "factor", "whole", "unece", "active"]


class PlaceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Place
        fields = [
            "code", "unlocode", "kind", "name", "name_zh", "country", "latitude", "longitude", "timezone", "main",
            "source",
        ]  # fmt: skip


class CalendarSerializer(serializers.ModelSerializer):
    class Meta:
        model = Calendar
        fields = ["code", "name", "name_zh", "country", "weekly_rest", "known_through"]


class CalendarDaySerializer(serializers.ModelSerializer):
    class Meta:
        model = CalendarDay
        fields = ["id", "calendar", "date", "kind", "name", "name_zh"]


class ExchangeRateSerializer(serializers.ModelSerializer):
    class Meta:
        model = ExchangeRate
        fields = ["id", "kind", "base", "quote", "date", "rate", "source", "note"]


class ExchangeRateWrite(serializers.Serializer):
    base = Text(min_length=3, max_length=3, help_text="One unit of this currency")
    quote = Text(min_length=3, max_length=3, help_text="costs ``rate`` units of this one")
    date = serializers.DateField()
    rate = serializers.DecimalField(max_digits=24, decimal_places=12)
    kind = serializers.ChoiceField(choices=RateKind.choices, default=RateKind.MARKET)
    note = Text(max_length=200, required=False, allow_blank=True)
    confirmed = Flag(default=False, help_text="Right, even if far from the last known rate")


class LookUpQuery(serializers.Serializer):
    base = Text(min_length=3, max_length=3)
    quote = Text(min_length=3, max_length=3)
    date = serializers.DateField()
    kind = serializers.ChoiceField(choices=RateKind.choices, default=RateKind.MARKET)
    max_age_days = serializers.IntegerField(min_value=0, max_value=3660, required=False)


class LookUpSerializer(serializers.Serializer):
    base = serializers.CharField()
    quote = serializers.CharField()
    date = serializers.DateField(help_text="The day the rate was published for")
    rate = serializers.DecimalField(max_digits=40, decimal_places=12, source="value")
    source = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    kind = serializers.CharField()


class IncotermSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    mode = serializers.ChoiceField(choices=["any", "sea"])
    place = serializers.CharField(help_text="Which place must be named after the code")
    cost_point = serializers.CharField(help_text="The seller pays up to here")
    risk_point = serializers.CharField(help_text="A loss is the seller's up to here")
    risk_milestone = serializers.CharField(source="risk.value")
    costs = serializers.SerializerMethodField(
        help_text="S seller, B buyer, P depends on the named place, K buyer unless the freight includes it, - nobody"
    )
    losses = serializers.SerializerMethodField(help_text="Whose loss, by where it happens: S or B")
    insurance = serializers.SerializerMethodField()
    container_advisory = serializers.SerializerMethodField()

    @extend_schema_field({"type": "object", "properties": {item: {"type": "string"} for item in ITEMS}})
    def get_costs(self, rule) -> dict:
        return self.context["costs"](rule)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_losses(self, rule) -> dict:
        return self.context["losses"](rule)

    def get_insurance(self, rule) -> str:
        return self.context["insurance"](rule.code)

    def get_container_advisory(self, rule) -> str:
        return self.context["container"](rule.code)


class IncotermQuery(serializers.Serializer):
    named_place_kind = serializers.ChoiceField(choices=[place.value for place in NamedPlace], required=False)
    freight_includes_dthc = serializers.BooleanField(default=False)
