"""Container numbers by ISO 6346: three letters of the owner, the category (U, J or Z), six digits and a check digit."""

import re

from django.utils.translation import gettext as _
from stdnum import iso6346

from core.errors import RuleBroken

_SHAPE = re.compile(r"[A-Z]{3}[UJZ]\d{6}\d?")


def check_container(text: str, field: str = "containers") -> str:
    """This will return the container number in its one form (CSQU3054383), or raise RuleBroken, with the right digit
    if it can.

    "CSQU 305438-3" is the same number. The check digit is that of ISO 6346 (by python-stdnum).
    """
    number = iso6346.compact(text or "").replace("-", "").replace("/", "").upper()
    if not _SHAPE.fullmatch(number):
        raise RuleBroken(
            _("“%(number)s” is not a container number: four letters (the last U, J or Z), then seven digits.")
            % {"number": text},
            field=field,
        )
    right = number[:10] + iso6346.calc_check_digit(number[:10])
    if number != right:
        raise RuleBroken(
            _("%(number)s cannot be right: the check digit of %(body)s is %(digit)s. Did you mean %(right)s?")
            % {"number": number, "body": number[:10], "digit": right[-1], "right": right},
            field=field,
        )
    return number
