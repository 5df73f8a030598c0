"""Letters of credit, and the documents presented under them."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action

from core.api.fields import Amount, Flag, Id, Text
from core.api.read import Address, ReadSerializer
from finance import services
from finance.api.views import MoneyViewSet
from finance.filters import LetterFilter, PresentationFilter
from finance.flows import LETTER_OF_CREDIT, PRESENTATION
from finance.models import LetterOfCredit, Presentation
from finance.selectors.letters import NOT_PRESENTED
from logistics.models import TradeDocumentType

PAPERS = [choice for choice in TradeDocumentType.choices if choice[0] not in NOT_PRESENTED]
Percent = serializers.DecimalField


class LetterOfCreditSerializer(ReadSerializer):
    url = Address("api:letter-of-credit-detail")
    display = serializers.CharField(source="number", read_only=True)
    order_number = serializers.CharField(source="order.number", read_only=True)
    supplier_name = serializers.CharField(source="supplier.name", read_only=True)
    currency = serializers.CharField(source="currency_id", read_only=True)
    limit = Amount(read_only=True, help_text="The most that may be drawn: the amount and its tolerance")
    available_amount = Amount(read_only=True)
    fee = Amount(read_only=True)
    actions = serializers.SerializerMethodField()

    class Meta:
        model = LetterOfCredit
        fields = [
            "id", "url", "display", "number", "status", "order", "order_number", "supplier", "supplier_name", "bank",
            "bank_reference", "currency", "amount", "tolerance_percent", "limit", "drawn_amount", "available_amount",
            "latest_shipment_date", "expiry_date", "presentation_days", "partial_shipments", "documents",
            "insurance_percent", "fee_percent", "fee_fixed", "fee", "issued_date", "reason", "requested_by",
            "approved_by", "version", "created_at", "actions",
        ]  # fmt: skip
        read_only_fields = fields
        house_fields = ("fee_percent", "fee_fixed", "fee", "requested_by", "approved_by")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, letter: LetterOfCredit) -> list[str]:
        request = self.context.get("request")
        return [step.name for step in LETTER_OF_CREDIT.available(letter, request.actor)] if request else []


class DiscrepancySerializer(serializers.Serializer):
    code = serializers.CharField()
    detail = serializers.CharField()


class PresentationSerializer(ReadSerializer):
    url = Address("api:presentation-detail")
    display = serializers.CharField(source="number", read_only=True)
    currency = serializers.CharField(source="letter.currency_id", read_only=True)
    actions = serializers.SerializerMethodField()
    discrepancies = serializers.SerializerMethodField()

    class Meta:
        model = Presentation
        fields = [
            "id", "url", "display", "number", "status", "letter", "invoice", "shipment", "presented_date", "examine_by",
            "currency", "amount", "documents", "shipped_date", "invoice_quantity", "packing_quantity", "insured_amount",
            "discrepancies", "decided_date", "examined_by", "decided_by", "reason", "version", "created_at", "actions",
        ]  # fmt: skip
        read_only_fields = fields
        house_fields = ("examined_by", "decided_by")

    @extend_schema_field(DiscrepancySerializer(many=True))
    def get_discrepancies(self, presentation: Presentation) -> list[dict]:
        return presentation.discrepancies

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_actions(self, presentation: Presentation) -> list[str]:
        request = self.context.get("request")
        steps = PRESENTATION.available(presentation, request.actor) if request else []
        names = ["examine" if step.name in ("comply", "differ") else step.name for step in steps]
        return list(dict.fromkeys(names))


class TermsWrite(serializers.Serializer):
    """What a credit says."""

    amount = Amount()
    latest_shipment_date = serializers.DateField()
    expiry_date = serializers.DateField()
    documents = serializers.ListField(child=serializers.ChoiceField(choices=PAPERS), min_length=1, max_length=20)
    tolerance_percent = Percent(max_digits=5, decimal_places=2, required=False, help_text="More or less; “about” is 10")
    presentation_days = serializers.IntegerField(required=False, min_value=1, max_value=365, help_text="21 if silent")
    partial_shipments = Flag(required=False)
    insurance_percent = Percent(max_digits=6, decimal_places=2, required=False, help_text="At least 110")
    fee_percent = Percent(max_digits=6, decimal_places=4, required=False, help_text="Of the amount")
    fee_fixed = Amount(required=False)


class LetterEdit(TermsWrite):
    bank = Id(help_text="An organisation that is a bank")


class LetterWrite(LetterEdit):
    order = Id()


class AmendLetterWrite(TermsWrite):
    reason = Text(max_length=200, help_text="The supplier reads it")


class IssueLetterWrite(serializers.Serializer):
    day = serializers.DateField()
    bank_reference = Text(max_length=40)


class CloseLetterWrite(serializers.Serializer):
    reason = Text(max_length=200, required=False, allow_blank=True)


class CancelLetterWrite(serializers.Serializer):
    reason = Text(max_length=200)


class PresentationWrite(serializers.Serializer):
    letter = Id()
    invoice = Id()
    presented_date = serializers.DateField()
    amount = Amount()
    documents = serializers.ListField(child=serializers.ChoiceField(choices=PAPERS), max_length=20)
    shipped_date = serializers.DateField(required=False, allow_null=True, help_text="On board, by the B/L")
    packing_quantity = serializers.DecimalField(max_digits=18, decimal_places=4, required=False, allow_null=True)
    insured_amount = Amount(required=False, allow_null=True)


class ExamineWrite(serializers.Serializer):
    day = serializers.DateField()
    findings = serializers.ListField(
        child=Text(max_length=300), required=False, max_length=50, help_text="What differs besides, a sentence each"
    )


class WaiveWrite(serializers.Serializer):
    day = serializers.DateField()
    reason = Text(max_length=300, help_text="The supplier reads it")


class RefuseWrite(serializers.Serializer):
    day = serializers.DateField()


class LetterOfCreditViewSet(MoneyViewSet):
    """Letters of credit: drafted for an order, approved by somebody else, issued by the bank, amended, closed."""

    queryset = LetterOfCredit.objects.none()
    serializer_class = LetterOfCreditSerializer
    filterset_class = LetterFilter
    view_permission = "finance.view_letterofcredit"

    def get_queryset(self):
        return super().get_queryset().select_related("order", "supplier").order_by("-id")

    @extend_schema(request=LetterWrite, responses={201: LetterOfCreditSerializer})
    def create(self, request):
        """Draft a credit in favour of the order's supplier, in the order's currency."""
        body = self.read(LetterWrite)
        letter = services.create_letter(
            actor=self.actor,
            order_id=body.pop("order"),
            bank_id=body.pop("bank"),
            terms=services.LetterTerms(**body),
            today=timezone.localdate(),
        )
        return self.answer(letter, status=201)

    @extend_schema(request=LetterEdit, responses=LetterOfCreditSerializer)
    def update(self, request, pk=None):
        """Replace the terms of a draft. Needs If-Match."""
        body = self.read(LetterEdit)
        letter = services.change_letter(
            actor=self.actor,
            letter_id=int(pk),
            bank_id=body.pop("bank"),
            terms=services.LetterTerms(**body),
            version=self.expected_version(required=True),
        )
        return self.answer(letter)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def approve(self, request, pk=None):
        """Approve; never by who drafted it, and within the own limit."""
        return self.step(services.approve_letter, "letter_id", today=timezone.localdate())

    @extend_schema(request=IssueLetterWrite)
    @action(detail=True, methods=["post"])
    def issue(self, request, pk=None):
        """Record that the bank issued it; the supplier sees it from now on."""
        return self.step(services.issue_letter, "letter_id", today=timezone.localdate(), **self.read(IssueLetterWrite))

    @extend_schema(request=AmendLetterWrite)
    @action(detail=True, methods=["post"])
    def amend(self, request, pk=None):
        """Write what bank and beneficiary have agreed to. Needs If-Match."""
        body = self.read(AmendLetterWrite)
        reason = body.pop("reason")
        return self.step(
            services.amend_letter,
            "letter_id",
            terms=services.LetterTerms(**body),
            reason=reason,
            today=timezone.localdate(),
            version=self.expected_version(required=True),
        )

    @extend_schema(request=CloseLetterWrite)
    @action(detail=True, methods=["post"])
    def close(self, request, pk=None):
        """Close: drawn, expired, or no longer needed."""
        return self.step(services.close_letter, "letter_id", **self.read(CloseLetterWrite))

    @extend_schema(request=CancelLetterWrite)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Cancel a credit under which nothing was presented."""
        return self.step(services.cancel_letter, "letter_id", **self.read(CancelLetterWrite))


class PresentationViewSet(MoneyViewSet):
    """Documents presented under a credit: examined, then honoured, waived or refused."""

    queryset = Presentation.objects.none()
    serializer_class = PresentationSerializer
    filterset_class = PresentationFilter
    view_permission = "finance.view_letterofcredit"

    def get_queryset(self):
        return super().get_queryset().select_related("letter").order_by("-id")

    @extend_schema(request=PresentationWrite, responses={201: PresentationSerializer})
    def create(self, request):
        """Record what was presented for an invoice; it is to be examined by the fifth banking day."""
        body = self.read(PresentationWrite)
        letter_id, invoice_id = body.pop("letter"), body.pop("invoice")
        presentation = services.present_documents(
            actor=self.actor,
            letter_id=letter_id,
            presentation=services.PresentationInput(invoice_id=invoice_id, **body),
            today=timezone.localdate(),
        )
        return self.answer(presentation, status=201)

    @extend_schema(request=ExamineWrite)
    @action(detail=True, methods=["post"])
    def examine(self, request, pk=None):
        """Compare with the credit: every discrepancy at once, and what the examiner found besides."""
        return self.step(
            services.examine_documents, "presentation_id", today=timezone.localdate(), **self.read(ExamineWrite)
        )

    @extend_schema(request=WaiveWrite)
    @action(detail=True, methods=["post"])
    def waive(self, request, pk=None):
        """Take documents up in spite of their discrepancies."""
        return self.step(
            services.waive_discrepancies, "presentation_id", today=timezone.localdate(), **self.read(WaiveWrite)
        )

    @extend_schema(request=RefuseWrite)
    @action(detail=True, methods=["post"])
    def refuse(self, request, pk=None):
        """Refuse them, stating every discrepancy; not after the fifth banking day."""
        return self.step(
            services.refuse_documents, "presentation_id", today=timezone.localdate(), **self.read(RefuseWrite)
        )
