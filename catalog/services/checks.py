"""What is wrong with a product as somebody typed it: barcodes, HS codes, packaging that cannot be."""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal

from django.utils.translation import gettext as _
from stdnum import ean

from catalog.models import Packaging
from core.errors import RuleBroken

Wrong = Callable[[str, str], None]  # (pointer, sentence)
_ORDER = [level.value for level in Packaging.Level]  # from the smallest to the largest


def clean_gtin(raw: str) -> str:
    """The digits of a GTIN-8, 12, 13 or 14. Raises RuleBroken where the length or the check digit is wrong (GS1)."""
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", raw))
    if not digits:
        return ""
    if not re.fullmatch(r"[0-9]+", digits) or len(digits) not in (8, 12, 13, 14):
        raise RuleBroken(_("A GTIN has 8, 12, 13 or 14 digits; this one has %(count)s.") % {"count": len(digits)})
    if not ean.is_valid(digits):
        right = digits[:-1] + ean.calc_check_digit(digits[:-1])
        raise RuleBroken(
            _("The check digit is wrong: if the first %(count)s digits are right, the GTIN is %(right)s.")
            % {"count": len(digits) - 1, "right": right}
        )
    return digits


def clean_hs_code(raw: str) -> str:
    """The digits of a Harmonized System code, written 9617.00 or 961700. Raises RuleBroken for what cannot be one."""
    digits = re.sub(r"[\s.]", "", unicodedata.normalize("NFKC", raw))
    if not digits:
        return ""
    if not re.fullmatch(r"[0-9]{6,12}", digits):
        raise RuleBroken(_("An HS code has 6 digits, or up to 12 with a country's own, e.g. 9617.00."))
    if digits[:2] in ("00", "77"):
        raise RuleBroken(_("There is no chapter %(chapter)s in the Harmonized System.") % {"chapter": digits[:2]})
    return digits


def packaging_errors(levels: Iterable, *, whole: bool, net_weight_kg: Decimal | None, wrong: Wrong) -> None:
    """This will report what is wrong with a product's packaging levels, by ``wrong("packagings/0/units", …)``."""
    seen: dict[str, Decimal] = {}
    gtins: set[str] = set()
    for index, level in enumerate(levels):
        at = f"packagings/{index}"
        if level.level not in _ORDER:
            wrong(f"{at}/level", _("Choose each, inner box, carton or pallet."))
            continue
        if level.level in seen:
            wrong(f"{at}/level", _("This level stands here twice."))
            continue
        seen[level.level] = level.units
        if level.units <= 0:
            wrong(f"{at}/units", _("It must hold something."))
            continue
        if level.level == Packaging.Level.EACH and level.units != 1:
            wrong(f"{at}/units", _("“Each” is one stock unit."))
        elif whole and level.units != level.units.to_integral_value():
            wrong(f"{at}/units", _("The stock unit is counted in whole numbers."))
        for name in ("length_cm", "width_cm", "height_cm", "gross_weight_kg"):
            if getattr(level, name) <= 0:
                wrong(f"{at}/{name}", _("This must be above 0."))
        if net_weight_kg and 0 < level.gross_weight_kg < level.units * net_weight_kg:
            wrong(
                f"{at}/gross_weight_kg",
                _("It weighs less than its contents: %(units)s × %(net)s kg net.")
                % {"units": f"{level.units.normalize():f}", "net": f"{net_weight_kg.normalize():f}"},
            )
        try:
            gtin = clean_gtin(level.gtin)
        except RuleBroken as error:
            wrong(f"{at}/gtin", str(error))
        else:
            if gtin and gtin in gtins:
                wrong(f"{at}/gtin", _("Two levels cannot carry the same barcode."))
            gtins.add(gtin)
    _ascending(list(levels), seen, wrong)


def _ascending(levels: list, seen: dict[str, Decimal], wrong: Wrong) -> None:
    """A carton holds more than an inner box, a pallet more than a carton."""
    present = [name for name in _ORDER if name in seen]
    labels = dict(Packaging.Level.choices)
    for smaller, larger in itertools.pairwise(present):
        if smaller != Packaging.Level.EACH and seen[larger] <= seen[smaller]:
            index = next(n for n, level in enumerate(levels) if level.level == larger)
            wrong(
                f"packagings/{index}/units",
                _("A %(larger)s must hold more than a %(smaller)s.")
                % {"larger": str(labels[larger]).lower(), "smaller": str(labels[smaller]).lower()},
            )
