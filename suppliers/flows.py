from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Step


class Lifecycle(models.TextChoices):
    PROSPECT = "prospect", _("Prospect")
    QUALIFIED = "qualified", _("Qualified")
    APPROVED = "approved", _("Approved")
    PREFERRED = "preferred", _("Preferred")
    BLOCKED = "blocked", _("Blocked")


class Hold(models.TextChoices):
    """What a hold stops: everything, new orders and invoices, or only payments."""

    ALL = "all", _("Everything")
    INVOICES = "invoices", _("Orders and invoices")
    PAYMENTS = "payments", _("Payments")


L = Lifecycle
ADVANCE, BLOCK = "suppliers.advance_supplier", "suppliers.hold_supplier"

SUPPLIER = Flow(
    L,
    Step("qualify", (L.PROSPECT,), L.QUALIFIED, ADVANCE, _("Qualify"), "primary"),
    Step("approve", (L.QUALIFIED,), L.APPROVED, ADVANCE, _("Approve"), "primary"),
    Step("prefer", (L.APPROVED,), L.PREFERRED, ADVANCE, _("Make preferred")),
    Step("demote", (L.PREFERRED,), L.APPROVED, ADVANCE, _("No longer preferred")),
    Step("requalify", (L.APPROVED,), L.QUALIFIED, ADVANCE, _("Back to qualified")),
    Step("block", (L.PROSPECT, L.QUALIFIED, L.APPROVED, L.PREFERRED), L.BLOCKED, BLOCK, _("Block"), "danger"),
    Step("unblock", (L.BLOCKED,), L.QUALIFIED, BLOCK, _("Unblock")),
    field="lifecycle",
)
USUAL_WAY = (L.PROSPECT, L.QUALIFIED, L.APPROVED, L.PREFERRED)
NEEDS_REASON = ("block", "unblock", "demote", "requalify")
