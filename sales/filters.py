import django_filters as filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import CodeFilter
from inventory.models import Warehouse
from parties.models import Organisation
from sales.flows import CustomerOrderStatus
from sales.models import Customer, CustomerOrder


def _customers(request):
    return Organisation.objects.visible_to(request.actor).customers() if request else Organisation.objects.none()


def _warehouses(request):
    return Warehouse.objects.visible_to(request.actor) if request else Warehouse.objects.none()


class CustomerOrderFilter(filters.FilterSet):
    """One set of filters for the page, its export and the API."""

    q = filters.CharFilter(label=_("Search"), method="find")
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=CustomerOrderStatus)
    customer = filters.ModelChoiceFilter(label=_("Customer"), queryset=_customers)
    warehouse = filters.ModelChoiceFilter(label=_("Warehouse"), queryset=_warehouses)
    currency = CodeFilter(label=_("Currency"), field_name="currency_id")
    ship_to_country = CodeFilter(label=_("Ship to"), field_name="ship_to_country_id")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    customer_reference = filters.CharFilter(label=_("Customer's reference"), lookup_expr="iexact")
    order_date = filters.DateFromToRangeFilter(label=_("Order date"))
    total = filters.RangeFilter(label=_("Total"))
    to_deliver = filters.BooleanFilter(label=_("To deliver"), method="only_to_deliver")
    late = filters.BooleanFilter(label=_("Late"), method="only_late")
    short = filters.BooleanFilter(label=_("Waiting for goods"), method="only_short")

    class Meta:
        model = CustomerOrder
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def only_to_deliver(self, queryset, _name, wanted):
        return self._chosen(queryset, queryset.to_deliver(), wanted)

    def only_late(self, queryset, _name, wanted):
        return self._chosen(queryset, queryset.late(on=timezone.localdate()), wanted)

    def only_short(self, queryset, _name, wanted):
        return self._chosen(queryset, queryset.short(), wanted)

    def _chosen(self, queryset, found, wanted):
        return found if wanted else queryset.exclude(pk__in=found.order_by().values("pk"))


class CustomerFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    organisation = filters.ModelChoiceFilter(label=_("Organisation"), queryset=_customers)
    overdue = filters.BooleanFilter(label=_("Overdue"), method="only_overdue")
    limited = filters.BooleanFilter(
        label=_("With a credit limit"), field_name="credit_limit", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Customer
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def only_overdue(self, queryset, _name, wanted):
        return queryset.filter(overdue_since__isnull=not wanted)
