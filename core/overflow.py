"""Numbers and days out of range: each input may be lawful, and what they come to not be (quantity × price, day + term)."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import InvalidOperation

from django.db import DataError
from django.utils.translation import gettext as _
from psycopg2 import errors as pg

from core.errors import OutOfRange


def out_of_range(error: BaseException) -> OutOfRange | None:
    """The refusal that ``error`` stands for, if the database or the arithmetic could not hold a number or a day."""
    in_database = isinstance(error, DataError) and isinstance(error.__cause__, pg.NumericValueOutOfRange)
    in_rounding = isinstance(error, InvalidOperation) and error.args == ([InvalidOperation],)  # no malformed text
    if in_database or in_rounding or isinstance(error, OverflowError):
        return OutOfRange(
            _("A number or day here, or what it comes to, is out of range. Check the quantities, prices and days.")
        )
    return None


@contextmanager
def within_limits() -> Iterator[None]:
    """This will run its block and say OutOfRange where something does not fit. Stands around the transaction."""
    try:
        yield
    except (DataError, InvalidOperation, OverflowError) as error:
        refusal = out_of_range(error)
        if refusal is None:
            raise
        raise refusal from error
