from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.outbox import event
from logistics.models import Classifier, MilestoneCode, TradeDocumentType


def _milestones(payload: dict) -> str:
    """Each report of the event: "Arrived: estimated for 12 Mar 2026"."""
    words = {Classifier.PLANNED: _("planned for"), Classifier.ESTIMATED: _("estimated for"), Classifier.ACTUAL: _("on")}
    said = [
        f"{MilestoneCode(one['code']).label}"
        f"{' ' if one['classifier'] == Classifier.ACTUAL else ': '}"
        f"{words[one['classifier']]} {date_format(date.fromisoformat(one['day']))}"
        for one in payload.get("milestones", ())
    ]
    return f"{'; '.join(said)}." if said else ""


def _paper(payload: dict) -> str:
    known = payload.get("doc_type") in TradeDocumentType.values
    paper = TradeDocumentType(payload["doc_type"]).label if known else _("A trade document")
    if payload.get("conflict"):
        return _("%(paper)s: %(conflict)s.") % {"paper": paper, "conflict": payload["conflict"].rstrip(".")}
    return _("%(paper)s recorded.") % {"paper": paper}


SHIPMENT_PLANNED = event("logistics.shipment.planned", "A shipment was planned for order lines.", shared=True)
SHIPMENT_CHANGED = event("logistics.shipment.changed", "Data or lines of a shipment changed.", shared=True)
SHIPMENT_HELD = event("logistics.shipment.held", "A shipment was put on hold, or the hold was lifted.")  # why: ours
SHIPMENT_RELEASED = event("logistics.shipment.released", "A shipment was released to load.", shared=True)
SHIPMENT_CANCELLED = event("logistics.shipment.cancelled", "A shipment was cancelled.", shared=True)
MILESTONE_REPORTED = event(
    "logistics.shipment.milestone_reported",
    "A milestone was planned, estimated or happened.",
    shared=True,
    told=_milestones,
)
GOODS_OWNED = event("logistics.shipment.goods_owned", "The risk passed: goods of the shipment became ours.")
DOCUMENT_RECORDED = event(
    "logistics.shipment.document_recorded", "A trade document came in, or conflicts.", shared=True, told=_paper
)
RECEIPT_POSTED = event("logistics.receipt.posted", "Goods were received into lots.")
RECEIPT_CANCELLED = event("logistics.receipt.cancelled", "A receipt was taken back.")
DELIVERY_SHIPPED = event("logistics.delivery.shipped", "Goods left for a customer.")
DELIVERY_DELIVERED = event("logistics.delivery.delivered", "The customer received a delivery.")
CUSTOMER_RETURNED = event("logistics.customer_return.posted", "A customer sent goods back.")
SUPPLIER_RETURNED = event("logistics.supplier_return.posted", "Goods went back to a supplier.")
