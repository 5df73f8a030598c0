from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import DocumentViewSet, bulk_body
from sourcing import services
from sourcing.api import serializers as s
from sourcing.filters import PurchaseOrderFilter
from sourcing.models import PurchaseOrder
from sourcing.services.confirm import Answer, Verdict


class PurchaseOrderViewSet(DocumentViewSet):
    """Purchase orders: written, issued, confirmed line by line, amended, closed or cancelled."""

    queryset = PurchaseOrder.objects.none()
    serializer_class = s.PurchaseOrderSerializer
    filterset_class = PurchaseOrderFilter
    view_permission = "sourcing.view_purchaseorder"

    def get_queryset(self):
        return super().get_queryset().select_related("supplier").order_by("-id")

    @extend_schema(request=s.OrderWrite, responses={201: s.PurchaseOrderSerializer})
    def create(self, request):
        order = services.create_purchase_order(actor=self.actor, order=_order(self.read(s.OrderWrite)))
        return self.answer(order, status=201)

    @extend_schema(request=s.BulkOrderWrite, responses={201: s.PurchaseOrderSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """All or none; errors name the order and the line by JSON pointer."""
        bulk_body(request.data)
        orders = [_order(data) for data in self.read(s.OrderWrite, many=True)]
        created = services.create_purchase_orders(actor=self.actor, orders=orders)
        found = self.get_queryset().in_bulk([order.pk for order in created])
        return self.respond([found[order.pk] for order in created], status=201)

    @extend_schema(request=s.OrderWrite, responses=s.PurchaseOrderSerializer)
    def update(self, request, pk=None):
        """Replace a draft. Needs If-Match."""
        order = services.edit_purchase_order(
            actor=self.actor,
            order_id=int(pk),
            order=_order(self.read(s.OrderWrite)),
            version=self.expected_version(required=True),
        )
        return self.answer(order)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request, pk=None):
        """Delete a draft; an issued order is cancelled instead."""
        services.delete_draft(actor=self.actor, order_id=int(pk))
        return self.nothing()

    @extend_schema(request=s.Nothing)
    @action(detail=True, methods=["post"])
    def submit(self, request, pk=None):
        """Ask for approval."""
        return self._step(services.submit_purchase_order, today=timezone.localdate())

    @extend_schema(request=s.CommentWrite)
    @action(detail=True, methods=["post"])
    def approve(self, request, pk=None):
        """Approve; never by who submitted it."""
        return self._step(services.approve_purchase_order, **self.read(s.CommentWrite))

    @extend_schema(request=s.ReasonWrite)
    @action(detail=True, methods=["post"])
    def reject(self, request, pk=None):
        """Send back to draft."""
        return self._step(services.return_purchase_order, **self.read(s.ReasonWrite))

    @extend_schema(request=s.Nothing)
    @action(detail=True, methods=["post"])
    def send(self, request, pk=None):
        """Issue an approved order to the supplier."""
        return self._step(services.send_purchase_order, today=timezone.localdate())

    @extend_schema(request=s.Nothing)
    @action(detail=True, methods=["post"])
    def issue(self, request, pk=None):
        """Submit, approve and send in one step, within the caller's approval limit."""
        return self._step(services.issue_purchase_order, today=timezone.localdate())

    @extend_schema(request=s.ConfirmWrite)
    @action(detail=True, methods=["post"])
    def confirm(self, request, pk=None):
        """The supplier's answer, line by line."""
        body = self.read(s.ConfirmWrite)
        answers = [
            Answer(
                line_id=line["line"],
                answer=line["answer"],
                quantity=line.get("quantity"),
                unit_price=line.get("unit_price"),
                promised_date=line.get("promised_date"),
                reason=line.get("reason", ""),
            )
            for line in body["lines"]
        ]
        return self._step(
            services.answer_purchase_order,
            answers=answers,
            reference=body.get("reference", ""),
            remarks=body.get("remarks", ""),
        )

    @extend_schema(request=s.SettleWrite)
    @action(detail=True, methods=["post"])
    def settle(self, request, pk=None):
        """The buyer's decision on what the supplier changed."""
        verdicts = [Verdict(v["line"], v["accept"], v.get("reason", "")) for v in self.read(s.SettleWrite)["verdicts"]]
        return self._step(services.decide_changes, verdicts=verdicts, today=timezone.localdate())

    @extend_schema(request=s.AmendWrite)
    @action(detail=True, methods=["post"])
    def amend(self, request, pk=None):
        """Change an issued order; the supplier confirms the changed lines again. Needs If-Match."""
        body = self.read(s.AmendWrite)
        lines = [(line.get("line"), None if line.get("withdraw") else _line(line)) for line in body["lines"]]
        return self._step(
            services.amend_purchase_order,
            lines=lines,
            reason=body["reason"],
            today=timezone.localdate(),
            version=self.expected_version(required=True),
        )

    @extend_schema(request=s.ReasonWrite)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Cancel an order of which nothing was shipped, received or billed."""
        return self._step(services.cancel_purchase_order, **self.read(s.ReasonWrite))

    @extend_schema(request=s.ReasonWrite)
    @action(detail=True, methods=["post"])
    def close(self, request, pk=None):
        """Close short: what is open is no longer expected."""
        return self._step(services.close_purchase_order, **self.read(s.ReasonWrite))

    @extend_schema(request=s.Nothing)
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk=None):
        """Open a closed order again."""
        return self._step(services.reopen_purchase_order)

    @extend_schema(responses=s.ConfirmationSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def confirmations(self, request, pk=None):
        """Every answer of the supplier, newest first."""
        found = self.get_object().confirmations.all()
        return self.respond(s.ConfirmationSerializer(found, many=True).data)

    def _step(self, service, **arguments):
        arguments.setdefault("version", self.expected_version())
        return self.answer(service(actor=self.actor, order_id=int(self.kwargs["pk"]), **arguments))


def _line(data: dict) -> services.LineInput:
    return services.LineInput(
        product_id=data["product"],
        quantity=data["quantity"],
        unit_price=data["unit_price"],
        requested_date=data.get("requested_date"),
        description=data.get("description", ""),
    )


def _order(data: dict) -> services.OrderInput:
    return services.OrderInput(
        supplier_id=data["supplier"],
        order_date=data["order_date"],
        currency=data["currency"].upper(),
        incoterm=data["incoterm"],
        named_place=data["named_place"],
        mode=data.get("mode", ""),
        payment_term_id=data.get("payment_term"),
        destination_country=data.get("destination_country"),
        remarks=data.get("remarks", ""),
        unit_price_order=data.get("unit_price_order", False),
        lines=[_line(line) for line in data["lines"]],
    )
