"""Goods change their place or their quality: what moves becomes a lot of its own that remembers where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.errors import RuleBroken, TransitionRefused
from core.outbox import News, announce_many
from inventory.costing import share, take
from inventory.events import STOCK_CHANGED
from inventory.models import Component, CostLayer, Lot, MoveKind, StockMove, Warehouse
from inventory.services.locking import ZERO, base_currency, lock_with_stock, save_balances
from inventory.services.receipts import LotInput, receive_lots, refuse_short
from inventory.services.reservations import cut_reservations


@dataclass(frozen=True, slots=True)
class Transfer:
    """``quantity`` of a lot to another warehouse (``warehouse_id``) or into another quality; None leaves it as it
    is.
    """

    lot_id: int
    quantity: Decimal
    warehouse_id: int | None = None
    quality: str | None = None
    reason: str = ""


@transaction.atomic
def transfer_lots(*, actor: Actor, transfers: Sequence[Transfer], day: date) -> list[Lot]:
    """This will move goods into new lots, one per input, that keep their age, their cost and their parent.

    Value neither appears nor vanishes, so nothing is posted; a late cost of the parent follows the goods (L-12, L-13).
    Raises RuleBroken when a lot holds less, or the warehouse is not one of ours.
    """
    actor.needs("inventory.change_stock")
    found = lock_with_stock(actor, {t.lot_id for t in transfers})
    warehouses = set(Warehouse.objects.visible_to(actor).filter(active=True).values_list("pk", flat=True))
    currency = base_currency(actor.company_id)
    moves = []
    for index, t in enumerate(transfers):
        lot = found[t.lot_id]
        if t.warehouse_id is not None and t.warehouse_id not in warehouses:
            raise RuleBroken(_("There is no such warehouse."), field=f"{index}/warehouse")
        refuse_short(lot, t.quantity, index)
        moves.append(
            StockMove(
                company_id=lot.company_id,
                lot=lot,
                kind=MoveKind.TRANSFER,
                quantity=-t.quantity,
                cost=-take(lot, t.quantity, currency),
                day=day,
                document_kind="inventory.lot",
                document_id=lot.pk,
                reason=t.reason,
                moved_by=actor.name,
            )
        )
    touched = {t.lot_id for t in transfers}
    save_balances(found[pk] for pk in touched)
    StockMove.objects.bulk_create(moves)
    made = place_apart(
        actor=actor,
        taken=moves,
        day=day,
        currency=currency,
        warehouses=[t.warehouse_id for t in transfers],
        qualities=[t.quality for t in transfers],
    )
    cut_reservations(actor=actor, pairs={(found[pk].product_id, found[pk].warehouse_id) for pk in touched})
    tell(actor, [*(found[pk] for pk in touched), *made])
    return made


@transaction.atomic
def set_quality(*, actor: Actor, lot_ids: Sequence[int], quality: str, reason: str) -> list[Lot]:
    """This will block, reject or release what is on hand of whole lots, with a reason. Needs a lot that holds
    something.
    """
    actor.needs("inventory.change_stock")
    if quality not in Lot.Quality.values:
        raise RuleBroken(_("There is no such quality."), field="quality")
    if not reason.strip():
        raise RuleBroken(_("Give a reason; it stays with the lot."), field="reason")
    found = lock_with_stock(actor, lot_ids)
    lots = [found[pk] for pk in lot_ids]
    for lot in lots:
        if not lot.quantity_on_hand:
            raise TransitionRefused(_("Nothing of lot %(lot)s is on hand.") % {"lot": lot})
        lot.quality = quality
    update_rows(lots, ["quality"])
    cut_reservations(actor=actor, pairs={(lot.product_id, lot.warehouse_id) for lot in lots})
    tell(actor, lots, payload={"quality": quality, "reason": reason})
    return lots


def place_apart(
    *,
    actor: Actor,
    taken: Sequence[StockMove],
    day: date,
    currency: str,
    quality: str | None = None,
    warehouses: Sequence[int | None] = (),
    qualities: Sequence[str | None] = (),
) -> list[Lot]:
    """This will make one lot of what each move took out of its (locked, saved) lot, at the same cost, component by
    component.
    """
    if not taken:
        return []
    ladder: dict[int, dict[str, Decimal]] = {}
    for lot_id, component, amount in CostLayer.objects.filter(lot_id__in={m.lot_id for m in taken}).values_list(
        "lot_id", "component", "amount"
    ):
        rungs = ladder.setdefault(lot_id, {})
        rungs[component] = rungs.get(component, ZERO) + amount
    inputs = []
    for n, move in enumerate(taken):
        lot = move.lot
        inputs.append(
            LotInput(
                product_id=lot.product_id,
                warehouse_id=(warehouses[n] if warehouses else None) or lot.warehouse_id,
                quantity=-move.quantity,
                day=day,
                received_date=lot.received_date,
                supplier_id=lot.supplier_id,
                source_kind="inventory.lot",
                source_id=lot.pk,
                layers=_layers(ladder.get(lot.pk, {}), move, currency),
                quality=quality or (qualities[n] if qualities else None) or lot.quality,
                document=(move.document_kind, move.document_id),
                kind=MoveKind.TRANSFER,
                parent=lot,
                reason=move.reason,
            )
        )
    return receive_lots(actor=actor, receipts=inputs)


def _layers(rungs: dict[str, Decimal], move: StockMove, currency: str) -> list[tuple[Component, Decimal, bool]]:
    """The cost that left, split like the lot's own ladder; what rounding leaves over goes to the goods."""
    received = move.lot.quantity_received
    parts = {component: share(amount, -move.quantity, received, currency) for component, amount in rungs.items()}
    rest = -move.cost - sum(parts.values(), ZERO)
    parts[Component.GOODS] = parts.get(Component.GOODS, ZERO) + rest
    return [(Component(component), amount, False) for component, amount in parts.items() if amount]


def tell(actor: Actor, lots: Sequence[Lot], *, payload: dict | None = None) -> None:
    """This will announce STOCK_CHANGED once per product, about the lots that changed."""
    by_product: dict[int, list[tuple[str, int]]] = {}
    for lot in lots:
        by_product.setdefault(lot.product_id, []).append(("inventory.lot", lot.pk))
    news = [News(product_id, actor.company_id, about, payload) for product_id, about in sorted(by_product.items())]
    announce_many(STOCK_CHANGED, "catalog.product", news, actor=actor)
