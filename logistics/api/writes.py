"""What the API reads: shipments, milestones, receipts, deliveries and returns."""

from rest_framework import serializers

from core.api.fields import Flag, Id, Quantity, Text
from logistics.models import Classifier, Disposition, MilestoneCode, ReturnReason, TradeDocumentType
from reference.incoterms import ALL_CHOICES
from sourcing.models import Mode


class ShipmentLineWrite(serializers.Serializer):
    order_line = Id(help_text="The order line's id")
    quantity = Quantity(help_text="In the product's stock unit")
    cartons = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    gross_weight_kg = serializers.DecimalField(14, 3, min_value=0, required=False, allow_null=True)
    volume_m3 = serializers.DecimalField(14, 6, min_value=0, required=False, allow_null=True)
    inspection = Id(required=False, allow_null=True, help_text="Which lot of the line is loaded")


class ContainerWrite(serializers.Serializer):
    number = Text(max_length=20, help_text="ISO 6346, with its check digit")
    seal = Text(max_length=30, required=False, allow_blank=True)
    size_type = Text(max_length=6, required=False, allow_blank=True)


class ShipmentWrite(serializers.Serializer):
    mode = serializers.ChoiceField(choices=Mode.choices)
    incoterm = serializers.ChoiceField(choices=ALL_CHOICES, required=False, help_text="Empty: the order's")
    named_place = Text(max_length=100, required=False, allow_blank=True)
    forwarder = Id(required=False, allow_null=True)
    carrier = Text(max_length=100, required=False, allow_blank=True)
    vessel = Text(max_length=100, required=False, allow_blank=True)
    voyage = Text(max_length=40, required=False, allow_blank=True)
    transport_document = Text(max_length=60, required=False, allow_blank=True)
    origin = Text(max_length=5, required=False, allow_blank=True, help_text="UN/LOCODE or IATA code")
    destination = Text(max_length=5, required=False, allow_blank=True)
    warehouse = Id(required=False, allow_null=True)
    planned_departure_date = serializers.DateField(required=False, allow_null=True)
    planned_arrival_date = serializers.DateField(required=False, allow_null=True)
    freight_included = Flag(required=False)
    remarks = Text(max_length=4000, required=False, allow_blank=True)
    containers = ContainerWrite(many=True, required=False)
    lines = ShipmentLineWrite(many=True)


class ShipmentReasonWrite(serializers.Serializer):
    reason = Text(max_length=300)


class Nothing(serializers.Serializer):
    """A step that needs no input."""


class MilestoneWrite(serializers.Serializer):
    code = serializers.ChoiceField(choices=MilestoneCode.choices)
    classifier = serializers.ChoiceField(choices=Classifier.choices)
    happened_at = serializers.DateTimeField(help_text="When it happened, or will")
    issued_at = serializers.DateTimeField(required=False, help_text="When the carrier said so; none: now")
    place_date = serializers.DateField(required=False, help_text="The day at the place; none: from its time zone")
    place = Text(max_length=5, required=False, allow_blank=True, help_text="UN/LOCODE or IATA code")
    note = Text(max_length=200, required=False, allow_blank=True)


class MilestonesWrite(serializers.Serializer):
    reports = MilestoneWrite(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]  # DRF hands it on


class DocumentWrite(serializers.Serializer):
    doc_type = serializers.ChoiceField(choices=TradeDocumentType.choices)
    number = Text(max_length=60, required=False, allow_blank=True)
    received_date = serializers.DateField(required=False, allow_null=True, help_text="None: missing")
    conflict = Text(max_length=300, required=False, allow_blank=True)


class TakeOverWrite(serializers.Serializer):
    day = serializers.DateField(required=False, allow_null=True, help_text="None: the day on which the risk passed")


UNIT_HELP = "What the quantities are counted in: a packaging of the product (carton, …) or a unit; none: its stock unit"


class ReceiptLineWrite(serializers.Serializer):
    order_line = Id(required=False, allow_null=True)
    shipment_line = Id(required=False, allow_null=True)
    unit = Text(max_length=10, required=False, allow_blank=True, help_text=UNIT_HELP)
    accepted = Quantity()
    rejected = Quantity(required=False)
    short = Quantity(required=False, help_text="Announced by the shipment and not found")
    received = Quantity(required=False, allow_null=True, help_text="Counted at the door: accepted + rejected")
    damaged = Flag(required=False)
    reason = Text(max_length=200, required=False, allow_blank=True)


class ReceiptWrite(serializers.Serializer):
    warehouse = Id()
    received_date = serializers.DateField()
    shipment = Id(required=False, allow_null=True)
    delivery_note = Text(max_length=60, required=False, allow_blank=True)
    remarks = Text(max_length=4000, required=False, allow_blank=True)
    lines = ReceiptLineWrite(many=True)


class CancelReceiptWrite(serializers.Serializer):
    reason = Text(max_length=300)
    day = serializers.DateField(required=False, help_text="None: today")


class DeliveryLineWrite(serializers.Serializer):
    order_line = Id()
    quantity = Quantity()


class DeliveryWrite(serializers.Serializer):
    order = Id(help_text="The customer order's id")
    shipped_date = serializers.DateField()
    delivered_date = serializers.DateField(required=False, allow_null=True)
    warehouse = Id(required=False, allow_null=True, help_text="None: the order's")
    carrier = Text(max_length=100, required=False, allow_blank=True)
    tracking = Text(max_length=60, required=False, allow_blank=True)
    mode = serializers.ChoiceField(choices=Mode.choices, required=False, allow_blank=True)
    documents_ok = Flag(required=False)
    freight_included = Flag(required=False)
    lines = DeliveryLineWrite(many=True)


class DeliveredWrite(serializers.Serializer):
    delivered_date = serializers.DateField()
    documents_ok = Flag(required=False, allow_null=True)


class CustomerReturnLineWrite(serializers.Serializer):
    delivery_line = Id()
    quantity = Quantity()
    disposition = serializers.ChoiceField(choices=Disposition.choices)


class CustomerReturnWrite(serializers.Serializer):
    order = Id()
    reason = serializers.ChoiceField(choices=ReturnReason.choices)
    returned_date = serializers.DateField()
    remarks = Text(max_length=4000, required=False, allow_blank=True)
    lines = CustomerReturnLineWrite(many=True)


class SupplierReturnLineWrite(serializers.Serializer):
    receipt_line = Id()
    unit = Text(max_length=10, required=False, allow_blank=True, help_text=UNIT_HELP)
    quantity = Quantity()
    rejected_quantity = Quantity(required=False, allow_null=True, help_text="None: rejected goods first")


class SupplierReturnWrite(serializers.Serializer):
    receipt = Id()
    reason = Text(max_length=300)
    returned_date = serializers.DateField()
    lines = SupplierReturnLineWrite(many=True)
