from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import Amount, Flag, Id, Text
from core.api.read import Address, ReadSerializer
from core.models import ApprovalRule
from parties.models import (
    KIND_CHOICES,
    SPOKEN,
    Anchor,
    ApiToken,
    Company,
    Instalment,
    Membership,
    Organisation,
    PaymentTerm,
)
from parties.roles import ROLES, STAFF_ROLES
from parties.selectors import approvable_kinds

OWN_KINDS = [choice for choice in KIND_CHOICES if choice[0] != "supplier"]


class OrganisationSerializer(ReadSerializer):
    url = Address("api:organisation-detail")
    display = serializers.CharField(source="name", read_only=True)
    kinds = serializers.SerializerMethodField()
    country = serializers.CharField(source="country_id", read_only=True)

    class Meta:
        model = Organisation
        fields = [
            "id",
            "url",
            "display",
            "code",
            "name",
            "name_local",
            "kinds",
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
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=KIND_CHOICES)))
    def get_kinds(self, organisation: Organisation) -> list[str]:
        return [kind.removeprefix("is_") for kind in Organisation.KINDS if getattr(organisation, kind)]


class OrganisationWrite(serializers.Serializer):
    code = Text(max_length=30)
    name = Text(max_length=200)
    country = Text(max_length=2, min_length=2)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=OWN_KINDS),
        help_text="A supplier is made under suppliers; what is a supplier stays one",
    )
    name_local = Text(max_length=200, required=False, allow_blank=True)
    city = Text(max_length=100, required=False, allow_blank=True)
    address = Text(max_length=1000, required=False, allow_blank=True)
    registration_number = Text(max_length=40, required=False, allow_blank=True, help_text="In China the USCC")
    tax_number = Text(max_length=40, required=False, allow_blank=True)
    contact_name = Text(max_length=150, required=False, allow_blank=True)
    phone = Text(max_length=40, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=SPOKEN, required=False)


class InstalmentSerializer(ReadSerializer):
    class Meta:
        model = Instalment
        fields = ["position", "percent", "anchor", "days", "end_of_month"]
        read_only_fields = fields


class PaymentTermSerializer(ReadSerializer):
    url = Address("api:payment-term-detail")
    display = serializers.CharField(source="name", read_only=True)
    instalments = InstalmentSerializer(many=True, read_only=True)

    class Meta:
        model = PaymentTerm
        fields = [
            "id", "url", "display", "code", "name", "discount_percent", "discount_days", "active", "version",
            "instalments",
        ]  # fmt: skip
        read_only_fields = fields


class InstalmentWrite(serializers.Serializer):
    percent = serializers.DecimalField(max_digits=7, decimal_places=4)
    anchor = serializers.ChoiceField(choices=Anchor.choices)
    days = serializers.IntegerField(required=False, min_value=-3650, max_value=3650)
    end_of_month = Flag(required=False)


class PaymentTermWrite(serializers.Serializer):
    code = Text(max_length=20)
    name = Text(max_length=120)
    discount_percent = serializers.DecimalField(
        max_digits=7, decimal_places=4, required=False, help_text="Off an invoice that is paid early, up to 50"
    )
    discount_days = serializers.IntegerField(
        required=False,
        min_value=-3650,
        max_value=3650,
        help_text="Until how many days after the invoice date, up to 365",
    )
    active = Flag(required=False)
    instalments = InstalmentWrite(many=True)


class CompanySerializer(ReadSerializer):
    url = Address("api:company-detail")
    display = serializers.CharField(source="name", read_only=True)
    country = serializers.CharField(source="country_id", read_only=True)
    base_currency = serializers.CharField(source="base_currency_id", read_only=True)

    class Meta:
        model = Company
        fields = [
            "id",
            "url",
            "display",
            "code",
            "name",
            "country",
            "base_currency",
            "time_zone",
            "address",
            "registration_number",
            "tax_number",
            "eori_number",
            "over_receipt_pct",
            "over_billing_pct",
            "price_tolerance_pct",
            "version",
        ]
        read_only_fields = fields


def _percent():
    return serializers.DecimalField(max_digits=6, decimal_places=3, required=False)


class CompanyWrite(serializers.Serializer):
    name = Text(max_length=200)
    time_zone = Text(max_length=50)
    address = Text(max_length=1000, required=False, allow_blank=True)
    registration_number = Text(max_length=40, required=False, allow_blank=True)
    tax_number = Text(max_length=40, required=False, allow_blank=True)
    eori_number = Text(max_length=40, required=False, allow_blank=True)
    over_receipt_pct = _percent()
    over_billing_pct = _percent()
    price_tolerance_pct = _percent()


class MemberSerializer(ReadSerializer):
    url = Address("api:member-detail")
    display = serializers.CharField(source="user.name", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.CharField(source="user.email", read_only=True)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=list(ROLES.items())), read_only=True)

    class Meta:
        model = Membership
        fields = [
            "id",
            "url",
            "display",
            "name",
            "email",
            "organisation",
            "roles",
            "approval_limit",
            "active",
            "created_at",
        ]
        read_only_fields = fields


class MemberWrite(serializers.Serializer):
    roles = serializers.ListField(child=serializers.ChoiceField(choices=list(ROLES.items())), max_length=20)
    approval_limit = Amount(required=False, help_text="In the company's base currency")
    name = Text(max_length=150, required=False)


class InviteWrite(MemberWrite):
    email = serializers.EmailField(max_length=254)
    name = Text(max_length=150, required=False, allow_blank=True)
    organisation = Id(required=False, allow_null=True, help_text="For the people of an outside party")
    language = serializers.ChoiceField(choices=SPOKEN, required=False)


class ApprovalRuleSerializer(ReadSerializer):
    url = Address("api:approval-rule-detail")

    class Meta:
        model = ApprovalRule
        fields = ["id", "url", "kind", "amount", "role", "count"]
        read_only_fields = fields


class ApprovalRuleWrite(serializers.Serializer):
    kind = serializers.ChoiceField(choices=[])
    amount = Amount(help_text="In the company's base currency; the rule counts from here up")
    role = serializers.ChoiceField(choices=list(STAFF_ROLES.items()))
    count = serializers.IntegerField(min_value=1, max_value=10, required=False)

    def get_fields(self):
        fields = super().get_fields()
        fields["kind"].choices = [(kind, about.label) for kind, about in approvable_kinds().items()]
        return fields


class TokenSerializer(ReadSerializer):
    url = Address("api:token-detail")
    display = serializers.CharField(source="name", read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    networks = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "url",
            "display",
            "name",
            "hint",
            "membership",
            "scopes",
            "networks",
            "created_at",
            "created_by",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ]
        read_only_fields = fields


class Nothing(serializers.Serializer):
    """A step that needs no input."""
