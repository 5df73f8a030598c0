from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import DocumentViewSet
from ledger import services
from ledger.api import serializers as s
from ledger.filters import EntryFilter, PeriodFilter
from ledger.models import Entry, Period


class EntryViewSet(DocumentViewSet):
    """The entries of the ledger: balanced, never changed; debits positive, in the company's base currency."""

    queryset = Entry.objects.none()
    serializer_class = s.EntrySerializer
    filterset_class = EntryFilter
    view_permission = "ledger.view_entry"

    def get_queryset(self):
        return super().get_queryset().order_by("-id")


class PeriodViewSet(DocumentViewSet):
    """Accounting periods. Nothing is posted into a closed one through any door."""

    queryset = Period.objects.none()
    serializer_class = s.PeriodSerializer
    filterset_class = PeriodFilter
    view_permission = "ledger.view_entry"

    @extend_schema(request=s.YearBody, responses={201: s.PeriodSerializer(many=True)})
    def create(self, request):
        """Make the twelve monthly periods of a year; those that exist stay."""
        periods = services.open_periods(actor=self.actor, **self.read(s.YearBody))
        return self.respond(periods, status=201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def close(self, request, pk=None):
        """Close a period."""
        return self.answer(services.close_period(actor=self.actor, period_id=int(pk)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk=None):
        """Open a closed period again; never by who closed it."""
        return self.answer(services.reopen_period(actor=self.actor, period_id=int(pk)))
