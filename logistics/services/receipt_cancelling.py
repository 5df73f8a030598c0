"""A receipt is taken back: by counter-entries, so that both sides stay readable."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.outbox import announce, kind_of
from inventory.services import reverse_receipt
from ledger.models import Account, Entry, Purpose
from ledger.services import Draft, Line, post_many
from logistics import tracking
from logistics.events import RECEIPT_CANCELLED
from logistics.models import Receipt, ReceiptLine, Shipment, ShipmentLine, ShipmentStatus, SupplierReturnLine
from logistics.services.milestones import recompute
from logistics.services.receipts import KIND, SHIPMENT_LINE_BALANCES
from sourcing.services.progress import Progress, lock_lines, record_progress

ZERO = Decimal(0)


@transaction.atomic
def cancel_receipt(*, actor: Actor, receipt_id: int, day: date, reason: str, version: int | None = None) -> Receipt:
    """This will take a receipt back: lots, postings and progress by counter-entries on ``day``; both sides stay
    readable.

    Raises TransitionRefused when goods of it have left or gone back to the supplier, PeriodClosed when ``day`` is
    closed.
    """
    actor.needs("logistics.cancel_receipt")
    document = lock(Receipt.objects.visible_to(actor), receipt_id, version=version)
    if document.cancelled_at:
        raise TransitionRefused(_("%(receipt)s is cancelled already.") % {"receipt": document})
    if not reason.strip():
        raise RuleBroken(_("Give a reason; it stays with the receipt."), field="reason")
    if document.shipment_id:
        shipment = lock(Shipment.objects.visible_to(actor), document.shipment_id)
        shipped = {line.pk: line for line in shipment.lines.select_for_update().order_by("pk")}
    else:
        shipment, shipped = None, {}
    lines = list(document.lines.order_by("pk"))
    if SupplierReturnLine.objects.filter(receipt_line__in=lines).exists():
        raise TransitionRefused(
            _("Goods of %(receipt)s went back to the supplier already; it can no longer be cancelled.")
            % {"receipt": document}
        )
    orders = {line.pk: line.order_id for line in lock_lines({line.order_line_id for line in lines})}
    lots = [pk for line in lines for pk in (line.lot_id, line.rejected_lot_id) if pk]
    moves = (
        reverse_receipt(actor=actor, lots=lots, day=day, document=(KIND, document.pk), reason=reason.strip())
        if lots
        else []
    )
    carried = -sum((move.cost for move in moves), ZERO) - sum((_taken_back(line) for line in lines), ZERO)
    _post_back(actor, document, day, carried, sorted(set(orders.values())))
    changes: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        change = changes[line.order_line_id]
        change["received"] -= line.received_quantity
        change["rejected"] -= line.rejected_quantity
        change["grni"] -= line.owned_quantity + line.over_quantity
        change["grni_base"] -= line.owned_cost + line.over_cost
        if line.shipment_line_id is None:
            change["shipped"] -= line.received_quantity
        else:
            _back_in_transit(shipped[line.shipment_line_id], line)
    if shipment is not None:
        recompute(shipment, tracking.standing(shipment.milestones.all()), list(shipped.values()))
        shipment.bump()
        shipment.save(update_fields=["status", "departed_date", "arrived_date", "expected_arrival_date", "version"])
        if shipment.status in (ShipmentStatus.PLANNED, ShipmentStatus.BOOKED):
            for row in (one for one in shipped.values() if one.shipped_quantity):
                changes[row.order_line_id]["shipped"] -= row.shipped_quantity
                row.shipped_quantity = ZERO
        update_rows(
            shipped.values(),
            SHIPMENT_LINE_BALANCES,
        )  # fmt: skip
    record_progress(actor=actor, changes={pk: Progress(**change) for pk, change in changes.items()})
    document.cancelled_at = actor.at or timezone.now()
    document.remarks = f"{document.remarks}\n{reason.strip()}".strip()
    document.bump()
    document.save()
    about = [("sourcing.purchaseorder", pk) for pk in sorted(set(orders.values()))]
    if shipment is not None:
        about.append((kind_of(shipment), shipment.pk))
    announce(RECEIPT_CANCELLED, document, actor=actor, about=about, payload={"reason": reason})
    return document


def _taken_back(line: ReceiptLine) -> Decimal:
    """What of the goods' cost the counter-entries take out of inventory, or the way in takes back."""
    return line.goods_cost if line.shipment_line_id else line.owned_cost + line.over_cost


def _back_in_transit(shipped: ShipmentLine, line: ReceiptLine) -> None:
    """This will give back to a shipment line what a receipt line took of it."""
    shipped.received_quantity -= line.received_quantity
    shipped.short_quantity -= line.short_quantity
    shipped.taken_quantity -= line.taken_quantity + line.owned_quantity
    shipped.received_cost -= line.goods_cost - line.over_cost + line.short_cost
    shipped.owned_quantity -= line.owned_quantity
    shipped.owned_cost -= line.owned_cost
    if not shipped.owned_quantity:
        shipped.owned_date = None


def _post_back(actor: Actor, document: Receipt, day: date, carried: Decimal, order_ids: list[int]) -> None:
    """This will post the counter-entries. Charges that the lots carried fall to stock differences until shared
    again.
    """
    about = [("sourcing.purchaseorder", pk) for pk in order_ids]
    drafts = [
        Draft(
            day=day,
            purpose=Purpose(entry.purpose),
            source=document,
            party_id=entry.party_id,
            memo=_("Receipt cancelled"),
            about=about,
            lines=[Line(Account(p.account), -p.amount, p.currency, -p.document_amount) for p in entry.postings.all()],
        )
        for entry in Entry.objects.filter(source_kind=KIND, source_id=document.pk)
        .prefetch_related("postings")
        .order_by("pk")
    ]
    if carried:
        base = document.company.base_currency_id
        drafts.append(
            Draft(
                day=day,
                purpose=Purpose.STOCK_DIFFERENCE,
                source=document,
                memo=_("Charges on goods of a cancelled receipt"),
                about=about,
                lines=[Line(Account.SCRAP, carried, base, carried), Line(Account.INVENTORY, -carried, base, -carried)],
            )
        )
    post_many(actor=actor, company_id=document.company_id, drafts=drafts)
