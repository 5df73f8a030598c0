"""Tables as files: CSV and XLSX that open right, hold no formulas, and come back unchanged through the import."""

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from core.text import Text

BOM = "\ufeff"
_LIVE = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def harmless(text: str) -> str:
    """Text that no spreadsheet runs as a formula: a quote before what begins like one (OWASP, CSV injection).

    ``core.importing.plain`` takes the quote off again; a text that already looked quoted gets a second one, so that
    every text comes back as it was.
    """
    return "'" + text if _LIVE.match(text) else text


def cell(value: object) -> str | int | float | Decimal | date:
    """What a spreadsheet gets for a value: numbers stay numbers, days are days, all else is harmless text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int | float | Decimal | date):
        return value
    return harmless(_CONTROL.sub("", str(value)))


def _written(value: object) -> str:
    plain = cell(value)
    if isinstance(plain, Decimal):
        return format(plain, "f")
    return plain.isoformat() if isinstance(plain, date) else str(plain)


class _Echo:
    def write(self, text: str) -> str:
        return text


def csv_lines(headings: Sequence[Text], rows: Iterable[Sequence[object]], *, bom: bool = False) -> Iterator[str]:
    """The file in pieces of some hundred rows. ``bom`` is for Excel, which reads Chinese wrongly without it."""
    writer = csv.writer(_Echo())
    piece = [BOM if bom else "", writer.writerow([harmless(str(heading)) for heading in headings])]
    for row in rows:
        piece.append(writer.writerow([_written(value) for value in row]))
        if len(piece) >= 500:
            yield "".join(piece)
            piece = []
    yield "".join(piece)


def xlsx(headings: Sequence[Text], rows: Iterable[Sequence[object]], *, title: str = "Sheet1") -> BinaryIO:
    """The workbook as an open temporary file at its beginning; the caller closes it."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    head = []
    for number, heading in enumerate(headings):
        sheet.column_dimensions[chr(ord("A") + number) if number < 26 else "AA"].width = max(12, len(str(heading)) + 4)
        bold = WriteOnlyCell(sheet, value=harmless(str(heading)))
        bold.font = Font(bold=True)
        head.append(bold)
    sheet.append(head)
    for row in rows:
        sheet.append([_native(sheet, cell(value)) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the answer streams it and closes it)
    book.save(file)
    file.seek(0)
    return file


def _native(sheet, value: object) -> object:
    if isinstance(value, date):
        day = WriteOnlyCell(sheet, value=value)
        day.number_format = "yyyy-mm-dd"
        return day
    return value or None if isinstance(value, str) else value
