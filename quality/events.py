from core.outbox import event

INSPECTION_PLANNED = event("quality.inspection.planned", "An inspection was booked.", shared=True)
INSPECTION_PASSED = event("quality.inspection.passed", "An inspection passed; its goods may be loaded.", shared=True)
INSPECTION_FAILED = event("quality.inspection.failed", "An inspection failed; its goods are held.", shared=True)
INSPECTION_ABORTED = event("quality.inspection.aborted", "An inspection could not be held.", shared=True)
INSPECTION_CONCEDED = event(
    "quality.inspection.conceded", "A failed inspection was accepted by concession.", shared=True
)
INSPECTION_CANCELLED = event("quality.inspection.cancelled", "A planned inspection was cancelled.", shared=True)
EVENTS_OF_AN_INSPECTION = (
    INSPECTION_PLANNED,
    INSPECTION_PASSED,
    INSPECTION_FAILED,
    INSPECTION_ABORTED,
    INSPECTION_CONCEDED,
    INSPECTION_CANCELLED,
)
