"""Quantities and their units: whole where the unit is whole, converted only inside one dimension."""

from decimal import Decimal

from django.utils.translation import gettext as _

from core.errors import RuleBroken
from core.money import EXACT, exact
from reference.models import Unit


def check_quantity(quantity: Decimal | int, unit: Unit) -> Decimal:
    """This will return ``quantity`` as a Decimal; a fraction of a unit that is counted whole raises RuleBroken."""
    quantity = exact(quantity)
    if unit.whole and quantity != quantity.to_integral_value():
        raise RuleBroken(
            _("%(quantity)s %(unit)s: this unit is counted in whole numbers.")
            % {"quantity": quantity, "unit": unit.code},
            field="quantity",
        )
    return quantity


def convert_quantity(quantity: Decimal | int, unit: Unit, to: Unit) -> Decimal:
    """This will return ``quantity`` of ``unit`` in ``to``, to 60 digits (2 dz → 24 pcs, 1 lb → 0.45359237 kg).

    Raises RuleBroken between two dimensions, and for cartons or sets: what is inside them belongs to the product.
    """
    quantity = exact(quantity)
    if unit.code == to.code:
        return quantity
    if unit.dimension != to.dimension or unit.factor is None or to.factor is None:
        raise RuleBroken(
            _("%(unit)s cannot be converted to %(to)s without the product's own packing data.")
            % {"unit": unit.code, "to": to.code},
            field="unit",
        )
    return EXACT.divide(EXACT.multiply(quantity, unit.factor), to.factor)


def spoken(quantity: Decimal) -> str:
    """This will write a quantity without the zeros that only the column keeps: 1200, 0.5; never 1.2E+3."""
    return format(quantity.normalize(), "f")
