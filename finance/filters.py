import django_filters as filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.filters import CodeFilter, IdFilter
from finance.flows import InvoiceStatus, LetterStatus, PaymentStatus, PresentationStatus
from finance.models import (
    Charge,
    ChargeKind,
    CreditNote,
    CreditReason,
    CustomerInvoice,
    InvoiceKind,
    LetterOfCredit,
    Payment,
    Presentation,
    SupplierInvoice,
)
from finance.models.payments import PaymentDirection
from parties.models import Organisation


def _organisations(request):
    return Organisation.objects.visible_to(request.actor) if request else Organisation.objects.none()


def _customers(request):
    return _organisations(request).customers()


class SupplierInvoiceFilter(filters.FilterSet):
    """One set of filters for the page, its export and the API."""

    q = filters.CharFilter(label=_("Search"), method="find")
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=InvoiceStatus)
    kind = filters.ChoiceFilter(label=_("Kind"), choices=InvoiceKind)
    supplier = filters.ModelChoiceFilter(label=_("Supplier"), queryset=_organisations)
    order = IdFilter(label=_("Order"), method="of_order")
    shipment = IdFilter(label=_("Shipment"), method="of_shipment")
    currency = CodeFilter(label=_("Currency"), field_name="currency_id")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    supplier_number = filters.CharFilter(label=_("Supplier's number"), lookup_expr="iexact")
    invoice_date = filters.DateFromToRangeFilter(label=_("Invoice date"))
    due_date = filters.DateFromToRangeFilter(label=_("Due"))
    open = filters.BooleanFilter(label=_("Open"), method="only_open")
    overdue = filters.BooleanFilter(label=_("Overdue"), method="only_overdue")

    class Meta:
        model = SupplierInvoice
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def of_order(self, queryset, _name, pk):
        return queryset.of_order(int(pk))

    def of_shipment(self, queryset, _name, pk):
        return queryset.of_shipment(int(pk))

    def only_open(self, queryset, _name, wanted):
        return _chosen(queryset, queryset.open(), wanted)

    def only_overdue(self, queryset, _name, wanted):
        return _chosen(queryset, queryset.overdue(on=timezone.localdate()), wanted)


class ChargeFilter(filters.FilterSet):
    shipment = IdFilter(label=_("Shipment"), field_name="shipment_id")
    receipt = IdFilter(label=_("Receipt"), field_name="receipt_id")
    delivery = IdFilter(label=_("Delivery"), field_name="delivery_id")
    invoice = IdFilter(label=_("Invoice"), field_name="invoice_id")
    kind = filters.MultipleChoiceFilter(label=_("Kind"), choices=ChargeKind)
    billed = filters.BooleanFilter(label=_("Billed"), field_name="invoice", lookup_expr="isnull", exclude=True)
    cancelled = filters.BooleanFilter(label=_("Cancelled"))
    day = filters.DateFromToRangeFilter(label=_("Day"))

    class Meta:
        model = Charge
        fields: list[str] = []


class PaymentFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=PaymentStatus)
    party = filters.ModelChoiceFilter(label=_("Party"), queryset=_organisations)
    currency = CodeFilter(label=_("Currency"), field_name="currency_id")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    payment_date = filters.DateFromToRangeFilter(label=_("Date"))
    invoice = IdFilter(label=_("Invoice"), method="of_invoice")
    order = IdFilter(label=_("Order"), method="of_order")

    class Meta:
        model = Payment
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def of_invoice(self, queryset, _name, pk):
        return queryset.filter(
            pk__in=queryset.model.allocations.rel.related_model.objects.filter(invoice_id=int(pk)).values("payment_id")
        )

    def of_order(self, queryset, _name, pk):
        return queryset.filter(
            pk__in=queryset.model.allocations.rel.related_model.objects.filter(order_id=int(pk)).values("payment_id")
        )


class MoneyFilter(PaymentFilter):
    """The page shows both directions."""

    direction = filters.ChoiceFilter(label=_("Direction"), choices=PaymentDirection)


class CollectionFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    party = filters.ModelChoiceFilter(label=_("Customer"), queryset=_customers)
    currency = CodeFilter(label=_("Currency"), field_name="currency_id")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    payment_date = filters.DateFromToRangeFilter(label=_("Date"))

    class Meta:
        model = Payment
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)


class LetterFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=LetterStatus)
    supplier = filters.ModelChoiceFilter(label=_("Beneficiary"), queryset=_organisations)
    order = IdFilter(label=_("Order"), field_name="order_id")
    currency = CodeFilter(label=_("Currency"), field_name="currency_id")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    bank_reference = filters.CharFilter(label=_("Bank's number"), lookup_expr="iexact")
    latest_shipment_date = filters.DateFromToRangeFilter(label=_("Latest shipment"))
    expiry_date = filters.DateFromToRangeFilter(label=_("Expiry"))
    to_decide = filters.BooleanFilter(label=_("Documents to decide about"), method="waiting")
    expired = filters.BooleanFilter(label=_("Expired"), method="has_expired")

    class Meta:
        model = LetterOfCredit
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def waiting(self, queryset, _name, wanted):
        return _chosen(queryset, queryset.to_decide(), wanted)

    def has_expired(self, queryset, _name, wanted):
        return _chosen(queryset, queryset.expired(on=timezone.localdate()), wanted)


class PresentationFilter(filters.FilterSet):
    letter = IdFilter(label=_("Letter of credit"), field_name="letter_id")
    invoice = IdFilter(label=_("Invoice"), field_name="invoice_id")
    status = filters.MultipleChoiceFilter(label=_("Status"), choices=PresentationStatus)
    presented_date = filters.DateFromToRangeFilter(label=_("Presented"))
    examine_by = filters.DateFromToRangeFilter(label=_("Examine by"))

    class Meta:
        model = Presentation
        fields: list[str] = []


class CustomerInvoiceFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="find")
    customer = filters.ModelChoiceFilter(label=_("Customer"), queryset=_customers)
    order = IdFilter(label=_("Order"), field_name="order_id")
    delivery = IdFilter(label=_("Delivery"), field_name="delivery_id")
    currency = CodeFilter(label=_("Currency"), field_name="currency_id")
    number = filters.CharFilter(label=_("Number"), lookup_expr="iexact")
    invoice_date = filters.DateFromToRangeFilter(label=_("Invoice date"))
    due_date = filters.DateFromToRangeFilter(label=_("Due"))
    open = filters.BooleanFilter(label=_("Open"), field_name="settled_date", lookup_expr="isnull")
    overdue = filters.BooleanFilter(label=_("Overdue"), method="only_overdue")

    class Meta:
        model = CustomerInvoice
        fields: list[str] = []

    def find(self, queryset, _name, text):
        return queryset.search(text)

    def only_overdue(self, queryset, _name, wanted):
        return _chosen(queryset, queryset.overdue(on=timezone.localdate()), wanted)


class CreditNoteFilter(filters.FilterSet):
    invoice = IdFilter(label=_("Invoice"), field_name="invoice_id")
    customer = filters.ModelChoiceFilter(label=_("Customer"), field_name="invoice__customer", queryset=_customers)
    reason = filters.MultipleChoiceFilter(label=_("Reason"), choices=CreditReason)
    credit_date = filters.DateFromToRangeFilter(label=_("Date"))

    class Meta:
        model = CreditNote
        fields: list[str] = []


def _chosen(queryset, found, wanted):
    return found if wanted else queryset.exclude(pk__in=found.order_by().values("pk"))
