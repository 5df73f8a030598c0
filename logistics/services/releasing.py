"""May it be loaded? Inspections and balances stand before the release; whoever stops it leaves a sentence why."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import NotVisible, TransitionRefused
from core.outbox import News, announce, announce_many, kind_of
from logistics import events
from logistics.models import Shipment, ShipmentLine, ShipmentStatus
from logistics.services.milestones import ALERT_TASK, about_orders
from quality.models import Inspection
from quality.selectors import judged_lots, verdict_among
from reference.units import spoken

ZERO = Decimal(0)
RELEASE_TASK = "logistics.release_to_load"


@transaction.atomic
def release_to_load(*, actor: Actor, shipment_id: int, version: int | None = None) -> Shipment:
    """This will let the goods be loaded: once, when nothing holds them.

    Raises TransitionRefused while the shipment is on hold (a balance due before shipment is not paid), or while a
    product that needs a pre-shipment inspection was not presented, not passed nor conceded, or not in this quantity.
    """
    actor.needs("logistics.release_shipment")
    document = lock(Shipment.objects.visible_to(actor), shipment_id, version=version)
    if document.released_at:
        raise TransitionRefused(_("%(shipment)s is released to load already.") % {"shipment": document})
    if document.status in (ShipmentStatus.CANCELLED, ShipmentStatus.RECEIVED):
        raise TransitionRefused(
            _("%(shipment)s is %(state)s; there is nothing to load.")
            % {"shipment": document, "state": document.get_status_display().lower()}
        )
    reasons = what_blocks(document)
    if reasons:
        errors = [{"pointer": "/", "detail": reason} for reason in reasons]
        raise TransitionRefused(" ".join(reasons), errors=errors)
    document.released_at, document.released_by = actor.at or timezone.now(), actor.name
    work.finish_tasks(document, RELEASE_TASK, ALERT_TASK)
    document.bump()
    document.save()
    announce(events.SHIPMENT_RELEASED, document, actor=actor, about=about_orders(document.lines.all()))
    return document


def what_blocks(document: Shipment) -> list[str]:
    """Every reason, as a sentence, why the shipment may not be loaded now; empty: it may."""
    found = []
    if document.hold_reason:
        found.append(_("%(shipment)s is on hold: %(reason)s") % {"shipment": document, "reason": document.hold_reason})
    lines = list(document.lines.filter(order_line__product__inspection_required=True).order_by("pk"))
    if not lines:
        return found
    lots = judged_lots(line.order_line_id for line in lines)
    others = (
        ShipmentLine.objects.filter(
            order_line_id__in=[line.order_line_id for line in lines], shipment__released_at__isnull=False
        )
        .exclude(shipment__status=ShipmentStatus.CANCELLED)
        .exclude(shipment_id=document.pk)
        .values_list("order_line_id", "quantity")
    )
    loaded: dict[int, Decimal] = defaultdict(Decimal)
    for order_line_id, quantity in others:
        loaded[order_line_id] += quantity
    for line in lines:
        told = {"sku": line.sku, "order": line.order_number}
        verdict = verdict_among(lots.get(line.order_line_id, []), line.inspection_id)
        if verdict is None:
            found.append(_("%(sku)s of %(order)s needs a pre-shipment inspection and has none: book one.") % told)
            continue
        told |= {"inspection": verdict.number, "state": Inspection(status=verdict.status).get_status_display().lower()}
        if not verdict.releases:
            found.append(
                _("%(sku)s of %(order)s: %(inspection)s is %(state)s; inspect again or have a concession signed.")
                % told
            )
            continue
        released = (
            sum((lot.quantity for lot in lots[line.order_line_id] if lot.releases), ZERO) - loaded[line.order_line_id]
        )
        if line.quantity > released:
            told |= {"quantity": spoken(line.quantity), "released": spoken(max(released, ZERO))}
            found.append(
                _("%(sku)s of %(order)s: %(quantity)s to load, inspections have released %(released)s of it.") % told
            )
    return found


def hold_shipment(*, actor: Actor, shipment_id: int, reason: str) -> Shipment:
    """This will stop a shipment from being released to load, for a reason that the person who tries will read."""
    return _hold(actor, shipment_id, reason)


def lift_hold(*, actor: Actor, shipment_id: int) -> Shipment:
    """This will let the shipment be released to load again, as far as the hold is concerned.

    Where a balance due held it, it is not held for that again, unless other goods come into the shipment.
    """
    return _hold(actor, shipment_id, "")


def _hold(actor: Actor, shipment_id: int, reason: str) -> Shipment:
    actor.needs("logistics.hold_shipment")
    found = set_holds(actor=actor, reasons={shipment_id: reason}, by_hand=True)
    if not found:
        raise NotVisible()
    return found[0]


@transaction.atomic
def set_holds(*, actor: Actor, reasons: Mapping[int, str], by_hand: bool = False) -> list[Shipment]:
    """This will put shipments on hold, or lift it (empty reason). Finance calls it; its own step has been permitted.

    What a person holds (``by_hand``) only a person lets go, and what a person let go stays so. A shipment that was released or has left keeps its release:
    the goods cannot be called back, the balance can.
    """
    found = list(
        Shipment.objects.filter(company_id=actor.company_id, pk__in=list(reasons))
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    changed = [
        one
        for one in found
        if one.hold_reason != reasons[one.pk].strip() and (by_hand or not (one.held_by or one.lifted_by))
    ]
    for one in changed:
        reason, of_balance = reasons[one.pk].strip(), bool(one.hold_reason) and not one.held_by
        if by_hand:
            one.held_by = actor.name if reason else ""
            one.lifted_by = actor.name if of_balance and not reason else ""
        one.hold_reason = reason
        one.bump()
    update_rows(changed, ["hold_reason", "held_by", "lifted_by", "version"])
    orders: dict[int, list] = defaultdict(list)
    for line in ShipmentLine.objects.filter(shipment__in=changed).only("shipment_id", "order_id"):
        orders[line.shipment_id].append(line)
    news = [News(one.pk, one.company_id, about_orders(orders[one.pk]), {"reason": one.hold_reason}) for one in changed]
    announce_many(events.SHIPMENT_HELD, kind_of(Shipment), news, actor=actor)
    return found
