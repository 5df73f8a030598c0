"""Questions about stock. Read only, set-based: one query whatever the number of products."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from catalog.models import Packaging, Product
from core.actor import Actor
from core.errors import RuleBroken
from core.money import EXACT
from inventory.models import CostLayer, Lot, Stock
from reference.models import Unit
from reference.units import check_quantity, convert_quantity, spoken

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Level:
    """Stock units; ``available`` = good goods on hand − reserved. ``value`` in base currency."""

    on_hand: Decimal = ZERO
    blocked: Decimal = ZERO
    reserved: Decimal = ZERO
    available: Decimal = ZERO
    value: Decimal = ZERO


def levels(
    actor: Actor, *, product_ids: Iterable[int] | None = None, warehouse_ids: Iterable[int] | None = None
) -> dict[tuple[int, int], Level]:
    """Levels by (product, warehouse); what is not there has no key. One query."""
    rows = Stock.objects.visible_to(actor)
    if product_ids is not None:
        rows = rows.filter(product_id__in=set(product_ids))
    if warehouse_ids is not None:
        rows = rows.filter(warehouse_id__in=set(warehouse_ids))
    return {
        (product, warehouse): Level(*numbers)
        for product, warehouse, *numbers in rows.values_list(
            "product_id", "warehouse_id", "on_hand", "blocked", "reserved", "available", "value"
        )
    }


def available(actor: Actor, product_id: int, warehouse_id: int) -> Decimal:
    """What a new order could still have of a product in a warehouse, in stock units."""
    return (
        levels(actor, product_ids=[product_id], warehouse_ids=[warehouse_id])
        .get((product_id, warehouse_id), Level())
        .available
    )


def available_to_promise(actor: Actor, product_id: int, quantity: Decimal, on: date) -> Decimal:
    """How much of ``quantity`` can be promised for ``on`` out of all warehouses: what is on hand, good, and not
    reserved.
    """
    rows = Stock.objects.visible_to(actor).filter(product_id=product_id).aggregate(total=Sum("available"))
    return max(ZERO, min(quantity, rows["total"] or ZERO))


def ladder(lots: Iterable[Lot]) -> dict[int, dict[str, tuple[Decimal, Decimal]]]:
    """By lot and component: (actual, estimated) amounts in base currency. One query."""
    found: dict[int, dict[str, tuple[Decimal, Decimal]]] = {}
    rows = (
        CostLayer.objects.filter(lot__in=[lot.pk for lot in lots])
        .order_by()
        .values_list("lot_id", "component", "estimated")
        .annotate(total=Sum("amount"))
    )
    for lot_id, component, estimated, total in rows:
        actual, guess = found.setdefault(lot_id, {}).get(component, (ZERO, ZERO))
        found[lot_id][component] = (actual, guess + total) if estimated else (actual + total, guess)
    return found


def genealogy(lot: Lot) -> list[Lot]:
    """The lot and those it was taken from, up to the one that was received (its source names the receipt line)."""
    chain = [lot]
    for row in Lot.objects.raw(
        "WITH RECURSIVE line AS (SELECT id, parent_id, 0 AS step FROM inventory_lot WHERE id = %s "
        "UNION ALL SELECT p.id, p.parent_id, step + 1 FROM inventory_lot p JOIN line ON p.id = line.parent_id) "
        "SELECT l.* FROM inventory_lot l JOIN line USING (id) WHERE step > 0 ORDER BY step",
        [lot.pk],
    ):
        chain.append(row)
    return chain


PACKED = tuple(Packaging.Level.values)


@dataclass(frozen=True, slots=True)
class Converter:
    """Turns what people count in (cartons, dozens) into the stock unit of each product. Two queries for any number."""

    products: dict[int, Product]
    packagings: dict[tuple[int, str], Decimal]
    units: dict[str, Unit]

    @classmethod
    def for_products(cls, actor: Actor, product_ids: Iterable[int]) -> "Converter":
        ids = set(product_ids)
        packagings = Packaging.objects.filter(product_id__in=ids, product__company_id=actor.company_id)
        return cls(
            Product.objects.visible_to(actor).select_related("unit").in_bulk(ids),
            {(p, level): units for p, level, units in packagings.values_list("product_id", "level", "units")},
            {},
        )

    def factor(self, product_id: int, unit: str) -> Decimal:
        """Stock units in one ``unit``: a packaging level of the product (inner, carton, pallet) or a unit of its
        dimension.

        Raises RuleBroken (field ``unit``) where the product has no such packaging, or the units do not convert.
        """
        product = self.products.get(product_id)
        if product is None or not unit or unit == product.unit_id:
            return Decimal(1)
        if unit in PACKED:
            found = self.packagings.get((product_id, unit))
            if found is None:
                raise RuleBroken(
                    _("%(product)s has no packaging “%(level)s”: add it to the product, or count in %(unit)s.")
                    % {"product": product.sku, "level": Packaging.Level(unit).label, "unit": product.unit_id},
                    field="unit",
                )
            return found
        if unit not in self.units:
            self.units.update({u.code: u for u in Unit.objects.filter(code=unit)})
        if unit not in self.units:
            raise RuleBroken(
                _("“%(unit)s” is not a unit: use %(known)s.")
                % {"unit": unit, "known": ", ".join((product.unit_id, *PACKED))},
                field="unit",
            )
        return convert_quantity(Decimal(1), self.units[unit], product.unit)

    def quantity(self, product_id: int, quantity: Decimal, unit: str) -> Decimal:
        """``quantity`` of ``unit`` in stock units (1 carton of 12 → 12). Raises RuleBroken as ``factor`` does."""
        product = self.products.get(product_id)
        converted = EXACT.multiply(quantity, self.factor(product_id, unit))
        return check_quantity(converted, product.unit) if product else converted


def spoken_with_unit(lot: Lot) -> str:
    """ "1200 pcs": what is on hand of a lot (its product loaded), for sentences."""
    return f"{spoken(lot.quantity_on_hand)} {lot.product.unit_id}"
