import django_filters as filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import IdFilter
from parties.models import KIND_CHOICES, ApiToken, Membership, Organisation, PaymentTerm
from parties.roles import ROLES
from reference.models import Country


class OrganisationFilter(filters.FilterSet):
    """One set of filters for the page, its export and the API."""

    q = filters.CharFilter(label=_("Search"), method="find")
    kind = filters.MultipleChoiceFilter(label=_("Kind"), choices=KIND_CHOICES, method="of_kinds")
    country = filters.ModelChoiceFilter(label=_("Country"), queryset=Country.objects.order_by("name"))
    code = filters.CharFilter(label=_("Code"), lookup_expr="iexact")
    registration_number = filters.CharFilter(label=_("Registration number"))
    active = filters.BooleanFilter(label=_("In use"))

    class Meta:
        model = Organisation
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def of_kinds(self, queryset, _name, kinds):
        wanted = Q()
        for kind in kinds:
            wanted |= Q(**{f"is_{kind}": True})
        return queryset.filter(wanted)


class PaymentTermFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    active = filters.BooleanFilter(label=_("In use"))

    class Meta:
        model = PaymentTerm
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.filter(Q(code__icontains=text) | Q(name__icontains=text))


class MembershipFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    role = filters.ChoiceFilter(label=_("Role"), choices=list(ROLES.items()), method="with_role")
    outside = filters.BooleanFilter(label=_("From outside parties"), method="from_outside")
    organisation = IdFilter(label=_("Organisation"), field_name="organisation_id")
    active = filters.BooleanFilter(label=_("Has access"))

    class Meta:
        model = Membership
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.filter(
            Q(user__name__icontains=text) | Q(user__email__icontains=text) | Q(organisation__name__icontains=text)
        )

    def with_role(self, queryset, _name, role):
        return queryset.filter(roles__contains=[role])

    def from_outside(self, queryset, _name, wanted):
        return queryset.exclude(organisation=None) if wanted else queryset.filter(organisation=None)


class ApiTokenFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    usable = filters.BooleanFilter(label=_("Can be used"), method="only_usable")

    class Meta:
        model = ApiToken
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.filter(
            Q(name__icontains=text) | Q(hint__startswith=text) | Q(membership__user__name__icontains=text)
        )

    def only_usable(self, queryset, _name, wanted):
        alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
        return queryset.filter(alive) if wanted else queryset.exclude(alive)
