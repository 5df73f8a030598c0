"""Which steps a shipment, receipt or delivery offers an actor now: its buttons and its API ``actions``.

Their states are computed from what happened, so there is no flow table; the services refuse whatever is not offered.
"""

from core.actor import Actor
from logistics.models import Delivery, Receipt, Shipment, ShipmentStatus

S = ShipmentStatus


def of_shipment(shipment: Shipment, actor: Actor) -> list[str]:
    """release, receive, report, document, edit, hold, lift_hold, take_over, cancel; as far as state and role allow."""
    open_ = shipment.status not in (S.RECEIVED, S.CANCELLED)
    waiting = shipment.status in (S.PLANNED, S.BOOKED)
    offered = (
        ("release", "logistics.release_shipment", open_ and shipment.released_at is None),
        ("receive", "logistics.add_receipt", open_),
        ("report", "logistics.report_milestone", shipment.status != S.CANCELLED),
        ("document", "logistics.record_document", shipment.status != S.CANCELLED),
        ("edit", "logistics.change_shipment", open_),
        ("hold", "logistics.hold_shipment", open_ and not shipment.hold_reason),
        ("lift_hold", "logistics.hold_shipment", open_ and bool(shipment.hold_reason)),
        ("take_over", "logistics.take_over_shipment", shipment.status not in (S.PLANNED, S.CANCELLED)),
        ("cancel", "logistics.change_shipment", waiting),
    )
    return [name for name, permission, possible in offered if possible and actor.can(permission)]


def of_receipt(receipt: Receipt, actor: Actor) -> list[str]:
    if receipt.cancelled_at is not None:
        return []
    offered = (("send_back", "logistics.send_back"), ("cancel", "logistics.cancel_receipt"))
    return [name for name, permission in offered if actor.can(permission)]


def of_delivery(delivery: Delivery, actor: Actor) -> list[str]:
    offered = (
        ("delivered", "logistics.add_delivery", delivery.delivered_date is None),
        ("take_back", "logistics.add_return", True),
    )
    return [name for name, permission, possible in offered if possible and actor.can(permission)]
