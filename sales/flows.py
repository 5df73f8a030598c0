from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Step


class CustomerOrderStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    CONFIRMED = "confirmed", _("Confirmed")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


S = CustomerOrderStatus
CUSTOMER_ORDER = Flow(
    S,
    Step("confirm", (S.DRAFT,), S.CONFIRMED, "sales.confirm_customerorder", _("Confirm and reserve"), "primary"),
    Step("close", (S.CONFIRMED,), S.CLOSED, "sales.change_customerorder", _("Close short")),
    Step("cancel", (S.DRAFT, S.CONFIRMED), S.CANCELLED, "sales.cancel_customerorder", _("Cancel"), "danger"),
)  # delivery and billing progress are computed, never clicked
