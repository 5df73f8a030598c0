import django_filters as filters
from django.utils.translation import gettext_lazy as _

from parties.models import Organisation
from quality.flows import InspectionStatus
from quality.models import Inspection, InspectionKind


def _suppliers(request):
    return Organisation.objects.visible_to(request.actor).suppliers() if request else Organisation.objects.none()


def _agencies(request):
    return (
        Organisation.objects.visible_to(request.actor).filter(is_inspector=True)
        if request
        else Organisation.objects.none()
    )


class InspectionFilter(filters.FilterSet):
    """One set of filters for the page, its export and the API."""

    q = filters.CharFilter(label=_("Search"), method="find")
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=InspectionStatus)
    kind = filters.ChoiceFilter(label=_("Kind"), choices=InspectionKind)
    supplier = filters.ModelChoiceFilter(label=_("Supplier"), queryset=_suppliers)
    inspector = filters.ModelChoiceFilter(label=_("Agency"), queryset=_agencies)
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    order_number = filters.CharFilter(label=_("Order"), lookup_expr="iexact")
    planned_date = filters.DateFromToRangeFilter(label=_("Planned"))
    held = filters.BooleanFilter(label=_("Waiting for a decision"), method="only_held")

    class Meta:
        model = Inspection
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def only_held(self, queryset, _name, wanted):
        held = queryset.held()
        return held if wanted else queryset.exclude(pk__in=held.values("pk"))
