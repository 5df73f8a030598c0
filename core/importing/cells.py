"""What a cell may hold: a parser for each kind of column, and what a column leaves open for a person to say."""

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from core.importing.tables import Cell, plain


class CellError(Exception):
    """What is wrong with one cell; ``hint`` says what would be right."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(str(message))
        self.hint = str(hint)


Parser = Callable[[Cell, str], Any]  # (the cell, the answer given for its column or "") → value


@dataclass(frozen=True)
class Asking:
    """A parser that may have to ask about its column: ``question(cells)`` is the (answer, example) or None for nothing."""

    parse: Parser
    question: Callable[[Iterable[Cell]], tuple[str, str] | None]

    def __call__(self, cell: Cell, answer: str) -> Any:
        return self.parse(cell, answer)


def half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def text(most: int = 250) -> Parser:
    def parse(cell: Cell, _answer: str) -> str:
        value = (
            format(cell.normalize(), "f")
            if isinstance(cell, Decimal)
            else plain(cell)
            if isinstance(cell, str)
            else str(cell)
        )
        if len(value) > most:
            raise CellError(_("This is longer than %(most)s characters.") % {"most": most})
        return value

    return parse


def code(most: int = 60) -> Parser:
    """A number or key as people type it: full-width characters made plain, no inner blanks at the ends."""
    whole = text(most)
    return lambda cell, answer: half_width(whole(cell, answer))


_COMMA_PROVEN = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d+,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+)")
_DOT_PROVEN = re.compile(r"[+-]?(\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}|\d+\.(\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+)")
_OPEN = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def decimal(
    *, places: int | None = None, whole: int = 14, least: Decimal | int | None = None, most: Decimal | int | None = None
) -> Parser:
    """A number of at most ``whole`` digits before the mark and ``places`` after it, as its database column has them.

    1,234 is asked about unless the column's other values show which mark is the decimal one.
    """

    def parse(cell: Cell, answer: str) -> Decimal:
        if isinstance(cell, bool | date):
            raise CellError(_("This is not a number."))
        value = cell if isinstance(cell, Decimal) else to_decimal(cell or "", answer)
        if not value.is_finite() or value.adjusted() >= whole:
            raise CellError(_("This number is too large."))
        if places is not None and value != round(value, places):
            raise CellError(_("At most %(places)s decimals.") % {"places": places})
        if least is not None and value < least:
            raise CellError(_("At least %(least)s.") % {"least": least})
        if most is not None and value > most:
            raise CellError(_("At most %(most)s.") % {"most": most})
        return value

    return Asking(parse, _decimal_question)


def integer(**limits) -> Parser:
    return decimal(places=0, **limits)


def to_decimal(raw: str, mark: str) -> Decimal:
    value = re.sub(r"[\s'’]", "", half_width(plain(raw)))
    if value.endswith("-"):  # 12.50- as some systems write it
        value = "-" + value[:-1]
    if (
        _COMMA_PROVEN.fullmatch(value)
        or (mark == "," and "," in value)
        or (mark == "," and re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+", value))
    ):
        value = value.replace(".", "").replace(",", ".")
    elif "," in value:
        if not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", value):
            raise CellError(_("This is not a number."), _("For example 1234.50"))
        value = value.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", value, re.ASCII):
        raise CellError(_("This is not a number."), _("For example 1234.50"))
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise CellError(_("This is not a number.")) from error


def _decimal_question(cells: Iterable[Cell]) -> tuple[str, str] | None:
    """(the answer the column gives by itself, "") or ("", an example to ask about) or None where nothing is open."""
    comma = dot = False
    example = ""
    for cell in cells:
        if not isinstance(cell, str):
            continue
        value = re.sub(r"[\s'’]", "", half_width(cell))
        comma = comma or bool(_COMMA_PROVEN.fullmatch(value))
        dot = dot or bool(_DOT_PROVEN.fullmatch(value))
        if not example and _OPEN.fullmatch(value):
            example = value
    if comma != dot:
        return ("," if comma else "."), ""
    return ("", example) if example else None


_MONTHS = {calendar.month_abbr[n].lower(): n for n in range(1, 13)}
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_NUMERIC = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?: .*)?")
_NAMED = (
    re.compile(r"(\d{1,2})[ .-]+([A-Za-z]{3,9})[ .,-]+(\d{4})"),
    re.compile(r"([A-Za-z]{3,9})[ .-]+(\d{1,2})[ ,.-]+(\d{4})"),
)


def day(*, least: date | None = None, most: date | None = None) -> Parser:
    """A day. 03/04/2026 is asked about unless another value of the column shows the order; Excel's day numbers do."""

    def parse(cell: Cell, answer: str) -> date:
        value = cell if isinstance(cell, date) else _to_day(cell, answer)
        if not date(1990, 1, 1) <= value <= date(2100, 1, 1):
            raise CellError(_("This day is not plausible."), _("For example 2026-03-12"))
        if (least and value < least) or (most and value > most):
            raise CellError(_("This day is outside what is allowed."))
        return value

    return Asking(parse, day_question)


def _to_day(cell: Cell, order: str) -> date:
    wrong = CellError(_("This is not a date."), _("Write it as 2026-03-12."))
    value = format(cell, "f") if isinstance(cell, Decimal) else half_width(str(cell or ""))
    try:
        if match := re.fullmatch(r"(\d{5})(\.\d+)?", value):  # days since 30 December 1899
            return date(1899, 12, 30) + timedelta(days=int(match[1]))
        if match := _ISO.fullmatch(value) or _COMPACT.fullmatch(value):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NAMED[0].fullmatch(value):
            return date(int(match[3]), _MONTHS[match[2][:3].lower()], int(match[1]))
        if match := _NAMED[1].fullmatch(value):
            return date(int(match[3]), _MONTHS[match[1][:3].lower()], int(match[2]))
        if match := _NUMERIC.fullmatch(value):
            first, second, year = int(match[1]), int(match[2]), int(match[3])
            if first > 12 or second == first or (order == "dmy" and second <= 12):
                return date(year, second, first)
            if second > 12 or order == "mdy":
                return date(year, first, second)
            raise CellError(_("Day and month could be either way round."), _("Write it as 2026-03-12."))
    except (ValueError, KeyError, OverflowError) as error:
        raise wrong from error
    raise wrong


def day_question(cells: Iterable[Cell]) -> tuple[str, str] | None:
    orders, example = set(), ""
    for cell in cells:
        match = _NUMERIC.fullmatch(half_width(cell)) if isinstance(cell, str) else None
        if match is None or match[1] == match[2]:
            continue
        if int(match[1]) > 12:
            orders.add("dmy")
        elif int(match[2]) > 12:
            orders.add("mdy")
        elif not example:
            example = match[0]
    if len(orders) == 1:
        return orders.pop(), ""
    return ("", example) if example else None


def choice(values: dict[str, Any]) -> Parser:
    """One of some words (any case): {"sea": Mode.SEA, "海运": Mode.SEA}."""
    known = {key.casefold(): value for key, value in values.items()}

    def parse(cell: Cell, _answer: str) -> Any:
        word = half_width(plain(str(cell))).casefold()
        if word not in known:
            raise CellError(_("This is not one of the choices."), ", ".join(list(values)[:12]))
        return known[word]

    return parse


def yes_no() -> Parser:
    words = {
        **dict.fromkeys(("yes", "y", "1", "true", "x", "是", "有"), True),
        **dict.fromkeys(("no", "n", "0", "false", "否", "无", "没有"), False),
    }
    chosen = choice(words)
    return lambda cell, answer: cell if isinstance(cell, bool) else chosen(cell, answer)
