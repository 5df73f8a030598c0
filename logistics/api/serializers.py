"""What the API says about goods on their way, received, delivered and returned."""

from decimal import Decimal

from django.db.models import OuterRef, Subquery, Sum
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import Amount, Quantity
from core.api.read import Address, ReadSerializer
from logistics import steps
from logistics.models import (
    Container,
    CustomerReturn,
    CustomerReturnLine,
    Delivery,
    DeliveryLine,
    Milestone,
    Receipt,
    ReceiptLine,
    Shipment,
    ShipmentLine,
    SupplierReturn,
    SupplierReturnLine,
    TradeDocument,
)


class ShipmentLineSerializer(ReadSerializer):
    unit = serializers.CharField(source="unit_id", read_only=True)

    class Meta:
        model = ShipmentLine
        fields = [
            "id",
            "order_line",
            "order",
            "order_number",
            "supplier",
            "sku",
            "description",
            "unit",
            "quantity",
            "cartons",
            "gross_weight_kg",
            "volume_m3",
            "inspection",
            "received_quantity",
            "short_quantity",
            "owned_date",
        ]
        read_only_fields = fields


class ContainerSerializer(ReadSerializer):
    class Meta:
        model = Container
        fields = ["number", "seal", "size_type"]
        read_only_fields = fields


class MilestoneSerializer(ReadSerializer):
    place = serializers.CharField(source="place_id", read_only=True, allow_null=True)

    class Meta:
        model = Milestone
        fields = [
            "code",
            "classifier",
            "happened_at",
            "place_date",
            "place",
            "issued_at",
            "note",
            "reported_by",
            "reported_at",
        ]
        read_only_fields = fields


class TradeDocumentSerializer(ReadSerializer):
    class Meta:
        model = TradeDocument
        fields = ["doc_type", "required", "number", "received_date", "conflict"]
        read_only_fields = fields


class ShipmentSerializer(ReadSerializer):
    """Lines are those the caller may see; what holds the shipment, and what we note on it, is the house's own business."""

    url = Address("api:shipment-detail")
    display = serializers.CharField(source="number", read_only=True)
    origin = serializers.CharField(source="origin_id", read_only=True, allow_null=True)
    destination = serializers.CharField(source="destination_id", read_only=True, allow_null=True)
    slip_days = serializers.IntegerField(read_only=True, allow_null=True)
    actions = serializers.SerializerMethodField()
    lines = ShipmentLineSerializer(many=True, read_only=True)
    containers = ContainerSerializer(many=True, read_only=True)
    documents = TradeDocumentSerializer(many=True, read_only=True)
    milestones = MilestoneSerializer(many=True, read_only=True)

    class Meta:
        model = Shipment
        fields = [
            "id",
            "url",
            "display",
            "number",
            "status",
            "mode",
            "incoterm",
            "named_place",
            "forwarder",
            "carrier",
            "vessel",
            "voyage",
            "transport_document",
            "origin",
            "destination",
            "warehouse",
            "planned_departure_date",
            "planned_arrival_date",
            "expected_arrival_date",
            "departed_date",
            "arrived_date",
            "slip_days",
            "freight_included",
            "hold_reason",
            "held_by",
            "lifted_by",
            "released_at",
            "remarks",
            "version",
            "actions",
            "lines",
            "containers",
            "documents",
            "milestones",
        ]
        read_only_fields = fields
        house_fields = ("hold_reason", "held_by", "lifted_by", "remarks")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, shipment: Shipment) -> list[str]:
        return steps.of_shipment(shipment, self.context["request"].actor)


_RETURNED = (
    SupplierReturnLine.objects.filter(receipt_line_id=OuterRef("pk"))
    .order_by()
    .values("receipt_line_id")
    .annotate(total=Sum("quantity"))
    .values("total")
)


class ReceiptLineSerializer(ReadSerializer):
    sku = serializers.CharField(source="order_line.sku", read_only=True)
    order = serializers.IntegerField(source="order_line.order_id", read_only=True)
    unit = serializers.CharField(source="order_line.unit_id", read_only=True)
    returned_quantity = serializers.DecimalField(
        max_digits=14,
        decimal_places=4,
        default=Decimal("0.0000"),
        read_only=True,
        help_text="Of it, what went back to the supplier",
    )
    lot_number = serializers.CharField(source="lot.number", default="", read_only=True)
    rejected_lot_number = serializers.CharField(source="rejected_lot.number", default="", read_only=True)

    class Meta:
        model = ReceiptLine
        fields = [
            "id",
            "order_line",
            "order",
            "shipment_line",
            "sku",
            "unit",
            "accepted_quantity",
            "rejected_quantity",
            "short_quantity",
            "over_quantity",
            "returned_quantity",
            "damaged",
            "reason",
            "lot",
            "lot_number",
            "rejected_lot",
            "rejected_lot_number",
            "goods_cost",
        ]
        read_only_fields = fields
        expressions = {"returned_quantity": Subquery(_RETURNED)}


class ReceiptSerializer(ReadSerializer):
    url = Address("api:receipt-detail")
    display = serializers.CharField(source="number", read_only=True)
    actions = serializers.SerializerMethodField()
    lines = ReceiptLineSerializer(many=True, read_only=True)

    class Meta:
        model = Receipt
        fields = [
            "id",
            "url",
            "display",
            "number",
            "shipment",
            "supplier",
            "warehouse",
            "received_date",
            "delivery_note",
            "remarks",
            "cancelled_at",
            "created_by",
            "version",
            "actions",
            "lines",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, receipt: Receipt) -> list[str]:
        return steps.of_receipt(receipt, self.context["request"].actor)


class DeliveryLineSerializer(ReadSerializer):
    sku = serializers.CharField(source="order_line.sku", read_only=True)
    unit = serializers.CharField(source="order_line.unit_id", read_only=True)

    class Meta:
        model = DeliveryLine
        fields = ["id", "order_line", "sku", "unit", "quantity", "cost"]
        read_only_fields = fields


class DeliverySerializer(ReadSerializer):
    url = Address("api:delivery-detail")
    display = serializers.CharField(source="number", read_only=True)
    order_number = serializers.CharField(source="order.number", read_only=True)
    customer = serializers.IntegerField(source="order.customer_id", read_only=True)
    actions = serializers.SerializerMethodField()
    lines = DeliveryLineSerializer(many=True, read_only=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "url",
            "display",
            "number",
            "order",
            "order_number",
            "customer",
            "warehouse",
            "shipped_date",
            "delivered_date",
            "carrier",
            "tracking",
            "mode",
            "freight_included",
            "documents_ok",
            "created_by",
            "version",
            "actions",
            "lines",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, delivery: Delivery) -> list[str]:
        return steps.of_delivery(delivery, self.context["request"].actor)


class CustomerReturnLineSerializer(ReadSerializer):
    class Meta:
        model = CustomerReturnLine
        fields = ["id", "delivery_line", "quantity", "disposition", "cost"]
        read_only_fields = fields


class CustomerReturnSerializer(ReadSerializer):
    url = Address("api:customer-return-detail")
    display = serializers.CharField(source="number", read_only=True)
    lines = CustomerReturnLineSerializer(many=True, read_only=True)

    class Meta:
        model = CustomerReturn
        fields = ["id", "url", "display", "number", "order", "returned_date", "reason", "remarks", "version", "lines"]
        read_only_fields = fields


class SupplierReturnLineSerializer(ReadSerializer):
    quantity = Quantity(read_only=True)
    cost = Amount(read_only=True)

    class Meta:
        model = SupplierReturnLine
        fields = ["id", "receipt_line", "quantity", "rejected_quantity", "cost", "goods_cost"]
        read_only_fields = fields


class SupplierReturnSerializer(ReadSerializer):
    url = Address("api:supplier-return-detail")
    display = serializers.CharField(source="number", read_only=True)
    lines = SupplierReturnLineSerializer(many=True, read_only=True)

    class Meta:
        model = SupplierReturn
        fields = ["id", "url", "display", "number", "receipt", "returned_date", "reason", "version", "lines"]
        read_only_fields = fields
