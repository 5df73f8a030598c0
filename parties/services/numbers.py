"""Registration and tax numbers: what can be checked by itself is checked before it stands on a document."""

import re
import unicodedata

from django.utils.translation import gettext as _
from stdnum.cn import uscc
from stdnum.eu import vat
from stdnum.exceptions import InvalidChecksum, ValidationError

from core.errors import RuleBroken


def clean_registration(raw: str, country: str) -> str:
    """The number without blanks. In China it is the unified social credit code, whose check digit must be right (GB 32100)."""
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", raw))
    if not number or country != "CN":
        return unicodedata.normalize("NFKC", raw).strip()
    try:
        return uscc.validate(number)
    except InvalidChecksum as error:
        raise RuleBroken(
            _("The check digit of this unified social credit code is wrong. Compare it with the business licence.")
        ) from error
    except ValidationError as error:
        raise RuleBroken(
            _(
                "A Chinese company's registration number is its unified social credit code: 18 characters, on the licence."
            )
        ) from error


def clean_tax_number(raw: str) -> str:
    """The number without blanks. One that begins like an EU VAT number must have that country's form and check digit."""
    number = unicodedata.normalize("NFKC", raw).strip()
    compact = re.sub(r"[\s.-]", "", number).upper()
    if re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{8,12}", compact) and compact[:2].lower() in vat.MEMBER_STATES | {"el"}:
        if not vat.is_valid(compact):
            raise RuleBroken(
                _("This is not a valid VAT number of %(country)s: its form or check digit is wrong.")
                % {"country": compact[:2]}
            )
        return compact
    return number
