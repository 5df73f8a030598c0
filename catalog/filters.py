import django_filters as filters
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Packaging, Product, ProductGroup
from reference.models import Country


def _groups(request):
    return ProductGroup.objects.visible_to(request.actor).order_by("name") if request else ProductGroup.objects.none()


class ProductFilter(filters.FilterSet):
    """One set of filters for the page, its export and the API."""

    q = filters.CharFilter(label=_("Search"), method="find")
    sku = filters.CharFilter(label=_("SKU"), lookup_expr="iexact")
    gtin = filters.CharFilter(label=_("GTIN"))
    group = filters.ModelMultipleChoiceFilter(label=_("Product group"), queryset=_groups)
    origin = filters.ModelChoiceFilter(label=_("Country of origin"), queryset=Country.objects.order_by("name"))
    hs_code = filters.CharFilter(label=_("HS code begins with"), lookup_expr="startswith")
    inspection_required = filters.BooleanFilter(label=_("Needs an inspection"))
    incomplete = filters.BooleanFilter(label=_("Incomplete"), method="only_incomplete")
    active = filters.BooleanFilter(label=_("In use"))

    class Meta:
        model = Product
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def only_incomplete(self, queryset, _name, wanted):
        """What a shipment will miss: the HS code, the origin, or the carton's measures."""
        carton = Packaging.objects.filter(product=OuterRef("pk"), level=Packaging.Level.CARTON)
        lacking = Q(hs_code="") | Q(origin=None) | ~Exists(carton)
        return queryset.filter(lacking) if wanted else queryset.exclude(lacking)


class ProductGroupFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    active = filters.BooleanFilter(label=_("In use"))

    class Meta:
        model = ProductGroup
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.filter(Q(code__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text))
