from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from core.api.views import DocumentViewSet
from quality import services
from quality.api import serializers as s
from quality.filters import InspectionFilter
from quality.models import Inspection
from quality.services import FindingInput, InspectionInput


class InspectionViewSet(DocumentViewSet):
    """Inspections: booked with their sampling plan, reported, conceded, aborted or cancelled."""

    queryset = Inspection.objects.none()
    serializer_class = s.InspectionSerializer
    filterset_class = InspectionFilter
    view_permission = "quality.view_inspection"

    def get_queryset(self):
        return super().get_queryset().select_related("supplier").order_by("-id")

    @extend_schema(request=s.InspectionWrite, responses={201: s.InspectionSerializer})
    def create(self, request):
        """Book an inspection; the answer carries its sampling plan."""
        body = self.read(s.InspectionWrite)
        names = ("kind", "place", "level", "aql_critical", "aql_major", "aql_minor", "severity")
        inspection = services.plan_inspection(
            actor=self.actor,
            inspection=InspectionInput(
                order_id=body["order"],
                planned_date=body["planned_date"],
                lines=[(line["order_line"], line["quantity"]) for line in body["lines"]],
                inspector_id=body.get("inspector"),
                reinspection_of_id=body.get("reinspection_of"),
                **{name: body[name] for name in names if name in body},
            ),
        )
        return self.answer(inspection, status=201)

    @extend_schema(request=s.ReportWrite)
    @action(detail=True, methods=["post"])
    def report(self, request, pk=None):
        """What was found; the sampling plan decides between passed and failed."""
        body = self.read(s.ReportWrite)
        return self._step(
            services.report_inspection,
            inspected_date=body["inspected_date"],
            made_pct=body.get("made_pct"),
            packed_pct=body.get("packed_pct"),
            findings=[FindingInput(**finding) for finding in body.get("findings", [])],
            presented={line["order_line"]: line["quantity"] for line in body.get("presented", [])},
            report=body.get("report", ""),
        )

    @extend_schema(request=s.InspectionAbortWrite)
    @action(detail=True, methods=["post"])
    def abort(self, request, pk=None):
        """It could not be held."""
        return self._step(services.abort_inspection, **self.read(s.InspectionAbortWrite))

    @extend_schema(request=s.InspectionReasonWrite)
    @action(detail=True, methods=["post"])
    def concede(self, request, pk=None):
        """Accept failed goods by a signed concession."""
        return self._step(services.concede_inspection, **self.read(s.InspectionReasonWrite))

    @extend_schema(request=s.InspectionCancelWrite)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Cancel a planned inspection."""
        return self._step(services.cancel_inspection, **self.read(s.InspectionCancelWrite))

    def _step(self, service, **arguments):
        arguments.setdefault("version", self.expected_version())
        return self.answer(service(actor=self.actor, inspection_id=int(self.kwargs["pk"]), **arguments))
