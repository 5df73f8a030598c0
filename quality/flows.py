from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Step


class InspectionStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")
    CONCEDED = "conceded", _("Accepted by concession")
    ABORTED = "aborted", _("Aborted")
    CANCELLED = "cancelled", _("Cancelled")


S = InspectionStatus
RELEASING = (S.PASSED, S.CONCEDED)

INSPECTION = Flow(
    S,
    Step("pass", (S.PLANNED,), S.PASSED, "quality.report_inspection", _("Report the result"), "primary", outside=True),
    Step("fail", (S.PLANNED,), S.FAILED, "quality.report_inspection", _("Report the result"), outside=True),
    Step("abort", (S.PLANNED,), S.ABORTED, "quality.report_inspection", _("Abort"), outside=True),
    Step("concede", (S.FAILED,), S.CONCEDED, "quality.concede_inspection", _("Sign a concession")),
    Step("cancel", (S.PLANNED,), S.CANCELLED, "quality.cancel_inspection", _("Cancel"), "danger"),
)  # the report decides between pass and fail: nobody clicks the verdict
