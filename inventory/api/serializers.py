from rest_framework import serializers

from core.api.fields import Amount, Flag, Id, Quantity, Text
from core.api.read import Address, ReadSerializer
from inventory.models import Component, CostLayer, Lot, Stock, StockMove, Warehouse


class WarehouseSerializer(ReadSerializer):
    country = serializers.CharField(source="country_id", read_only=True)

    class Meta:
        model = Warehouse
        fields = ["id", "code", "name", "country", "city", "active"]
        read_only_fields = fields


class WarehouseWrite(serializers.Serializer):
    code = Text(max_length=20)
    name = Text(max_length=120)
    country = Text(max_length=2, min_length=2)
    city = Text(max_length=100, required=False, allow_blank=True)
    active = Flag(required=False)


class StockSerializer(ReadSerializer):
    sku = serializers.CharField(source="product.sku", read_only=True)
    unit = serializers.CharField(source="product.unit_id", read_only=True)
    warehouse_code = serializers.CharField(source="warehouse.code", read_only=True)

    class Meta:
        model = Stock
        fields = [
            "id", "product", "sku", "unit", "warehouse", "warehouse_code", "on_hand", "blocked", "reserved",
            "available",
            "value", "oldest_date",
        ]  # fmt: skip
        read_only_fields = fields


class CostLayerSerializer(ReadSerializer):
    class Meta:
        model = CostLayer
        fields = ["component", "amount", "estimated", "source_kind", "source_id", "day"]
        read_only_fields = fields


class StockMoveSerializer(ReadSerializer):
    lot_number = serializers.CharField(source="lot.number", read_only=True)
    product = serializers.IntegerField(source="lot.product_id", read_only=True)
    warehouse = serializers.IntegerField(source="lot.warehouse_id", read_only=True)

    class Meta:
        model = StockMove
        fields = [
            "id", "lot", "lot_number", "product", "warehouse", "kind", "quantity", "cost", "day", "document_kind",
            "document_id", "line_id", "origin", "reason", "moved_by", "moved_at",
        ]  # fmt: skip
        read_only_fields = fields


class LotSerializer(ReadSerializer):
    url = Address("api:lot-detail")
    sku = serializers.CharField(source="product.sku", read_only=True)
    unit = serializers.CharField(source="product.unit_id", read_only=True)
    value = Amount(read_only=True)
    layers = CostLayerSerializer(many=True, read_only=True)

    class Meta:
        model = Lot
        fields = [
            "id", "url", "number", "product", "sku", "unit", "warehouse", "quality", "received_date", "supplier",
            "parent",
            "source_kind", "source_id", "quantity_received", "quantity_on_hand", "cost_total", "cost_issued", "value",
            "layers",
        ]  # fmt: skip
        read_only_fields = fields


class CorrectionWrite(serializers.Serializer):
    day = serializers.DateField(required=False, help_text="Today where not given")


class ScrapWrite(CorrectionWrite):
    quantity = Quantity()
    reason = Text(max_length=200)


class CountWrite(CorrectionWrite):
    counted = Quantity(help_text="What is really there, in the stock unit")
    reason = Text(max_length=200, required=False, allow_blank=True)


class TransferWrite(CorrectionWrite):
    quantity = Quantity()
    warehouse = Id(required=False, allow_null=True, help_text="None: it stays where it is")
    quality = serializers.ChoiceField(choices=Lot.Quality.choices, required=False, allow_null=True)
    reason = Text(max_length=200, required=False, allow_blank=True)


class QualityWrite(serializers.Serializer):
    quality = serializers.ChoiceField(choices=Lot.Quality.choices)
    reason = Text(max_length=200)


class OpeningRowWrite(serializers.Serializer):
    product = Id()
    warehouse = Id()
    quantity = Quantity()
    unit = Text(
        max_length=8, required=False, help_text="inner, carton, pallet or a unit; the stock unit where not given"
    )
    received_date = serializers.DateField(required=False, allow_null=True, help_text="The goods' age, for FIFO")
    goods = Amount(min_value=0, help_text="Base currency, for the whole row; so are the others")
    freight = Amount(min_value=0, required=False)
    insurance = Amount(min_value=0, required=False)
    duty = Amount(min_value=0, required=False)
    other = Amount(min_value=0, required=False)

    COMPONENTS = tuple(Component.values)


class OpeningWrite(serializers.Serializer):
    day = serializers.DateField(help_text="The day the system takes over; posted on it")
    rows = OpeningRowWrite(many=True, max_length=1000)  # type: ignore[call-arg]  # DRF hands it on
