from collections.abc import Iterator
from contextlib import contextmanager

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from core.api.views import ActorView, DocumentViewSet
from core.errors import RuleBroken
from core.models import SealedEvent
from kpis import filters
from kpis.api import serializers as s
from kpis.catalogue import CATALOGUE
from kpis.models import LandedCostFact, OrderFact, OrderLineFact
from kpis.rules import VERSION
from kpis.selectors import metric_rows, tower
from kpis.selectors.feed import events_after


@contextmanager
def wrong_input() -> Iterator[None]:
    """A question that cannot be answered is a wrong parameter (400): nothing was to be changed that a rule could refuse."""
    try:
        yield
    except RuleBroken as error:
        raise ValidationError({error.field or "non_field_errors": [str(error)]}) from error


class KpiViewSet(ActorView, viewsets.GenericViewSet):
    """The KPIs of the actor's company, with the rows the command ``kpis`` prints."""

    view_permission = "kpis.view_kpi"
    serializer_class = s.AskSerializer
    queryset = OrderFact.objects.none()
    filterset_class: type | None = None
    pagination_class = None

    def _answer(self, request, metric: str) -> Response:
        freshness = tower.freshness()  # before the rows: they may be newer than it says, never older
        with wrong_input():
            query = s.query_of(self.actor.company_id, self.asked(s.AskSerializer))
            rows = metric_rows(metric, query)
        return Response(
            {
                "metric": metric,
                "by": query.by or None,
                "from": query.first,
                "to": query.last,
                "version": VERSION,
                "freshness": s.FreshnessSerializer(freshness).data,
                "rows": rows,
            }
        )

    @extend_schema(parameters=[s.AskSerializer], responses=s.OnTimeAnswer)
    @action(detail=False, url_path="on-time")
    def on_time(self, request):
        """Lines on time over lines due, by the original commit date."""
        return self._answer(request, "on-time")

    @extend_schema(parameters=[s.AskSerializer], responses=s.OtifAnswer)
    @action(detail=False)
    def otif(self, request):
        """Lines on time and in full over lines due."""
        return self._answer(request, "otif")

    @extend_schema(parameters=[s.AskSerializer], responses=s.PerfectOrderAnswer)
    @action(detail=False, url_path="perfect-order")
    def perfect_order(self, request):
        """Orders without a fault: order level, line level and the product of the component rates."""
        return self._answer(request, "perfect-order")

    @extend_schema(parameters=[s.AskSerializer], responses=s.LandedCostAnswer)
    @action(detail=False, url_path="landed-cost")
    def landed_cost(self, request):
        """What goods cost at the door, by component, in base currency."""
        return self._answer(request, "landed-cost")

    @extend_schema(parameters=[s.AskSerializer], responses=s.CashToCashAnswer)
    @action(detail=False, url_path="cash-to-cash")
    def cash_to_cash(self, request):
        """Days of inventory, receivables and payables, and what they add up to."""
        return self._answer(request, "cash-to-cash")

    @extend_schema(responses=s.DefinitionSerializer(many=True))
    @action(detail=False)
    def catalogue(self, request):
        """What each KPI means, its formula, and the standard it follows."""
        return Response(s.DefinitionSerializer(CATALOGUE, many=True).data)


class FactViewSet(DocumentViewSet):
    """The rows behind a number: the filters are those of the report pages, and the counts agree."""

    view_permission = "kpis.view_kpi"

    def get_queryset(self):
        facts = self.queryset.model.objects
        return facts.filter(company_id=self.actor.company_id) if self.actor.is_staff else facts.none()


class OrderLineFactViewSet(FactViewSet):
    """Judged order lines."""

    queryset = OrderLineFact.objects.none()
    serializer_class = s.OrderLineFactSerializer
    filterset_class = filters.OrderLineFilter


class OrderFactViewSet(FactViewSet):
    """Judged orders."""

    queryset = OrderFact.objects.none()
    serializer_class = s.OrderFactSerializer
    filterset_class = filters.OrderFilter


class LandedCostFactViewSet(FactViewSet):
    """Landed cost, line by line."""

    queryset = LandedCostFact.objects.none()
    serializer_class = s.LandedCostFactSerializer
    filterset_class = filters.LandedFilter


class EventViewSet(ActorView, viewsets.GenericViewSet):
    """What happened, in the sealed order: nothing is missed, nothing moves."""

    view_permission = "kpis.view_event"
    serializer_class = s.EventSerializer
    queryset = SealedEvent.objects.none()
    filterset_class: type | None = None
    pagination_class = None

    @extend_schema(parameters=[s.AfterSerializer], responses=forced_singular_serializer(s.EventPage))
    def list(self, request):
        """Events after a position, oldest first. Ask again with ``after`` set to ``next``: at once where ``more`` is true."""
        asked = self.asked(s.AfterSerializer)
        with wrong_input():
            page = events_after(self.actor, asked["after"], asked["limit"])
        events = s.EventSerializer(page.events, many=True).data
        return Response({"results": events, "next": page.next, "more": page.more})
