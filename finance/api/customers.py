"""Customer invoices, the cash they bring, and credit notes."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import bulk_body
from finance import services
from finance.api import serializers as s
from finance.api.views import MoneyViewSet
from finance.filters import CollectionFilter, CreditNoteFilter, CustomerInvoiceFilter
from finance.models import CreditNote, CustomerInvoice, Payment


class CustomerInvoiceViewSet(MoneyViewSet):
    """Invoices to customers, one for each delivery."""

    queryset = CustomerInvoice.objects.none()
    serializer_class = s.CustomerInvoiceSerializer
    filterset_class = CustomerInvoiceFilter
    view_permission = "finance.view_customerinvoice"

    def get_queryset(self):
        return super().get_queryset().select_related("customer").order_by("-id")

    @extend_schema(request=s.DeliveryInvoiceWrite, responses={201: s.CustomerInvoiceSerializer})
    def create(self, request):
        """Invoice a delivery at the order's prices."""
        invoice = _invoice(self.read(s.DeliveryInvoiceWrite))
        return self.answer(services.invoice_delivery(actor=self.actor, invoice=invoice), status=201)

    @extend_schema(request=s.DeliveryInvoiceWrite(many=True), responses={201: s.CustomerInvoiceSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """Invoice deliveries, all or none."""
        bulk_body(request.data)
        invoices = [_invoice(data) for data in self.read(s.DeliveryInvoiceWrite, many=True)]
        return self.many(services.invoice_deliveries(actor=self.actor, invoices=invoices))


class CollectionViewSet(MoneyViewSet):
    """Money received from customers."""

    queryset = Payment.objects.none()
    serializer_class = s.PaymentSerializer
    filterset_class = CollectionFilter
    view_permission = "finance.view_customerinvoice"

    def get_queryset(self):
        found = super().get_queryset().filter(direction="in")
        return found.select_related("party").order_by("-id")

    @extend_schema(request=s.CollectionWrite, responses={201: s.PaymentSerializer})
    def create(self, request):
        """Record money received; it settles invoices in part or whole."""
        collection = _collection(self.read(s.CollectionWrite))
        return self.answer(services.collect(actor=self.actor, collection=collection), status=201)

    @extend_schema(request=s.CollectionWrite(many=True), responses={201: s.PaymentSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """Record money received, all or none."""
        bulk_body(request.data)
        collections = [_collection(data) for data in self.read(s.CollectionWrite, many=True)]
        return self.many(services.collect_many(actor=self.actor, collections=collections))

    @extend_schema(request=s.ReturnWrite)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def came_back(self, request, pk=None):
        """The money bounced: the entry is mirrored, and the invoices are open again."""
        return self.step(services.return_payment, "payment_id", **self.read(s.ReturnWrite))


class CreditNoteViewSet(MoneyViewSet):
    """Credit notes on customer invoices."""

    queryset = CreditNote.objects.none()
    serializer_class = s.CreditNoteSerializer
    filterset_class = CreditNoteFilter
    view_permission = "finance.view_customerinvoice"

    def get_queryset(self):
        return super().get_queryset().select_related("invoice").order_by("-id")

    @extend_schema(request=s.CreditWrite, responses={201: s.CreditNoteSerializer})
    def create(self, request):
        """Credit an invoice, in part or whole; the reason may restate a perfect order."""
        body = self.read(s.CreditWrite)
        credit = services.Credit(
            invoice_id=body["invoice"],
            amount=body["amount"],
            day=body["day"],
            reason=body["reason"],
            customer_return_id=body.get("customer_return"),
            remarks=body.get("remarks", ""),
        )
        return self.answer(services.credit_invoice(actor=self.actor, credit=credit), status=201)


def _invoice(data: dict) -> services.DeliveryInvoice:
    return services.DeliveryInvoice(data["delivery"], data["invoice_date"], data.get("due_date"))


def _collection(data: dict) -> services.Collection:
    settles = [services.Settled(n["invoice"], n["amount"]) for n in data["settles"]]
    return services.Collection(data["customer"], data["day"], settles, data.get("reference", ""))
