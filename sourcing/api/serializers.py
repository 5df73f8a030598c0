from decimal import Decimal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import Flag, Id, Quantity, Text, UnitPrice
from core.api.read import Address, ReadSerializer
from reference.incoterms import ALL_CHOICES
from sourcing.flows import PURCHASE_ORDER, LineAnswer
from sourcing.models import ConfirmationLine, Mode, OrderConfirmation, PurchaseOrder, PurchaseOrderLine
from sourcing.selectors import share_of

PERCENT = serializers.DecimalField(max_digits=4, decimal_places=1, allow_null=True)


class OrderLineSerializer(ReadSerializer):
    unit = serializers.CharField(source="unit_id", read_only=True)

    class Meta:
        model = PurchaseOrderLine
        fields = [
            "id",
            "position",
            "product",
            "sku",
            "description",
            "unit",
            "quantity",
            "unit_price",
            "amount",
            "requested_date",
            "original_promised_date",
            "promised_date",
            "answer",
            "cancelled",
            "shipped_quantity",
            "received_quantity",
            "rejected_quantity",
            "returned_quantity",
            "billed_quantity",
        ]
        read_only_fields = fields


class PurchaseOrderSerializer(ReadSerializer):
    url = Address("api:purchase-order-detail")
    display = serializers.CharField(source="number", read_only=True)
    supplier_name = serializers.CharField(source="supplier.name", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True)
    destination_country = serializers.CharField(source="destination_country_id", read_only=True, allow_null=True)
    received_pct = serializers.SerializerMethodField(help_text="By value; null where the lines are worth nothing")
    billed_pct = serializers.SerializerMethodField(help_text="By value, as quantities were billed")
    actions = serializers.SerializerMethodField()
    lines = OrderLineSerializer(many=True, read_only=True)

    class Meta:
        model = PurchaseOrder
        fields = [
            "id",
            "url",
            "display",
            "number",
            "status",
            "supplier",
            "supplier_name",
            "order_date",
            "currency",
            "incoterm",
            "named_place",
            "mode",
            "payment_term",
            "destination_country",
            "supplier_reference",
            "remarks",
            "unit_price_order",
            "total",
            "received_pct",
            "billed_pct",
            "revision",
            "version",
            "sent_at",
            "confirmed_at",
            "actions",
            "lines",
        ]
        read_only_fields = fields

    @extend_schema_field(PERCENT)
    def get_received_pct(self, order: PurchaseOrder) -> str | None:
        return self._share(order, "received_quantity")

    @extend_schema_field(PERCENT)
    def get_billed_pct(self, order: PurchaseOrder) -> str | None:
        return self._share(order, "billed_quantity")

    def _share(self, order: PurchaseOrder, progress: str) -> str | None:
        live = [line for line in self.said("lines", order) if not line["cancelled"]]
        share = share_of((Decimal(one["amount"]), Decimal(one["quantity"]), Decimal(one[progress])) for one in live)
        return None if share is None else str(share)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, order: PurchaseOrder) -> list[str]:
        request = self.context.get("request")
        return [step.name for step in PURCHASE_ORDER.available(order, request.actor)] if request else []


class ConfirmationLineSerializer(ReadSerializer):
    class Meta:
        model = ConfirmationLine
        fields = [
            "line",
            "answer",
            "quantity",
            "unit_price",
            "promised_date",
            "reason",
            "decision",
            "decided_by",
            "decided_at",
        ]
        read_only_fields = fields


class ConfirmationSerializer(ReadSerializer):
    lines = ConfirmationLineSerializer(many=True, read_only=True)

    class Meta:
        model = OrderConfirmation
        fields = ["number", "revision", "reference", "remarks", "answered_by", "answered_at", "lines"]
        read_only_fields = fields


class LineWrite(serializers.Serializer):
    product = Id(help_text="The product's id")
    quantity = Quantity(help_text="In the product's stock unit")
    unit_price = UnitPrice(help_text="Per stock unit, in the order's currency")
    requested_date = serializers.DateField(required=False, allow_null=True)
    description = Text(required=False, allow_blank=True, max_length=250)


class OrderWrite(serializers.Serializer):
    supplier = Id(help_text="The supplier organisation's id")
    order_date = serializers.DateField()
    currency = Text(max_length=3, min_length=3)
    incoterm = serializers.ChoiceField(choices=ALL_CHOICES)
    named_place = Text(max_length=100)
    mode = serializers.ChoiceField(choices=Mode.choices, required=False, allow_blank=True)
    payment_term = Id(required=False, allow_null=True)
    destination_country = Text(max_length=2, min_length=2, required=False, allow_null=True)
    remarks = Text(required=False, allow_blank=True, max_length=4000)
    unit_price_order = Flag(required=False)
    lines = LineWrite(many=True)


class BulkOrderWrite(serializers.ListSerializer):
    child = OrderWrite()


class ReasonWrite(serializers.Serializer):
    reason = Text(max_length=300)


class CommentWrite(serializers.Serializer):
    comment = Text(max_length=500, required=False, allow_blank=True)


class Nothing(serializers.Serializer):
    """A step that needs no input."""


class AnswerWrite(serializers.Serializer):
    line = Id(help_text="The order line's id")
    answer = serializers.ChoiceField(
        choices=[a for a in LineAnswer.choices if a[0] in ("accepted", "changed", "rejected")]
    )
    quantity = Quantity(required=False, allow_null=True)
    unit_price = UnitPrice(required=False, allow_null=True)
    promised_date = serializers.DateField(required=False, allow_null=True)
    reason = Text(max_length=300, required=False, allow_blank=True)


class ConfirmWrite(serializers.Serializer):
    lines = AnswerWrite(many=True)
    reference = Text(max_length=60, required=False, allow_blank=True)
    remarks = Text(max_length=4000, required=False, allow_blank=True)


class VerdictWrite(serializers.Serializer):
    line = Id()
    accept = Flag()
    reason = Text(max_length=300, required=False, allow_blank=True)


class SettleWrite(serializers.Serializer):
    verdicts = VerdictWrite(many=True)


class AmendLineWrite(LineWrite):
    line = Id(required=False, allow_null=True, help_text="The line to change; none adds a new one")
    withdraw = Flag(required=False)


class AmendWrite(serializers.Serializer):
    reason = Text(max_length=300)
    lines = AmendLineWrite(many=True)
