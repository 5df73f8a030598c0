from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import Amount, Flag, Id, Quantity, Text, UnitPrice
from core.api.read import Address, ReadSerializer
from sales.flows import CUSTOMER_ORDER
from sales.models import Customer, CustomerOrder, CustomerOrderLine


class CustomerOrderLineSerializer(ReadSerializer):
    unit = serializers.CharField(source="unit_id", read_only=True)
    open_quantity = Quantity(read_only=True)

    class Meta:
        model = CustomerOrderLine
        fields = [
            "id", "position", "product", "sku", "description", "unit", "quantity", "unit_price", "amount",
            "commit_date",
            "promised_date", "cancelled", "reserved_quantity", "delivered_quantity", "returned_quantity",
            "billed_quantity", "open_quantity",
        ]  # fmt: skip
        read_only_fields = fields


class CustomerOrderSerializer(ReadSerializer):
    url = Address("api:customer-order-detail")
    display = serializers.CharField(source="number", read_only=True)
    customer_name = serializers.CharField(source="customer.name", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True)
    ship_to_country = serializers.CharField(source="ship_to_country_id", read_only=True, allow_null=True)
    actions = serializers.SerializerMethodField()
    lines = CustomerOrderLineSerializer(many=True, read_only=True)

    class Meta:
        model = CustomerOrder
        fields = [
            "id", "url", "display", "number", "status", "customer", "customer_name", "customer_reference", "order_date",
            "warehouse", "currency", "ship_to_country", "incoterm", "mode", "payment_term", "sample", "remarks",
            "total",
            "exchange_rate", "base_total", "version", "created_at", "confirmed_at", "end_reason", "ended_date",
            "cancelled_by_customer", "credit_released_by", "actions", "lines",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, order: CustomerOrder) -> list[str]:
        request = self.context.get("request")
        return [step.name for step in CUSTOMER_ORDER.available(order, request.actor)] if request else []


class CustomerLineWrite(serializers.Serializer):
    product = Id(help_text="The product's id")
    quantity = Quantity(help_text="In ``unit``")
    unit = Text(
        max_length=8,
        required=False,
        help_text="inner, carton, pallet or a unit; the product's stock unit where not given",
    )
    unit_price = UnitPrice(help_text="Per ``unit``, in the order's currency")
    promised_date = serializers.DateField(required=False, allow_null=True, help_text="Needed to confirm")
    description = Text(required=False, allow_blank=True, max_length=250)


class CustomerOrderWrite(serializers.Serializer):
    customer = Id(help_text="The customer organisation's id")
    warehouse = Id(help_text="The warehouse that delivers")
    order_date = serializers.DateField()
    currency = Text(max_length=3, required=False, allow_blank=True, help_text="The customer's own where not given")
    customer_reference = Text(max_length=60, required=False, allow_blank=True)
    ship_to_country = Text(max_length=2, min_length=2, required=False, allow_null=True)
    incoterm = Text(max_length=3, required=False, allow_blank=True)
    mode = Text(max_length=12, required=False, allow_blank=True)
    payment_term = Id(required=False, allow_null=True)
    sample = Flag(required=False)
    remarks = Text(max_length=4000, required=False, allow_blank=True)
    lines = CustomerLineWrite(many=True)


class BulkCustomerOrderWrite(serializers.ListSerializer):
    child = CustomerOrderWrite()


class EmptyBody(serializers.Serializer):
    """A step that needs no input."""


class ReasonBody(serializers.Serializer):
    reason = Text(max_length=300)


class CancelBody(ReasonBody):
    by_customer = Flag(required=False, help_text="The customer asked for it")


class NewPromise(serializers.Serializer):
    line = Id(help_text="The order line's id")
    promised_date = serializers.DateField()


class RepromiseBody(ReasonBody):
    lines = NewPromise(many=True)
    asked_by_customer = Flag(
        required=False, help_text="Only then, and before it was due, does the commit date move too"
    )


class CustomerSerializer(ReadSerializer):
    name = serializers.CharField(source="organisation.name", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True, allow_null=True)

    class Meta:
        model = Customer
        fields = [
            "id", "organisation", "name", "payment_term", "currency", "credit_limit", "open_balance", "overdue_since",
            "claim_days", "damage_claim_days", "quality_claim_days", "version",
        ]  # fmt: skip
        read_only_fields = fields


class CustomerEdit(serializers.Serializer):
    payment_term = Id(required=False, allow_null=True)
    currency = Text(max_length=3, required=False, allow_null=True)
    credit_limit = Amount(required=False, allow_null=True, min_value=0, help_text="Base currency; null: no limit")
    claim_days = serializers.IntegerField(required=False, min_value=0, max_value=365)
    damage_claim_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=365, help_text="Null: the claim window"
    )
    quality_claim_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=365, help_text="Null: the claim window"
    )


class CustomerWrite(CustomerEdit):
    organisation = Id()
