"""Tables from outside, read without guessing: any encoding and delimiter, all errors at once, nothing half done.

``read_table`` turns an upload into headings and rows; an ``Importer`` says what the columns mean; ``plan`` works out
what each row would do (create, update, same, error) without touching anything; ``commit`` does all of it or nothing.

What a file leaves open is asked, not assumed: whether 03/04/2026 is in March or April, whether 1,234 is a thousand.
"""

import calendar
import csv
import gzip
import io
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actor import Actor
from core.errors import RuleBroken
from core.overflow import within_limits
from core.text import Text

MAX_BYTES = 20_000_000  # as uploaded
MAX_UNPACKED = 100_000_000  # a small archive may hold gigabytes: looked up before anything is unpacked
MAX_ROWS = 100_000
MAX_COLUMNS = 300
MAX_CELL = 100_000
ERROR_HEADING = "Error / 错误"

Cell = str | Decimal | date | bool | None


class Unreadable(RuleBroken):
    """The file cannot be read as a table; the sentence says why and what to do."""

    code = "unreadable_file"


@dataclass
class Table:
    """Headings and rows as the file has them; ``numbers[n]`` is the row number a spreadsheet shows for ``rows[n]``."""

    headings: list[str]
    rows: list[list[Cell]]
    numbers: list[int]


# ---- reading


def read_table(file: BinaryIO | File, *, encoding: str | None = None) -> Table:
    """This will read CSV, TSV or XLSX, plain or in .gz or .zip, told apart by content and never by name.

    Raises Unreadable for anything else, for what is too large, and for archives that would unpack to more than
    MAX_UNPACKED.
    """
    data = _unpacked(_limited(file.read(MAX_BYTES + 1), MAX_BYTES))
    if data[:4] == b"PK\x03\x04":
        rows = _xlsx_rows(data)
    elif data[:4] == b"\xd0\xcf\x11\xe0":
        raise Unreadable(_("This is an old Excel file (.xls). Save it as .xlsx and upload it again."))
    elif data[:4] == b"%PDF":
        raise Unreadable(_("This is a PDF. Upload the table as .xlsx or .csv."))
    else:
        rows = _csv_rows(_text(data, encoding))
    return _table(rows)


def _limited(data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise Unreadable(_("The file is larger than %(size)s MB. Split it into several.") % {"size": most // 1_000_000})
    return data


def _unpacked(data: bytes) -> bytes:
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                return _limited(packed.read(MAX_UNPACKED + 1), MAX_UNPACKED)
        if data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                members = packed.infolist()
                if sum(member.file_size for member in members) > MAX_UNPACKED or len(members) > 5000:
                    raise Unreadable(
                        _("The file unpacks to more than %(size)s MB.") % {"size": MAX_UNPACKED // 1_000_000}
                    )
                files = [
                    member for member in members if not member.is_dir() and not member.filename.startswith("__MACOSX")
                ]
                if "xl/workbook.xml" not in packed.namelist():
                    if len(files) != 1:
                        raise Unreadable(_("The archive holds several files. Upload the one table."))
                    return _limited(packed.read(files[0]), MAX_UNPACKED)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise Unreadable(_("The file is damaged or protected by a password. Save it again and upload it.")) from error
    return data


def _xlsx_rows(data: bytes) -> Iterator[list[Cell]]:
    import openpyxl  # slow to load, and most requests read no workbook

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        if not sheets:
            raise Unreadable(_("The workbook has no sheet."))
        sheets[0].reset_dimensions()  # what the file says of its own size may be a lie
        for row in sheets[0].iter_rows(values_only=True):
            if len(row) > MAX_COLUMNS:
                row = row[:MAX_COLUMNS]
            yield [_from_workbook(value) for value in row]
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file makes it stumble over
        raise Unreadable(_("The workbook cannot be read. Open it in Excel, save it again and upload it.")) from error


def _from_workbook(value: object) -> Cell:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(format(value, ".15g"))  # the 15 digits Excel shows, not the binary tail
    return _clean(str(value))


def _text(data: bytes, encoding: str | None) -> str:
    """The decoded text: as its byte order mark says, else UTF-8, else UTF-16 (half of it NUL), else GB18030."""
    if encoding:
        tries = [encoding]
    elif data[:3] == b"\xef\xbb\xbf":
        tries = ["utf-8-sig"]
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tries = ["utf-16"]
    elif (sample := data[:2000]) and sample.count(0) > len(sample) // 5:
        tries = ["utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"]
    else:
        tries = ["utf-8", "gb18030", "cp1252"]
    for one in tries:
        try:
            return data.decode(one)
        except (UnicodeDecodeError, LookupError):
            continue
    raise Unreadable(_("The text of this file cannot be read. Save it as “CSV UTF-8” or as .xlsx and upload it again."))


def _csv_rows(text: str) -> Iterator[list[Cell]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    number = 0
    try:
        for row in reader:
            number += 1
            yield [_clean(value) for value in row[:MAX_COLUMNS]]
    except csv.Error as error:
        raise Unreadable(
            _("Row %(number)s cannot be read: a cell is too long or a quotation mark is never closed.")
            % {"number": number + 1}
        ) from error


def _delimiter(text: str) -> str:
    """The one that cuts the first rows into the most columns, the same number in each."""
    sample = text[:20_000].splitlines()[:20]
    if len(text) > 20_000:
        sample = sample[:-1] or sample

    def score(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            return (0, 0)
        if not widths or max(widths) < 2:
            return (0, 0)
        width, times = Counter(widths).most_common(1)[0]
        return (times / len(widths), width) if width > 1 else (0, 0)

    return max((",", ";", "\t", "|"), key=score)


def _clean(text: str) -> str:
    """Without NULs and surrounding blanks (the ideographic one too)."""
    if len(text) > MAX_CELL:
        raise Unreadable(_("A cell holds more than %(most)s characters.") % {"most": MAX_CELL})
    return text.replace("\x00", "").replace("\ufeff", "").strip()


def _table(rows: Iterable[list[Cell]]) -> Table:
    headings: list[str] | None = None
    kept: list[list[Cell]] = []
    numbers: list[int] = []
    for number, row in enumerate(rows, start=1):
        if all(value in (None, "") for value in row):
            continue
        if headings is None:
            headings = [
                plain(value) if isinstance(value, str) else str(value if value is not None else "") for value in row
            ]
            while headings and not headings[-1]:
                headings.pop()
            continue
        if len(kept) >= MAX_ROWS:
            raise Unreadable(
                _("The table has more than %(most)s rows. Split it into several.") % {"most": f"{MAX_ROWS:,}"}
            )
        kept.append([*row[: len(headings)], *[None] * (len(headings) - len(row))])
        numbers.append(number)
    if headings is None:
        raise Unreadable(_("The file is empty."))
    if not kept:
        raise Unreadable(_("The file has headings but no rows."))
    return Table(headings, kept, numbers)


_QUOTED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def plain(text: str) -> str:
    """The text without the quote that the export put before what begins like a formula (core.web.export.harmless)."""
    return text[1:] if _QUOTED.match(text) else text


# ---- cells


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


def _half_width(text: str) -> str:
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
    return lambda cell, answer: _half_width(whole(cell, answer))


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
    value = re.sub(r"[\s'’]", "", _half_width(plain(raw)))
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
        value = re.sub(r"[\s'’]", "", _half_width(cell))
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

    return Asking(parse, _day_question)


def _to_day(cell: Cell, order: str) -> date:
    wrong = CellError(_("This is not a date."), _("Write it as 2026-03-12."))
    value = format(cell, "f") if isinstance(cell, Decimal) else _half_width(str(cell or ""))
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


def _day_question(cells: Iterable[Cell]) -> tuple[str, str] | None:
    orders, example = set(), ""
    for cell in cells:
        match = _NUMERIC.fullmatch(_half_width(cell)) if isinstance(cell, str) else None
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
        word = _half_width(plain(str(cell))).casefold()
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


# ---- columns, rows, plans


@dataclass(frozen=True)
class Column:
    """``headings``: what the column may be called, English first, then Chinese; the template shows both."""

    key: str
    headings: tuple[str, ...]
    parser: Parser = field(default_factory=text)
    required: bool = False
    help: Text = ""
    example: str = ""

    @property
    def title(self) -> str:
        return " / ".join(self.headings[:2])


@dataclass(frozen=True)
class Problem:
    """One fault of one cell (or of a whole row: ``column`` is empty)."""

    row: int
    column: str
    value: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Question:
    """What only a person can know about a column: ``kind`` is "order" (of day and month) or "mark" (decimal)."""

    column: str
    heading: str
    kind: str
    example: str

    @property
    def choices(self) -> list[tuple[str, str]]:
        if self.kind == "order":
            return [("dmy", _("day first")), ("mdy", _("month first"))]
        return [(".", _("a thousands separator")), (",", _("a decimal comma"))]


CREATE, UPDATE, SAME, ERROR = "create", "update", "same", "error"


@dataclass
class PlannedRow:
    number: int
    status: str
    values: dict[str, Any]
    key: tuple = ()
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # column → (before, after)
    cells: list[Cell] = field(default_factory=list)


@dataclass
class Plan:
    rows: list[PlannedRow]
    problems: list[Problem]
    questions: list[Question]
    missing: list[str]  # required columns the file does not have
    ignored: list[str]  # its headings that nothing was mapped to

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(row.status for row in self.rows)
        return {status: counted[status] for status in (CREATE, UPDATE, SAME, ERROR)}

    @property
    def ready(self) -> bool:
        """Whether it could be committed with the faulty rows left out."""
        return not self.questions and not self.missing

    @property
    def faultless(self) -> bool:
        return self.ready and not self.problems


class Importer:
    """What a kind of table means. A subclass names its columns and key, and calls services to look up and to write."""

    name = ""  # "catalog.products"
    label: Text = ""
    permission: str | None = None
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()  # the columns that say which document a row is about

    # ---- what a subclass says

    def existing(self, keys: set[tuple], actor: Actor) -> dict[tuple, dict[str, Any]]:
        """What is stored for these keys, by key, in the shape of a row's values. One query, visible rows only."""
        return {}

    def check(self, rows: list[PlannedRow], actor: Actor) -> Iterable[tuple[PlannedRow, str, CellError]]:
        """More that can be wrong, over all rows at once (so that lookups are one query): (row, column key, error)."""
        return ()

    def rows_of(self, documents: QuerySet) -> Iterable[dict[str, Any]]:
        """What is stored of ``documents`` (visible ones) as rows of this table: exported, changed, imported again."""
        raise NotImplementedError

    def write(self, creates: list[dict[str, Any]], updates: list[dict[str, Any]], actor: Actor) -> None:
        """This will make the changes by one service call each, or raise RuleBroken."""
        raise NotImplementedError

    # ---- how it works

    def guess(self, headings: Sequence[str]) -> dict[str, int]:
        """Column key → position in the file, for the headings it knows (either language, any case)."""
        found: dict[str, int] = {}
        names = {
            _name(heading): column.key
            for column in self.columns
            for heading in (*column.headings, column.key, column.title)
        }
        for position, heading in enumerate(headings):
            options = [heading, *re.split(r"[/\n(（]", heading)]
            key = next((names[_name(one)] for one in options if _name(one) in names), None)
            if key and key not in found:
                found[key] = position
        return found

    def plan(
        self,
        table: Table,
        actor: Actor,
        *,
        mapping: dict[str, int] | None = None,
        answers: dict[str, str] | None = None,
    ) -> Plan:
        """This will work out what every row would do, and list every fault of every cell. It changes nothing."""
        mapping = self.guess(table.headings) if mapping is None else mapping
        columns = [column for column in self.columns if column.key in mapping]
        missing = [column.title for column in self.columns if column.required and column.key not in mapping]
        ignored = [
            heading
            for position, heading in enumerate(table.headings)
            if heading and position not in mapping.values() and heading != ERROR_HEADING
        ]
        answers, questions = self._answers(table, columns, mapping, answers or {})
        plan = Plan([], [], questions, missing, ignored)
        if not plan.ready:
            return plan
        seen: dict[tuple, int] = {}
        for number, cells in zip(table.numbers, table.rows, strict=True):
            plan.rows.append(self._row(number, cells, columns, mapping, answers, seen, plan.problems))
        self._compare(plan, actor)
        return plan

    def commit(self, plan: Plan, actor: Actor, *, leave_out_faulty: bool = False) -> dict[str, int]:
        """This will do what the plan says, in one transaction, and return its counts; RuleBroken when it may not."""
        if not plan.ready or (plan.problems and not leave_out_faulty):
            raise RuleBroken(_("Nothing was imported: the table still has faults or open questions."))
        with within_limits(), transaction.atomic():
            self.write(
                [row.values for row in plan.rows if row.status == CREATE],
                [row.values for row in plan.rows if row.status == UPDATE],
                actor,
            )
        return plan.counts

    def _answers(self, table, columns, mapping, given):
        """What each column shows by itself or was answered for it, and what is still open."""
        answers, questions = dict(given), []
        for column in columns:
            ask = getattr(column.parser, "question", None)
            if ask is None or column.key in given:
                continue
            found = ask(row[mapping[column.key]] for row in table.rows)
            if found is None:
                continue
            answer, example = found
            if answer:
                answers[column.key] = answer
            else:
                kind = "order" if ask is _day_question else "mark"
                questions.append(Question(column.key, column.title, kind, example))
        return answers, questions

    def _row(self, number, cells, columns, mapping, answers, seen, problems) -> PlannedRow:
        row = PlannedRow(number, CREATE, {}, cells=cells)
        for column in columns:
            cell = cells[mapping[column.key]]
            try:
                if cell in (None, ""):
                    if column.required:
                        raise CellError(_("This must be filled in."), column.help or column.example)
                    row.values[column.key] = None
                else:
                    row.values[column.key] = column.parser(cell, answers.get(column.key, ""))
            except CellError as error:
                row.status = ERROR
                problems.append(Problem(number, column.title, _shown(cell), str(error), error.hint))
        row.key = tuple(row.values.get(key) for key in self.key)
        if row.status != ERROR and self.key:
            if row.key in seen:
                row.status = ERROR
                message = _("Row %(row)s is already about the same one.") % {"row": seen[row.key]}
                problems.append(Problem(number, self._title(self.key[0]), _shown(row.key[0]), message))
            seen.setdefault(row.key, number)
        return row

    def _compare(self, plan: Plan, actor: Actor) -> None:
        sound = [row for row in plan.rows if row.status != ERROR]
        for row, key, error in self.check(sound, actor):
            row.status = ERROR
            plan.problems.append(
                Problem(row.number, self._title(key), _shown(row.values.get(key)), str(error), error.hint)
            )
        stored = self.existing({row.key for row in sound}, actor) if self.key else {}
        for row in sound:
            if row.status == ERROR or row.key not in stored:
                continue
            before = stored[row.key]
            row.changes = {
                key: (before.get(key), value)
                for key, value in row.values.items()
                if _stored(before.get(key)) != _stored(value)
            }
            row.status = UPDATE if row.changes else SAME
        plan.problems.sort(key=lambda problem: problem.row)

    def _title(self, key: str) -> str:
        return next((column.title for column in self.columns if column.key == key), "")

    # ---- files that go back to the person

    def export(self, documents: QuerySet) -> tuple[list[str], Iterable[list[Any]]]:
        """Headings and rows of ``documents``; imported as they are they change nothing."""
        keys = [column.key for column in self.columns]
        return [column.title for column in self.columns], (
            [row.get(key) for key in keys] for row in self.rows_of(documents)
        )

    def template(self) -> tuple[list[str], list[list[str]]]:
        """Bilingual headings and one example row."""
        return [column.title for column in self.columns], [[column.example for column in self.columns]]

    def rejects(self, table: Table, plan: Plan) -> tuple[list[str], list[list[Cell]]]:
        """The faulty rows as they came, with what is wrong in a last column that the import passes over."""
        said: dict[int, list[str]] = {}
        for problem in plan.problems:
            said.setdefault(problem.row, []).append(f"{problem.column}: {problem.message} {problem.hint}".strip())
        width = table.headings.index(ERROR_HEADING) if ERROR_HEADING in table.headings else len(table.headings)
        headings = [*table.headings[:width], ERROR_HEADING]
        return headings, [[*row.cells[:width], " ".join(said[row.number])] for row in plan.rows if row.number in said]


def _stored(value: object) -> object:
    return None if value == "" else value


def _name(heading: str) -> str:
    return re.sub(r"[\s_*.:：-]+", "", _half_width(str(heading))).casefold()


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell)[:80]


STATUS_WORDS = {
    CREATE: gettext_lazy("new"),
    UPDATE: gettext_lazy("changed"),
    SAME: gettext_lazy("same"),
    ERROR: gettext_lazy("faulty"),
}
