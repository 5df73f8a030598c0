"""Goods go to customers: out of lots, at their landed cost, and delivered when the proof of delivery says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import insert_rows, update_rows
from core.errors import NotVisible, RuleBroken, TransitionRefused
from core.models import Series
from core.outbox import News, announce_many, kind_of
from inventory.services.issues import Issue, issue_fifo
from inventory.services.locking import base_currency
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from logistics.events import DELIVERY_DELIVERED, DELIVERY_SHIPPED
from logistics.models import Delivery, DeliveryLine
from reference.units import spoken
from sales.flows import CustomerOrderStatus
from sales.models import CustomerOrder
from sales.services import Progress, lock_lines, record_progress

ZERO = Decimal(0)
ORDER, ORDER_LINE = "sales.customerorder", "sales.customerorderline"


@dataclass(frozen=True, slots=True)
class DeliveryLineInput:
    """``quantity`` in the product's stock unit."""

    order_line_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class DeliveryInput:
    """One consignment of one customer order; ``warehouse_id`` only where it differs from the order's.

    ``delivered_date`` when the proof of delivery is already there; ``number`` only when history is imported.
    """

    order_id: int
    lines: Sequence[DeliveryLineInput]
    shipped_date: date
    warehouse_id: int | None = None
    delivered_date: date | None = None
    carrier: str = ""
    tracking: str = ""
    mode: str = ""
    documents_ok: bool = True
    freight_included: bool = False
    number: str = ""


def ship_delivery(*, actor: Actor, delivery: DeliveryInput) -> Delivery:
    """This will ship one delivery; see ``ship_deliveries``. Error pointers start at the delivery: /lines/0/quantity."""
    return ship_deliveries(actor=actor, deliveries=[delivery], pointer=lambda index: "")[0]


@transaction.atomic
def ship_deliveries(
    *, actor: Actor, deliveries: Sequence[DeliveryInput], pointer=lambda index: f"/{index}"
) -> list[Delivery]:
    """This will take goods out of the oldest lots, book their cost as sold and count them as delivered; all or none.

    Each is posted on its shipped day: Dr cost of goods sold, Cr inventory. Raises RuleBroken naming every wrong line or
    what is short, TransitionRefused for an order that is not confirmed, PeriodClosed.
    """
    actor.needs("logistics.add_delivery")
    orders = _lock_orders(actor, {d.order_id for d in deliveries})
    lines = {line.pk: line for line in lock_lines({line.order_line_id for d in deliveries for line in d.lines})}
    _check(deliveries, orders, lines, pointer)
    documents = _write(actor, deliveries, orders)
    written = [
        DeliveryLine(
            company_id=actor.company_id, delivery=document, order_line_id=line.order_line_id, quantity=line.quantity
        )
        for document, d in zip(documents, deliveries, strict=True)
        for line in d.lines
    ]
    insert_rows(written)
    _issue(actor, written, lines)
    currency = base_currency(actor.company_id)
    _post(actor, documents, written, currency)
    changes: dict[int, Progress] = {}
    for line in written:
        before = changes.get(line.order_line_id)
        changes[line.order_line_id] = Progress(delivered=line.quantity + (before.delivered if before else ZERO))
    record_progress(actor=actor, changes=changes)
    for name, chosen in (
        (DELIVERY_SHIPPED, documents),
        (DELIVERY_DELIVERED, [document for document in documents if document.delivered_date]),
    ):
        announce_many(name, kind_of(Delivery), [_news(document) for document in chosen], actor=actor)
    return documents


@transaction.atomic
def confirm_delivered(
    *, actor: Actor, delivery_ids: Sequence[int], delivered_date: date, documents_ok: bool | None = None
) -> list[Delivery]:
    """This will record the proof of delivery. A first date stands; saying the same again changes nothing.

    Raises RuleBroken for a day before shipping, TransitionRefused when another day was recorded before.
    """
    actor.needs("logistics.add_delivery")
    found = list(
        Delivery.objects.visible_to(actor).filter(pk__in=delivery_ids).select_for_update(of=("self",)).order_by("pk")
    )
    if len(found) != len(set(delivery_ids)):
        raise NotVisible()
    changed = []
    for delivery in found:
        if delivered_date < delivery.shipped_date:
            raise RuleBroken(
                _("%(delivery)s left on %(shipped)s; it cannot have arrived before.")
                % {"delivery": delivery, "shipped": delivery.shipped_date},
                field="delivered_date",
            )
        if delivery.delivered_date and delivery.delivered_date != delivered_date:
            raise TransitionRefused(
                _("%(delivery)s was delivered on %(date)s already.")
                % {"delivery": delivery, "date": delivery.delivered_date}
            )
        if delivery.delivered_date == delivered_date and documents_ok in (None, delivery.documents_ok):
            continue
        delivery.delivered_date = delivered_date
        delivery.documents_ok = delivery.documents_ok if documents_ok is None else documents_ok
        delivery.bump()
        changed.append(delivery)
    update_rows(changed, ["delivered_date", "documents_ok", "version"])
    announce_many(DELIVERY_DELIVERED, kind_of(Delivery), [_news(delivery) for delivery in changed], actor=actor)
    return found


def _lock_orders(actor: Actor, ids: set[int]) -> dict[int, CustomerOrder]:
    rows = CustomerOrder.objects.visible_to(actor).filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    orders = {order.pk: order for order in rows}
    if len(orders) != len(ids):
        raise NotVisible()
    for order in orders.values():
        if order.status != CustomerOrderStatus.CONFIRMED:
            raise TransitionRefused(
                _("%(order)s is %(state)s; only a confirmed order can be delivered.")
                % {"order": order, "state": order.get_status_display().lower()}
            )
    return orders


def _check(deliveries: Sequence[DeliveryInput], orders, lines, pointer) -> None:
    errors: list[dict] = []
    left = {pk: line.open_quantity for pk, line in lines.items()}
    for index, delivery in enumerate(deliveries):
        if not delivery.lines:
            errors.append({"pointer": f"{pointer(index)}/lines", "detail": _("A delivery needs at least one line.")})
        if delivery.delivered_date and delivery.delivered_date < delivery.shipped_date:
            detail = _("It cannot have arrived before it left.")
            errors.append({"pointer": f"{pointer(index)}/delivered_date", "detail": detail})
        if delivery.shipped_date < orders[delivery.order_id].order_date and not delivery.number:
            detail = _("The goods cannot have left before the order was placed.")
            errors.append({"pointer": f"{pointer(index)}/shipped_date", "detail": detail})
        for number, wanted in enumerate(delivery.lines):
            at = f"{pointer(index)}/lines/{number}"
            line = lines.get(wanted.order_line_id)
            if line is None or line.order_id != delivery.order_id:
                errors.append({"pointer": f"{at}/order_line", "detail": _("This line is not on the order.")})
            elif wanted.quantity <= 0:
                errors.append({"pointer": f"{at}/quantity", "detail": _("The quantity must be above 0.")})
            elif wanted.quantity > left[line.pk]:
                detail = _("%(sku)s: %(open)s are still to be delivered, not %(wanted)s.") % {
                    "sku": line.sku,
                    "open": spoken(left[line.pk]),
                    "wanted": spoken(wanted.quantity),
                }
                errors.append({"pointer": f"{at}/quantity", "detail": detail})
            else:
                left[line.pk] -= wanted.quantity
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)


def _write(actor: Actor, deliveries: Sequence[DeliveryInput], orders: dict[int, CustomerOrder]) -> list[Delivery]:
    numbers: dict[int, list[str]] = {}
    for year in sorted({d.shipped_date.year for d in deliveries if not d.number}):
        count = sum(d.shipped_date.year == year for d in deliveries if not d.number)
        numbers[year] = Series.take(company_id=actor.company_id, prefix="DN", year=year, count=count)[::-1]
    documents = [
        Delivery(
            company_id=actor.company_id,
            number=d.number or numbers[d.shipped_date.year].pop(),
            order=orders[d.order_id],
            warehouse_id=d.warehouse_id or orders[d.order_id].warehouse_id,
            shipped_date=d.shipped_date,
            delivered_date=d.delivered_date,
            carrier=d.carrier,
            tracking=d.tracking,
            mode=d.mode or orders[d.order_id].mode,
            documents_ok=d.documents_ok,
            freight_included=d.freight_included,
            created_by=actor.name,
        )
        for d in deliveries
    ]
    return insert_rows(documents)


def _issue(actor: Actor, written: list[DeliveryLine], lines: dict) -> None:
    """The oldest lots first, day by day, so that what left earlier took what was older."""
    if not written:
        return
    costs: dict[int | None, Decimal] = {}
    requests = [
        Issue(
            product_id=lines[line.order_line_id].product_id,
            warehouse_id=line.delivery.warehouse_id,
            quantity=line.quantity,
            document_kind=kind_of(Delivery),
            document_id=line.delivery_id,
            line_id=line.pk,
            reserved_for=(ORDER_LINE, line.order_line_id),
            day=line.delivery.shipped_date,
        )
        for line in sorted(written, key=lambda line: line.delivery.shipped_date)
    ]
    for move in issue_fifo(actor=actor, requests=requests, day=max(line.delivery.shipped_date for line in written)):
        costs[move.line_id] = costs.get(move.line_id, ZERO) - move.cost
    for line in written:
        line.cost = costs.get(line.pk, ZERO)
    update_rows(written, ["cost"])


def _post(actor: Actor, documents: list[Delivery], written: list[DeliveryLine], currency: str) -> None:
    costs: dict[int, Decimal] = {}
    for line in written:
        costs[line.delivery_id] = costs.get(line.delivery_id, ZERO) + line.cost
    post_many(
        actor=actor,
        company_id=actor.company_id,
        drafts=[
            Draft(
                day=document.shipped_date,
                purpose=Purpose.DELIVERY,
                source=document,
                party_id=document.order.customer_id,
                about=[(ORDER, document.order_id)],
                lines=[
                    Line(Account.COGS, costs[document.pk], currency, costs[document.pk]),
                    Line(Account.INVENTORY, -costs[document.pk], currency, -costs[document.pk]),
                ],
            )
            for document in documents
        ],
    )


def _news(document: Delivery) -> News:
    return News(document.pk, document.company_id, [(ORDER, document.order_id)])


__all__ = ["DeliveryInput", "DeliveryLineInput", "confirm_delivered", "ship_deliveries", "ship_delivery"]
