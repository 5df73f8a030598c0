"""Goods promised to a line of a document above (a customer order): never more than can be picked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from core.actor import Actor
from core.bulk import update_rows
from core.outbox import News, announce_many
from inventory.events import RESERVATIONS_CUT
from inventory.models import Reservation
from inventory.services.locking import ZERO, Pair, lock_lots, pickable_of, reserved_of


@dataclass(frozen=True, slots=True)
class Want:
    """``quantity`` (stock units) that a line would like to have reserved in addition to what it has."""

    product_id: int
    warehouse_id: int
    quantity: Decimal
    document_kind: str
    line_id: int


@transaction.atomic
def reserve(*, actor: Actor, wants: Sequence[Want]) -> dict[int, Decimal]:
    """This will reserve as much as there is, in the order given; returns what was added, by line id (0 where nothing
    was).

    Holds the lots it counts on until commit, so the sum of all reservations never exceeds what can be picked. The
    caller's step has been permitted already.
    """
    wants = [want for want in wants if want.quantity > 0]
    if not wants:
        return {}
    pairs = {(want.product_id, want.warehouse_id) for want in wants}
    free = dict.fromkeys(pairs, ZERO)
    for lot in lock_lots(actor, pairs=pairs).values():
        free[lot.product_id, lot.warehouse_id] += lot.quantity_on_hand
    for pair, taken in reserved_of(pairs).items():
        if pair in free:
            free[pair] -= taken
    standing = standing_of((want.document_kind, want.line_id) for want in wants)
    added: dict[int, Decimal] = {}
    new: dict[tuple, Reservation] = {}
    changed: dict[int, Reservation] = {}
    for want in wants:
        pair = (want.product_id, want.warehouse_id)
        quantity = max(ZERO, min(want.quantity, free[pair]))
        added[want.line_id] = added.get(want.line_id, ZERO) + quantity
        if not quantity:
            continue
        free[pair] -= quantity
        key = (want.document_kind, want.line_id, want.warehouse_id)
        row = standing.get(key) or new.get(key)
        if row is None:
            new[key] = Reservation(
                company_id=actor.company_id,
                product_id=want.product_id,
                warehouse_id=want.warehouse_id,
                document_kind=want.document_kind,
                line_id=want.line_id,
                quantity=quantity,
            )
            continue
        row.quantity += quantity
        if row.pk:
            changed[row.pk] = row
    Reservation.objects.bulk_create(list(new.values()))
    update_rows(list(changed.values()), ["quantity"])
    return added


@transaction.atomic
def release_reservation(*, actor: Actor, document_kind: str, line_ids: Iterable[int]) -> dict[int, Decimal]:
    """This will give free whatever these lines have reserved; returns the quantity by line id. None reserved is no
    error.
    """
    rows = list(
        Reservation.objects.filter(
            company_id=actor.company_id, document_kind=document_kind, line_id__in=list(line_ids), quantity__gt=0
        )
        .order_by("pk")
        .select_for_update()
    )
    freed: dict[int, Decimal] = {}
    for row in rows:
        freed[row.line_id] = freed.get(row.line_id, ZERO) + row.quantity
    Reservation.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return freed


def cut_reservations(*, actor: Actor, pairs: Iterable[Pair]) -> dict[tuple[str, int], Decimal]:
    """This will take back the newest reservations of goods that are no longer there (scrapped, miscounted, blocked).

    The caller holds the lots of these (product, warehouse) pairs and has written their balances. Returns what was cut
    by
    (document kind, line id), and announces RESERVATIONS_CUT about each product, from which the orders above learn it.
    """
    pairs = set(pairs)
    reserved = reserved_of(pairs)
    if not reserved:
        return {}
    there = pickable_of(pairs)
    excess = {
        pair: reserved[pair] - there.get(pair, ZERO)
        for pair in pairs
        if reserved.get(pair, ZERO) > there.get(pair, ZERO)
    }
    if not excess:
        return {}
    cut: dict[tuple[str, int], Decimal] = {}
    changed: list[Reservation] = []
    gone: list[Reservation] = []
    rows = (
        Reservation.objects.filter(
            product_id__in={p for p, _w in excess}, warehouse_id__in={w for _p, w in excess}, quantity__gt=0
        )
        .order_by("pk")
        .select_for_update()
    )
    for row in sorted(rows, key=lambda row: -row.pk):
        pair = (row.product_id, row.warehouse_id)
        less = min(excess.get(pair, ZERO), row.quantity)
        if not less:
            continue
        excess[pair] -= less
        row.quantity -= less
        cut[row.document_kind, row.line_id] = cut.get((row.document_kind, row.line_id), ZERO) + less
        (changed if row.quantity else gone).append(row)
    update_rows(changed, ["quantity"])
    Reservation.objects.filter(pk__in=[row.pk for row in gone]).delete()
    news = [News(product_id, actor.company_id) for product_id in sorted({product for product, _warehouse in pairs})]
    announce_many(RESERVATIONS_CUT, "catalog.product", news, actor=actor)
    return cut


def standing_of(lines: Iterable[tuple[str, int]]) -> dict[tuple[str, int, int], Reservation]:
    """The reservations of these lines, locked in key order."""
    by_kind: dict[str, set[int]] = {}
    for kind, line_id in lines:
        by_kind.setdefault(kind, set()).add(line_id)
    found: dict[tuple[str, int, int], Reservation] = {}
    for kind, ids in sorted(by_kind.items()):
        rows = Reservation.objects.filter(document_kind=kind, line_id__in=ids).order_by("pk").select_for_update()
        found |= {(row.document_kind, row.line_id, row.warehouse_id): row for row in rows}
    return found


def consume(rows: dict[tuple[str, int, int], Reservation], lines: dict[tuple[str, int, int], Decimal]) -> None:
    """This will lower reservations, by (document kind, line id, warehouse), of rows locked with ``standing_of``."""
    changed: list[Reservation] = []
    gone: list[Reservation] = []
    for key, quantity in lines.items():
        row = rows[key]
        row.quantity -= quantity
        (changed if row.quantity else gone).append(row)
    update_rows(changed, ["quantity"])
    Reservation.objects.filter(pk__in=[row.pk for row in gone]).delete()
