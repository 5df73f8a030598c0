from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.models import SealedEvent
from kpis.cash_to_cash import BALANCES, VARIANTS
from kpis.models import LandedCostFact, OrderFact, OrderLineFact
from kpis.rules import BASES, Rule
from kpis.selectors import DIMENSIONS, SIDES, Query


class AskSerializer(serializers.Serializer):
    """What a KPI is asked for, in the address."""

    by = serializers.ChoiceField(choices=DIMENSIONS, required=False, help_text="shipment and order count wholes")
    side = serializers.ChoiceField(choices=SIDES, required=False, default="all")
    as_of = serializers.DateField(required=False, help_text="As it stood at the end of this day")
    window = serializers.IntegerField(
        required=False, default=365, min_value=1, max_value=3660, help_text="Days of cash-to-cash"
    )
    variant = serializers.ChoiceField(
        choices=list(VARIANTS.items()), required=False, default="finance", help_text="Denominator of days payable"
    )
    balance = serializers.ChoiceField(
        choices=list(BALANCES.items()), required=False, default="daily", help_text="Which balances of cash-to-cash"
    )

    early_days = serializers.IntegerField(
        required=False, min_value=0, max_value=3660, help_text="How many days too early is still on time (default: any)"
    )
    late_days = serializers.IntegerField(
        required=False, min_value=0, max_value=3660, help_text="Days of grace (default 0)"
    )
    tolerance = serializers.DecimalField(
        required=False,
        max_digits=5,
        decimal_places=4,
        min_value=Decimal(0),
        max_value=Decimal(1),
        help_text="Share of the quantity that may be short or over (0.05 is 5 %)",
    )
    basis = serializers.ChoiceField(choices=BASES, required=False, help_text="The date that counts (default committed)")

    def get_fields(self):
        # "from" is a word of the language and cannot be written as an attribute.
        bounds = {
            "from": serializers.DateField(required=False, source="first", help_text="First day of the period"),
            "to": serializers.DateField(required=False, source="last", help_text="Last day of the period"),
        }
        return {**super().get_fields(), **bounds}


def query_of(company_id: int | None, asked: dict[str, Any]) -> Query:
    """The question that valid parameters ask, of the company of the actor. Raises RuleBroken for one without an answer."""
    rule = {name: asked[name] for name in ("early_days", "late_days", "tolerance", "basis") if name in asked}
    return Query(company_id=company_id or 0, rule=Rule(**rule), **{k: v for k, v in asked.items() if k not in rule})


class _Row(serializers.Serializer):
    key = serializers.CharField(help_text="total, or a mode, supplier, month, …")


class _Percent(serializers.FloatField):
    """Exact, rounded half up to four decimals; null where it is undefined."""

    def __init__(self, **kwargs):
        super().__init__(**{"allow_null": True, **kwargs})


class OnTimeRow(_Row):
    lines = serializers.IntegerField(help_text="Due; wholes where by is shipment or order")
    on_time = serializers.IntegerField()
    late = serializers.IntegerField()
    count = serializers.IntegerField(required=False)
    all_lines_on_time = serializers.IntegerField(required=False)
    pct = _Percent()


class OtifRow(_Row):
    lines = serializers.IntegerField()
    otif = serializers.IntegerField()
    failed = serializers.IntegerField()
    on_time = serializers.IntegerField()
    pct = _Percent()


class PerfectOrderRow(_Row):
    orders = serializers.IntegerField()
    perfect = serializers.IntegerField(help_text="All four flags known and good")
    failed = serializers.IntegerField()
    pending = serializers.IntegerField(help_text="Nothing failed, not everything known")
    pct = _Percent()
    provisional = serializers.BooleanField()
    late = serializers.IntegerField()
    incomplete = serializers.IntegerField()
    damaged = serializers.IntegerField()
    undocumented = serializers.IntegerField()
    on_time_pct = _Percent()
    complete_pct = _Percent()
    undamaged_pct = _Percent()
    documented_pct = _Percent()
    product_pct = _Percent(help_text="Product of the four")
    lines = serializers.IntegerField(required=False)
    lines_failed = serializers.IntegerField(required=False)
    line_pct = _Percent(required=False)


class LandedCostRow(_Row):
    count = serializers.IntegerField(required=False)
    count_known = serializers.IntegerField(required=False)
    lines = serializers.IntegerField()
    lines_known = serializers.IntegerField(help_text="Whose freight is known")
    quantity = serializers.CharField(help_text="Of all lines")
    quantity_known = serializers.CharField()
    goods = serializers.CharField()
    freight = serializers.CharField()
    insurance = serializers.CharField()
    duty = serializers.CharField()
    other = serializers.CharField()
    landed = serializers.CharField()
    goods_all = serializers.CharField()
    insurance_all = serializers.CharField()
    estimated = serializers.CharField(help_text="Estimates of the charges that are also known")
    actual = serializers.CharField(help_text="What those came to")
    uplift_pct = _Percent()
    unit_landed = serializers.CharField(allow_null=True)


class CashToCashRow(_Row):
    dio = _Percent()
    dso = _Percent()
    dpo = _Percent()
    c2c = _Percent()
    c2c_net_of_advances = _Percent()
    as_of = serializers.DateField()
    window = serializers.IntegerField()
    days = serializers.IntegerField(help_text="Days of history inside the window")
    partial = serializers.BooleanField()  # type: ignore[assignment]  # a field of the answer
    variant = serializers.CharField(help_text="Over what days payable are read")
    balance = serializers.CharField(help_text="Which balances stand for the window")


class FreshnessSerializer(serializers.Serializer):
    position = serializers.IntegerField(help_text="Every event up to this one is in the numbers")
    at = serializers.DateTimeField(allow_null=True)
    lag_seconds = serializers.FloatField(help_text="How long the oldest event not yet in them has waited")
    stale = serializers.BooleanField()


class _Answer(serializers.Serializer):
    metric = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    to = serializers.DateField(allow_null=True)
    version = serializers.CharField(help_text="Of the definition, see the catalogue")
    freshness = FreshnessSerializer()

    def get_fields(self):
        bound = serializers.DateField(allow_null=True)
        return {**super().get_fields(), "from": bound}


class OnTimeAnswer(_Answer):
    rows = OnTimeRow(many=True)


class OtifAnswer(_Answer):
    rows = OtifRow(many=True)


class PerfectOrderAnswer(_Answer):
    rows = PerfectOrderRow(many=True)


class LandedCostAnswer(_Answer):
    rows = LandedCostRow(many=True)


class CashToCashAnswer(_Answer):
    rows = CashToCashRow(many=True)


class DefinitionSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    definition = serializers.CharField()
    formula = serializers.CharField()
    period = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    version = serializers.CharField()


_FLAGS = ["on_time", "complete", "undamaged", "documented", "otif", "final"]
_KEYS = ["side", "day", "supplier", "country", "product_group", "mode", "incoterm"]


class OrderLineFactSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderLineFact
        fields = [
            "id", "line_id", "order_id", "product_id", *_KEYS, *_FLAGS, "ordered", "quantity", "quantity_on_time",
            "last_day", "is_open",
        ]  # fmt: skip
        read_only_fields = fields


class OrderFactSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderFact
        fields = ["id", "order_id", "lines", *_KEYS, *_FLAGS]
        read_only_fields = fields


class LandedCostFactSerializer(serializers.ModelSerializer):
    class Meta:
        model = LandedCostFact
        fields = [
            "id", "line_id", "document_id", "shipment_id", "order_id", "product_id", *_KEYS, "quantity", "goods", "freight",
            "insurance", "duty", "other", "landed", "freight_known", "freight_estimate", "freight_actual",
            "insurance_estimate", "insurance_actual", "duty_estimate", "duty_actual", "other_estimate", "other_actual",
        ]  # fmt: skip
        read_only_fields = fields


class EventSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="event.name")
    subject_kind = serializers.CharField(source="event.subject_kind")
    subject_id = serializers.IntegerField(source="event.subject_id")
    payload = serializers.JSONField(source="event.payload")
    actor = serializers.CharField(source="event.actor_name")
    channel = serializers.CharField(source="event.channel")
    occurred_at = serializers.DateTimeField(source="event.occurred_at")
    recorded_at = serializers.DateTimeField(source="event.recorded_at")
    hash = serializers.SerializerMethodField(help_text="SHA-256 chained to the event before it, hexadecimal")

    class Meta:
        model = SealedEvent
        fields = [
            "position", "name", "subject_kind", "subject_id", "payload", "actor", "channel", "occurred_at", "recorded_at",
            "hash",
        ]  # fmt: skip
        read_only_fields = fields

    def get_hash(self, sealed: SealedEvent) -> str:
        return bytes(sealed.hash).hex()


class EventPage(serializers.Serializer):
    results = EventSerializer(many=True)
    next = serializers.IntegerField(help_text="Ask for what comes after this position next time")
    more = serializers.BooleanField(help_text="Whether something after it is there already")


class AfterSerializer(serializers.Serializer):
    after = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**63 - 1)
    limit = serializers.IntegerField(required=False, default=100, min_value=1, max_value=500)
