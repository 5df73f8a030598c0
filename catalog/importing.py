"""Products from a table: headings in English or Chinese, found again by their SKU."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Packaging, Product, ProductGroup
from catalog.services import (
    PackagingInput,
    ProductEdit,
    ProductInput,
    create_products,
    edit_products,
    input_of,
    product_errors,
)
from catalog.services.checks import clean_gtin, clean_hs_code
from core.actor import Actor
from core.errors import RuleBroken
from core.importing import Cell, CellError, Column, Importer, Parser, PlannedRow, code, decimal, text, yes_no
from reference.models import Country, Unit

CARTON = ("units", "length_cm", "width_cm", "height_cm", "gross_weight_kg")


def checked(clean: Callable[[str], str]) -> Parser:
    """A cell whose rule is a service's: its sentence stands beside the cell."""
    plain = code()

    def parse(cell: Cell, answer: str) -> str:
        try:
            return clean(plain(cell, answer))
        except RuleBroken as error:
            raise CellError(str(error)) from error

    return parse


def _positive(places: int) -> Parser:
    return decimal(places=places, whole=8, least=Decimal(1).scaleb(-places))


class ProductImporter(Importer):
    name = "catalog.products"
    label = gettext_lazy("Products")
    permission = "catalog.add_product"
    key = ("sku",)
    columns = (
        Column("sku", ("SKU", "货号", "Item no", "Article", "产品编号"), code(60), required=True, example="MUG-01"),
        Column("name", ("Name", "品名", "Description", "产品名称", "英文品名"), text(250), required=True, example="Enamel mug"),
        Column("name_zh", ("Chinese name", "中文品名", "中文名称"), text(250), example="搪瓷杯"),
        Column(
            "group", ("Product group", "产品类别", "Category", "类别"), text(100), example="drinkware",
            help=gettext_lazy("Code or name of a group that exists"),
        ),
        Column(
            "unit", ("Unit", "单位", "Stock unit"), text(40), example="pcs", help=gettext_lazy("Pieces when left empty")
        ),
        Column("gtin", ("GTIN", "条码", "EAN", "UPC", "Barcode", "条形码"), checked(clean_gtin), example="4006381333931"),
        Column("hs_code", ("HS code", "海关编码", "HS", "HS编码"), checked(clean_hs_code), example="7323.94"),
        Column(
            "origin", ("Country of origin", "原产国", "Origin", "原产地"), text(60), example="CN",
            help=gettext_lazy("Two letters, or the name"),
        ),
        Column("net_weight_kg", ("Net weight (kg)", "净重(kg)", "N.W."), _positive(4), example="0.32"),
        Column(
            "carton_units", ("Units per carton", "装箱数", "QTY/CTN", "每箱数量"), _positive(4), example="48",
            help=gettext_lazy("With the carton's measures and gross weight, or none of them"),
        ),
        Column("carton_length_cm", ("Carton length (cm)", "箱长(cm)"), _positive(2), example="60"),
        Column("carton_width_cm", ("Carton width (cm)", "箱宽(cm)"), _positive(2), example="40"),
        Column("carton_height_cm", ("Carton height (cm)", "箱高(cm)"), _positive(2), example="40"),
        Column("carton_gross_weight_kg", ("Carton gross weight (kg)", "毛重(kg)", "G.W."), _positive(3), example="16.5"),
        Column("inspection_required", ("Inspection", "验货", "Needs inspection"), yes_no(), example="yes"),
        Column(
            "over_receipt_pct", ("Over-receipt tolerance (%)", "超收比例(%)"), decimal(places=3, least=0, most=100),
            example="", help=gettext_lazy("Empty: the company's default"),
        ),
        Column("description", ("Description for trade documents", "报关品名描述"), text(2000), example="Steel mug, enamelled"),
    )  # fmt: skip

    def existing(self, keys, actor):
        return {(sku,): _values(product) for sku, product in _stored(actor, {key[0] for key in keys}).items()}

    def rows_of(self, documents):
        return map(_values, documents.select_related("group").prefetch_related("packagings"))

    def check(self, rows: list[PlannedRow], actor: Actor) -> Iterable[tuple[PlannedRow, str, CellError]]:
        groups, units, countries = _groups(actor), _units(), _countries()
        for row in rows:
            if row.values.get("inspection_required", 0) is None:
                row.values["inspection_required"] = False
            for key, known, sentence in (
                ("group", groups, _("There is no such product group. Add it first.")),
                ("unit", units, _("There is no such unit.")),
                ("origin", countries, _("There is no such country.")),
            ):
                typed = row.values.get(key)
                if typed is None:
                    continue
                found = known.get(typed.casefold())
                if found is None:
                    yield row, key, CellError(sentence)
                else:
                    row.values[key] = found
            if row.values.get("unit", 0) is None:
                row.values["unit"] = "pcs"
        sound = [row for row in rows if row.status != "error"]
        stored = _stored(actor, {row.values["sku"] for row in sound})
        group_ids = _group_ids(actor)
        pairs, kept = [], []
        for row in sound:
            product = stored.get(row.values["sku"])
            try:
                pairs.append((_input(row.values, product, group_ids), product))
                kept.append(row)
            except CellError as error:
                yield row, "carton_units", error
        for row, errors in zip(kept, product_errors(actor=actor, products=pairs), strict=True):
            for wrong in errors[:3]:
                yield row, _column(wrong["pointer"]), CellError(wrong["detail"])

    def write(self, creates: list[dict[str, Any]], updates: list[dict[str, Any]], actor: Actor) -> None:
        group_ids = _group_ids(actor)
        create_products(actor=actor, products=[_input(values, None, group_ids) for values in creates])
        stored = _stored(actor, {values["sku"] for values in updates})
        edits = [
            ProductEdit(product.pk, _input(values, product, group_ids), product.version)
            for values in updates
            for product in (stored[values["sku"]],)
        ]
        if edits:
            edit_products(actor=actor, edits=edits)


def _stored(actor: Actor, skus: set[str]) -> dict[str, Product]:
    products = Product.objects.visible_to(actor).filter(sku__in=skus).select_related("group")
    return {product.sku: product for product in products.prefetch_related("packagings")}


def _values(product: Product) -> dict[str, Any]:
    """A stored product in the shape of a row."""
    carton = _carton(product)
    return {
        "sku": product.sku,
        "name": product.name,
        "name_zh": product.name_zh,
        "group": product.group.code if product.group else None,
        "unit": product.unit_id,
        "gtin": product.gtin,
        "hs_code": product.hs_code,
        "origin": product.origin_id,
        "net_weight_kg": product.net_weight_kg,
        "inspection_required": product.inspection_required,
        "over_receipt_pct": product.over_receipt_pct,
        "description": product.description,
        **{f"carton_{name}": getattr(carton, name) if carton else None for name in CARTON},
    }


def _carton(product: Product) -> Packaging | None:
    return next((level for level in product.packagings.all() if level.level == Packaging.Level.CARTON), None)


def _input(values: dict[str, Any], product: Product | None, group_ids: dict[str, int]) -> ProductInput:
    """The row over what is stored: columns that the file lacks stay as they are. Raises CellError for half a carton."""
    base = input_of(product) if product else ProductInput(sku=values["sku"], name=values["name"])
    changes: dict[str, Any] = {}
    for name in ("name", "name_zh", "description", "gtin", "hs_code"):
        if name in values:
            changes[name] = values[name] or ""
    for name in ("unit", "origin", "net_weight_kg", "inspection_required", "over_receipt_pct"):
        if name in values:
            changes[name] = values[name]
    if "group" in values:
        changes["group_id"] = group_ids[values["group"]] if values["group"] else None
    given = [values.get(f"carton_{name}") for name in CARTON]
    if any(f"carton_{name}" in values for name in CARTON):
        others = [level for level in base.packagings if level.level != Packaging.Level.CARTON]
        before = next((level for level in base.packagings if level.level == Packaging.Level.CARTON), None)
        if before is not None:  # a column that the file lacks keeps what the carton had
            given = [
                values[f"carton_{name}"] if f"carton_{name}" in values else getattr(before, name) for name in CARTON
            ]
        if any(value is not None for value in given):
            if None in given:
                raise CellError(_("A carton needs its units, length, width, height and gross weight: all or none."))
            gtin = before.gtin if before else ""
            measures: dict[str, Any] = dict(zip(CARTON, given, strict=True))
            others.append(PackagingInput("carton", **measures, gtin=gtin))
        changes["packagings"] = tuple(others)
    return replace(base, **changes)


def _column(pointer: str) -> str:
    path = pointer.strip("/").split("/")
    if path[0] == "packagings":
        return f"carton_{path[2]}" if path[2] in CARTON else "carton_units"
    return path[0]


def _groups(actor: Actor) -> dict[str, str]:
    groups = ProductGroup.objects.visible_to(actor).active().values_list("code", "name", "name_zh")
    return _by_any_name(groups)


def _group_ids(actor: Actor) -> dict[str, int]:
    return dict(ProductGroup.objects.visible_to(actor).values_list("code", "pk"))


def _units() -> dict[str, str]:
    return _by_any_name(Unit.objects.active().values_list("code", "name", "name_zh"))


def _countries() -> dict[str, str]:
    return _by_any_name(Country.objects.values_list("code", "name", "name_zh"))


def _by_any_name(rows: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Any of a row's names, whatever its case → its code. A code wins over another row's name."""
    rows = list(rows)
    found = {name.casefold(): code_ for code_, *names in rows for name in names if name}
    return found | {code_.casefold(): code_ for code_, *_names in rows}
