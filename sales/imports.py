"""Customer orders from a table: one row for each line, rows of one order share its number."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.errors import RuleBroken
from core.importing import CellError, Column, Importer, code, day, decimal
from core.web.importing import ImportWizard
from inventory.models import Warehouse
from inventory.selectors import Converter
from parties.models import Organisation
from reference.models import Currency
from sales.inputs import OrderReader
from sales.models import CustomerOrderLine
from sales.services import create_customer_orders

HEADER = ("customer", "order_date", "currency", "warehouse", "reference")


class CustomerOrderImporter(Importer):
    """Drafts under the numbers of the file. An order that exists already is left alone; one that differs is an
    error.
    """

    name = "sales.customer_orders"
    label = _("Customer orders")
    permission = "sales.add_customerorder"
    key = ("order", "line")
    columns = (
        Column(
            "order", ("Order", "订单号"), code(30), True, _("Rows with the same number are one order."), "CO-A-1042"
        ),
        Column("line", ("Line", "行号", "Position"), decimal(places=0, least=1, most=1000), True, "", "1"),
        Column(
            "customer",
            ("Customer code", "客户代码", "Customer"),
            code(30),
            True,
            _("As in the customer list."),
            "OUT-01",
        ),
        Column("order_date", ("Order date", "下单日期"), day(), True, "", "2026-03-12"),
        Column("currency", ("Currency", "币种"), code(3), True, "", "EUR"),
        Column(
            "warehouse", ("Warehouse", "仓库"), code(20), True, _("The code of the warehouse that delivers."), "RTM"
        ),
        Column("reference", ("Customer's reference", "客户订单号", "Reference"), code(60), False, "", "4500018"),
        Column("sku", ("SKU", "产品编号", "Product"), code(60), True, "", "MUG-01"),
        Column("quantity", ("Quantity", "数量"), decimal(places=4, whole=10, least=0), True, "", "20"),
        Column(
            "unit",
            ("Unit", "单位"),
            code(8),
            False,
            _("inner, carton, pallet or a unit; empty: the stock unit."),
            "carton",
        ),
        Column(
            "unit_price",
            ("Unit price", "单价"),
            decimal(places=6, whole=12, least=0),
            True,
            _("Per unit of the row."),
            "230.40",
        ),
        Column("promised_date", ("Promised for", "承诺日期", "Promised date"), day(), False, "", "2026-05-30"),
    )

    def check(self, rows, actor):
        skus, codes = ({row.values[key] for row in rows} for key in ("sku", "customer"))
        self._products = dict(Product.objects.visible_to(actor).filter(sku__in=skus).values_list("sku", "pk"))
        customers = Organisation.objects.visible_to(actor).customers().filter(code__in=codes)
        self._customers = dict(customers.values_list("code", "pk"))
        self._warehouses = dict(Warehouse.objects.visible_to(actor).filter(active=True).values_list("code", "pk"))
        self._converter = Converter.for_products(actor, self._products.values())
        known = {"sku": self._products, "customer": self._customers, "warehouse": self._warehouses}
        words = {
            "sku": _now("There is no such product."),
            "customer": _now("There is no such customer."),
            "warehouse": _now("There is no such warehouse."),
        }
        currencies = set(Currency.objects.active().values_list("code", flat=True))
        first: dict[str, dict] = {}
        for row in rows:
            values = row.values
            values["currency"] = values["currency"].upper()
            if values["currency"] not in currencies:
                yield row, "currency", CellError(_now("There is no such currency."))
            for key, found in known.items():
                if values[key] not in found:
                    yield row, key, CellError(words[key])
            head = first.setdefault(values["order"], values)
            for key in HEADER:
                if values.get(key) != head.get(key):
                    yield (
                        row,
                        key,
                        CellError(_now("Another row of this order says %(other)s.") % {"other": head.get(key) or "–"}),
                    )
            if values["sku"] in self._products:
                try:
                    self._quantity(values)
                except RuleBroken as refusal:
                    yield row, "unit" if values.get("unit") else "quantity", CellError(str(refusal))
        yield from self._differing(rows, actor)

    def _differing(self, rows, actor):
        stored = self.existing({row.key for row in rows}, actor)
        numbers = {number for number, _line in stored}
        for row in rows:
            before = stored.get(row.key)
            if row.values["order"] in numbers and (before is None or not self._same(before, row.values)):
                yield (
                    row,
                    "order",
                    CellError(_now("This order exists already and differs."), _now("Change it on its page.")),
                )

    def _same(self, before: dict, values: dict) -> bool:
        """A stored line is in stock units; what the file says may be in cartons."""
        plain = {**values, "unit": None}
        if values["sku"] in self._products and values.get("unit"):
            plain["quantity"], plain["unit_price"] = self._quantity(values), before["unit_price"]
        return all((before.get(key) or None) == (value or None) for key, value in plain.items())

    def _quantity(self, values: dict):
        return self._converter.quantity(self._products[values["sku"]], values["quantity"], values.get("unit") or "")

    def existing(self, keys, actor):
        lines = (
            CustomerOrderLine.objects.visible_to(actor)
            .filter(order__number__in={number for number, _line in keys}, cancelled=False)
            .select_related("order__customer", "order__warehouse")
        )
        return {(line.order.number, line.position): _values(line) for line in lines}

    def rows_of(self, documents):
        lines = CustomerOrderLine.objects.filter(order__in=documents.order_by().values("pk"), cancelled=False)
        lines = lines.select_related("order__customer", "order__warehouse")
        return map(_values, lines.order_by("order__number", "position"))

    def _compare(self, plan, actor):
        super()._compare(plan, actor)
        for row in plan.rows:  # what differs was refused above: what is left is the same in other units
            if row.status == "update":
                row.status, row.changes = "same", {}

    def write(self, creates, updates, actor):
        by_number: dict[str, list[dict]] = {}
        for values in creates:
            by_number.setdefault(values["order"], []).append(values)
        if by_number:
            rows = [self._order(number, lines) for number, lines in by_number.items()]
            create_customer_orders(actor=actor, orders=OrderReader(actor, rows).orders())

    def _order(self, number: str, rows: list[dict]) -> dict:
        head = rows[0]
        return {
            "number": number,
            "customer": self._customers[head["customer"]],
            "warehouse": self._warehouses[head["warehouse"]],
            "order_date": head["order_date"],
            "currency": head["currency"],
            "customer_reference": head.get("reference"),
            "lines": [
                {
                    "product": self._products[values["sku"]],
                    "quantity": values["quantity"],
                    "unit": values.get("unit"),
                    "unit_price": values["unit_price"],
                    "promised_date": values.get("promised_date"),
                }
                for values in sorted(rows, key=lambda values: values["line"])
            ],
        }


def _values(line: CustomerOrderLine) -> dict:
    """A stored line in the shape of a row, in stock units."""
    return {
        "order": line.order.number,
        "line": line.position,
        "customer": line.order.customer.code,
        "order_date": line.order.order_date,
        "currency": line.order.currency_id,
        "warehouse": line.order.warehouse.code,
        "reference": line.order.customer_reference,
        "sku": line.sku,
        "quantity": line.quantity,
        "unit": None,
        "unit_price": line.unit_price,
        "promised_date": line.promised_date,
    }


class CustomerOrderImport(ImportWizard):
    importer = CustomerOrderImporter()
    done_url_name = "sales:customer_orders"
