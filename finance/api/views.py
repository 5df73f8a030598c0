"""Supplier invoices, charges and payments; customers stand in ``customers``."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from core.api.filters import check_parameters
from core.api.views import DocumentViewSet, bulk_body
from core.errors import NotAllowed
from finance import services
from finance.api import serializers as s
from finance.filters import ChargeFilter, PaymentFilter, SupplierInvoiceFilter
from finance.models import Charge, Payment, SupplierInvoice
from finance.selectors.instalments import instalments_of
from finance.selectors.match import match_invoice_lines
from finance.selectors.payables import payables
from finance.selectors.safe import check_invoices


class MoneyViewSet(DocumentViewSet):
    """A step is one service call; bulk answers carry the documents as the list shows them."""

    def step(self, service, name: str, **arguments):
        arguments.setdefault("version", self.expected_version())
        return self.answer(service(actor=self.actor, **{name: int(self.kwargs["pk"])}, **arguments))

    def refuse_parties(self) -> None:
        """What we check before we pay is for our own people."""
        if not self.actor.is_staff:
            raise NotAllowed("This is for the company's own people.")

    def many(self, documents, status: int = 201):
        found = self.get_queryset().in_bulk([document.pk for document in documents])
        return self.respond([found[document.pk] for document in documents], status=status)


class SupplierInvoiceViewSet(MoneyViewSet):
    """Invoices of suppliers: goods are recorded, matched and posted; charges are posted when recorded."""

    queryset = SupplierInvoice.objects.none()
    serializer_class = s.SupplierInvoiceSerializer
    filterset_class = SupplierInvoiceFilter
    view_permission = "finance.view_supplierinvoice"

    def get_queryset(self):
        return super().get_queryset().select_related("supplier").order_by("-id")

    @extend_schema(request=s.GoodsInvoiceWrite, responses={201: s.SupplierInvoiceSerializer})
    def create(self, request):
        """Record a goods invoice as a draft."""
        invoice = _goods(self.read(s.GoodsInvoiceWrite))
        return self.answer(services.record_supplier_invoice(actor=self.actor, invoice=invoice), status=201)

    @extend_schema(request=s.GoodsInvoiceWrite(many=True), responses={201: s.SupplierInvoiceSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """Record goods invoices, all or none; errors name the invoice and the line by JSON pointer."""
        bulk_body(request.data)
        invoices = [_goods(data) for data in self.read(s.GoodsInvoiceWrite, many=True)]
        return self.many(services.record_supplier_invoices(actor=self.actor, invoices=invoices))

    @extend_schema(request=s.ChargeInvoiceWrite, responses={201: s.SupplierInvoiceSerializer})
    @action(detail=False, methods=["post"], url_path="charges")
    def charges(self, request):
        """Record and post a bill of freight, duty, insurance or services; each charge follows its goods."""
        invoice = _bill(self.read(s.ChargeInvoiceWrite))
        return self.answer(services.record_charge_invoice(actor=self.actor, invoice=invoice), status=201)

    @extend_schema(request=s.ChargeInvoiceWrite(many=True), responses={201: s.SupplierInvoiceSerializer(many=True)})
    @action(detail=False, methods=["post"], url_path="charges/bulk")
    def charges_bulk(self, request):
        """Record and post bills of charges, all or none."""
        bulk_body(request.data)
        invoices = [_bill(data) for data in self.read(s.ChargeInvoiceWrite, many=True)]
        return self.many(services.record_charge_invoices(actor=self.actor, invoices=invoices))

    @extend_schema(
        operation_id="finance_supplier_invoices_post_many",
        request=s.BulkPostWrite,
        responses=s.SupplierInvoiceSerializer(many=True),
    )
    @action(detail=False, methods=["post"], url_path="post")
    def post_many(self, request):
        """Match and post drafts, all or none."""
        body = self.read(s.BulkPostWrite)
        posted = services.post_supplier_invoices(actor=self.actor, invoice_ids=body["ids"], day=body.get("day"))
        return self.many(posted, status=200)

    @extend_schema(request=s.DayWrite)
    @action(detail=True, methods=["post"], url_path="post", url_name="post")
    def post_one(self, request, pk=None):
        """Match and post a draft; refused, line by line, where it exceeds order or goods beyond tolerance."""
        return self.step(services.post_supplier_invoice, "invoice_id", day=self.read(s.DayWrite).get("day"))

    @extend_schema(request=s.DisputeWrite)
    @action(detail=True, methods=["post"])
    def dispute(self, request, pk=None):
        """Post the undisputed part; the rest is held until it is settled."""
        body = self.read(s.DisputeWrite)
        return self.step(
            services.dispute_supplier_invoice, "invoice_id", reason=body.get("reason", ""), day=body.get("day")
        )

    @extend_schema(request=s.SettleDisputeWrite)
    @action(detail=True, methods=["post"])
    def settle(self, request, pk=None):
        """End a dispute: accept the difference, or the supplier gives it up."""
        return self.step(services.settle_dispute, "invoice_id", **self.read(s.SettleDisputeWrite))

    @extend_schema(request=s.CancelWrite)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Take an unpaid invoice back, with everything it moved."""
        return self.step(services.cancel_supplier_invoice, "invoice_id", **self.read(s.CancelWrite))

    @extend_schema(request=s.DebitWrite, responses={201: s.DebitNoteSerializer})
    @action(detail=True, methods=["post"])
    def debit(self, request, pk=None):
        """Issue a debit note on a posted goods invoice."""
        body = self.read(s.DebitWrite)
        body["order_line_id"] = body.pop("order_line", None)
        debit = services.Debit(invoice_id=int(pk), **body)
        note = services.issue_debit_note(actor=self.actor, debit=debit)
        return Response(s.DebitNoteSerializer(note).data, status=201)

    @extend_schema(request=s.CancelDebitWrite, responses=s.DebitNoteSerializer)
    @action(detail=True, methods=["post"], url_path="cancel-debit")
    def cancel_debit(self, request, pk=None):
        """Take a debit note of this invoice back."""
        body = self.read(s.CancelDebitWrite)
        note = services.cancel_debit_note(actor=self.actor, invoice_id=int(pk), note_id=body["note"], day=body["day"])
        return Response(s.DebitNoteSerializer(note).data)

    @extend_schema(responses=s.MatchLineSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def match(self, request, pk=None):
        """The three-way match of a draft, line by line."""
        self.refuse_parties()
        invoice = self.get_object()
        lines = list(invoice.lines.select_related("order_line__order"))
        matches = match_invoice_lines(lines, company_id=invoice.company_id)
        rows = [
            {
                "line": pk, "quantity": m.quantity, "unit_price": m.price, "amount": m.amount,
                "accepted_quantity": m.accepted_quantity, "accepted_amount": m.accepted_amount,
                "disputed_amount": m.disputed, "quantity_excess": m.quantity_excess,
                "price_excess_pct": m.price_excess_pct, "reasons": m.reasons,
            }
            for pk, m in matches.items()
        ]  # fmt: skip
        return self.respond(s.MatchLineSerializer(rows, many=True).data)

    @extend_schema(responses=s.DueSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def instalments(self, request, pk=None):
        """When what of it is due, and what it waits for."""
        invoice = self.get_object()
        return self.respond(s.DueSerializer(instalments_of([invoice])[invoice.pk], many=True).data)

    @extend_schema(responses=s.CheckSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def checks(self, request, pk=None):
        """The safe-to-pay card as of today."""
        self.refuse_parties()
        self.actor.needs("finance.view_payment")
        invoice = self.get_object()
        found = check_invoices([invoice], on=timezone.localdate())[invoice.pk]
        return self.respond(s.CheckSerializer(found, many=True).data)


class ChargeViewSet(MoneyViewSet):
    """Charges: estimated for a shipment, receipt or delivery, shared over its goods, corrected by the bill."""

    queryset = Charge.objects.none()
    serializer_class = s.ChargeSerializer
    filterset_class = ChargeFilter
    view_permission = "finance.view_charge"

    def get_queryset(self):
        return super().get_queryset().order_by("-id")

    @extend_schema(request=s.ChargeWrite, responses={201: s.ChargeSerializer})
    def create(self, request):
        """Estimate a charge."""
        charge = _charge(self.read(s.ChargeWrite))
        return self.answer(services.estimate_charge(actor=self.actor, charge=charge), status=201)

    @extend_schema(request=s.ChargeWrite(many=True), responses={201: s.ChargeSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """Estimate charges, all or none."""
        bulk_body(request.data)
        charges = [_charge(data) for data in self.read(s.ChargeWrite, many=True)]
        return self.many(services.estimate_charges(actor=self.actor, charges=charges))

    @extend_schema(request=s.ReviseWrite)
    @action(detail=True, methods=["post"])
    def revise(self, request, pk=None):
        """Put a new estimate in place of the old one. Needs If-Match."""
        body = self.read(s.ReviseWrite)
        version = self.expected_version(required=True)
        services.revise_estimates(
            actor=self.actor, amounts={int(pk): body["amount"]}, day=body["day"], versions={int(pk): version}
        )
        return self.answer(self.get_object())

    @extend_schema(request=s.CancelWrite)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Take an estimate back from the goods."""
        services.cancel_charge(actor=self.actor, charge_id=int(pk), **self.read(s.CancelWrite))
        return self.answer(self.get_object())


class PaymentViewSet(MoneyViewSet):
    """Payments to suppliers: requested, approved by somebody else, paid; and what suppliers refund of deposits."""

    queryset = Payment.objects.none()
    serializer_class = s.PaymentSerializer
    filterset_class = PaymentFilter
    view_permission = "finance.view_payment"

    def get_queryset(self):
        found = super().get_queryset().exclude(direction="in")
        return found.select_related("party").order_by("-id")

    @extend_schema(request=s.PaymentWrite, responses={201: s.PaymentSerializer})
    def create(self, request):
        """Request a payment; refused with the reason when it is not safe or more than is open."""
        payment = _payment(self.read(s.PaymentWrite))
        return self.answer(services.request_payment(actor=self.actor, payment=payment), status=201)

    @extend_schema(request=s.PaymentWrite(many=True), responses={201: s.PaymentSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """Request payments, all or none."""
        bulk_body(request.data)
        payments = [_payment(data) for data in self.read(s.PaymentWrite, many=True)]
        return self.many(services.request_payments(actor=self.actor, payments=payments))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def approve(self, request, pk=None):
        """Approve; never by who requested it, and within the own limit."""
        return self.step(services.approve_payment, "payment_id")

    @extend_schema(request=s.PayWrite)
    @action(detail=True, methods=["post"])
    def pay(self, request, pk=None):
        """Record as paid: everything is looked at once more, and posted at the day's rate."""
        return self.step(services.pay_payment, "payment_id", **self.read(s.PayWrite))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Cancel before it is paid."""
        return self.step(services.cancel_payment, "payment_id")

    @extend_schema(request=s.RefundWrite, responses={201: s.PaymentSerializer})
    @action(detail=False, methods=["post"])
    def refund(self, request):
        """Record what a supplier pays back of an order's deposit that no invoice has consumed."""
        body = self.read(s.RefundWrite)
        refund = services.Refund(body.pop("order"), **body)
        return self.answer(services.record_refund(actor=self.actor, refund=refund), status=201)

    @extend_schema(request=s.ReturnWrite)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def came_back(self, request, pk=None):
        """The money came back: the entry is mirrored, and what it settled is open again."""
        return self.step(services.return_payment, "payment_id", **self.read(s.ReturnWrite))

    @extend_schema(responses=s.PayableSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def due(self, request):
        """Payables by instalment: what is due, what is blocked and why."""
        check_parameters(request.query_params, {"format"})
        self.actor.needs("finance.view_payment")
        if not self.actor.is_staff:
            return self.respond([])
        rows = [row.as_dict() for row in payables(self.actor, on=timezone.localdate())]
        return self.respond(s.PayableSerializer(rows, many=True).data)


def _head(data: dict) -> dict:
    return {
        "supplier_id": data["supplier"],
        "supplier_number": data["supplier_number"],
        "invoice_date": data["invoice_date"],
        "due_date": data.get("due_date"),
        "payment_term_id": data.get("payment_term"),
        "currency": data["currency"].upper(),
    }


def _goods(data: dict) -> services.GoodsInvoice:
    lines = [
        services.GoodsLine(n["order_line"], n["quantity"], n["unit_price"], n.get("description", ""))
        for n in data["lines"]
    ]
    return services.GoodsInvoice(
        **_head(data), lines=lines, amount=data.get("amount"), shipment_id=data.get("shipment")
    )


def _bill(data: dict) -> services.ChargeInvoice:
    lines = [
        services.BilledCharge(
            amount=n["amount"],
            charge_id=n.get("charge"),
            kind=n.get("kind", ""),
            shipment_id=n.get("shipment"),
            receipt_id=n.get("receipt"),
            delivery_id=n.get("delivery"),
            weights=_weights(n),
            basis=n.get("basis", ""),
            description=n.get("description", ""),
        )
        for n in data["lines"]
    ]
    return services.ChargeInvoice(**_head(data), lines=lines, posted_date=data.get("posted_date"))


def _weights(data: dict) -> dict | None:
    """Line ids are JSON keys, so text; what is no number is nobody's line."""
    given = data.get("weights") or {}
    return {int(line): amount for line, amount in given.items() if line.isdecimal() and line.isascii()} or None


def _charge(data: dict) -> services.ChargeInput:
    return services.ChargeInput(
        kind=data["kind"],
        amount=data["amount"],
        currency=data["currency"].upper(),
        day=data["day"],
        shipment_id=data.get("shipment"),
        receipt_id=data.get("receipt"),
        delivery_id=data.get("delivery"),
        weights=_weights(data),
        basis=data.get("basis", ""),
        description=data.get("description", ""),
    )


def _payment(data: dict) -> services.PaymentInput:
    settles = [services.Settle(n["amount"], n.get("invoice"), n.get("order")) for n in data["settles"]]
    return services.PaymentInput(data["party"], data["payment_date"], settles, data.get("reference", ""))
