"""Goods come back from customers and go back to suppliers, at the cost they left or came with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import RuleBroken
from core.models import Series
from core.outbox import announce, kind_of
from inventory.services.issues import Return, return_to_stock
from inventory.services.locking import base_currency
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post
from logistics.events import CUSTOMER_RETURNED
from logistics.models import CustomerReturn, CustomerReturnLine, Delivery, DeliveryLine, Disposition, ReturnReason
from sales.models import CustomerOrder
from sales.services import Progress, record_progress

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CustomerReturnLineInput:
    """``quantity`` in stock units, of one delivered line; what becomes of it."""

    delivery_line_id: int
    quantity: Decimal
    disposition: str = Disposition.RESTOCK


@transaction.atomic
def take_back(
    *,
    actor: Actor,
    order_id: int,
    lines: Sequence[CustomerReturnLineInput],
    reason: str,
    returned_date: date,
    remarks: str = "",
) -> CustomerReturn:
    """This will take goods back from a customer, at the cost they left with, and reverse the cost of goods sold.

    Restocked and blocked goods are inventory again, scrapped ones a loss. A fault of ours (damaged, defect, wrong item)
    spoils the order's perfect-order flag; a change of mind does not. Raises RuleBroken when more comes back than
    went out.
    """
    actor.needs("logistics.add_return")
    order = lock(CustomerOrder.objects.visible_to(actor), order_id)
    delivered = {
        line.pk: line
        for line in DeliveryLine.objects.filter(
            pk__in=[line.delivery_line_id for line in lines], delivery__order=order
        ).select_related("delivery")
    }
    _check(lines, delivered, reason, returned_date)
    (number,) = Series.take(company_id=order.company_id, prefix="RMA", year=returned_date.year)
    document = CustomerReturn.objects.create(
        company_id=order.company_id,
        number=number,
        order=order,
        returned_date=returned_date,
        reason=reason,
        remarks=remarks,
        created_by=actor.name,
    )
    written = CustomerReturnLine.objects.bulk_create(
        [
            CustomerReturnLine(
                company_id=order.company_id,
                customer_return=document,
                delivery_line=delivered[line.delivery_line_id],
                quantity=line.quantity,
                disposition=line.disposition,
            )
            for line in lines
        ]
    )
    results = return_to_stock(
        actor=actor,
        day=returned_date,
        returns=[
            Return(
                delivered=(kind_of(Delivery), line.delivery_line.delivery_id, line.delivery_line_id),
                quantity=line.quantity,
                disposition=line.disposition,
                document_kind=kind_of(CustomerReturn),
                document_id=document.pk,
                line_id=line.pk,
            )
            for line in written
        ],
    )
    kept = lost = ZERO
    for line, result in zip(written, results, strict=True):
        line.cost = result.cost
        if line.disposition == Disposition.SCRAP:
            lost += result.cost
        else:
            kept += result.cost
    update_rows(written, ["cost"])
    currency = base_currency(order.company_id)
    post(
        actor=actor,
        company_id=order.company_id,
        draft=Draft(
            day=returned_date,
            purpose=Purpose.CUSTOMER_RETURN,
            source=document,
            party_id=order.customer_id,
            about=[("sales.customerorder", order.pk)],
            lines=[
                Line(Account.INVENTORY, kept, currency, kept),
                Line(Account.SCRAP, lost, currency, lost),
                Line(Account.COGS, -kept - lost, currency, -kept - lost),
            ],
        ),
    )
    changes: dict[int, Progress] = {}
    for line in written:
        key = line.delivery_line.order_line_id
        changes[key] = Progress(returned=line.quantity + (changes[key].returned if key in changes else ZERO))
    record_progress(actor=actor, changes=changes)
    deliveries = {line.delivery_line.delivery_id for line in written}
    about = [order, *((kind_of(Delivery), pk) for pk in sorted(deliveries))]
    announce(CUSTOMER_RETURNED, document, actor=actor, about=about, payload={"reason": reason})
    return document


def _check(lines: Sequence[CustomerReturnLineInput], delivered: dict, reason: str, returned_date: date) -> None:
    errors = []
    if reason not in ReturnReason.values:
        errors.append({"pointer": "/reason", "detail": _("Choose why the goods come back.")})
    if not lines:
        errors.append({"pointer": "/lines", "detail": _("A return needs at least one line.")})
    for index, line in enumerate(lines):
        at = f"/lines/{index}"
        if line.delivery_line_id not in delivered:
            errors.append({"pointer": f"{at}/delivery_line", "detail": _("This was not delivered with the order.")})
            continue
        if line.quantity <= 0:
            errors.append({"pointer": f"{at}/quantity", "detail": _("The quantity must be above 0.")})
        if line.disposition not in Disposition.values:
            errors.append({"pointer": f"{at}/disposition", "detail": _("Choose what becomes of the goods.")})
        if returned_date < delivered[line.delivery_line_id].delivery.shipped_date:
            errors.append({"pointer": "/returned_date", "detail": _("The goods cannot come back before they left.")})
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)
