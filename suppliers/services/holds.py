"""Where a supplier stands: its lifecycle, and holds that stop orders, invoices or payments."""

from datetime import date

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.actor import Actor
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.outbox import announce
from suppliers import events
from suppliers.flows import NEEDS_REASON, SUPPLIER, Hold
from suppliers.models import Supplier

HOLD = "suppliers.hold_supplier"
_STOPPED_BY = {
    "orders": (Hold.ALL, Hold.INVOICES),
    "invoices": (Hold.ALL, Hold.INVOICES),
    "payments": (Hold.ALL, Hold.PAYMENTS),
}


def refuse_held(supplier: Supplier, what: str, *, on: date) -> None:
    """This will raise RuleBroken when a hold stops ``what`` ("orders", "invoices" or "payments") on that day.

    A hold with a release date ends the day after it. A blocked supplier receives no orders.
    """
    if what == "orders" and supplier.lifecycle == "blocked":
        raise RuleBroken(
            _("%(supplier)s is blocked (%(reason)s). Unblock it or choose another supplier.")
            % {"supplier": supplier, "reason": supplier.lifecycle_reason or _("no reason given")},
            field="supplier",
        )
    if stands(supplier, on=on) and supplier.hold in _STOPPED_BY[what]:
        raise RuleBroken(
            _("%(hold)s Lift the hold or choose another supplier.") % {"hold": hold_sentence(supplier)}
            if what == "orders"
            else _("%(hold)s Lift the hold first.") % {"hold": hold_sentence(supplier)},
            field="supplier",
        )


def stands(supplier: Supplier, *, on: date) -> bool:
    """Whether the supplier's hold is in force on that day."""
    released = supplier.hold_release_date and supplier.hold_release_date < on
    return bool(supplier.hold) and not released


def hold_sentence(supplier: Supplier) -> str:
    """ "Haisong is on hold since 3 Mar 2026 (failed audit) until 1 Apr 2026." """
    told = {
        "supplier": supplier,
        "what": Hold(supplier.hold).label.lower(),
        "since": date_format(supplier.hold_from_date, "j M Y") if supplier.hold_from_date else "–",
        "reason": supplier.hold_reason,
        "until": date_format(supplier.hold_release_date, "j M Y") if supplier.hold_release_date else "",
    }
    if told["until"]:
        return _("%(supplier)s is on hold since %(since)s, up to and including %(until)s (%(reason)s).") % told
    return _("%(supplier)s is on hold since %(since)s (%(reason)s).") % told


@transaction.atomic
def hold_supplier(
    *,
    actor: Actor,
    supplier_id: int,
    kind: str,
    reason: str,
    today: date,
    release_date: date | None = None,
    version: int | None = None,
) -> Supplier:
    """This will put a supplier on hold from ``today``, up to and including ``release_date`` (None: until it is lifted).

    A hold that stands already is replaced. Raises RuleBroken without a reason, and for a release date that has passed.
    """
    actor.needs(HOLD)
    supplier = _locked(actor, supplier_id, version)
    if kind not in Hold.values:
        raise RuleBroken(_("Choose what the hold stops."), field="kind")
    if not reason.strip():
        raise RuleBroken(_("Give a reason; everybody whom the hold stops will read it."), field="reason")
    if release_date is not None and release_date < today:
        raise RuleBroken(_("The release date has passed already."), field="release_date")
    supplier.hold, supplier.hold_reason = kind, reason.strip()
    supplier.hold_from_date, supplier.hold_release_date = today, release_date
    payload = {"kind": kind, "reason": supplier.hold_reason, "release_date": release_date}
    return _save(supplier, events.SUPPLIER_HELD, actor, payload)


@transaction.atomic
def lift_hold(*, actor: Actor, supplier_id: int, reason: str = "", version: int | None = None) -> Supplier:
    """This will end a supplier's hold. Raises TransitionRefused when there is none."""
    actor.needs(HOLD)
    supplier = _locked(actor, supplier_id, version)
    if not supplier.hold:
        raise TransitionRefused(_("%(supplier)s is not on hold.") % {"supplier": supplier})
    payload = {"kind": supplier.hold, "reason": reason.strip()}
    supplier.hold = supplier.hold_reason = ""
    supplier.hold_from_date = supplier.hold_release_date = None
    return _save(supplier, events.SUPPLIER_RELEASED, actor, payload)


@transaction.atomic
def move_supplier(
    *, actor: Actor, supplier_id: int, step: str, reason: str = "", version: int | None = None
) -> Supplier:
    """This will take a step of the lifecycle ("qualify", "approve", "prefer", "block", …; see suppliers.flows).

    Raises TransitionRefused where the lifecycle has no such step from here, and RuleBroken for a step back, a block or
    its end without a reason.
    """
    supplier = _locked(actor, supplier_id, version)
    if step not in SUPPLIER.steps:
        raise RuleBroken(_("There is no step %(step)s.") % {"step": step}, field="step")
    before = SUPPLIER.take(supplier, step, actor)
    if step in NEEDS_REASON and not reason.strip():
        raise RuleBroken(_("Give a reason; it stays with the supplier."), field="reason")
    supplier.lifecycle_reason = reason.strip()
    payload = {"step": step, "from": before, "to": supplier.lifecycle, "reason": supplier.lifecycle_reason}
    return _save(supplier, events.SUPPLIER_MOVED, actor, payload)


def _locked(actor: Actor, supplier_id: int, version: int | None) -> Supplier:
    return lock(Supplier.objects.visible_to(actor).select_related("organisation"), supplier_id, version=version)


def _save(supplier: Supplier, event, actor: Actor, payload: dict) -> Supplier:
    supplier.bump()
    supplier.save()
    announce(event, supplier, actor=actor, about=[supplier.organisation], payload=payload)
    return supplier
