"""Goods come in: lots with their cost layers, in three inserts whatever their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import insert_rows
from core.errors import RuleBroken, TransitionRefused
from core.models import Series
from core.money import round_amount
from inventory.costing import take
from inventory.models import Component, CostLayer, Lot, MoveKind, StockMove
from inventory.services.locking import ZERO, base_currency, lock_with_stock, save_balances
from inventory.services.reservations import cut_reservations
from reference.units import spoken

Layer = tuple[Component, Decimal, bool]  # component, amount in base currency, estimated?


@dataclass(frozen=True, slots=True)
class LotInput:
    """Goods that came together: ``quantity`` in stock units, ``layers`` in base currency (component, amount,
    estimated).

    ``source_kind`` and ``source_id`` say which line brought them (logistics.receiptline); ``document`` (kind, id) is
    the
    document the move belongs to, where that is not the source itself. ``day`` is when they came; ``received_date`` only
    where their age differs from it (opening stock), because FIFO goes by age.
    """

    product_id: int
    warehouse_id: int
    quantity: Decimal
    day: date
    source_kind: str
    source_id: int | None = None
    supplier_id: int | None = None
    layers: Sequence[Layer] = ()
    quality: str = Lot.Quality.OK
    document: tuple[str, int] | None = None
    received_date: date | None = None
    kind: str = MoveKind.RECEIPT
    parent: Lot | None = None
    number: str = ""
    reason: str = ""


@transaction.atomic
def receive_lots(*, actor: Actor, receipts: Sequence[LotInput], currency: str = "") -> list[Lot]:
    """This will make one lot per input, with its layers and its move, in the order given; nothing existing is touched.
    ``currency``: the company's base currency, where the caller has it at hand.

    So two clients receiving the same products wait for nothing but the number series. Posts nothing: who receives
    (logistics, opening stock) posts. Raises RuleBroken for a quantity that is not above 0 or an amount finer than the
    base currency.
    """
    if not receipts:
        return []
    _check(receipts, currency or base_currency(actor.company_id))
    numbers: dict[int, list[str]] = {}
    for year in sorted({r.day.year for r in receipts if not r.number}):
        count = sum(r.day.year == year for r in receipts if not r.number)
        numbers[year] = Series.take(company_id=actor.company_id, prefix="LOT", year=year, count=count)[::-1]
    lots = insert_rows(
        [
            Lot(
                company_id=actor.company_id,
                number=r.number or numbers[r.day.year].pop(),
                product_id=r.product_id,
                warehouse_id=r.warehouse_id,
                quality=r.quality,
                received_date=r.received_date or r.day,
                supplier_id=r.supplier_id,
                parent=r.parent,
                source_kind=r.source_kind,
                source_id=r.source_id,
                quantity_received=r.quantity,
                quantity_on_hand=r.quantity,
                cost_total=sum((amount for _component, amount, _estimated in r.layers), ZERO),
            )
            for r in receipts
        ]
    )
    insert_rows(
        [
            CostLayer(
                lot_id=lot.pk,
                component=component,
                amount=amount,
                estimated=estimated,
                source_kind=r.source_kind,
                source_id=r.source_id or 0,
                day=r.day,
            )
            for lot, r in zip(lots, receipts, strict=True)
            for component, amount, estimated in r.layers
            if amount
        ]
    )
    insert_rows(
        [
            StockMove(
                company_id=lot.company_id,
                lot_id=lot.pk,
                kind=r.kind,
                quantity=r.quantity,
                cost=lot.cost_total,
                day=r.day,
                document_kind=r.document[0] if r.document else r.source_kind,
                document_id=r.document[1] if r.document else r.source_id or 0,
                line_id=r.source_id,
                reason=r.reason,
                moved_by=actor.name,
            )
            for lot, r in zip(lots, receipts, strict=True)
        ]
    )
    return lots


def _check(receipts: Sequence[LotInput], currency: str) -> None:
    errors = []
    for index, r in enumerate(receipts):
        if r.quantity <= 0:
            errors.append({"pointer": f"/{index}/quantity", "detail": _("The quantity must be above 0.")})
        for n, (_component, amount, _estimated) in enumerate(r.layers):
            if amount != round_amount(amount, currency):
                detail = _("%(amount)s is finer than %(currency)s can be paid.") % {
                    "amount": amount,
                    "currency": currency,
                }
                errors.append({"pointer": f"/{index}/layers/{n}", "detail": detail})
    if errors:
        raise RuleBroken(errors[0]["detail"], errors=errors)


@transaction.atomic
def reverse_receipt(
    *, actor: Actor, lots: Sequence[int], day: date, document: tuple[str, int] | None = None, reason: str = ""
) -> list[StockMove]:
    """This will take whole lots out again as if they had never come; both moves stay (R-02). Posts nothing.

    ``lots`` are lot ids. Raises TransitionRefused, naming the lot, when anything of one has left. What was reserved of
    them falls back to waiting.
    """
    found = lock_with_stock(actor, lots)
    currency = base_currency(actor.company_id)
    for pk in lots:
        lot = found[pk]
        if lot.quantity_on_hand != lot.quantity_received:
            left = lot.quantity_received - lot.quantity_on_hand
            raise TransitionRefused(
                _(
                    "%(left)s of lot %(lot)s (%(product)s) have left already; the receipt can no longer be reversed. "
                    "Return or scrap the goods instead."
                )
                % {"left": spoken(left), "lot": lot, "product": lot.product.sku}
            )
    came = {
        move.lot_id: move
        for move in StockMove.objects.filter(
            lot_id__in=lots, kind__in=(MoveKind.RECEIPT, MoveKind.OPENING), quantity__gt=0
        )
    }
    moves = []
    for pk in lots:
        lot, first = found[pk], came[pk]
        cost = take(lot, lot.quantity_on_hand, currency)
        moves.append(
            StockMove(
                company_id=lot.company_id,
                lot=lot,
                kind=first.kind,
                quantity=-lot.quantity_received,
                cost=-cost,
                day=day,
                document_kind=document[0] if document else first.document_kind,
                document_id=document[1] if document else first.document_id,
                line_id=first.line_id,
                origin=first,
                reason=reason,
                moved_by=actor.name,
            )
        )
    save_balances(found[pk] for pk in lots)
    cut_reservations(actor=actor, pairs={(found[pk].product_id, found[pk].warehouse_id) for pk in lots})
    return StockMove.objects.bulk_create(moves)


@dataclass(frozen=True, slots=True)
class SupplierReturn:
    """Goods of one lot that go back to its supplier, because of a line of a document (logistics.supplierreturn)."""

    lot_id: int
    quantity: Decimal
    document_kind: str
    document_id: int
    line_id: int | None = None


@transaction.atomic
def return_to_supplier(*, actor: Actor, returns: Sequence[SupplierReturn], day: date) -> list[StockMove]:
    """This will take goods out of the lots they came in, good or rejected, at those lots' own cost (R-12). Posts
    nothing.

    One move per input, in order; its ``cost`` is negative. Raises RuleBroken naming lot and quantity when less is
    there.
    """
    found = lock_with_stock(actor, {r.lot_id for r in returns})
    currency = base_currency(actor.company_id)
    moves = []
    for index, r in enumerate(returns):
        lot = found[r.lot_id]
        refuse_short(lot, r.quantity, index)
        moves.append(
            StockMove(
                company_id=lot.company_id,
                lot=lot,
                kind=MoveKind.SUPPLIER_RETURN,
                quantity=-r.quantity,
                cost=-take(lot, r.quantity, currency),
                day=day,
                document_kind=r.document_kind,
                document_id=r.document_id,
                line_id=r.line_id,
                moved_by=actor.name,
            )
        )
    touched = {r.lot_id for r in returns}
    save_balances(found[pk] for pk in touched)
    cut_reservations(actor=actor, pairs={(found[pk].product_id, found[pk].warehouse_id) for pk in touched})
    return StockMove.objects.bulk_create(moves)


def refuse_short(lot: Lot, quantity: Decimal, index: int) -> None:
    """This will raise RuleBroken unless ``quantity`` is above 0 and on hand in the (locked) lot."""
    if quantity <= 0:
        raise RuleBroken(_("The quantity must be above 0."), field=f"{index}/quantity")
    if quantity > lot.quantity_on_hand:
        raise RuleBroken(
            _("Lot %(lot)s (%(product)s) holds %(there)s; %(wanted)s cannot leave it.")
            % {
                "lot": lot,
                "product": lot.product.sku,
                "there": spoken(lot.quantity_on_hand),
                "wanted": spoken(quantity),
            },
            field=f"{index}/quantity",
        )
