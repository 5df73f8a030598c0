import django_filters as filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import CodeFilter
from parties.models import Organisation
from reference.incoterms import ALL_CHOICES
from sourcing.flows import OrderStatus
from sourcing.models import Mode, PurchaseOrder


def _suppliers(request):
    return Organisation.objects.visible_to(request.actor).suppliers() if request else Organisation.objects.none()


class PurchaseOrderFilter(filters.FilterSet):
    """One set of filters for the page, its export and the API."""

    q = filters.CharFilter(label=_("Search"), method="find")
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=OrderStatus)
    supplier = filters.ModelChoiceFilter(label=_("Supplier"), queryset=_suppliers)
    currency = CodeFilter(label=_("Currency"), field_name="currency_id")
    incoterm = filters.ChoiceFilter(label=_("Incoterm"), choices=ALL_CHOICES)
    mode = filters.ChoiceFilter(label=_("Mode"), choices=Mode)
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    order_date = filters.DateFromToRangeFilter(label=_("Order date"))
    total = filters.RangeFilter(label=_("Total"))
    progress = filters.ChoiceFilter(
        label=_("Progress"),
        method="so_far",
        choices=[
            ("to_come", _("Goods to come")),
            ("to_bill", _("Received, to be invoiced")),
            ("complete", _("Received and invoiced")),
        ],
    )
    late = filters.BooleanFilter(label=_("Late"), method="only_late")

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def so_far(self, queryset, _name, stage):
        return getattr(queryset, stage)()

    def only_late(self, queryset, _name, wanted):
        late = queryset.late(on=timezone.localdate())
        return late if wanted else queryset.exclude(pk__in=late.values("pk"))
