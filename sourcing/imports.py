"""Purchase orders from a table: one row for each line, rows of one order share its number."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.importing import CellError, Column, Importer, choice, code, day, decimal, text
from core.web.importing import ImportWizard
from parties.models import Organisation
from reference.incoterms import CURRENT
from reference.models import Currency
from sourcing.models import Mode, PurchaseOrderLine
from sourcing.services import LineInput, OrderInput, create_purchase_orders

HEADER = ("supplier", "order_date", "currency", "incoterm", "named_place", "mode")
_MODES = {
    **{mode.value: mode.value for mode in Mode},
    "海运": "sea",
    "空运": "air",
    "铁路": "rail",
    "公路": "road",
    "快递": "courier",
}


class PurchaseOrderImporter(Importer):
    """Drafts under the numbers of the file. An order that exists already is compared, never overwritten."""

    name = "sourcing.purchase_orders"
    label = _("Purchase orders")
    permission = "sourcing.add_purchaseorder"
    key = ("order", "line")
    columns = (
        Column(
            "order",
            ("Order", "订单号", "PO number", "PO"),
            code(30),
            True,
            _("Rows with the same number are one order."),
            "PO-A-1042",
        ),
        Column("line", ("Line", "行号", "Position"), decimal(places=0, least=1, most=1000), True, "", "1"),
        Column(
            "supplier",
            ("Supplier code", "供应商代码", "Supplier"),
            code(30),
            True,
            _("As in the supplier list."),
            "NB-01",
        ),
        Column("order_date", ("Order date", "下单日期"), day(), True, "", "2026-03-12"),
        Column("currency", ("Currency", "币种"), code(3), True, "", "USD"),
        Column("incoterm", ("Incoterm", "贸易术语"), choice({rule: rule for rule in CURRENT}), True, "", "FOB"),
        Column("named_place", ("Named place", "指定地点"), text(100), True, "", "Ningbo"),
        Column("mode", ("Mode", "运输方式"), choice(_MODES), False, "", "sea"),
        Column("sku", ("SKU", "产品编号", "Product"), code(60), True, "", "MUG-01"),
        Column(
            "quantity",
            ("Quantity", "数量"),
            decimal(places=4, whole=10, least=0),
            True,
            _("In the product's stock unit."),
            "1200",
        ),
        Column(
            "unit_price",
            ("Unit price", "单价"),
            decimal(places=6, whole=12, least=0),
            True,
            _("Per stock unit, in the currency of the order."),
            "3.20",
        ),
        Column("requested_date", ("Needed by", "需求日期", "Requested date"), day(), False, "", "2026-05-30"),
    )

    def check(self, rows, actor):
        skus = {row.values["sku"] for row in rows}
        codes = {row.values["supplier"] for row in rows}
        self._products = dict(Product.objects.visible_to(actor).filter(sku__in=skus).values_list("sku", "pk"))
        suppliers = Organisation.objects.visible_to(actor).suppliers().filter(code__in=codes)
        self._suppliers = dict(suppliers.values_list("code", "pk"))
        currencies = set(Currency.objects.active().values_list("code", flat=True))
        first: dict[str, dict] = {}
        for row in rows:
            values = row.values
            values["currency"] = values["currency"].upper()
            if values["currency"] not in currencies:
                yield row, "currency", CellError(_now("There is no such currency."))
            if values["sku"] not in self._products:
                yield row, "sku", CellError(_now("There is no such product."))
            if values["supplier"] not in self._suppliers:
                yield row, "supplier", CellError(_now("There is no such supplier."))
            head = first.setdefault(values["order"], values)
            for key in HEADER:
                if values.get(key) != head.get(key):
                    yield (
                        row,
                        key,
                        CellError(_now("Another row of this order says %(other)s.") % {"other": head.get(key) or "–"}),
                    )
        stored = self.existing({row.key for row in rows}, actor)
        numbers = {number for number, _line in stored}
        for row in rows:
            before = stored.get(row.key)
            if row.values["order"] not in numbers or (before is not None and not _differences(before, row.values)):
                continue
            yield (
                row,
                "order",
                CellError(_now("This order exists already and differs."), _now("Change it on its page.")),
            )

    def existing(self, keys, actor):
        numbers = {number for number, _line in keys}
        lines = (
            PurchaseOrderLine.objects.visible_to(actor)
            .filter(order__number__in=numbers, cancelled=False)
            .select_related("order__supplier")
        )
        return {(line.order.number, line.position): _values(line) for line in lines}

    def rows_of(self, documents):
        lines = PurchaseOrderLine.objects.filter(order__in=documents.order_by().values("pk"), cancelled=False)
        return map(_values, lines.select_related("order__supplier").order_by("order__number", "position"))

    def write(self, creates, updates, actor):
        by_number: dict[str, list[dict]] = {}
        for values in creates:
            by_number.setdefault(values["order"], []).append(values)
        orders = []
        for number, rows in by_number.items():
            head = rows[0]
            orders.append(
                OrderInput(
                    number=number,
                    supplier_id=self._suppliers[head["supplier"]],
                    order_date=head["order_date"],
                    currency=head["currency"],
                    incoterm=head["incoterm"],
                    named_place=head["named_place"],
                    mode=head.get("mode") or "",
                    lines=[
                        LineInput(
                            self._products[values["sku"]],
                            values["quantity"],
                            values["unit_price"],
                            values.get("requested_date"),
                        )
                        for values in sorted(rows, key=lambda values: values["line"])
                    ],
                )
            )
        if orders:
            create_purchase_orders(actor=actor, orders=orders)


def _values(line: PurchaseOrderLine) -> dict:
    """A stored line in the shape of a row."""
    return {
        "order": line.order.number,
        "line": line.position,
        "supplier": line.order.supplier.code,
        "order_date": line.order.order_date,
        "currency": line.order.currency_id,
        "incoterm": line.order.incoterm,
        "named_place": line.order.named_place,
        "mode": line.order.mode,
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "requested_date": line.requested_date,
    }


def _differences(before: dict, values: dict) -> list[str]:
    return [key for key, value in values.items() if (before.get(key) or None) != (value or None)]


class PurchaseOrderImport(ImportWizard):
    importer = PurchaseOrderImporter()
    done_url_name = "sourcing:purchase_orders"
