from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from core.api.fields import Amount, Flag, Id, Quantity, Text, UnitPrice
from core.api.read import Address, ReadSerializer
from finance.flows import PAYMENT, SUPPLIER_INVOICE
from finance.models import (
    Charge,
    ChargeBasis,
    ChargeKind,
    ChargeShare,
    CreditNote,
    CreditReason,
    CustomerInvoice,
    CustomerInvoiceLine,
    DebitReason,
    Payment,
    PaymentAllocation,
    SupplierInvoice,
    SupplierInvoiceLine,
)

ZERO_UP = {"min_value": 0}


class SupplierInvoiceLineSerializer(ReadSerializer):
    class Meta:
        model = SupplierInvoiceLine
        fields = [
            "id", "order_line", "charge", "description", "quantity", "unit_price", "amount", "accepted_quantity",
            "accepted_amount",
        ]  # fmt: skip
        read_only_fields = fields


class SupplierInvoiceSerializer(ReadSerializer):
    url = Address("api:supplier-invoice-detail")
    display = serializers.CharField(source="number", read_only=True)
    supplier_name = serializers.CharField(source="supplier.name", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True)
    payable_amount = Amount(read_only=True)
    open_amount = Amount(read_only=True)
    actions = serializers.SerializerMethodField()
    lines = SupplierInvoiceLineSerializer(many=True, read_only=True)

    class Meta:
        model = SupplierInvoice
        fields = [
            "id", "url", "display", "number", "status", "kind", "supplier", "supplier_name", "supplier_number", "shipment",
            "invoice_date", "posted_date", "due_date", "payment_term", "currency", "amount", "disputed_amount",
            "dispute_reason", "advance_amount", "credited_amount", "paid_amount", "payable_amount", "open_amount",
            "exchange_rate", "base_amount", "version", "created_at", "actions", "lines",
        ]  # fmt: skip
        read_only_fields = fields
        house_fields = ("exchange_rate", "base_amount")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, invoice: SupplierInvoice) -> list[str]:
        request = self.context.get("request")
        return [step.name for step in SUPPLIER_INVOICE.available(invoice, request.actor)] if request else []


class MatchLineSerializer(serializers.Serializer):
    """One line of the three-way match."""

    line = serializers.IntegerField()
    quantity = Quantity()
    unit_price = UnitPrice()
    amount = Amount()
    accepted_quantity = Quantity()
    accepted_amount = Amount()
    disputed_amount = Amount()
    quantity_excess = Quantity()
    price_excess_pct = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())


class CheckSerializer(serializers.Serializer):
    """One check of the safe-to-pay card; an empty reason is green."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    ok = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)


class DueSerializer(serializers.Serializer):
    """An instalment: how much, when, and until then what it waits for."""

    position = serializers.IntegerField()
    anchor = serializers.CharField()
    percent = serializers.DecimalField(max_digits=7, decimal_places=4)
    amount = Amount()
    paid = Amount()
    open = Amount()
    due_date = serializers.DateField(allow_null=True)
    waiting = serializers.CharField(allow_blank=True)


class DiscountSerializer(serializers.Serializer):
    percent = serializers.DecimalField(max_digits=7, decimal_places=4)
    until = serializers.DateField(help_text="The last day on which it is taken")
    amount = Amount(help_text="What is to be paid by then, of what nobody has asked for")


class PayableSerializer(serializers.Serializer):
    """Something to be paid, by instalment, with its safe-to-pay card."""

    kind = serializers.ChoiceField(choices=[("invoice", "invoice"), ("deposit", "deposit")])
    document = serializers.IntegerField()
    number = serializers.CharField()
    supplier = serializers.IntegerField()
    supplier_name = serializers.CharField()
    currency = serializers.CharField()
    instalment = DueSerializer()
    checks = CheckSerializer(many=True)
    blocked = serializers.ListField(child=serializers.CharField())
    requested = Amount(help_text="Of what is open: payments ask for it that are not paid yet")
    discount = DiscountSerializer(allow_null=True, help_text="For paying early, while it can be taken")


class GoodsLineWrite(serializers.Serializer):
    order_line = Id()
    quantity = Quantity(help_text="In the order line's stock unit")
    unit_price = UnitPrice()
    description = Text(required=False, allow_blank=True, max_length=250)


class BilledChargeWrite(serializers.Serializer):
    """The estimated charge it settles, or the kind and the movement it belongs to."""

    charge = Id(required=False, allow_null=True)
    kind = serializers.ChoiceField(choices=ChargeKind.choices, required=False, allow_blank=True)
    shipment = Id(required=False, allow_null=True)
    receipt = Id(required=False, allow_null=True)
    delivery = Id(required=False, allow_null=True)
    weights = serializers.DictField(
        child=Amount(**ZERO_UP),
        required=False,
        help_text="Of the basis direct: what each line of the movement carries, by its id",
    )
    basis = serializers.ChoiceField(choices=ChargeBasis.choices, required=False, allow_blank=True)
    amount = Amount(**ZERO_UP)
    description = Text(required=False, allow_blank=True, max_length=200)


class InvoiceHeadWrite(serializers.Serializer):
    supplier = Id(help_text="The organisation's id")
    supplier_number = Text(max_length=60)
    invoice_date = serializers.DateField()
    due_date = serializers.DateField(required=False, allow_null=True)
    payment_term = Id(required=False, allow_null=True)
    currency = Text(min_length=3, max_length=3)


class GoodsInvoiceWrite(InvoiceHeadWrite):
    shipment = Id(required=False, allow_null=True)
    amount = Amount(required=False, allow_null=True, help_text="The total on the paper; the lines must add up to it")
    lines = GoodsLineWrite(many=True)


class ChargeInvoiceWrite(InvoiceHeadWrite):
    posted_date = serializers.DateField(required=False, allow_null=True, help_text="Where the invoice's day is closed")
    lines = BilledChargeWrite(many=True)


class DayWrite(serializers.Serializer):
    day = serializers.DateField(required=False, allow_null=True)


class DisputeWrite(DayWrite):
    reason = Text(max_length=300, required=False, allow_blank=True)


class SettleDisputeWrite(serializers.Serializer):
    accept = Flag(help_text="False: the supplier gives the disputed part up")
    day = serializers.DateField()


class CancelWrite(serializers.Serializer):
    day = serializers.DateField(help_text="The day on which it is taken back")


class DebitWrite(serializers.Serializer):
    amount = Amount(**ZERO_UP)
    day = serializers.DateField()
    reason = serializers.ChoiceField(choices=DebitReason.choices)
    order_line = Id(required=False, allow_null=True)
    quantity = Quantity(required=False)
    reopen_billing = Flag(required=False)
    remarks = Text(max_length=300, required=False, allow_blank=True)


class DebitNoteSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField()
    amount = Amount()
    payable_amount = Amount()
    reason = serializers.CharField()
    debit_date = serializers.DateField()


class ChargeShareSerializer(ReadSerializer):
    class Meta:
        model = ChargeShare
        fields = ["receipt_line", "delivery_line", "estimate", "actual", "stock", "expensed"]
        read_only_fields = fields


class ChargeSerializer(ReadSerializer):
    url = Address("api:charge-detail")
    currency = serializers.CharField(source="currency_id", read_only=True)
    variance_base = Amount(read_only=True, allow_null=True)
    shares = ChargeShareSerializer(many=True, read_only=True)

    class Meta:
        model = Charge
        fields = [
            "id", "url", "shipment", "receipt", "delivery", "kind", "component", "basis", "description", "currency",
            "estimate_amount", "estimate_base", "actual_amount", "actual_base", "variance_base", "capitalised_base",
            "invoice", "cancelled", "day", "version", "shares",
        ]  # fmt: skip
        read_only_fields = fields


class ChargeWrite(serializers.Serializer):
    kind = serializers.ChoiceField(choices=ChargeKind.choices)
    shipment = Id(required=False, allow_null=True)
    receipt = Id(required=False, allow_null=True)
    delivery = Id(required=False, allow_null=True)
    weights = serializers.DictField(
        child=Amount(**ZERO_UP),
        required=False,
        help_text="Of the basis direct: what each line of the movement carries, by its id",
    )
    amount = Amount(**ZERO_UP)
    currency = Text(min_length=3, max_length=3)
    day = serializers.DateField()
    basis = serializers.ChoiceField(choices=ChargeBasis.choices, required=False, allow_blank=True)
    description = Text(required=False, allow_blank=True, max_length=200)


class ReviseWrite(serializers.Serializer):
    amount = Amount(**ZERO_UP)
    day = serializers.DateField()


class AllocationSerializer(ReadSerializer):
    class Meta:
        model = PaymentAllocation
        fields = ["invoice", "order", "customer_invoice", "amount", "discount", "base"]
        read_only_fields = fields
        house_fields = ("base",)


class PaymentSerializer(ReadSerializer):
    url = serializers.SerializerMethodField()
    display = serializers.CharField(source="number", read_only=True)
    party_name = serializers.CharField(source="party.name", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True)
    actions = serializers.SerializerMethodField()
    allocations = AllocationSerializer(many=True, read_only=True)

    class Meta:
        model = Payment
        fields = [
            "id", "url", "display", "number", "direction", "status", "party", "party_name", "payment_date", "currency",
            "amount", "base_amount", "exchange_difference", "reference", "requested_by", "approved_by",
            "returned_date", "return_reason", "version", "created_at", "actions", "allocations",
        ]  # fmt: skip
        read_only_fields = fields
        house_fields = ("base_amount", "exchange_difference", "requested_by", "approved_by")

    @extend_schema_field(serializers.CharField())
    def get_url(self, payment: Payment) -> str:
        name = "api:collection-detail" if payment.direction == "in" else "api:payment-detail"
        return reverse(name, args=[payment.pk], request=self.context.get("request"))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, payment: Payment) -> list[str]:
        request = self.context.get("request")
        return [step.name for step in PAYMENT.available(payment, request.actor)] if request else []


class PaymentSettleWrite(serializers.Serializer):
    invoice = Id(required=False, allow_null=True)
    order = Id(required=False, allow_null=True, help_text="The order whose deposit this is")
    amount = Amount(**ZERO_UP, help_text="What is settled; a discount for paying early is taken off by itself")


class PaymentWrite(serializers.Serializer):
    party = Id()
    payment_date = serializers.DateField()
    reference = Text(max_length=60, required=False, allow_blank=True)
    settles = PaymentSettleWrite(many=True)


class PayWrite(serializers.Serializer):
    day = serializers.DateField()
    reference = Text(max_length=60, required=False, allow_blank=True)


class RefundWrite(serializers.Serializer):
    order = Id(help_text="The order whose deposit is paid back")
    amount = Amount(**ZERO_UP)
    day = serializers.DateField()
    reference = Text(max_length=60, required=False, allow_blank=True)


class ReturnWrite(serializers.Serializer):
    day = serializers.DateField(help_text="On which the money came back")
    reason = Text(max_length=200)


class CancelDebitWrite(serializers.Serializer):
    note = Id(help_text="The debit note's id")
    day = serializers.DateField()


class SettledWrite(serializers.Serializer):
    invoice = Id()
    amount = Amount(**ZERO_UP)


class CollectionWrite(serializers.Serializer):
    customer = Id()
    day = serializers.DateField()
    reference = Text(max_length=60, required=False, allow_blank=True)
    settles = SettledWrite(many=True)


class CustomerInvoiceLineSerializer(ReadSerializer):
    class Meta:
        model = CustomerInvoiceLine
        fields = ["id", "order_line", "quantity", "unit_price", "amount"]
        read_only_fields = fields


class CustomerInvoiceSerializer(ReadSerializer):
    url = Address("api:customer-invoice-detail")
    display = serializers.CharField(source="number", read_only=True)
    customer_name = serializers.CharField(source="customer.name", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True)
    open_amount = Amount(read_only=True)
    lines = CustomerInvoiceLineSerializer(many=True, read_only=True)

    class Meta:
        model = CustomerInvoice
        fields = [
            "id", "url", "display", "number", "customer", "customer_name", "order", "delivery", "invoice_date", "due_date",
            "currency", "amount", "credited_amount", "refund_amount", "paid_amount", "open_amount", "exchange_rate",
            "base_amount", "settled_date", "version", "created_at", "lines",
        ]  # fmt: skip
        read_only_fields = fields


class DeliveryInvoiceWrite(serializers.Serializer):
    delivery = Id()
    invoice_date = serializers.DateField()
    due_date = serializers.DateField(required=False, allow_null=True)


class CreditNoteSerializer(ReadSerializer):
    url = Address("api:credit-note-detail")
    display = serializers.CharField(source="number", read_only=True)
    currency = serializers.CharField(source="invoice.currency_id", read_only=True)

    class Meta:
        model = CreditNote
        fields = [
            "id", "url", "display", "number", "invoice", "customer_return", "credit_date", "reason", "currency", "amount",
            "base_amount", "refund_amount", "remarks", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class CreditWrite(serializers.Serializer):
    invoice = Id()
    amount = Amount(**ZERO_UP)
    day = serializers.DateField()
    reason = serializers.ChoiceField(choices=CreditReason.choices)
    customer_return = Id(required=False, allow_null=True)
    remarks = Text(max_length=300, required=False, allow_blank=True)


class BulkIdsWrite(serializers.Serializer):
    ids = serializers.ListField(child=Id(), min_length=1, max_length=1000)


class BulkPostWrite(BulkIdsWrite):
    day = serializers.DateField(required=False, allow_null=True)
