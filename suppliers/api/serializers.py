from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import Flag, Id, Quantity, Text, UnitPrice
from core.api.read import Address, ReadSerializer
from parties.models import SPOKEN
from reference.incoterms import CHOICES
from suppliers.flows import SUPPLIER, Hold, Lifecycle
from suppliers.models import Supplier, SupplierItem
from suppliers.services.holds import stands


class SupplierSerializer(ReadSerializer):
    url = Address("api:supplier-detail")
    display = serializers.CharField(source="organisation.name", read_only=True)
    code = serializers.CharField(source="organisation.code", read_only=True)
    name = serializers.CharField(source="organisation.name", read_only=True)
    name_local = serializers.CharField(source="organisation.name_local", read_only=True)
    country = serializers.CharField(source="organisation.country_id", read_only=True)
    city = serializers.CharField(source="organisation.city", read_only=True)
    address = serializers.CharField(source="organisation.address", read_only=True)
    registration_number = serializers.CharField(source="organisation.registration_number", read_only=True)
    tax_number = serializers.CharField(source="organisation.tax_number", read_only=True)
    contact_name = serializers.CharField(source="organisation.contact_name", read_only=True)
    phone = serializers.CharField(source="organisation.phone", read_only=True)
    email = serializers.CharField(source="organisation.email", read_only=True)
    language = serializers.CharField(source="organisation.language", read_only=True)
    active = serializers.BooleanField(source="organisation.active", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True, allow_null=True)
    on_hold = serializers.SerializerMethodField(help_text="Whether the hold is in force today")
    actions = serializers.SerializerMethodField()

    class Meta:
        model = Supplier
        fields = [
            "id",
            "url",
            "display",
            "organisation",
            "code",
            "name",
            "name_local",
            "country",
            "city",
            "address",
            "registration_number",
            "tax_number",
            "contact_name",
            "phone",
            "email",
            "language",
            "active",
            "lifecycle",
            "lifecycle_reason",
            "hold",
            "hold_reason",
            "hold_from_date",
            "hold_release_date",
            "on_hold",
            "currency",
            "payment_term",
            "incoterm",
            "named_place",
            "lead_time_days",
            "date_tolerance_days",
            "version",
            "actions",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.BooleanField())
    def get_on_hold(self, supplier: Supplier) -> bool:
        return stands(supplier, on=timezone.localdate())

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, supplier: Supplier) -> list[str]:
        """The steps of the lifecycle that the caller may take now."""
        request = self.context.get("request")
        return [step.name for step in SUPPLIER.available(supplier, request.actor)] if request else []


class SupplierWrite(serializers.Serializer):
    code = Text(max_length=30)
    name = Text(max_length=200)
    country = Text(max_length=2, min_length=2)
    name_local = Text(max_length=200, required=False, allow_blank=True)
    city = Text(max_length=100, required=False, allow_blank=True)
    address = Text(max_length=1000, required=False, allow_blank=True)
    registration_number = Text(max_length=40, required=False, allow_blank=True, help_text="In China the USCC")
    tax_number = Text(max_length=40, required=False, allow_blank=True)
    contact_name = Text(max_length=150, required=False, allow_blank=True)
    phone = Text(max_length=40, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=SPOKEN, required=False)
    currency = Text(max_length=3, min_length=3, required=False, allow_null=True)
    payment_term = Id(required=False, allow_null=True)
    incoterm = serializers.ChoiceField(choices=CHOICES, required=False, allow_blank=True)
    named_place = Text(max_length=100, required=False, allow_blank=True)
    lead_time_days = serializers.IntegerField(min_value=0, max_value=1000, required=False, allow_null=True)
    date_tolerance_days = serializers.IntegerField(min_value=0, max_value=60, required=False)


class NewSupplierWrite(SupplierWrite):
    lifecycle = serializers.ChoiceField(choices=Lifecycle.choices, required=False, help_text="prospect if left out")


class HoldWrite(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Hold.choices)
    reason = Text(max_length=300)
    release_date = serializers.DateField(required=False, allow_null=True, help_text="The last day of the hold")


class LiftWrite(serializers.Serializer):
    reason = Text(max_length=300, required=False, allow_blank=True)


class TransitionWrite(serializers.Serializer):
    step = serializers.ChoiceField(choices=sorted(SUPPLIER.steps))
    reason = Text(max_length=300, required=False, allow_blank=True)


class ItemSerializer(ReadSerializer):
    sku = serializers.CharField(source="product.sku", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True, allow_null=True)

    class Meta:
        model = SupplierItem
        fields = ["product", "sku", "supplier_sku", "unit_price", "currency", "minimum_quantity", "lead_time_days"]
        read_only_fields = fields


class ItemWrite(serializers.Serializer):
    product = Id(help_text="The product's id")
    supplier_sku = Text(max_length=60, required=False, allow_blank=True)
    unit_price = UnitPrice(required=False, allow_null=True, help_text="Per stock unit")
    currency = Text(max_length=3, min_length=3, required=False, allow_null=True)
    minimum_quantity = Quantity(required=False, help_text="In stock units")
    lead_time_days = serializers.IntegerField(min_value=0, max_value=1000, required=False, allow_null=True)


class ItemsWrite(serializers.Serializer):
    items = ItemWrite(many=True)
    only_these = Flag(required=False, help_text="Remove every other item of the supplier")


class RemoveItemsWrite(serializers.Serializer):
    products = serializers.ListField(child=Id(), min_length=1, max_length=1000)
