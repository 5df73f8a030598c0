"""Charges land on goods: shares are made what they should be, and lots, cost of goods sold and ledger follow."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.actor import Actor
from core.bulk import insert_rows, update_rows
from core.outbox import EventName, News, announce_many, kind_of
from finance.models import Charge, ChargeKind, ChargeShare
from finance.services.common import ZERO, base_currency
from finance.services.sharing import Key, Movements, movement, share_out, weigh
from inventory.models import Component
from inventory.services import LotCost, add_costs
from ledger.models import Account, Purpose
from ledger.selectors import open_day
from ledger.services import Draft, Line, post_many
from logistics.models import DeliveryLine, ReceiptLine

RECEIPT, DELIVERY = "logistics.receipt", "logistics.delivery"
CUSTOMER_ORDER, ORDER = "sales.customerorder", "sourcing.purchaseorder"


@dataclass(slots=True)
class _Change:
    """One share that moves by ``delta``."""

    share: ChargeShare
    charge: Charge
    delta: Decimal
    document_id: int  # the receipt or delivery
    on: date  # the day of the posting
    lot_id: int | None = None
    stock: Decimal = ZERO  # of the difference, what went into goods on hand,
    lost: Decimal = ZERO  # into goods scrapped or sent back; the rest was sold


def share_charges(
    *,
    actor: Actor,
    charges: Sequence[Charge],
    purpose: Purpose,
    event: EventName,
    day: date | None = None,
    quiet: bool = False,
    by_itself: bool = False,
    about: Mapping[int, Sequence[tuple[str, int]]] | None = None,
) -> None:
    """This will make the shares of locked ``charges`` (of one company) what they should be, and move by the difference
    lots, cost of goods sold and ledger. One announcement per charge; ``quiet``: only for those that changed.

    ``by_itself``: nobody waits for an answer, so a closed day is put off to the first open one.
    """
    if not charges:
        return
    company_id = charges[0].company_id
    base = base_currency(company_id)
    movements = Movements(charges)
    changes = _changes(charges, movements, base, day)
    if by_itself:
        days = {change.on for change in changes}
        put_off = {on: open_day(company_id=company_id, day=on) for on in days}
        for change in changes:
            change.on = put_off[change.on]
    _move_costs(actor, [change for change in changes if change.delta])
    totals: dict[tuple[int, date], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    capitalised: dict[int, Decimal] = defaultdict(lambda: ZERO)
    touched: dict[int, set[int]] = defaultdict(set)
    for change in changes:
        pk = change.charge.pk
        total = totals[pk, change.on]
        total[0] += change.stock
        total[1] += change.delta - change.stock - change.lost
        total[2] += change.lost
        capitalised[pk] += change.delta
        touched[pk].add(change.document_id)
    _save_shares(changes)
    by_id = {c.pk: c for c in charges}
    for pk, amount in capitalised.items():
        by_id[pk].capitalised_base += amount
    update_rows([by_id[pk] for pk in capitalised], ["capitalised_base"])
    kinds = {value: str(label) for value, label in ChargeKind.choices}  # a translation each, not one a charge
    post_many(
        actor=actor,
        company_id=company_id,
        drafts=[_draft(by_id[pk], on, parts, purpose, base, kinds) for (pk, on), parts in totals.items()],
    )
    news = [
        News(
            charge.pk,
            company_id,
            [*_concerned(charge, movements, touched[charge.pk]), *(about or {}).get(charge.pk, ())],
        )
        for charge in charges
        if not quiet or charge.pk in touched
    ]
    announce_many(event, kind_of(Charge), news, actor=actor)


def _concerned(charge: Charge, movements: Movements, touched: set[int]) -> list[tuple[str, int]]:
    """The documents that a charge is about: its movement, the orders in it, and the receipts or deliveries that carry it."""
    key = movement(charge)
    order, landed = (CUSTOMER_ORDER, DELIVERY) if charge.delivery_id else (ORDER, RECEIPT)
    return [
        (f"logistics.{key[0]}", key[1]),
        *((order, pk) for pk in sorted(movements.orders[key])),
        *((landed, pk) for pk in sorted(touched | movements.receipts[key])),
    ]


def _changes(charges: Sequence[Charge], movements: Movements, base: str, day: date | None) -> list[_Change]:
    """Every share that is new, different or gone."""
    standing: dict[int, dict[Key, ChargeShare]] = defaultdict(dict)
    for share in ChargeShare.objects.filter(charge_id__in=[c.pk for c in charges]):
        standing[share.charge_id][share.receipt_line_id, share.delivery_line_id] = share
    changes = []
    for charge in charges:
        units = [] if charge.cancelled else movements.of(charge)
        landed = {one.key: one for unit in units for one in unit.landed}
        weights = weigh(units, charge) if units else []
        estimates, actuals = (
            share_out(total, units, weights, base) if landed and total is not None else {}
            for total in (charge.estimate_base, charge.actual_base)
        )
        old = standing[charge.pk]
        for key in [*landed, *(key for key in old if key not in landed)]:
            share = old.get(key) or ChargeShare(
                company_id=charge.company_id, charge_id=charge.pk, receipt_line_id=key[0], delivery_line_id=key[1]
            )
            estimate, actual = estimates.get(key), actuals.get(key)
            if (share.estimate, share.actual) == (estimate, actual):
                continue
            share.estimate, share.actual = estimate, actual
            amount = (estimate or ZERO) if actual is None else actual
            change = _Change(share, charge, amount - share.stock - share.expensed, 0, day or charge.day)
            if key in landed:
                change.document_id, change.lot_id = landed[key].document_id, landed[key].lot_id
                change.on = day or max(charge.day, landed[key].day or charge.day)
            changes.append(change)
    _place([change for change in changes if not change.document_id])
    return changes


def _place(gone: Sequence[_Change]) -> None:
    """This will name the document, and the lot, of shares whose goods carry them no longer."""
    receipt_lines = ReceiptLine.objects.in_bulk({c.share.receipt_line_id for c in gone} - {None})
    delivery_lines = DeliveryLine.objects.in_bulk({c.share.delivery_line_id for c in gone} - {None})
    for change in gone:
        if received := receipt_lines.get(change.share.receipt_line_id):
            change.document_id = received.receipt_id
            change.lot_id = received.lot_id or received.rejected_lot_id
        else:
            change.document_id = delivery_lines[change.share.delivery_line_id].delivery_id


def _move_costs(actor: Actor, changes: Sequence[_Change]) -> None:
    """This will add the differences to the lots and note where each part went."""
    moved = sorted((change for change in changes if change.lot_id), key=lambda change: change.on)
    for change in changes:
        if not change.lot_id:
            change.share.expensed += change.delta
    if not moved:
        return
    costs = [
        LotCost(
            lot_id=c.lot_id,
            component=Component(c.charge.component),
            amount=c.delta,
            estimated=c.charge.actual_base is None,
            source_kind=kind_of(Charge),
            source_id=c.charge.pk,
            day=c.on,
        )
        for c in moved
    ]
    for change, split in zip(moved, add_costs(actor=actor, costs=costs, day=moved[-1].on), strict=True):
        change.stock = split.stock_amount
        change.share.stock += split.stock_amount
        change.lost = split.loss_amount
        change.share.expensed += split.cogs_amount + split.loss_amount


def _save_shares(changes: Sequence[_Change]) -> None:
    gone = {c.share.pk for c in changes if c.share.pk and c.share.estimate is None and c.share.actual is None}
    if gone:
        ChargeShare.objects.filter(pk__in=gone).delete()
    kept = [c.share for c in changes if c.share.pk and c.share.pk not in gone]
    update_rows(kept, ["estimate", "actual", "stock", "expensed"])
    insert_rows([c.share for c in changes if not c.share.pk])


def _draft(
    charge: Charge, day: date, parts: Sequence[Decimal], purpose: Purpose, base: str, kinds: Mapping[str, str]
) -> Draft:
    stock, sold, lost = parts
    accounts = (
        (Account.INVENTORY, stock),
        (Account.EXPENSES if charge.delivery_id else Account.COGS, sold),
        (Account.SCRAP, lost),
        (Account.ACCRUED_CHARGES, -stock - sold - lost),
    )
    key, name = movement(charge), charge.description or kinds[charge.kind]
    return Draft(
        day=day,
        purpose=purpose,
        source=charge,
        memo=name[:200],
        name=name,
        lines=[Line(account, amount, base, amount) for account, amount in accounts],
        about=[(f"logistics.{key[0]}", key[1])],
    )
