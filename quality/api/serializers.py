from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import Id, Quantity, Text
from core.api.read import Address, ReadSerializer
from quality.aql import LEVELS, SEVERITIES
from quality.flows import INSPECTION
from quality.models import DefectClass, Finding, Inspection, InspectionKind, InspectionLine


class InspectionLineSerializer(ReadSerializer):
    unit = serializers.CharField(source="unit_id", read_only=True)

    class Meta:
        model = InspectionLine
        fields = ["id", "order_line", "sku", "description", "unit", "quantity"]
        read_only_fields = fields


class FindingSerializer(ReadSerializer):
    class Meta:
        model = Finding
        fields = ["defect_class", "description", "count"]
        read_only_fields = fields


class PlanRowSerializer(serializers.Serializer):
    """The sampling plan of one defect class, and what was found."""

    defect_class = serializers.CharField(source="class")
    aql = serializers.CharField()
    severity = serializers.CharField()
    letter = serializers.CharField()
    n = serializers.IntegerField()
    ac = serializers.IntegerField()
    re = serializers.IntegerField()
    all = serializers.BooleanField(help_text="Every unit is inspected")
    found = serializers.SerializerMethodField()
    verdict = serializers.SerializerMethodField()

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_found(self, row: dict) -> int | None:
        return row.get("found")

    @extend_schema_field(serializers.CharField(allow_blank=True))
    def get_verdict(self, row: dict) -> str:
        return row.get("verdict", "")


class InspectionSerializer(ReadSerializer):
    url = Address("api:inspection-detail")
    display = serializers.CharField(source="number", read_only=True)
    supplier_name = serializers.CharField(source="supplier.name", read_only=True)
    actions = serializers.SerializerMethodField()
    plan = PlanRowSerializer(many=True, read_only=True)
    lines = InspectionLineSerializer(many=True, read_only=True)
    findings = FindingSerializer(many=True, read_only=True)

    class Meta:
        model = Inspection
        fields = [
            "id",
            "url",
            "display",
            "number",
            "kind",
            "status",
            "order",
            "order_number",
            "supplier",
            "supplier_name",
            "inspector",
            "planned_date",
            "inspected_date",
            "place",
            "level",
            "severity",
            "stopped",
            "sample_size",
            "plan",
            "made_pct",
            "packed_pct",
            "reinspection_of",
            "charged_to_supplier",
            "report",
            "reported_by",
            "concession_reason",
            "conceded_by",
            "version",
            "actions",
            "lines",
            "findings",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, inspection: Inspection) -> list[str]:
        request = self.context.get("request")
        steps = [step.name for step in INSPECTION.available(inspection, request.actor)] if request else []
        return list(dict.fromkeys("report" if step in ("pass", "fail") else step for step in steps))


class PresentedWrite(serializers.Serializer):
    order_line = Id(help_text="The order line's id")
    quantity = Quantity(help_text="Presented, in the stock unit")


class InspectionWrite(serializers.Serializer):
    order = Id(help_text="The purchase order's id")
    planned_date = serializers.DateField()
    kind = serializers.ChoiceField(choices=InspectionKind.choices, required=False)
    inspector = Id(required=False, allow_null=True, help_text="The agency; empty: our own inspector")
    place = Text(max_length=120, required=False, allow_blank=True)
    level = serializers.ChoiceField(choices=LEVELS, required=False)
    aql_critical = Text(max_length=6, required=False)
    aql_major = Text(max_length=6, required=False)
    aql_minor = Text(max_length=6, required=False)
    severity = serializers.ChoiceField(choices=SEVERITIES, required=False, help_text="Empty: by the switching rules")
    reinspection_of = Id(required=False, allow_null=True)
    lines = PresentedWrite(many=True)


class FindingWrite(serializers.Serializer):
    defect_class = serializers.ChoiceField(choices=DefectClass.choices)
    description = Text(max_length=200)
    count = serializers.IntegerField(min_value=0, max_value=10**6)


class ReportWrite(serializers.Serializer):
    inspected_date = serializers.DateField()
    made_pct = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=0, required=False, allow_null=True)
    packed_pct = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=0, required=False, allow_null=True)
    findings = FindingWrite(many=True, required=False)
    presented = PresentedWrite(many=True, required=False, help_text="Where it differs from what was booked")
    report = Text(max_length=10_000, required=False, allow_blank=True)


class InspectionAbortWrite(serializers.Serializer):
    inspected_date = serializers.DateField()
    reason = Text(max_length=300)


class InspectionReasonWrite(serializers.Serializer):
    reason = Text(max_length=300)


class InspectionCancelWrite(serializers.Serializer):
    reason = Text(max_length=300, required=False, allow_blank=True)
