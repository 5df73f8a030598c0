import django_filters as filters
from django.utils.translation import gettext_lazy as _

from core.filters import IdFilter
from ledger.models import Account, Entry, Period, Posting, Purpose
from parties.models import Organisation


def _parties(request):
    return Organisation.objects.visible_to(request.actor) if request else Organisation.objects.none()


class EntryFilter(filters.FilterSet):
    """Which entries a number is made of: by account class, day, purpose, party and source document."""

    account = filters.MultipleChoiceFilter(label=_("Account"), choices=Account.choices, method="with_account")
    purpose = filters.MultipleChoiceFilter(label=_("Purpose"), choices=Purpose)
    day = filters.DateFromToRangeFilter(label=_("Day"))
    party = filters.ModelChoiceFilter(label=_("Party"), queryset=_parties)
    source_kind = filters.CharFilter(label=_("Kind of document"))
    source_id = IdFilter(label=_("Document"))
    q = filters.CharFilter(label=_("Search"), field_name="source_number", lookup_expr="icontains")

    class Meta:
        model = Entry
        fields: list[str] = []

    def with_account(self, queryset, _name, value: list[str]):
        return (
            queryset.filter(pk__in=Posting.objects.filter(account__in=value).values("entry_id")) if value else queryset
        )


class PostingFilter(filters.FilterSet):
    """The same, for the page, which shows one row for each side of an entry."""

    q = filters.CharFilter(label=_("Search"), field_name="entry__source_number", lookup_expr="icontains")
    account = filters.MultipleChoiceFilter(label=_("Account"), choices=Account)
    purpose = filters.MultipleChoiceFilter(label=_("Purpose"), field_name="entry__purpose", choices=Purpose)
    day = filters.DateFromToRangeFilter(label=_("Day"), field_name="entry__day")
    party = filters.ModelChoiceFilter(label=_("Party"), field_name="entry__party", queryset=_parties)
    source_kind = filters.CharFilter(label=_("Kind of document"), field_name="entry__source_kind")
    source_id = IdFilter(label=_("Document"), field_name="entry__source_id")

    class Meta:
        model = Posting
        fields: list[str] = []


class PeriodFilter(filters.FilterSet):
    closed = filters.BooleanFilter(label=_("Closed"), field_name="closed_at", lookup_expr="isnull", exclude=True)
    first_date = filters.DateFromToRangeFilter(label=_("First day"))

    class Meta:
        model = Period
        fields: list[str] = []
