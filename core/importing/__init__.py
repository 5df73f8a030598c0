"""Tables from outside, read without guessing: any encoding and delimiter, all errors at once, nothing half done.

``read_table`` turns an upload into headings and rows; an ``Importer`` says what the columns mean; ``plan`` works out
what each row would do (create, update, same, error) without touching anything; ``commit`` does all of it or nothing.

What a file leaves open is asked, not assumed: whether 03/04/2026 is in March or April, whether 1,234 is a thousand.
"""

from core.importing.cells import CellError, Parser, choice, code, day, decimal, integer, text, to_decimal, yes_no
from core.importing.importer import ERROR_HEADING, Column, Importer, Plan, PlannedRow
from core.importing.tables import MAX_BYTES, Cell, Table, Unreadable, plain, read_table

__all__ = [
    "ERROR_HEADING",
    "MAX_BYTES",
    "Cell",
    "CellError",
    "Column",
    "Importer",
    "Parser",
    "Plan",
    "PlannedRow",
    "Table",
    "Unreadable",
    "choice",
    "code",
    "day",
    "decimal",
    "integer",
    "plain",
    "read_table",
    "text",
    "to_decimal",
    "yes_no",
]
