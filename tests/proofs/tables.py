"""One lawful table for each importer, and the many ways in which a spreadsheet program may write it down."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.urls import get_resolver
from openpyxl import Workbook

from core.importing import Importer
from core.web.importing import ImportWizard
from inventory.models import Warehouse
from tests.factories import TODAY, World
from tests.factories_sales import make_customer

Value = str | Decimal | date | None


@dataclass(frozen=True)
class Sheet:
    """``rows(n)``: the values of row ``n`` by column key; ``text``: a free-text column, if there is one."""

    url: str
    role: str
    row: Callable[[int], dict[str, Value]]
    text: str = ""
    listed: str = ""  # the list that exports these documents

    def rows(self, number: int = 100) -> list[dict[str, Value]]:
        return [self.row(n) for n in range(number)]


def _day(n: int) -> date:
    return TODAY + timedelta(days=n % 200)


SHEETS = {
    "catalog.products": Sheet(
        "/catalog/products/import/",
        "buyer",
        lambda n: {
            "sku": f"FZ-{n:03d}", "name": f"Kettle {n}", "name_zh": f"保温壶 {n}", "unit": "pcs", "origin": "CN",
            "net_weight_kg": Decimal(n + 1) / 8, "over_receipt_pct": Decimal(n % 9) / 2, "description": "Steel; “18/8”, polished",
        },
        "description",
        "/catalog/products/",
    ),
    "suppliers.suppliers": Sheet(
        "/suppliers/import/",
        "buyer",
        lambda n: {
            "code": f"FZ-{n:03d}", "name": f"Works {n}", "name_local": f"五金厂 {n}", "country": "CN", "city": "宁波",
            "currency": "USD", "incoterm": "FOB", "named_place": "Ningbo", "lead_time_days": Decimal(30 + n % 60), "language": "en",
        },
        "named_place",
        "/suppliers/",
    ),
    "sourcing.purchase_orders": Sheet(
        "/sourcing/orders/import/",
        "buyer",
        lambda n: {
            "order": f"FZ-{n:03d}", "line": Decimal(1), "supplier": "NB-01", "order_date": _day(n), "currency": "USD",
            "incoterm": "FOB", "named_place": "宁波", "mode": "sea", "sku": "MUG-01", "quantity": Decimal(n + 1),
            "unit_price": Decimal(n + 1) / 8, "requested_date": _day(n + 50),
        },
        "named_place",
        "/sourcing/orders/",
    ),
    "sales.customer_orders": Sheet(
        "/sales/orders/import/",
        "sales",
        lambda n: {
            "order": f"FZ-{n:03d}", "line": Decimal(1), "customer": "OUT-01", "order_date": _day(n), "currency": "EUR",
            "warehouse": "RTM", "reference": f"备注 {n}", "sku": "MUG-01", "quantity": Decimal(n + 1),
            "unit_price": Decimal(n + 1) / 8, "promised_date": _day(n + 50),
        },
        "reference",
        "/sales/orders/",
    ),
    "inventory.opening_stock": Sheet(
        "/inventory/stock/import/",
        "logistics",
        lambda n: {
            "lot": f"FZ-{n:03d}", "sku": "MUG-01", "warehouse": "RTM", "day": TODAY, "quantity": Decimal(n + 1),
            "received_date": TODAY - timedelta(days=n % 200), "goods": Decimal(n + 1) / 4, "freight": Decimal(n % 7) / 2,
        },
        "",
        "/inventory/lots/",
    ),
}  # fmt: skip


def importers() -> dict[str, Importer]:
    """Every importer that has a wizard, by its name: found in the URLconf, so none is forgotten."""
    found: dict[str, Importer] = {}

    def walk(resolver) -> Iterator:
        for entry in resolver.url_patterns:
            yield from walk(entry) if hasattr(entry, "url_patterns") else [entry]

    for entry in walk(get_resolver()):
        view = getattr(entry.callback, "view_class", None)
        if view is not None and issubclass(view, ImportWizard):
            found[view.importer.name] = view.importer
    return found


def prepare(world: World) -> None:
    """What the tables name besides the world's own masters."""
    Warehouse.objects.get_or_create(
        company=world.company, code="RTM", defaults={"name": "Rotterdam", "country_id": "NL"}
    )
    make_customer(world)


# ---- the same table, written down in many ways

FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


def plain(value: Value) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def decimal_comma(value: Value) -> str:
    return plain(value).replace(".", ",") if isinstance(value, Decimal) else plain(value)


def serial_day(value: Value) -> str:
    return str((value - date(1899, 12, 30)).days) if isinstance(value, date) else plain(value)


def full_width(value: Value) -> str:
    return plain(value).translate(FULL_WIDTH) if isinstance(value, Decimal | date) else plain(value)


def csv_bytes(
    importer: Importer, rows: list[dict], *, encoding="utf-8", delimiter=",", write=plain, chinese=False
) -> bytes:
    """The table with headings in English or Chinese; only the columns that the rows have."""
    columns = [column for column in importer.columns if column.key in rows[0]]
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow([column.headings[1 if chinese else 0] for column in columns])
    writer.writerows([write(row.get(column.key)) for column in columns] for row in rows)
    return file.getvalue().encode(encoding)


def xlsx_bytes(importer: Importer, rows: list[dict]) -> bytes:
    columns = [column for column in importer.columns if column.key in rows[0]]
    book = Workbook()
    book.active.append([column.title for column in columns])
    for row in rows:
        book.active.append([row.get(column.key) for column in columns])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
