"""Everything that changes the supplier side of an organisation."""

from datetime import date

from django.utils.translation import gettext as _

from core.errors import RuleBroken
from suppliers.models import Hold, Supplier

_STOPPED_BY = {"orders": (Hold.ALL, Hold.INVOICES), "invoices": (Hold.ALL, Hold.INVOICES), "payments": (Hold.ALL, Hold.PAYMENTS)}


def refuse_held(supplier: Supplier, what: str, *, on: date) -> None:
    """This will raise RuleBroken when a hold stops ``what`` ("orders", "invoices" or "payments") on that day.

    A hold with a release date ends the day after it. A blocked supplier receives no orders.
    """
    if what == "orders" and supplier.lifecycle == "blocked":
        raise RuleBroken(_("%(supplier)s is blocked; choose another supplier.") % {"supplier": supplier}, field="supplier")
    released = supplier.hold_release_date and supplier.hold_release_date < on
    if supplier.hold in _STOPPED_BY[what] and not released:
        raise RuleBroken(
            _("%(supplier)s is on hold since %(since)s (%(reason)s). Lift the hold or choose another supplier.")
            % {"supplier": supplier, "since": supplier.hold_from_date or "–", "reason": supplier.hold_reason},
            field="supplier",
        )
