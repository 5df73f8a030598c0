from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import DocumentViewSet, bulk_body
from sales import services
from sales.api import serializers as s
from sales.filters import CustomerFilter, CustomerOrderFilter
from sales.inputs import OrderReader
from sales.models import Customer, CustomerOrder


class CustomerOrderViewSet(DocumentViewSet):
    """Customer orders: written, confirmed and reserved, promised again, closed or cancelled."""

    queryset = CustomerOrder.objects.none()
    serializer_class = s.CustomerOrderSerializer
    filterset_class = CustomerOrderFilter
    view_permission = "sales.view_customerorder"

    def get_queryset(self):
        return super().get_queryset().select_related("customer").prefetch_related("lines").order_by("-id")

    @extend_schema(request=s.CustomerOrderWrite, responses={201: s.CustomerOrderSerializer})
    def create(self, request):
        (given,) = OrderReader(self.actor, [self.read(s.CustomerOrderWrite)], pointer=lambda index: "").orders()
        return self.answer(services.create_customer_order(actor=self.actor, order=given), status=201)

    @extend_schema(request=s.BulkCustomerOrderWrite, responses={201: s.CustomerOrderSerializer(many=True)})
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """All or none; errors name the order and the line by JSON pointer."""
        bulk_body(request.data)
        given = OrderReader(self.actor, self.read(s.CustomerOrderWrite, many=True)).orders()
        created = services.create_customer_orders(actor=self.actor, orders=given)
        found = self.get_queryset().in_bulk([order.pk for order in created])
        return self.respond([found[order.pk] for order in created], status=201)

    @extend_schema(request=s.CustomerOrderWrite, responses=s.CustomerOrderSerializer)
    def update(self, request, pk=None):
        """Replace a draft. Needs If-Match."""
        (given,) = OrderReader(self.actor, [self.read(s.CustomerOrderWrite)], pointer=lambda index: "").orders()
        version = self.expected_version(required=True)
        order = services.edit_customer_order(actor=self.actor, order_id=int(pk), order=given, version=version)
        return self.answer(order)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request, pk=None):
        """Delete a draft; a confirmed order is cancelled instead."""
        services.delete_draft(actor=self.actor, order_id=int(pk))
        return self.nothing()

    @extend_schema(request=s.EmptyBody)
    @action(detail=True, methods=["post"])
    def confirm(self, request, pk=None):
        """Promise the dates and reserve what there is; refused at the customer's credit limit."""
        return self._step(services.confirm_customer_order, today=timezone.localdate())

    @extend_schema(request=s.ReasonBody)
    @action(detail=True, methods=["post"])
    def release(self, request, pk=None):
        """Let a draft through the credit gate; finance only."""
        return self._step(services.release_credit, **self.read(s.ReasonBody))

    @extend_schema(request=s.EmptyBody)
    @action(detail=True, methods=["post"])
    def reserve(self, request, pk=None):
        """Reserve what has come meanwhile."""
        order = self.get_object()
        self.actor.needs("sales.confirm_customerorder")
        services.reserve_waiting(actor=self.actor, order_ids=[order.pk])
        return self.answer(self.get_object())

    @extend_schema(request=s.RepromiseBody)
    @action(detail=True, methods=["post"])
    def repromise(self, request, pk=None):
        """Move promised dates; on-time is still judged by the commit date."""
        body = self.read(s.RepromiseBody)
        return self._step(
            services.repromise,
            dates={line["line"]: line["promised_date"] for line in body["lines"]},
            reason=body["reason"],
            asked_by_customer=body.get("asked_by_customer", False),
            today=timezone.localdate(),
        )

    @extend_schema(request=s.ReasonBody)
    @action(detail=True, methods=["post"])
    def close(self, request, pk=None):
        """What is still open will not be delivered."""
        return self._step(services.close_customer_order, today=timezone.localdate(), **self.read(s.ReasonBody))

    @extend_schema(request=s.CancelBody)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Cancel an order of which nothing was delivered."""
        return self._step(services.cancel_customer_order, today=timezone.localdate(), **self.read(s.CancelBody))

    def _step(self, service, **arguments):
        order = service(actor=self.actor, order_id=int(self.kwargs["pk"]), version=self.expected_version(), **arguments)
        return self.answer(self.get_queryset().filter(pk=order.pk)[0])


class CustomerViewSet(DocumentViewSet):
    """Customers: credit, terms, and what they owe."""

    queryset = Customer.objects.none()
    serializer_class = s.CustomerSerializer
    filterset_class = CustomerFilter
    view_permission = "sales.view_customerorder"

    def get_queryset(self):
        return super().get_queryset().select_related("organisation").order_by("id")

    @extend_schema(request=s.CustomerWrite, responses={201: s.CustomerSerializer})
    def create(self, request):
        body = self.read(s.CustomerWrite)
        return self.answer(services.create_customer(actor=self.actor, customer=_customer(body)), status=201)

    @extend_schema(request=s.CustomerEdit, responses=s.CustomerSerializer)
    def update(self, request, pk=None):
        """Change credit and terms. Needs If-Match."""
        given = _customer({**self.read(s.CustomerEdit), "organisation": 0})
        version = self.expected_version(required=True)
        row = services.edit_customer(actor=self.actor, customer_id=int(pk), customer=given, version=version)
        return self.answer(row)


def _customer(body: dict) -> services.CustomerInput:
    return services.CustomerInput(
        organisation_id=body["organisation"],
        payment_term_id=body.get("payment_term"),
        currency=(body.get("currency") or "").upper() or None,
        credit_limit=body.get("credit_limit"),
        claim_days=body.get("claim_days", 14),
        damage_claim_days=body.get("damage_claim_days"),
        quality_claim_days=body.get("quality_claim_days"),
    )
