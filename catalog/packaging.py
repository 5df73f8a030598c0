"""Packaging levels: how many stock units a carton holds, and what a quantity weighs and fills.

Stock is kept in the product's stock unit. Whoever meets cartons or pallets (a supplier's packing list, a receiving dock)
converts them here, at the door, and nowhere else.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.utils.translation import gettext as _

from catalog.models import Packaging, Product
from core.errors import RuleBroken

Level = Packaging.Level


def to_stock_units(product: Product, quantity: Decimal, level: str) -> Decimal:
    """``quantity`` packages of ``level`` in the product's stock unit: 10 cartons of 48 are 480 pieces.

    "each" is the stock unit itself. Uses the prefetched ``packagings`` where there are any. Raises RuleBroken for a
    level that the product is not packed in, and where the result would be half a piece of something counted.
    """
    if level == Level.EACH:
        units = quantity
    else:
        units = quantity * _packaging(product, level).units
    if product.unit.whole and units != units.to_integral_value():
        raise RuleBroken(
            _("%(quantity)s × %(level)s of %(sku)s is %(units)s %(unit)s, which is counted in whole numbers.")
            % {
                "quantity": _plain(quantity),
                "level": Level(level).label,
                "sku": product.sku,
                "units": _plain(units),
                "unit": product.unit_id,
            },
            field="quantity",
        )
    return units


def to_packages(product: Product, units: Decimal, level: str) -> Decimal:
    """How many packages of ``level`` hold ``units`` stock units; the last one may be part full, so this rounds up."""
    if level == Level.EACH:
        return units
    return (units / _packaging(product, level).units).to_integral_value(ROUND_CEILING)


@dataclass(frozen=True)
class Load:
    """What a quantity is on a packing list: whole packages, outside volume in m³ and gross weight in kg, unrounded."""

    packages: Decimal
    volume_m3: Decimal
    gross_weight_kg: Decimal


def load_of(product: Product, units: Decimal, level: str = Level.CARTON) -> Load | None:
    """The load of ``units`` stock units packed at ``level``, or None where the product has no such packaging.

    A part-full last package counts as a whole one, in volume and in weight: that is what the carrier bills.
    """
    packaging = _find(product, level)
    if packaging is None:
        return None
    packages = (units / packaging.units).to_integral_value(ROUND_CEILING)
    return Load(packages, packages * packaging.volume_m3, packages * packaging.gross_weight_kg)


def _find(product: Product, level: str) -> Packaging | None:
    return next((packaging for packaging in product.packagings.all() if packaging.level == level), None)


def _packaging(product: Product, level: str) -> Packaging:
    found = _find(product, level)
    if found is None:
        raise RuleBroken(
            _("%(sku)s has no packaging level “%(level)s”. Add it to the product, or count in %(unit)s.")
            % {"sku": product.sku, "level": dict(Level.choices).get(level, level), "unit": product.unit_id},
            field="level",
        )
    return found


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
