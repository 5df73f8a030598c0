"""The public SCMS shipment record (USAID, 2006–2015): what its columns say, and what is odd about single rows.

One row is one order line delivered to a country. "Direct Drop" rows were bought from a vendor and shipped straight to
the country; "From RDC" rows were delivered from a regional warehouse and name neither vendor nor purchase date.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import BinaryIO

from core.errors import RuleBroken
from core.importing import Cell, read_table

COLUMNS = {
    "id": "ID",
    "order": "PO / SO #",
    "shipment": "ASN/DN #",
    "country": "Country",
    "via": "Fulfill Via",
    "incoterm": "Vendor INCO Term",
    "mode": "Shipment Mode",
    "ordered": "PO Sent to Vendor Date",
    "scheduled": "Scheduled Delivery Date",
    "delivered": "Delivered to Client Date",
    "recorded": "Delivery Recorded Date",
    "group": "Product Group",
    "vendor": "Vendor",
    "item": "Item Description",
    "per_pack": "Unit of Measure (Per Pack)",
    "quantity": "Line Item Quantity",
    "value": "Line Item Value",
    "pack_price": "Pack Price",
    "unit_price": "Unit Price",
    "weight": "Weight (Kilograms)",
    "freight": "Freight Cost (USD)",
    "insurance": "Line Item Insurance (USD)",
}
DIRECT, WAREHOUSE = "Direct Drop", "From RDC"
INCLUDED, SEPARATE = "Freight Included in Commodity Cost", "Invoiced Separately"
_REFERENCE = re.compile(r"See ((?:ASN|DN)-\d+) \(ID#:(\d+)\)", re.IGNORECASE)
_MONTHS = {
    name: n
    for n, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}


@dataclass(slots=True)
class Row:
    """One line as it is written; ``freight_of`` names the row that carries the shipment's amount (its own id: itself)."""

    id: int
    order: str
    shipment: str
    country: str
    direct: bool
    incoterm: str
    mode: str
    ordered: date | None
    scheduled: date
    delivered: date
    recorded: date
    group: str
    vendor: str
    item: str
    per_pack: int
    quantity: Decimal
    value: Decimal
    pack_price: Decimal
    unit_price: Decimal
    weight: Decimal | None
    freight: Decimal | None
    freight_of: int | None
    freight_included: bool
    insurance: Decimal | None


@dataclass
class Report:
    """What is odd, by kind: the ids of the rows, so that each can be looked up."""

    odd: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def lines(self, most: int = 12) -> Iterator[str]:
        """One sentence a kind: how many rows, and their ids."""
        for kind, ids in self.odd.items():
            shown = ", ".join(map(str, ids[:most])) + (f" and {len(ids) - most} more" if len(ids) > most else "")
            yield f"{kind}: {len(ids)} rows (ID {shown})"


def read(file: BinaryIO) -> tuple[list[Row], Report]:
    """This will read the record in any of its encodings, in ID order, with a report of its odd rows.

    Raises RuleBroken naming a missing column, or every cell that cannot be read, by row and column.
    """
    table = read_table(file)
    places = {" ".join(str(h).split()).lower(): n for n, h in enumerate(table.headings)}
    missing = [title for title in COLUMNS.values() if title.lower() not in places]
    if missing:
        raise RuleBroken(f"This is not the shipment record: it has no column {', '.join(missing)}.")
    where = {key: places[title.lower()] for key, title in COLUMNS.items()}
    rows, errors = [], []
    for number, cells in zip(table.numbers, table.rows, strict=True):
        try:
            rows.append(_row({key: cells[place] if place < len(cells) else "" for key, place in where.items()}))
        except _Unreadable as error:
            errors.append({"pointer": f"/{number}/{COLUMNS[error.column]}", "detail": f"row {number}: {error}"})
    if errors:
        raise RuleBroken(f"{len(errors)} rows cannot be read; the first: {errors[0]['detail']}", errors=errors)
    repeated = [n for n, times in Counter(row.id for row in rows).items() if times > 1]
    if repeated:
        raise RuleBroken(f"The ID {repeated[0]} stands on more than one row.")
    rows.sort(key=lambda row: row.id)
    return rows, _report(rows)


class _Unreadable(Exception):
    def __init__(self, column: str, cell: Cell, expected: str):
        self.column = column
        super().__init__(f"{COLUMNS[column]} is “{cell}”, which is not {expected}")


def _row(cells: dict[str, Cell]) -> Row:
    def text(column: str) -> str:
        return str(cells[column] if cells[column] is not None else "").strip()

    def number(column: str) -> Decimal:
        try:
            return Decimal(text(column).replace(",", ""))
        except InvalidOperation:
            raise _Unreadable(column, cells[column], "a number") from None

    def optional(column: str) -> Decimal | None:
        return number(column) if text(column)[:1].isdigit() else None

    def day(column: str) -> date:
        found = to_date(cells[column])
        if found is None:
            raise _Unreadable(column, cells[column], "a date")
        return found

    if text("via") not in (DIRECT, WAREHOUSE):
        raise _Unreadable("via", cells["via"], f"{DIRECT} or {WAREHOUSE}")
    own_id, freight, insurance = int(number("id")), text("freight"), text("insurance")
    reference = _REFERENCE.fullmatch(freight)
    if not (reference or freight in (INCLUDED, SEPARATE) or freight[:1].isdigit()):
        raise _Unreadable("freight", cells["freight"], "an amount, a reference or a known remark")
    amount = optional("freight")
    return Row(
        id=own_id,
        order=text("order"),
        shipment=text("shipment"),
        country=text("country"),
        direct=text("via") == DIRECT,
        incoterm="" if text("incoterm").startswith("N/A") else text("incoterm"),
        mode=text("mode"),
        ordered=to_date(cells["ordered"]),
        scheduled=day("scheduled"),
        delivered=day("delivered"),
        recorded=day("recorded"),
        group=text("group"),
        vendor=text("vendor"),
        item=text("item"),
        per_pack=int(number("per_pack")),
        quantity=number("quantity"),
        value=number("value"),
        pack_price=number("pack_price"),
        unit_price=number("unit_price"),
        weight=optional("weight"),
        freight=amount,
        freight_of=int(reference.group(2)) if reference else own_id if amount is not None else None,
        freight_included=freight == INCLUDED,
        insurance=number("insurance") if insurance else None,
    )


def to_date(cell: Cell) -> date | None:
    """A day in any of the record's three styles: 2-Jun-06, 6/2/06 (month first) or 2006-06-02; None for a remark."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    return _written_day(str(cell or "").strip())


@cache
def _written_day(text: str) -> date | None:
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T][\d:.]+)?", text):
        year, month, day = map(int, match.groups())
    elif match := re.fullmatch(r"(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ](\d{2,4})", text):
        if match.group(2).lower() not in _MONTHS:
            return None
        day, month, year = int(match.group(1)), _MONTHS[match.group(2).lower()], int(match.group(3))
    elif match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{2,4})(?: [\d:.]+)?", text):
        month, day, year = map(int, match.groups())
    else:
        return None
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def _report(rows: Iterable[Row]) -> Report:
    """What is odd about single rows; the thresholds are those of the record's own published figures."""
    report = Report()
    for row in rows:
        computed = row.quantity * row.pack_price
        checks = {
            "value is zero": row.value == 0,
            "insurance is blank": row.insurance is None,
            "insurance above value": row.insurance is not None and row.insurance > row.value,
            "freight above value": row.freight is not None and row.freight > row.value,
            "delivered before the order was sent": row.ordered is not None and row.delivered < row.ordered,
            "recorded before it was delivered": row.recorded < row.delivered,
            "value differs from quantity × pack price by over 1 %": row.value
            and abs(row.value - computed) > row.value / 100,
            "unit price differs from pack price ÷ units by over half a cent": abs(
                row.unit_price - row.pack_price / row.per_pack
            )
            > Decimal("0.0051"),
            "mode not given": row.mode == "N/A",
            "order date not captured": row.direct and row.ordered is None,
            "freight invoiced separately": row.freight_of is None and not row.freight_included,
            "Incoterm withdrawn in 2010": row.incoterm == "DDU",
        }
        for kind, odd in checks.items():
            if odd:
                report.odd[kind].append(row.id)
    known = {row.id for row in rows if row.freight is not None}
    for row in rows:
        if row.freight_of is not None and row.freight_of not in known:
            report.odd["freight refers to a row without an amount"].append(row.id)
    return report
