from core.models.approval import ApprovalRequest, ApprovalRule, ApprovalVote
from core.models.attachment import Attachment, Note
from core.models.idempotency import IdempotencyKey
from core.models.importing import ImportJob
from core.models.mail import OutgoingMail
from core.models.outbox import Delivery, Event, EventAbout, SealedEvent
from core.models.rate import RateWindow
from core.models.series import Series
from core.models.task import Task

__all__ = [
    "ApprovalRequest",
    "ApprovalRule",
    "ApprovalVote",
    "Attachment",
    "Delivery",
    "Event",
    "EventAbout",
    "IdempotencyKey",
    "ImportJob",
    "Note",
    "OutgoingMail",
    "RateWindow",
    "SealedEvent",
    "Series",
    "Task",
]
