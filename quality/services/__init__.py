"""Everything that changes an inspection."""

from quality.services.planning import InspectionInput, plan_inspection
from quality.services.reporting import (
    FindingInput,
    abort_inspection,
    cancel_inspection,
    concede_inspection,
    report_inspection,
)

__all__ = [
    "FindingInput",
    "InspectionInput",
    "abort_inspection",
    "cancel_inspection",
    "concede_inspection",
    "plan_inspection",
    "report_inspection",
]
