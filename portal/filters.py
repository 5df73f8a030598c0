import django_filters as filters
from django.utils.translation import gettext_lazy as _

from finance.flows import InvoiceStatus, LetterStatus
from finance.models import LetterOfCredit, SupplierInvoice
from logistics.models import Shipment, ShipmentStatus
from quality.flows import InspectionStatus
from quality.models import Inspection
from sourcing.flows import BEFORE_SENDING, LineAnswer, OrderStatus
from sourcing.models import PurchaseOrder


class _Found(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")

    def find(self, queryset, _name, text):
        return queryset.search(text)


class OrderFilter(_Found):
    status = filters.MultipleChoiceFilter(
        label=_("Status"), choices=[choice for choice in OrderStatus.choices if choice[0] not in BEFORE_SENDING]
    )
    to_confirm = filters.BooleanFilter(label=_("To confirm"), method="waiting")

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []

    def waiting(self, queryset, _name, wanted):
        found = to_confirm(queryset)
        return found if wanted else queryset.exclude(pk__in=found.values("pk"))


def to_confirm(queryset):
    """Orders with a line that waits for the supplier's answer."""
    lines = PurchaseOrder.lines.rel.related_model.objects.filter(
        answer__in=(LineAnswer.OPEN, LineAnswer.AGAIN), cancelled=False
    )
    return queryset.filter(status=OrderStatus.SENT, pk__in=lines.values("order_id"))


class ShipmentFilter(_Found):
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=ShipmentStatus)

    class Meta:
        model = Shipment
        fields: list[str] = []


class InspectionFilter(_Found):
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=InspectionStatus)

    class Meta:
        model = Inspection
        fields: list[str] = []


class InvoiceFilter(_Found):
    status = filters.MultipleChoiceFilter(
        label=_("Status"), choices=[choice for choice in InvoiceStatus.choices if choice[0] != "draft"]
    )

    class Meta:
        model = SupplierInvoice
        fields: list[str] = []


class LetterFilter(_Found):
    status = filters.MultipleChoiceFilter(
        label=_("Status"), choices=[choice for choice in LetterStatus.choices if choice[0] not in ("draft", "approved")]
    )

    class Meta:
        model = LetterOfCredit
        fields: list[str] = []
