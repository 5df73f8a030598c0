"""Lock, then look: every change of stock that takes something away locks lots in one global order (their key)."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q, Sum

from core.actor import Actor
from core.bulk import update_rows
from core.errors import NotVisible
from inventory.models import Lot, Reservation
from parties.models import Company

Pair = tuple[int, int]  # (product, warehouse)
ZERO = Decimal(0)


def base_currency(company_id: int) -> str:
    """The company's base currency."""
    return Company.objects.values_list("base_currency_id", flat=True).filter(pk=company_id)[0]


def lock_lots(
    actor: Actor, lot_ids: Iterable[int] = (), *, pairs: Iterable[Pair] = (), with_masters: bool = True
) -> dict[int, Lot]:
    """This will lock these lots, and the pickable lots of these (product, warehouse) pairs, in key order: one
    statement. ``with_masters``: product, unit and warehouse come along.

    Whoever reserves or takes stock of a product in a warehouse holds all its pickable lots, so availability computed
    in later statements stays true until commit. Receiving only inserts lots and so never waits here.
    """
    lot_ids = set(lot_ids)
    wanted = Q(pk__in=lot_ids) if lot_ids else Q()
    by_warehouse: dict[int, set[int]] = {}
    for product_id, warehouse_id in pairs:
        by_warehouse.setdefault(warehouse_id, set()).add(product_id)
    for warehouse_id, products in by_warehouse.items():
        wanted |= Q(warehouse_id=warehouse_id, product_id__in=products, quantity_on_hand__gt=0, quality=Lot.Quality.OK)
    if not wanted:
        return {}
    lots = Lot.objects.visible_to(actor).filter(wanted).order_by("pk").select_for_update(of=("self",), no_key=True)
    found = {lot.pk: lot for lot in (lots.select_related("product__unit", "warehouse") if with_masters else lots)}
    if lot_ids - found.keys():
        raise NotVisible("There is no such lot.")
    return found


def lock_with_stock(actor: Actor, lot_ids: Iterable[int]) -> dict[int, Lot]:
    """This will lock these lots together with all pickable lots of their products in their warehouses.

    For changes that take stock away from whoever may have reserved it (scrap, counts, blocking); see cut_reservations.
    """
    lot_ids = set(lot_ids)
    pairs = set(Lot.objects.visible_to(actor).filter(pk__in=lot_ids).values_list("product_id", "warehouse_id"))
    return lock_lots(actor, lot_ids, pairs=pairs)


def reserved_of(pairs: Iterable[Pair]) -> dict[Pair, Decimal]:
    """What is reserved of each pair, over all documents. One query."""
    pairs = set(pairs)
    rows = (
        Reservation.objects.filter(
            product_id__in={product for product, _warehouse in pairs},
            warehouse_id__in={warehouse for _product, warehouse in pairs},
            quantity__gt=0,
        )
        .values_list("product_id", "warehouse_id")
        .annotate(total=Sum("quantity"))
        .order_by()
    )
    return {(product, warehouse): total for product, warehouse, total in rows}


def pickable_of(pairs: Iterable[Pair]) -> dict[Pair, Decimal]:
    """What could be picked of each pair: good, on hand, reserved or not. One query."""
    pairs = set(pairs)
    rows = (
        Lot.objects.pickable()
        .filter(
            product_id__in={product for product, _warehouse in pairs},
            warehouse_id__in={warehouse for _product, warehouse in pairs},
        )
        .order_by()
        .values_list("product_id", "warehouse_id")
        .annotate(total=Sum("quantity_on_hand"))
    )
    return {(product, warehouse): total for product, warehouse, total in rows}


def save_balances(lots: Iterable[Lot], *, costs: bool = False) -> None:
    """This will write what changed of locked lots: balances, and with ``costs`` their total too."""
    fields = ["quantity_on_hand", "cost_issued", *(["cost_total"] if costs else [])]
    update_rows(lots, fields)
