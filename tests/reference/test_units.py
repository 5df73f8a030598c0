"""Quantities: whole where the unit is whole, converted exactly, and never between what cannot be compared."""

from decimal import Decimal as D

import pytest

from core.errors import RuleBroken
from reference import facts
from reference.models import Unit
from reference.units import check_quantity, convert_quantity

UNITS = {row["code"]: Unit(**row) for row in facts.units()}


def test_p02_whole_units_take_whole_numbers():
    assert check_quantity(D("3.000"), UNITS["pcs"]) == 3
    assert check_quantity(D("3.4"), UNITS["kg"]) == D("3.4")
    with pytest.raises(RuleBroken, match="whole numbers"):
        check_quantity(D("3.4"), UNITS["pcs"])
    with pytest.raises(TypeError):
        check_quantity(3.4, UNITS["kg"])


@pytest.mark.parametrize(
    ("quantity", "unit", "to", "expected"),
    [
        ("2", "dz", "pcs", "24"),
        ("36", "pcs", "dz", "3"),
        ("1", "lb", "kg", "0.45359237"),
        ("16", "oz", "lb", "1"),
        ("1000", "g", "kg", "1"),
        ("1", "in", "cm", "2.54"),
        ("3", "ft", "yd", "1"),
        ("1000", "l", "m3", "1"),
        ("2.5", "ctn", "ctn", "2.5"),
    ],
)
def test_conversion_inside_a_dimension_is_exact(quantity, unit, to, expected):
    assert convert_quantity(D(quantity), UNITS[unit], UNITS[to]) == D(expected)


@pytest.mark.parametrize(("unit", "to"), [("kg", "m"), ("ctn", "pcs"), ("set", "pcs"), ("ctn", "plt")])
def test_what_the_product_must_say_is_refused(unit, to):
    with pytest.raises(RuleBroken, match="packing data"):
        convert_quantity(D(1), UNITS[unit], UNITS[to])


def test_every_unit_has_its_unece_code_once():
    codes = [unit.unece for unit in UNITS.values()]
    assert all(codes)
    assert len(set(codes)) == len(codes)
