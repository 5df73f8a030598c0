"""Reading published files: the ECB's rate history, and registers of ports and airports."""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.utils.translation import gettext as _

from core.errors import RuleBroken

LARGEST = 100_000_000  # bytes of text; a small archive that unpacks to more is not a rate file


@contextmanager
def open_table(path: Path) -> Iterator[io.TextIOBase]:
    """This will open a CSV as text, also inside .gz or .zip (its only .csv); anything else raises RuleBroken."""
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                members = [member for member in archive.infolist() if member.filename.lower().endswith(".csv")]
                if len(members) != 1 or members[0].file_size > LARGEST:
                    raise RuleBroken(_("%(file)s should hold exactly one CSV file.") % {"file": path.name})
                with archive.open(members[0]) as raw:
                    yield _text(raw, path)
        elif path.suffix == ".gz":
            with gzip.open(path) as raw:
                yield _text(raw, path)
        else:
            with open(path, "rb") as raw:
                yield _text(raw, path)
    except (OSError, zipfile.BadZipFile, EOFError, UnicodeDecodeError) as error:
        raise RuleBroken(_("%(file)s cannot be read: %(error)s") % {"file": path.name, "error": error}) from error


def _text(raw, path: Path) -> io.StringIO:
    content = raw.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise RuleBroken(_("%(file)s is too large.") % {"file": path.name})
    return io.StringIO(content.decode("utf-8-sig"), newline="")


def read_ecb(path: Path) -> list[tuple[date, str, Decimal]]:
    """This will read eurofxref-hist.csv: a row per day, a column per currency, “N/A” where nothing was quoted.

    Returns (day, currency, units of the currency for one euro). Raises RuleBroken with the line.
    """
    found: list[tuple[date, str, Decimal]] = []
    with open_table(path) as file:
        table = csv.reader(file)
        heading = [name.strip() for name in next(table, [])]
        if heading[:1] != ["Date"] or len(heading) < 2:
            raise RuleBroken(
                _("%(file)s is not a rate history of the ECB: its first column is not “Date”.") % {"file": path.name}
            )
        for row in table:
            if not row:
                continue
            try:
                day = date.fromisoformat(row[0].strip())
                for currency, cell in zip(heading[1:], row[1:], strict=False):
                    if currency and cell and cell != "N/A" and cell.strip() not in ("", "N/A"):
                        found.append((day, currency, Decimal(cell)))
            except (ValueError, InvalidOperation) as error:
                raise RuleBroken(
                    _("%(file)s, line %(line)s: %(row)s is not a day with its rates.")
                    % {"file": path.name, "line": table.line_num, "row": row[:3]}
                ) from error
    return found


def read_dicts(path: Path) -> Iterator[dict[str, str]]:
    """This will read a CSV with a heading, row by row."""
    with open_table(path) as file:
        yield from csv.DictReader(file)
