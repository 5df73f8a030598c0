"""Costs that come late: freight, duty or a price difference, after part of the goods has left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import insert_rows
from core.errors import RuleBroken
from core.money import allocate, round_amount
from inventory.costing import issued_cost
from inventory.models import Component, CostLayer, Lot, MoveKind, StockMove
from inventory.services.locking import ZERO, base_currency, lock_lots, save_balances


@dataclass(frozen=True, slots=True)
class LotCost:
    """A cost of one lot in base currency (negative: a credit), because of ``source`` (finance.chargeshare, …)."""

    lot_id: int
    component: Component
    amount: Decimal
    source_kind: str
    source_id: int
    estimated: bool = False
    day: date | None = None  # where a call covers several days


@dataclass(slots=True)
class CostSplit:
    """Where the amount of one LotCost belongs; the three parts add up to it, and the caller posts them.

    ``stock_amount``: on hand (inventory). ``cogs_amount``: sold (cost of goods sold, in the period of the charge).
    ``loss_amount``: scrapped, miscounted or sent back to the supplier (scrap and stock differences).
    """

    lot_id: int
    component: Component
    amount: Decimal
    stock_amount: Decimal = ZERO
    cogs_amount: Decimal = ZERO
    loss_amount: Decimal = ZERO


@transaction.atomic
def add_costs(*, actor: Actor, costs: Sequence[LotCost], day: date) -> list[CostSplit]:
    """This will add a cost layer per input and split its amount between what is on hand and what has left (L-20:
    60/40).

    Goods that moved on into other lots (transfers, blocked returns) take their share along, however often they moved.
    Issued history is never rewritten. Returns one split per input, in order. Raises RuleBroken for an amount finer than
    the base currency.
    """
    if not costs:
        return []
    currency = base_currency(actor.company_id)
    for index, cost in enumerate(costs):
        if cost.amount != round_amount(cost.amount, currency):
            raise RuleBroken(
                _("%(amount)s is finer than %(currency)s can be paid.") % {"amount": cost.amount, "currency": currency},
                field=f"{index}/amount",
            )
    lots = lock_lots(actor, _family({cost.lot_id for cost in costs}), with_masters=False)
    tree = _Tree(lots, currency)
    layers: list[CostLayer] = []
    splits = []
    for cost in costs:
        split = CostSplit(cost.lot_id, cost.component, cost.amount)
        tree.add(lots[cost.lot_id], cost, cost.amount, split, layers, cost.day or day)
        splits.append(split)
    insert_rows(layers)
    save_balances(lots.values(), costs=True)
    return splits


class _Tree:
    """The locked lots, their children, and how what left each of them left."""

    def __init__(self, lots: dict[int, Lot], currency: str):
        self.currency = currency
        self.children: dict[int, list[Lot]] = {}
        for lot in sorted(lots.values(), key=lambda lot: lot.pk):
            if lot.parent_id in lots:
                self.children.setdefault(lot.parent_id, []).append(lot)
        self.sold: dict[int, Decimal] = {}
        self.lost: dict[int, Decimal] = {}
        left = [lot.pk for lot in lots.values() if lot.quantity_on_hand != lot.quantity_received]
        if not left:
            return
        rows = (
            StockMove.objects.filter(lot_id__in=left)
            .order_by()
            .values_list("lot_id", "kind")
            .annotate(total=Sum("quantity"))
        )
        for lot_id, kind, total in rows:
            if kind in (MoveKind.DELIVERY, MoveKind.CUSTOMER_RETURN):
                self.sold[lot_id] = self.sold.get(lot_id, ZERO) - total
            elif kind in (MoveKind.SCRAP, MoveKind.ADJUSTMENT, MoveKind.SUPPLIER_RETURN):
                self.lost[lot_id] = self.lost.get(lot_id, ZERO) - total

    def add(self, lot: Lot, cost: LotCost, amount: Decimal, split: CostSplit, layers: list, day: date) -> None:
        before = lot.cost_issued
        lot.cost_total += amount
        lot.cost_issued = issued_cost(lot, self.currency)
        left = lot.cost_issued - before
        split.stock_amount += amount - left
        layers.append(
            CostLayer(
                lot_id=lot.pk,
                component=cost.component,
                amount=amount,
                estimated=cost.estimated,
                source_kind=cost.source_kind,
                source_id=cost.source_id,
                day=day,
            )
        )
        if not left:
            return
        children = self.children.get(lot.pk, [])
        lost, sold = self.lost.get(lot.pk, ZERO), self.sold.get(lot.pk, ZERO)
        if lost < 0:  # found again in a count: it had been booked as sold
            lost, sold = ZERO, sold + lost
        weights = [max(sold, ZERO), lost, *(child.quantity_received for child in children)]
        parts = allocate(left, weights, self.currency) if any(weights) else [ZERO, left]  # reversed receipt: all lost
        split.cogs_amount += parts[0]
        split.loss_amount += parts[1]
        for child, part in zip(children, parts[2:], strict=False):
            if part:
                self.add(child, cost, part, split, layers, day)


def _family(roots: set[int]) -> set[int]:
    """The lots themselves and all that were made of their goods. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE family AS (SELECT id FROM inventory_lot WHERE id = ANY(%s) "
            "UNION SELECT l.id FROM inventory_lot l JOIN family f ON l.parent_id = f.id) SELECT id FROM family",
            [list(roots)],
        )
        return roots | {row[0] for row in cursor.fetchall()}
