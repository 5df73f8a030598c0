"""A file as a table: any encoding and delimiter, read without guessing and within limits."""

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from django.core.files import File
from django.utils.translation import gettext as _

from core.errors import RuleBroken

MAX_BYTES = 20_000_000  # as uploaded
MAX_UNPACKED = 100_000_000  # a small archive may hold gigabytes: looked up before anything is unpacked
MAX_ROWS = 100_000
MAX_COLUMNS = 300
MAX_CELL = 100_000

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
    return _clean(_without_marks(str(value)))


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
    text = _without_marks(text)
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


def _without_marks(text: str) -> str:
    """Without NULs and byte order marks."""
    return text.replace("\x00", "").replace("\ufeff", "")


def _clean(cell: str) -> str:
    """Without surrounding blanks (the ideographic one too)."""
    if len(cell) > MAX_CELL:
        raise Unreadable(_("A cell holds more than %(most)s characters.") % {"most": MAX_CELL})
    return cell.strip()


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
