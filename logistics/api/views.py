from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import DocumentViewSet, bulk_body
from logistics import services
from logistics.api import inputs
from logistics.api import serializers as s
from logistics.api import writes as w
from logistics.api.units import to_stock_units
from logistics.filters import (
    CustomerReturnFilter,
    DeliveryFilter,
    ReceiptFilter,
    ShipmentFilter,
    SupplierReturnFilter,
)
from logistics.models import (
    CustomerReturn,
    Delivery,
    Receipt,
    Shipment,
    ShipmentLine,
    SupplierReturn,
)

COUNTED = ("accepted", "rejected", "short", "received")  # of a receipt's line


class LogisticsViewSet(DocumentViewSet):
    """Answers after a step are read anew through ``visible_to``: what the caller sees is never more than his list
    shows.
    """

    def shown(self, pk: int, status: int = 200):
        self.kwargs["pk"] = pk
        return self.answer(self.get_object(), status=status)

    def shown_all(self, pks):
        found = self.get_queryset().in_bulk(pks)
        return self.respond([found[pk] for pk in pks], status=201)


class ShipmentViewSet(LogisticsViewSet):
    """Inbound shipments: planned, released to load, followed by milestones, received."""

    queryset = Shipment.objects.none()
    serializer_class = s.ShipmentSerializer
    filterset_class = ShipmentFilter
    view_permission = "logistics.view_shipment"

    def get_queryset(self):
        lines = ShipmentLine.objects.visible_to(self.actor)
        return super().get_queryset().prefetch_related(Prefetch("lines", queryset=lines)).order_by("-id")

    @extend_schema(request=w.ShipmentWrite, responses={201: s.ShipmentSerializer})
    def create(self, request):
        """Plan a shipment of open order lines."""
        shipment = inputs.shipment(self.read(w.ShipmentWrite))
        made = services.plan_shipment(actor=self.actor, shipment=shipment, today=timezone.localdate())
        return self.shown(made.pk, status=201)

    @extend_schema(request=w.ShipmentWrite(many=True), responses={201: s.ShipmentSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """All or none; errors name the shipment and the line by JSON pointer."""
        bulk_body(request.data)
        wanted = [inputs.shipment(data) for data in self.read(w.ShipmentWrite, many=True)]
        made = services.plan_shipments(actor=self.actor, shipments=wanted, today=timezone.localdate())
        return self.shown_all([one.pk for one in made])

    @extend_schema(request=w.ShipmentWrite, responses=s.ShipmentSerializer)
    def update(self, request, pk=None):
        """Replace what is planned. Needs If-Match."""
        return self._step(
            services.edit_shipment,
            shipment=inputs.shipment(self.read(w.ShipmentWrite)),
            version=self.expected_version(required=True),
        )

    @extend_schema(request=w.Nothing)
    @action(detail=True, methods=["post"])
    def release(self, request, pk=None):
        """Release to load: inspections passed, nothing on hold."""
        return self._step(services.release_to_load, version=self.expected_version())

    @extend_schema(request=w.ShipmentReasonWrite)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Cancel a shipment that has not left."""
        return self._step(services.cancel_shipment, **self.read(w.ShipmentReasonWrite), version=self.expected_version())

    @extend_schema(request=w.ShipmentReasonWrite)
    @action(detail=True, methods=["post"])
    def hold(self, request, pk=None):
        """Stop the release to load."""
        return self._step(services.hold_shipment, **self.read(w.ShipmentReasonWrite))

    @extend_schema(request=w.Nothing)
    @action(detail=True, methods=["post"], url_path="lift-hold")
    def lift_hold(self, request, pk=None):
        """Let it be released to load again."""
        return self._step(services.lift_hold)

    @extend_schema(request=w.MilestonesWrite)
    @action(detail=True, methods=["post"])
    def milestones(self, request, pk=None):
        """Report milestones; late, doubled and unordered reports do no harm."""
        reports = [services.MilestoneInput(**one) for one in self.read(w.MilestonesWrite)["reports"]]
        made = services.report_milestones(actor=self.actor, reports={int(pk): reports}, now=timezone.now())
        return self.shown(made[0].pk)

    @extend_schema(request=w.DocumentWrite)
    @action(detail=True, methods=["post"])
    def documents(self, request, pk=None):
        """Record a trade document as present, missing or in conflict."""
        return self._step(services.record_document, **self.read(w.DocumentWrite))

    @extend_schema(request=w.TakeOverWrite)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request, pk=None):
        """Post goods whose risk has passed and which the ledger could not take on their day."""
        return self._step(services.take_goods_over, **self.read(w.TakeOverWrite))

    def _step(self, service, **arguments):
        service(actor=self.actor, shipment_id=int(self.kwargs["pk"]), **arguments)
        return self.shown(int(self.kwargs["pk"]))


class ReceiptViewSet(LogisticsViewSet):
    """Goods received into lots."""

    queryset = Receipt.objects.none()
    serializer_class = s.ReceiptSerializer
    filterset_class = ReceiptFilter
    view_permission = "logistics.view_receipt"

    def get_queryset(self):
        return super().get_queryset().order_by("-id")

    @extend_schema(request=w.ReceiptWrite, responses={201: s.ReceiptSerializer})
    def create(self, request):
        """Receive goods of a shipment, or of orders."""
        data = self.read(w.ReceiptWrite)
        to_stock_units(self.actor, [("", data["lines"])], *COUNTED)
        receipt = inputs.receipt(data)
        made = services.post_receipt(actor=self.actor, receipt=receipt, today=timezone.localdate())
        return self.answer(made, status=201)

    @extend_schema(request=w.ReceiptWrite(many=True), responses={201: s.ReceiptSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """All or none; errors name the receipt and the line by JSON pointer."""
        bulk_body(request.data)
        rows = self.read(w.ReceiptWrite, many=True)
        to_stock_units(self.actor, [(f"/{index}", data["lines"]) for index, data in enumerate(rows)], *COUNTED)
        wanted = [inputs.receipt(data) for data in rows]
        made = services.post_receipts(actor=self.actor, receipts=wanted, today=timezone.localdate())
        return self.shown_all([one.pk for one in made])

    @extend_schema(request=w.CancelReceiptWrite)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Take a receipt back by counter-entries."""
        body = self.read(w.CancelReceiptWrite)
        services.cancel_receipt(
            actor=self.actor,
            receipt_id=int(pk),
            day=body.get("day") or timezone.localdate(),
            reason=body["reason"],
            version=self.expected_version(),
        )
        return self.shown(int(pk))


class DeliveryViewSet(LogisticsViewSet):
    """Goods sent to customers."""

    queryset = Delivery.objects.none()
    serializer_class = s.DeliverySerializer
    filterset_class = DeliveryFilter
    view_permission = "logistics.view_delivery"

    def get_queryset(self):
        return super().get_queryset().select_related("order").order_by("-id")

    @extend_schema(request=w.DeliveryWrite, responses={201: s.DeliverySerializer})
    def create(self, request):
        """Ship goods of a confirmed customer order."""
        made = services.ship_delivery(actor=self.actor, delivery=inputs.delivery(self.read(w.DeliveryWrite)))
        return self.shown(made.pk, status=201)

    @extend_schema(request=w.DeliveryWrite(many=True), responses={201: s.DeliverySerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """All or none; errors name the delivery and the line by JSON pointer."""
        bulk_body(request.data)
        wanted = [inputs.delivery(data) for data in self.read(w.DeliveryWrite, many=True)]
        made = services.ship_deliveries(actor=self.actor, deliveries=wanted)
        return self.shown_all([one.pk for one in made])

    @extend_schema(request=w.DeliveredWrite)
    @action(detail=True, methods=["post"])
    def delivered(self, request, pk=None):
        """Record the proof of delivery."""
        services.confirm_delivered(actor=self.actor, delivery_ids=[int(pk)], **self.read(w.DeliveredWrite))
        return self.shown(int(pk))


class CustomerReturnViewSet(LogisticsViewSet):
    """Goods that customers sent back."""

    queryset = CustomerReturn.objects.none()
    serializer_class = s.CustomerReturnSerializer
    filterset_class = CustomerReturnFilter
    view_permission = "logistics.view_delivery"

    def get_queryset(self):
        return super().get_queryset().order_by("-id")

    @extend_schema(request=w.CustomerReturnWrite, responses={201: s.CustomerReturnSerializer})
    def create(self, request):
        """Take goods back from a customer."""
        body = self.read(w.CustomerReturnWrite)
        made = services.take_back(
            actor=self.actor,
            order_id=body["order"],
            lines=inputs.customer_return_lines(body["lines"]),
            reason=body["reason"],
            returned_date=body["returned_date"],
            remarks=body.get("remarks", ""),
        )
        return self.shown(made.pk, status=201)


class SupplierReturnViewSet(LogisticsViewSet):
    """Goods sent back to suppliers."""

    queryset = SupplierReturn.objects.none()
    serializer_class = s.SupplierReturnSerializer
    filterset_class = SupplierReturnFilter
    view_permission = "logistics.view_receipt"

    def get_queryset(self):
        return super().get_queryset().order_by("-id")

    @extend_schema(request=w.SupplierReturnWrite, responses={201: s.SupplierReturnSerializer})
    def create(self, request):
        """Send received goods back to their supplier."""
        body = self.read(w.SupplierReturnWrite)
        to_stock_units(self.actor, [("", body["lines"])], "quantity", "rejected_quantity")
        made = services.send_back(
            actor=self.actor,
            receipt_id=body["receipt"],
            lines=inputs.supplier_return_lines(body["lines"]),
            reason=body["reason"],
            returned_date=body["returned_date"],
        )
        return self.shown(made.pk, status=201)
