import django_filters as filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import CodeFilter, IdFilter
from reference.incoterms import CHOICES
from reference.models import Country
from suppliers.flows import Hold, Lifecycle
from suppliers.models import Supplier, SupplierItem


class SupplierFilter(filters.FilterSet):
    """One set of filters for the page, its export and the API."""

    q = filters.CharFilter(label=_("Search"), method="find")
    lifecycle = filters.MultipleChoiceFilter(label=_("Lifecycle"), choices=Lifecycle)
    on_hold = filters.BooleanFilter(label=_("On hold"), method="only_on_hold")
    hold = filters.ChoiceFilter(label=_("Hold stops"), choices=Hold)
    country = filters.ModelChoiceFilter(
        label=_("Country"), field_name="organisation__country", queryset=Country.objects.order_by("name")
    )
    currency = CodeFilter(label=_("Currency"), field_name="currency_id")
    incoterm = filters.ChoiceFilter(label=_("Usual Incoterm"), choices=CHOICES)
    code = filters.CharFilter(label=_("Code"), field_name="organisation__code", lookup_expr="iexact")
    active = filters.BooleanFilter(label=_("In use"), field_name="organisation__active")

    class Meta:
        model = Supplier
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def only_on_hold(self, queryset, _name, wanted):
        held = queryset.on_hold(on=timezone.localdate())
        return held if wanted else queryset.exclude(pk__in=held.values("pk"))


class SupplierItemFilter(filters.FilterSet):
    supplier = IdFilter(label=_("Supplier"), field_name="supplier_id")
    product = IdFilter(label=_("Product"), field_name="product_id")

    class Meta:
        model = SupplierItem
        fields: list[str] = []
