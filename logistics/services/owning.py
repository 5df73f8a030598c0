"""Goods become ours: at the risk point of the order's Incoterm, or with their receipt where nobody reported it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.bulk import update_rows
from core.errors import MissingRate, PeriodClosed
from core.money import line_total
from core.outbox import News, announce_many, kind_of
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from logistics.events import GOODS_OWNED
from logistics.models import Shipment, ShipmentLine
from sourcing.models import PurchaseOrderLine
from sourcing.services.deposits import value_goods
from sourcing.services.progress import Progress, lock_lines, record_progress

ZERO = Decimal(0)
OWN_TASK = "logistics.take_goods_over"


@dataclass(frozen=True, slots=True)
class Want:
    """Goods of an (unlocked or locked) order line that become ours on a day."""

    day: date
    line: PurchaseOrderLine
    quantity: Decimal


def value_in_turn(wants: Sequence[Want], base_currency: str) -> list[Decimal]:
    """What each costs in base currency, in the order given; of one order line, a later one follows the earlier ones.

    One rate lookup for each day (none where orders are in base currency).
    """
    turn: dict[tuple[int, date], int] = defaultdict(int)
    waves: dict[tuple[date, int], list[int]] = defaultdict(list)
    for number, want in enumerate(wants):
        waves[want.day, turn[want.line.pk, want.day]].append(number)
        turn[want.line.pk, want.day] += 1
    values = [ZERO] * len(wants)
    for (day, _turn), numbers in sorted(waves.items()):
        found = value_goods(
            {wants[n].line.pk: wants[n].quantity for n in numbers},
            lines={wants[n].line.pk: wants[n].line for n in numbers},
            base_currency=base_currency,
            on=day,
        )
        for n in numbers:
            line = wants[n].line
            values[n] = found[line.pk]
            line.grni_quantity += wants[n].quantity  # in memory: what the next of this line finds
            line.grni_base += values[n]
    return values


def owned_draft(
    source, *, day: date, lines: Sequence[tuple[PurchaseOrderLine, Decimal, Decimal]], purpose: Purpose
) -> Draft:
    """Dr inventory, Cr goods owned and not invoiced, for (order line, quantity, cost) of one order."""
    order = lines[0][0].order
    cost = sum((cost for _line, _quantity, cost in lines), ZERO)
    amount = sum((line_total(q, line.unit_price, order.currency_id) for line, q, _cost in lines), ZERO)
    return Draft(
        day=day,
        purpose=purpose,
        source=source,
        party_id=order.supplier_id,
        about=[("sourcing.purchaseorder", order.pk)],
        lines=[
            Line(Account.INVENTORY, cost, order.currency_id, amount),
            Line(Account.GRNI, -cost, order.currency_id, -amount),
        ],
    )


def take_over(
    *,
    actor: Actor,
    company,
    owned: Mapping[int, date],
    lines: Sequence[ShipmentLine],
    shipments: Mapping[int, Shipment],
) -> None:
    """This will post what becomes ours of shipment lines: ``owned`` says by line id on which day. Lines are locked.

    A line whose day has become known more exactly takes that day. Where nothing of it was received yet the posting
    moves
    with it: the first entry is taken back on its own day, never rewritten.
    """
    chosen = [line for line in lines if line.pk in owned]
    if not chosen:
        return
    order_lines = {line.pk: line for line in lock_lines({line.order_line_id for line in chosen})}
    base = company.base_currency_id
    grni: dict[int, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    groups: dict[tuple[int, int, date, bool], list] = defaultdict(list)
    for line in chosen:
        if line.owned_date is None or line.owned_date == owned[line.pk]:
            continue
        if not line.received_quantity and not line.short_quantity:
            order_line = order_lines[line.order_line_id]
            groups[line.shipment_id, order_line.order_id, line.owned_date, False].append(
                (order_line, -line.owned_quantity, -line.owned_cost)
            )
            _add(grni, order_line, -line.owned_quantity, -line.owned_cost)
            line.owned_quantity, line.owned_cost = ZERO, ZERO
        line.owned_date = owned[line.pk]
    wants, takers = [], []
    for line in chosen:
        quantity = max(line.quantity - line.short_quantity - line.owned_quantity, ZERO)
        if quantity:
            takers.append(line)
            wants.append(Want(owned[line.pk], order_lines[line.order_line_id], quantity))
    for line, want, cost in zip(takers, wants, value_in_turn(wants, base), strict=True):
        groups[line.shipment_id, want.line.order_id, want.day, True].append((want.line, want.quantity, cost))
        previous = grni[want.line.pk]
        grni[want.line.pk] = (previous[0] + want.quantity, previous[1] + cost)
        line.owned_quantity += want.quantity
        line.owned_cost += cost
        line.owned_date = line.owned_date or want.day
    update_rows(chosen, ["owned_quantity", "owned_cost", "owned_date"])
    if not groups:
        return
    drafts = [
        owned_draft(shipments[shipment_id], day=day, lines=parts, purpose=Purpose.GOODS_OWNED)
        for (shipment_id, _order, day, _in), parts in groups.items()
    ]
    post_many(actor=actor, company_id=company.pk, drafts=drafts)
    record_progress(
        actor=actor, changes={pk: Progress(grni=quantity, grni_base=cost) for pk, (quantity, cost) in grni.items()}
    )
    orders: dict[int, set[int]] = defaultdict(set)
    for shipment_id, order_id, _day, _in in groups:
        orders[shipment_id].add(order_id)
    announce_many(
        GOODS_OWNED,
        kind_of(Shipment),
        [
            News(pk, company.pk, [("sourcing.purchaseorder", order) for order in sorted(of_it)])
            for pk, of_it in sorted(orders.items())
        ],
        actor=actor,
    )


def _add(grni: dict, line: PurchaseOrderLine, quantity: Decimal, cost: Decimal) -> None:
    before = grni[line.pk]
    grni[line.pk] = (before[0] + quantity, before[1] + cost)
    line.grni_quantity += quantity
    line.grni_base += cost


def ask_finance(shipment: Shipment, error: MissingRate | PeriodClosed, day: date) -> None:
    """This will leave a task: the report stands, but the ledger could not take the goods over on their day."""
    work.open_task(
        OWN_TASK,
        shipment,
        title=_("Take over the goods of %(shipment)s: %(why)s") % {"shipment": shipment, "why": str(error)[:120]},
        role="finance",
        due_date=day,
    )
