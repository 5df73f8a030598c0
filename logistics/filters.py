import django_filters as filters
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.filters import IdFilter
from inventory.models import Warehouse
from logistics.models import (
    CustomerReturn,
    Delivery,
    Receipt,
    ReceiptLine,
    ReturnReason,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    SupplierReturn,
)
from parties.models import Organisation
from reference.incoterms import ALL_CHOICES
from sourcing.models import Mode


def _organisations(**kind):
    def found(request):
        if request is None:
            return Organisation.objects.none()
        return Organisation.objects.visible_to(request.actor).filter(**kind)

    return found


def _warehouses(request):
    return Warehouse.objects.visible_to(request.actor) if request else Warehouse.objects.none()


class _Searched(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")

    def find(self, queryset, _name, text):
        return queryset.search(text)


class ShipmentFilter(_Searched):
    """One set of filters for the page, its export and the API."""

    status = filters.MultipleChoiceFilter(label=_("Status"), choices=ShipmentStatus)
    mode = filters.ChoiceFilter(label=_("Mode"), choices=Mode)
    incoterm = filters.ChoiceFilter(label=_("Incoterm"), choices=ALL_CHOICES)
    forwarder = filters.ModelChoiceFilter(label=_("Forwarder"), queryset=_organisations(is_forwarder=True))
    supplier = filters.ModelChoiceFilter(
        label=_("Supplier"), queryset=_organisations(is_supplier=True), method="of_supplier"
    )
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    order = IdFilter(label=_("Purchase order"), method="of_order")
    expected_arrival_date = filters.DateFromToRangeFilter(label=_("Expected arrival"))
    late = filters.BooleanFilter(label=_("Late"), method="only_late")
    held = filters.BooleanFilter(label=_("On hold"), method="only_held")

    class Meta:
        model = Shipment
        fields: list[str] = []

    def of_supplier(self, queryset, name, value: int):
        lines = ShipmentLine.objects.visible_to(self.request.actor)
        return queryset.filter(pk__in=lines.filter(supplier=value).values("shipment_id"))

    def of_order(self, queryset, _name, order):
        lines = ShipmentLine.objects.visible_to(self.request.actor)
        return queryset.filter(pk__in=lines.filter(order_id=order).values("shipment_id"))

    def only_late(self, queryset, _name, wanted):
        late = Q(expected_arrival_date__gt=F("planned_arrival_date")) & ~Q(status__in=("received", "cancelled"))
        return queryset.filter(late) if wanted else queryset.exclude(late)

    def only_held(self, queryset, _name, wanted):
        if not self.request.actor.is_staff:
            return queryset
        return queryset.exclude(hold_reason="") if wanted else queryset.filter(hold_reason="")


class ReceiptFilter(_Searched):
    supplier = filters.ModelChoiceFilter(label=_("Supplier"), queryset=_organisations(is_supplier=True))
    warehouse = filters.ModelChoiceFilter(label=_("Warehouse"), queryset=_warehouses)
    shipment = IdFilter(label=_("Shipment"), field_name="shipment_id")
    order = IdFilter(label=_("Purchase order"), method="of_order")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    received_date = filters.DateFromToRangeFilter(label=_("Received"))
    faulty = filters.BooleanFilter(label=_("Short, over, rejected or damaged"), method="only_faulty")

    class Meta:
        model = Receipt
        fields: list[str] = []

    def of_order(self, queryset, _name, order):
        return queryset.filter(pk__in=ReceiptLine.objects.filter(order_line__order_id=order).values("receipt_id"))

    def only_faulty(self, queryset, _name, wanted):
        fault = Q(rejected_quantity__gt=0) | Q(short_quantity__gt=0) | Q(over_quantity__gt=0) | Q(damaged=True)
        lines = ReceiptLine.objects.filter(fault).values("receipt_id")
        return queryset.filter(pk__in=lines) if wanted else queryset.exclude(pk__in=lines)


class DeliveryFilter(_Searched):
    customer = filters.ModelChoiceFilter(
        label=_("Customer"), field_name="order__customer", queryset=_organisations(is_customer=True)
    )
    warehouse = filters.ModelChoiceFilter(label=_("Warehouse"), queryset=_warehouses)
    order = IdFilter(label=_("Customer order"), field_name="order_id")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    shipped_date = filters.DateFromToRangeFilter(label=_("Shipped"))
    delivered_date = filters.DateFromToRangeFilter(label=_("Delivered"))
    open = filters.BooleanFilter(label=_("On the way"), field_name="delivered_date", lookup_expr="isnull")

    class Meta:
        model = Delivery
        fields: list[str] = []


class CustomerReturnFilter(_Searched):
    order = IdFilter(label=_("Customer order"), field_name="order_id")
    reason = filters.ChoiceFilter(label=_("Reason"), choices=ReturnReason)
    returned_date = filters.DateFromToRangeFilter(label=_("Returned"))

    class Meta:
        model = CustomerReturn
        fields: list[str] = []


class SupplierReturnFilter(_Searched):
    receipt = IdFilter(label=_("Receipt"), field_name="receipt_id")
    supplier = filters.ModelChoiceFilter(
        label=_("Supplier"), field_name="receipt__supplier", queryset=_organisations(is_supplier=True)
    )
    returned_date = filters.DateFromToRangeFilter(label=_("Returned"))

    class Meta:
        model = SupplierReturn
        fields: list[str] = []
