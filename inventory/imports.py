"""Opening stock from a table: one row for each product, warehouse and age."""

from decimal import Decimal

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.errors import RuleBroken
from core.importing import CellError, Column, Importer, code, day, decimal
from core.money import decimals
from core.web.importing import ImportWizard
from inventory.models import Component, Lot, Warehouse
from inventory.selectors import Converter
from inventory.services import OpeningStock, import_opening_stock
from inventory.services.locking import base_currency

AMOUNT = {"places": 3, "least": 0}


class OpeningStockImporter(Importer):
    """Lots under the numbers of the file; one that exists already is left alone, so a file imported twice changes
    nothing.
    """

    name = "inventory.opening_stock"
    label = _("Opening stock")
    permission = "inventory.change_stock"
    key = ("lot",)
    columns = (
        Column(
            "lot", ("Lot", "批号"), code(30), True, _("Your number of the lot, or any number of the row."), "OPEN-001"
        ),
        Column("sku", ("SKU", "产品编号", "Product"), code(60), True, "", "MUG-01"),
        Column("warehouse", ("Warehouse", "仓库"), code(20), True, _("Its code."), "RTM"),
        Column("day", ("Day", "日期"), day(), True, _("The day the system takes over; posted on it."), "2026-01-01"),
        Column("quantity", ("Quantity", "数量"), decimal(places=4, whole=10, least=0), True, "", "40"),
        Column(
            "unit",
            ("Unit", "单位"),
            code(8),
            False,
            _("inner, carton, pallet or a unit; empty: the stock unit."),
            "carton",
        ),
        Column(
            "received_date",
            ("Received", "入库日期"),
            day(),
            False,
            _("The goods' age: the oldest leave first."),
            "2025-09-15",
        ),
        Column(
            "goods",
            ("Goods cost", "货值", "Cost"),
            decimal(**AMOUNT),
            True,
            _("Base currency, for the whole row."),
            "5280.00",
        ),
        Column("freight", ("Freight", "运费"), decimal(**AMOUNT), False, "", "310.00"),
        Column("insurance", ("Insurance", "保险"), decimal(**AMOUNT), False, "", "12.50"),
        Column("duty", ("Duty", "关税"), decimal(**AMOUNT), False, "", "95.04"),
        Column("other", ("Other costs", "其他费用"), decimal(**AMOUNT), False, "", "0"),
    )

    def check(self, rows, actor):
        products = dict(
            Product.objects.visible_to(actor).filter(sku__in={r.values["sku"] for r in rows}).values_list("sku", "pk")
        )
        warehouses = dict(Warehouse.objects.visible_to(actor).filter(active=True).values_list("code", "pk"))
        converter = Converter.for_products(actor, products.values())
        places = decimals(base_currency(actor.company_id))
        for row in rows:
            values = row.values
            values["product_id"], values["warehouse_id"] = (
                products.get(values["sku"]),
                warehouses.get(values["warehouse"]),
            )
            if values["product_id"] is None:
                yield row, "sku", CellError(_now("There is no such product."))
                continue
            if values["warehouse_id"] is None:
                yield row, "warehouse", CellError(_now("There is no such warehouse."), ", ".join(list(warehouses)[:8]))
                continue
            if values.get("received_date") and values["received_date"] > values["day"]:
                yield row, "received_date", CellError(_now("This lies after the opening day."))
            for name in Component.values:
                if values.get(name) and round(values[name], places) != values[name]:
                    yield row, name, CellError(_now("At most %(places)s decimals.") % {"places": places})
            try:
                values["stock_quantity"] = converter.quantity(
                    values["product_id"], values["quantity"], values.get("unit") or ""
                )
            except RuleBroken as refusal:
                yield row, "unit" if values.get("unit") else "quantity", CellError(str(refusal))
                continue
            if not values["stock_quantity"]:
                yield row, "quantity", CellError(_now("The quantity must be above 0."))

    def existing(self, keys, actor):
        """A lot that is there already is the same one: opening stock is never changed by a file."""
        known = (
            Lot.objects.visible_to(actor)
            .filter(number__in={number for (number,) in keys})
            .values_list("number", flat=True)
        )
        rows = self._rows_by_key
        return {(number,): dict(rows[number,]) for number in known}

    def rows_of(self, documents):
        for lot in documents.select_related("product", "warehouse").prefetch_related("layers"):
            costs: dict[str, Decimal] = {}
            for layer in lot.layers.all():
                costs[layer.component] = costs.get(layer.component, Decimal(0)) + layer.amount
            yield {
                "lot": lot.number,
                "sku": lot.product.sku,
                "warehouse": lot.warehouse.code,
                "day": lot.received_date,
                "quantity": lot.quantity_received,
                "received_date": lot.received_date,
                "goods": Decimal(0),
                **costs,
            }

    def _compare(self, plan, actor):
        self._rows_by_key = {row.key: row.values for row in plan.rows}
        super()._compare(plan, actor)

    def write(self, creates, updates, actor):
        by_day: dict = {}
        for values in creates:
            by_day.setdefault(values["day"], []).append(values)
        for opening_day, rows in sorted(by_day.items()):
            import_opening_stock(
                actor=actor,
                rows=[
                    OpeningStock(
                        product_id=values["product_id"],
                        warehouse_id=values["warehouse_id"],
                        quantity=values["stock_quantity"],
                        costs={name: values[name] for name in Component.values if values.get(name)},
                        received_date=values.get("received_date"),
                        number=values["lot"],
                    )
                    for values in rows
                ],
                day=opening_day,
            )


class OpeningStockImport(ImportWizard):
    importer = OpeningStockImporter()
    done_url_name = "inventory:stock"
