import django_filters as filters
from django.utils.translation import gettext_lazy as _

from core.filters import IdFilter
from inventory.models import Lot, MoveKind, Stock, StockMove, Warehouse


def _warehouses(request):
    return Warehouse.objects.visible_to(request.actor) if request else Warehouse.objects.none()


class WarehouseFilter(filters.FilterSet):
    code = filters.CharFilter(label=_("Code"), lookup_expr="iexact")
    active = filters.BooleanFilter(label=_("Active"))

    class Meta:
        model = Warehouse
        fields: list[str] = []


class StockFilter(filters.FilterSet):
    """One set of filters for the page, its export and the API."""

    q = filters.CharFilter(label=_("Search"), method="find")
    warehouse = filters.ModelChoiceFilter(label=_("Warehouse"), queryset=_warehouses)
    product = IdFilter(label=_("Product"), field_name="product_id")
    sku = filters.CharFilter(label=_("SKU"), field_name="product__sku", lookup_expr="iexact")
    available = filters.RangeFilter(label=_("Available"))
    blocked = filters.BooleanFilter(label=_("With blocked goods"), field_name="blocked", method="with_blocked")

    class Meta:
        model = Stock
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def with_blocked(self, queryset, _name, wanted):
        return queryset.filter(blocked__gt=0) if wanted else queryset.filter(blocked=0)


class LotFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    warehouse = filters.ModelChoiceFilter(label=_("Warehouse"), queryset=_warehouses)
    product = IdFilter(label=_("Product"), field_name="product_id")
    sku = filters.CharFilter(label=_("SKU"), field_name="product__sku", lookup_expr="iexact")
    quality = filters.MultipleChoiceFilter(label=_("Quality"), choices=Lot.Quality)
    received_date = filters.DateFromToRangeFilter(label=_("Received"))
    on_hand = filters.BooleanFilter(label=_("On hand"), method="with_goods")

    class Meta:
        model = Lot
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def with_goods(self, queryset, _name, wanted):
        return queryset.on_hand() if wanted else queryset.filter(quantity_on_hand=0)


class StockMoveFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    kind = filters.MultipleChoiceFilter(label=_("Kind"), choices=MoveKind)
    warehouse = filters.ModelChoiceFilter(label=_("Warehouse"), queryset=_warehouses, field_name="lot__warehouse")
    product = IdFilter(label=_("Product"), field_name="lot__product_id")
    lot = IdFilter(label=_("Lot"), field_name="lot_id")
    day = filters.DateFromToRangeFilter(label=_("Day"))

    class Meta:
        model = StockMove
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)
