from rest_framework import serializers

from catalog.models import Packaging, Product, ProductGroup
from core.api.fields import Flag, Id, Quantity, Text
from core.api.read import Address, ReadSerializer


class PackagingSerializer(ReadSerializer):
    volume_m3 = serializers.DecimalField(max_digits=20, decimal_places=6, read_only=True)

    class Meta:
        model = Packaging
        fields = [
            "level",
            "units",
            "length_cm",
            "width_cm",
            "height_cm",
            "gross_weight_kg",
            "volume_m3",
            "gtin",
        ]
        read_only_fields = fields


class ProductSerializer(ReadSerializer):
    url = Address("api:product-detail")
    display = serializers.CharField(source="sku", read_only=True)
    unit = serializers.CharField(source="unit_id", read_only=True)
    origin = serializers.CharField(source="origin_id", read_only=True, allow_null=True)
    packagings = PackagingSerializer(many=True, read_only=True)

    class Meta:
        model = Product
        fields = [
            "id",
            "url",
            "display",
            "sku",
            "name",
            "name_zh",
            "description",
            "group",
            "unit",
            "gtin",
            "hs_code",
            "origin",
            "net_weight_kg",
            "inspection_required",
            "over_receipt_pct",
            "active",
            "version",
            "packagings",
        ]
        read_only_fields = fields


class PackagingWrite(serializers.Serializer):
    level = serializers.ChoiceField(choices=Packaging.Level.choices)
    units = Quantity(help_text="How many stock units it holds")
    length_cm = serializers.DecimalField(max_digits=10, decimal_places=2)
    width_cm = serializers.DecimalField(max_digits=10, decimal_places=2)
    height_cm = serializers.DecimalField(max_digits=10, decimal_places=2)
    gross_weight_kg = serializers.DecimalField(max_digits=12, decimal_places=3, help_text="When full")
    gtin = Text(max_length=20, required=False, allow_blank=True)


class ProductWrite(serializers.Serializer):
    sku = Text(max_length=60)
    name = Text(max_length=250)
    unit = Text(max_length=8, required=False, help_text="The stock unit's code; pcs where it is left out")
    name_zh = Text(max_length=250, required=False, allow_blank=True)
    description = Text(max_length=2000, required=False, allow_blank=True)
    group = Id(required=False, allow_null=True, help_text="The product group's id")
    gtin = Text(max_length=20, required=False, allow_blank=True)
    hs_code = Text(max_length=20, required=False, allow_blank=True)
    origin = Text(max_length=2, min_length=2, required=False, allow_null=True)
    net_weight_kg = serializers.DecimalField(max_digits=12, decimal_places=4, required=False, allow_null=True)
    inspection_required = Flag(required=False)
    over_receipt_pct = serializers.DecimalField(max_digits=6, decimal_places=3, required=False, allow_null=True)
    packagings = PackagingWrite(many=True, required=False)


class ProductGroupSerializer(ReadSerializer):
    url = Address("api:product-group-detail")
    display = serializers.CharField(source="name", read_only=True)

    class Meta:
        model = ProductGroup
        fields = ["id", "url", "display", "code", "name", "name_zh", "active", "version"]
        read_only_fields = fields


class ProductGroupWrite(serializers.Serializer):
    code = Text(max_length=30)
    name = Text(max_length=100)
    name_zh = Text(max_length=100, required=False, allow_blank=True)
    active = Flag(required=False)


class Nothing(serializers.Serializer):
    """A step that needs no input."""
