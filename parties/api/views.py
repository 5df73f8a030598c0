from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import DocumentViewSet, bulk_body
from core.models import ApprovalRule
from parties import services
from parties.api import serializers as s
from parties.filters import ApiTokenFilter, MembershipFilter, OrganisationFilter, PaymentTermFilter
from parties.models import ApiToken, Company, Membership, Organisation, PaymentTerm
from parties.services.members import MANAGE
from parties.services.tokens import MANAGE as MANAGE_TOKENS


class OrganisationViewSet(DocumentViewSet):
    """Organisations: customers, suppliers, forwarders, brokers, inspectors, carriers, banks."""

    queryset = Organisation.objects.none()
    serializer_class = s.OrganisationSerializer
    filterset_class = OrganisationFilter
    view_permission = "parties.view_organisation"

    def get_queryset(self):
        return super().get_queryset().order_by("code")

    @extend_schema(request=s.OrganisationWrite, responses={201: s.OrganisationSerializer})
    def create(self, request):
        organisation = _organisation(self.read(s.OrganisationWrite))
        return self.answer(services.create_organisation(actor=self.actor, organisation=organisation), status=201)

    @extend_schema(request=s.OrganisationWrite(many=True), responses={201: s.OrganisationSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """All or none; errors name the organisation and the input by JSON pointer."""
        bulk_body(request.data)
        organisations = [_organisation(data) for data in self.read(s.OrganisationWrite, many=True)]
        return self.respond(services.create_organisations(actor=self.actor, organisations=organisations), status=201)

    @extend_schema(request=s.OrganisationWrite, responses=s.OrganisationSerializer)
    def update(self, request, pk=None):
        current = self.get_object()
        organisation = _organisation(self.read(s.OrganisationWrite), was_supplier=current.is_supplier)
        edited = services.edit_organisation(
            actor=self.actor,
            organisation_id=current.pk,
            organisation=organisation,
            version=self.expected_version(),
        )
        return self.answer(edited)

    @extend_schema(request=s.Nothing, responses=s.OrganisationSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request, pk=None):
        """Take out of use: nothing new is ordered from it or sold to it."""
        services.archive_organisations(actor=self.actor, organisation_ids=[int(pk)])
        return self.answer(self.get_object())

    @extend_schema(request=s.Nothing, responses=s.OrganisationSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request, pk=None):
        """Take an archived organisation back into use."""
        services.restore_organisations(actor=self.actor, organisation_ids=[int(pk)])
        return self.answer(self.get_object())


class PaymentTermViewSet(DocumentViewSet):
    """Payment terms with their instalments, which make 100 % together."""

    queryset = PaymentTerm.objects.none()
    serializer_class = s.PaymentTermSerializer
    filterset_class = PaymentTermFilter
    view_permission = "parties.view_paymentterm"

    def get_queryset(self):
        return super().get_queryset().order_by("code")

    @extend_schema(request=s.PaymentTermWrite, responses={201: s.PaymentTermSerializer})
    def create(self, request):
        return self.answer(services.save_payment_term(actor=self.actor, **self._term()), status=201)

    @extend_schema(request=s.PaymentTermWrite, responses=s.PaymentTermSerializer)
    def update(self, request, pk=None):
        """Replace a term. Its instalments cannot change once it stands on documents. Needs If-Match."""
        version = self.expected_version(required=True)
        return self.answer(
            services.save_payment_term(actor=self.actor, term_id=int(pk), version=version, **self._term())
        )

    def _term(self) -> dict:
        body = self.read(s.PaymentTermWrite)
        return {**body, "instalments": [services.InstalmentInput(**one) for one in body["instalments"]]}


class CompanyViewSet(DocumentViewSet):
    """The company the caller works for."""

    queryset = Company.objects.none()
    serializer_class = s.CompanySerializer
    view_permission = "parties.view_company"

    def get_queryset(self):
        return super().get_queryset().order_by("code")

    @extend_schema(request=s.CompanyWrite, responses=s.CompanySerializer)
    def update(self, request, pk=None):
        """Change the settings. Needs If-Match."""
        self.get_object()
        version = self.expected_version(required=True)
        return self.answer(services.save_company(actor=self.actor, version=version, **self.read(s.CompanyWrite)))


class MemberViewSet(DocumentViewSet):
    """People: of the company and of the parties it deals with; an outside administrator sees his own."""

    queryset = Membership.objects.none()
    serializer_class = s.MemberSerializer
    filterset_class = MembershipFilter
    view_permission = MANAGE

    def get_queryset(self):
        return super().get_queryset().select_related("user").order_by("id")

    @extend_schema(request=s.InviteWrite, responses={201: s.MemberSerializer})
    def create(self, request):
        """Invite somebody: a mail with the way to choose a password goes out."""
        body = self.read(s.InviteWrite)
        organisation_id = body.pop("organisation", None)
        member = services.invite_user(
            actor=self.actor, organisation_id=organisation_id, name=body.pop("name", ""), **body
        )
        return self.answer(member, status=201)

    @extend_schema(request=s.MemberWrite, responses=s.MemberSerializer)
    def update(self, request, pk=None):
        """Change roles, limit or name; nobody changes his own."""
        return self.answer(services.change_member(actor=self.actor, membership_id=int(pk), **self.read(s.MemberWrite)))

    @extend_schema(request=s.Nothing, responses=s.MemberSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request, pk=None):
        """End access at once: pages, portal and tokens."""
        return self.answer(services.deactivate_member(actor=self.actor, membership_id=int(pk)))

    @extend_schema(request=s.Nothing, responses=s.MemberSerializer)
    @action(detail=True, methods=["post"])
    def reactivate(self, request, pk=None):
        """Give access back; revoked tokens stay revoked."""
        return self.answer(services.reactivate_member(actor=self.actor, membership_id=int(pk)))

    @extend_schema(request=s.Nothing, responses=s.MemberSerializer)
    @action(detail=True, methods=["post"], url_path="invite-again")
    def invite_again(self, request, pk=None):
        """Send the mail with the way in again."""
        return self.answer(services.send_invitation(actor=self.actor, membership_id=int(pk)))


class ApprovalRuleViewSet(DocumentViewSet):
    """Above which amount how many holders of which role must approve a document."""

    queryset = ApprovalRule.objects.none()
    serializer_class = s.ApprovalRuleSerializer
    view_permission = "parties.view_approvalrule"

    def get_queryset(self):
        return ApprovalRule.objects.filter(company_id=self.actor.company_id or 0).order_by("kind", "amount")

    @extend_schema(request=s.ApprovalRuleWrite, responses={201: s.ApprovalRuleSerializer})
    def create(self, request):
        rule = services.save_approval_rule(actor=self.actor, **self.read(s.ApprovalRuleWrite))
        return self.answer(rule, status=201)

    @extend_schema(request=s.ApprovalRuleWrite, responses=s.ApprovalRuleSerializer)
    def update(self, request, pk=None):
        rule = services.save_approval_rule(actor=self.actor, rule_id=int(pk), **self.read(s.ApprovalRuleWrite))
        return self.answer(rule)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request, pk=None):
        """Remove the rule; requests that already wait keep what was asked of them."""
        services.remove_approval_rule(actor=self.actor, rule_id=int(pk))
        return self.nothing()


class TokenViewSet(DocumentViewSet):
    """API tokens, without their secrets. They are made under Settings or with createtoken, never by another token."""

    queryset = ApiToken.objects.none()
    serializer_class = s.TokenSerializer
    filterset_class = ApiTokenFilter
    view_permission = MANAGE_TOKENS

    def get_queryset(self):
        return super().get_queryset().order_by("-id")

    @extend_schema(request=s.Nothing, responses=s.TokenSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request, pk=None):
        """End the token at once."""
        return self.answer(services.revoke_token(actor=self.actor, token_id=int(pk), now=timezone.now()))


def _organisation(data: dict, *, was_supplier: bool = False) -> services.OrganisationInput:
    kinds = {f"is_{kind}" for kind in data.pop("kinds")} | ({"is_supplier"} if was_supplier else set())
    return services.OrganisationInput(**data, kinds=frozenset(kinds))
