from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Step


class OrderStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("In approval")
    APPROVED = "approved", _("Approved")
    SENT = "sent", _("Sent")
    CONFIRMED = "confirmed", _("Confirmed")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


S = OrderStatus
OPEN = (S.SENT, S.CONFIRMED)
BEFORE_SENDING = (S.DRAFT, S.SUBMITTED, S.APPROVED)
ENDED = (S.CLOSED, S.CANCELLED)

PURCHASE_ORDER = Flow(
    S,
    Step("issue", (S.DRAFT,), S.SENT, "sourcing.send_purchaseorder", _("Issue to the supplier"), "primary"),
    Step("submit", (S.DRAFT,), S.SUBMITTED, "sourcing.submit_purchaseorder", _("Submit for approval")),
    Step("approve", (S.SUBMITTED,), S.APPROVED, "sourcing.approve_purchaseorder", _("Approve"), "primary"),
    Step("send", (S.APPROVED,), S.SENT, "sourcing.send_purchaseorder", _("Send to the supplier"), "primary"),
    Step("confirm", (S.SENT,), S.CONFIRMED, "sourcing.confirm_purchaseorder", _("Confirm"), "primary", outside=True),
    Step("settle", (S.SENT,), S.CONFIRMED, "sourcing.decide_purchaseorder", _("Accept the supplier's changes")),
    Step("amend", OPEN, S.SENT, "sourcing.change_purchaseorder", _("Amend")),
    Step("reject", (S.SUBMITTED, S.APPROVED), S.DRAFT, "sourcing.approve_purchaseorder", _("Back to draft")),
    Step("close", OPEN, S.CLOSED, "sourcing.close_purchaseorder", _("Close short")),
    Step("reopen", (S.CLOSED,), S.CONFIRMED, "sourcing.close_purchaseorder", _("Re-open")),
    Step("cancel", (*BEFORE_SENDING, *OPEN), S.CANCELLED, "sourcing.cancel_purchaseorder", _("Cancel"), "danger"),
)  # receipt and billing progress are computed, never clicked


class LineAnswer(models.TextChoices):
    """Where a line stands between us and the supplier."""

    OPEN = "open", _("Not answered")
    ACCEPTED = "accepted", _("Accepted")
    CHANGED = "changed", _("Accepted with changes")
    REJECTED = "rejected", _("Rejected")
    AGAIN = "again", _("To be confirmed again")
