"""Goods go out, oldest first, and come back to where they came from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from catalog.models import Product
from core.actor import Actor
from core.bulk import insert_rows
from core.errors import RuleBroken
from inventory.costing import take
from inventory.models import Lot, MoveKind, StockMove, Warehouse
from inventory.services.locking import ZERO, base_currency, lock_lots, reserved_of, save_balances
from inventory.services.moving import place_apart
from inventory.services.reservations import consume, standing_of
from reference.units import spoken


@dataclass(frozen=True, slots=True)
class Issue:
    """What a line of a document (logistics.delivery) takes out of a warehouse, in stock units.

    ``day`` only where a call covers several: requests then come in the order of their days.
    ``reserved_for`` (document kind, line id) is the line above that may have it reserved: ("sales.customerorderline",
    7).
    """

    product_id: int
    warehouse_id: int
    quantity: Decimal
    document_kind: str
    document_id: int
    line_id: int | None = None
    reserved_for: tuple[str, int] | None = None
    day: date | None = None


@transaction.atomic
def issue_fifo(*, actor: Actor, requests: Sequence[Issue], day: date) -> list[StockMove]:
    """This will take every request out of the oldest good lots that had come by ``day``; one move per lot touched.

    Moves come in the order of the requests; their ``quantity`` and ``cost`` (base currency) are negative. The line's
    own reservation is used up first; what others have reserved is never taken. Posts nothing. Raises RuleBroken naming
    every product that is short and what is available, and then nothing has left.
    """
    pairs = {(r.product_id, r.warehouse_id) for r in requests}
    lots: dict[tuple[int, int], list[Lot]] = {pair: [] for pair in pairs}
    for lot in lock_lots(actor, pairs=pairs).values():
        lots[lot.product_id, lot.warehouse_id].append(lot)
    for stack in lots.values():
        stack.sort(key=lambda lot: (lot.received_date, lot.pk))
    taken = reserved_of(pairs)
    free = {
        pair: sum((lot.quantity_on_hand for lot in stack), ZERO) - taken.get(pair, ZERO) for pair, stack in lots.items()
    }
    rows = standing_of(r.reserved_for for r in requests if r.reserved_for)
    left = {key: row.quantity for key, row in rows.items()}
    used: dict[tuple[str, int, int], Decimal] = {}
    currency = base_currency(actor.company_id) if requests else ""
    moves: list[StockMove] = []
    touched: dict[int, Lot] = {}
    errors = []
    for index, r in enumerate(requests):
        pair, on = (r.product_id, r.warehouse_id), r.day or day
        key = (*r.reserved_for, r.warehouse_id) if r.reserved_for else None
        own = min(r.quantity, left.get(key, ZERO)) if key else ZERO
        there = sum((lot.quantity_on_hand for lot in lots[pair] if lot.received_date <= on), ZERO)
        available = min(own + max(free[pair], ZERO), there) if r.quantity > 0 else ZERO
        if r.quantity <= 0 or r.quantity > available:
            errors.append((index, r, available))
            continue
        if key and own:
            left[key] -= own
            used[key] = used.get(key, ZERO) + own
        free[pair] -= r.quantity - own
        wanted = r.quantity
        for lot in lots[pair]:
            if not wanted:
                break
            quantity = min(wanted, lot.quantity_on_hand) if lot.received_date <= on else ZERO
            if not quantity:
                continue
            wanted -= quantity
            touched[lot.pk] = lot
            moves.append(
                StockMove(
                    company_id=lot.company_id,
                    lot=lot,
                    kind=MoveKind.DELIVERY,
                    quantity=-quantity,
                    cost=-take(lot, quantity, currency),
                    day=on,
                    document_kind=r.document_kind,
                    document_id=r.document_id,
                    line_id=r.line_id,
                    moved_by=actor.name,
                )
            )
    if errors:
        _refuse(errors, lots, day)
    save_balances(touched.values())
    consume(rows, used)
    return insert_rows(moves)


def _refuse(errors: list[tuple[int, Issue, Decimal]], lots: dict, day: date) -> None:
    """Every short request in a sentence: what was wanted, what is available, and why it is not more."""
    products = Product.objects.in_bulk({r.product_id for _index, r, _there in errors})
    warehouses = Warehouse.objects.in_bulk({r.warehouse_id for _index, r, _there in errors})
    found = []
    for index, r, available in errors:
        if r.quantity <= 0:
            found.append({"pointer": f"/{index}/quantity", "detail": _("The quantity must be above 0.")})
            continue
        stack = lots[r.product_id, r.warehouse_id]
        on_hand = sum((lot.quantity_on_hand for lot in stack), ZERO)
        if any(lot.received_date > day for lot in stack):
            sentence = _(
                "%(product)s: %(wanted)s wanted, but on %(day)s only %(available)s were available in %(place)s."
            )
        elif on_hand > available:
            sentence = _(
                "%(product)s: %(wanted)s wanted, %(available)s available in %(place)s "
                "(%(on_hand)s on hand, the rest is reserved for others)."
            )
        else:
            sentence = _("%(product)s: %(wanted)s wanted, %(available)s available in %(place)s.")
        told = {
            "product": products.get(r.product_id, r.product_id),
            "wanted": spoken(r.quantity),
            "available": spoken(available),
            "place": warehouses.get(r.warehouse_id, r.warehouse_id),
            "on_hand": spoken(on_hand),
            "day": day,
        }
        found.append({"pointer": f"/{index}/quantity", "detail": sentence % told})
    first = found[0]["detail"]
    raise RuleBroken(
        first
        if len(found) == 1
        else _("%(count)d products are short: %(first)s") % {"count": len(found), "first": first},
        errors=found,
    )


RESTOCK, BLOCK, SCRAP = "restock", "block", "scrap"


@dataclass(frozen=True, slots=True)
class Return:
    """Goods that come back from a delivery's line (``delivered``: kind, document, line), because of a return's line.

    ``disposition``: restock (into the lots they came from, for sale again), block (into a blocked lot of its own) or
    scrap.
    """

    delivered: tuple[str, int, int | None]
    quantity: Decimal
    disposition: str
    document_kind: str
    document_id: int
    line_id: int | None = None


@dataclass(slots=True)
class Returned:
    """What came back of one input: ``cost`` in base currency, positive; ``lots`` where the goods are now (none if
    scrapped).

    The caller posts: Dr inventory / Cr cost of goods sold for restocked and blocked goods, Dr scrap / Cr cost of goods
    sold for scrapped ones.
    """

    quantity: Decimal
    cost: Decimal = ZERO
    moves: list[StockMove] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)


@transaction.atomic
def return_to_stock(*, actor: Actor, returns: Sequence[Return], day: date) -> list[Returned]:
    """This will take goods back into the lots they left, newest departure first, at the cost they left with.

    That cost is their share of the lot's cost of today, so late charges they carried come back too. Returns one result
    per input, in order. Posts nothing. Raises RuleBroken when more comes back than went out.
    """
    departures = _departures(returns)
    found = lock_lots(actor, {move.lot_id for stack in departures.values() for move in stack})
    currency = base_currency(actor.company_id)
    back = _came_back(departures)  # only now: the lots are locked
    results, moves = [], []
    for index, r in enumerate(returns):
        result, wanted = Returned(r.quantity), r.quantity
        for departure in departures.get(r.delivered, []):
            quantity = min(wanted, -departure.quantity - back.get(departure.pk, ZERO))
            if quantity <= 0:
                continue
            wanted -= quantity
            back[departure.pk] = back.get(departure.pk, ZERO) + quantity
            lot = found[departure.lot_id]
            cost = -take(lot, -quantity, currency)
            result.cost += cost
            about = {"day": day, "document_kind": r.document_kind, "document_id": r.document_id, "line_id": r.line_id}
            came = _move(actor, lot, MoveKind.CUSTOMER_RETURN, quantity, cost, origin=departure, **about)
            result.moves.append(came)
            if r.disposition == SCRAP:
                result.moves.append(
                    _move(actor, lot, MoveKind.SCRAP, -quantity, -take(lot, quantity, currency), **about)
                )
            elif r.disposition == BLOCK:
                result.moves.append(
                    _move(actor, lot, MoveKind.TRANSFER, -quantity, -take(lot, quantity, currency), **about)
                )
            else:
                result.lots.append(lot)
        if r.quantity <= 0 or wanted:
            there = (
                sum((-m.quantity - back.get(m.pk, ZERO) for m in departures.get(r.delivered, [])), ZERO)
                + r.quantity
                - wanted
            )
            raise RuleBroken(
                _("%(wanted)s cannot come back: only %(there)s of that delivery is still with the customer.")
                % {"wanted": spoken(r.quantity), "there": spoken(there)},
                field=f"{index}/quantity",
            )
        moves += result.moves
        results.append(result)
    save_balances(found.values())
    StockMove.objects.bulk_create(moves)
    blocked = [
        (result, move)
        for r, result in zip(returns, results, strict=True)
        if r.disposition == BLOCK
        for move in result.moves
        if move.kind == MoveKind.TRANSFER
    ]
    made = place_apart(
        actor=actor, taken=[move for _result, move in blocked], day=day, quality=Lot.Quality.BLOCKED, currency=currency
    )
    for (result, _move_out), lot in zip(blocked, made, strict=True):
        result.lots.append(lot)
    return results


def _departures(returns: Sequence[Return]) -> dict[tuple, list[StockMove]]:
    """The moves by which the delivered lines left, newest first, by (kind, document, line)."""
    wanted = {r.delivered for r in returns}
    stacks: dict[tuple, list[StockMove]] = {}
    for kind in {kind for kind, _document, _line in wanted}:
        moves = StockMove.objects.filter(
            kind=MoveKind.DELIVERY, document_kind=kind, document_id__in={d for k, d, _line in wanted if k == kind}
        ).order_by("-pk")
        for move in moves:
            stacks.setdefault((kind, move.document_id, move.line_id), []).append(move)
    return {key: stack for key, stack in stacks.items() if key in wanted}


def _came_back(departures: dict[tuple, list[StockMove]]) -> dict[int, Decimal]:
    """What has come back already, by departure."""
    ids = [move.pk for stack in departures.values() for move in stack]
    rows = StockMove.objects.filter(lot__in={m.lot_id for s in departures.values() for m in s}, origin__in=ids)
    return dict(rows.order_by().values_list("origin").annotate(total=Sum("quantity")))


def _move(actor: Actor, lot: Lot, kind: str, quantity: Decimal, cost: Decimal, **about) -> StockMove:
    return StockMove(
        company_id=lot.company_id, lot=lot, kind=kind, quantity=quantity, cost=cost, moved_by=actor.name, **about
    )
