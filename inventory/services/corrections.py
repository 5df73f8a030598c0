"""What was not sold and yet is gone, or was found: scrap and counts. Both post to the ledger themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import RuleBroken
from inventory.costing import share, take
from inventory.models import Component, Lot, MoveKind, StockMove
from inventory.services.locking import ZERO, base_currency, lock_with_stock, save_balances
from inventory.services.moving import tell
from inventory.services.receipts import LotInput, receive_lots, refuse_short
from inventory.services.reservations import cut_reservations
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from reference.units import check_quantity


@dataclass(frozen=True, slots=True)
class Scrap:
    lot_id: int
    quantity: Decimal
    reason: str


@transaction.atomic
def scrap(*, actor: Actor, scraps: Sequence[Scrap], day: date) -> list[StockMove]:
    """This will take goods out of lots for good: Dr scrap, Cr inventory, at their share of the lot's cost.

    Raises RuleBroken when a lot holds less or the reason is missing, PeriodClosed when ``day`` is closed.
    """
    actor.needs("inventory.change_stock")
    found = lock_with_stock(actor, {s.lot_id for s in scraps})
    currency = base_currency(actor.company_id)
    moves = []
    for index, s in enumerate(scraps):
        lot = found[s.lot_id]
        _needs_reason(s.reason, index)
        refuse_short(lot, s.quantity, index)
        check_quantity(s.quantity, lot.product.unit)
        moves.append(_move(actor, lot, MoveKind.SCRAP, -s.quantity, -take(lot, s.quantity, currency), day, s.reason))
    return _correct(actor, found, moves, day, currency)


@dataclass(frozen=True, slots=True)
class Count:
    """What was ``counted`` of a lot, in stock units, in place of what the books say."""

    lot_id: int
    counted: Decimal
    reason: str = ""


@transaction.atomic
def adjust_count(*, actor: Actor, counts: Sequence[Count], day: date) -> list[StockMove]:
    """This will post the difference between counts and books (48 counted of 50: −2), Dr or Cr scrap and stock
    differences.

    What was found goes back into its lot as far as that ever held so much, else into a new lot at the same unit cost.
    A count that agrees moves nothing. Raises RuleBroken for a negative count, PeriodClosed when ``day`` is closed.
    """
    actor.needs("inventory.change_stock")
    found = lock_with_stock(actor, {c.lot_id for c in counts})
    currency = base_currency(actor.company_id)
    moves, extra = [], []
    for index, c in enumerate(counts):
        lot = found[c.lot_id]
        if c.counted < 0:
            raise RuleBroken(_("A count cannot be negative."), field=f"{index}/counted")
        check_quantity(c.counted, lot.product.unit)
        difference = c.counted - lot.quantity_on_hand
        if not difference:
            continue
        reason = c.reason.strip() or _("Count")
        if c.counted <= lot.quantity_received:
            moves.append(
                _move(actor, lot, MoveKind.ADJUSTMENT, difference, -take(lot, -difference, currency), day, reason)
            )
            continue
        extra.append(
            LotInput(
                product_id=lot.product_id,
                warehouse_id=lot.warehouse_id,
                quantity=difference,
                day=day,
                received_date=lot.received_date,
                supplier_id=lot.supplier_id,
                source_kind="inventory.count",
                source_id=lot.pk,
                layers=[(Component.GOODS, share(lot.cost_total, difference, lot.quantity_received, currency), False)],
                quality=lot.quality,
                document=("inventory.lot", lot.pk),
                kind=MoveKind.ADJUSTMENT,
                reason=reason,
            )
        )
    made = receive_lots(actor=actor, receipts=extra)
    gained = list(StockMove.objects.filter(lot__in=made).select_related("lot").order_by("pk"))
    return _correct(actor, found, moves, day, currency, gained)


def _correct(
    actor: Actor,
    found: dict[int, Lot],
    moves: list[StockMove],
    day: date,
    currency: str,
    gained: Sequence[StockMove] = (),
) -> list[StockMove]:
    """This will write balances, moves and postings of a correction and tell about it."""
    touched = {move.lot_id: move.lot for move in moves}
    save_balances(touched.values())
    StockMove.objects.bulk_create(moves)
    everything = [*moves, *gained]
    post_many(actor=actor, company_id=actor.company_id, drafts=[_draft(move, day, currency) for move in everything])
    cut_reservations(actor=actor, pairs={(lot.product_id, lot.warehouse_id) for lot in touched.values()})
    tell(actor, [move.lot for move in everything])
    return everything


def _draft(move: StockMove, day: date, currency: str) -> Draft:
    return Draft(
        day=day,
        purpose=Purpose.STOCK_DIFFERENCE,
        source=move.lot,
        lines=[
            Line(Account.INVENTORY, move.cost, currency, move.cost),
            Line(Account.SCRAP, -move.cost, currency, -move.cost),
        ],
        memo=f"{move.get_kind_display()}: {move.reason}"[:200],
    )


def _move(actor: Actor, lot: Lot, kind: str, quantity: Decimal, cost: Decimal, day: date, reason: str) -> StockMove:
    return StockMove(
        company_id=lot.company_id,
        lot=lot,
        kind=kind,
        quantity=quantity,
        cost=cost or ZERO,
        day=day,
        document_kind="inventory.lot",
        document_id=lot.pk,
        reason=reason,
        moved_by=actor.name,
    )


def _needs_reason(reason: str, index: int) -> None:
    if not reason.strip():
        raise RuleBroken(_("Give a reason; it stays with the lot."), field=f"{index}/reason")
