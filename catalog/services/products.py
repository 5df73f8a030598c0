"""Products: added, changed, archived and taken back into use, one or thousands at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from catalog import events
from catalog.models import Packaging, Product, ProductGroup
from catalog.services.checks import clean_gtin, clean_hs_code, packaging_errors
from core.actor import Actor
from core.documents import is_referenced
from core.errors import NotVisible, RuleBroken, StaleDocument
from core.outbox import News, announce_many, kind_of
from reference.models import Country, Unit


@dataclass(frozen=True, slots=True)
class PackagingInput:
    """One level: how many stock units it holds, outside measures in cm, gross weight in kg when full."""

    level: str
    units: Decimal
    length_cm: Decimal
    width_cm: Decimal
    height_cm: Decimal
    gross_weight_kg: Decimal
    gtin: str = ""


@dataclass(frozen=True, slots=True)
class ProductInput:
    """What a person types about a product. ``unit``, ``origin``: codes; ``over_receipt_pct`` None: the company's."""

    sku: str
    name: str
    unit: str = "pcs"
    name_zh: str = ""
    description: str = ""
    group_id: int | None = None
    gtin: str = ""
    hs_code: str = ""
    origin: str | None = None
    net_weight_kg: Decimal | None = None
    inspection_required: bool = False
    over_receipt_pct: Decimal | None = None
    packagings: Sequence[PackagingInput] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class ProductEdit:
    product_id: int
    product: ProductInput
    version: int | None = None


def input_of(product: Product) -> ProductInput:
    """The product as it stands, in the shape that ``edit_products`` takes (for changing only some of it)."""
    return ProductInput(
        sku=product.sku,
        name=product.name,
        unit=product.unit_id,
        name_zh=product.name_zh,
        description=product.description,
        group_id=product.group_id,
        gtin=product.gtin,
        hs_code=product.hs_code,
        origin=product.origin_id,
        net_weight_kg=product.net_weight_kg,
        inspection_required=product.inspection_required,
        over_receipt_pct=product.over_receipt_pct,
        packagings=tuple(
            PackagingInput(**{name: getattr(packaging, name) for name in _PACKAGING})
            for packaging in product.packagings.all()
        ),
    )


def create_product(*, actor: Actor, product: ProductInput) -> Product:
    """This will add one product; see ``create_products``. Error pointers start at the product: /gtin."""
    return create_products(actor=actor, products=[product], pointer=lambda index: "")[0]


@transaction.atomic
def create_products(
    *, actor: Actor, products: Sequence[ProductInput], pointer=lambda index: f"/{index}"
) -> list[Product]:
    """This will add products, all or none. Raises RuleBroken with every wrong input named by JSON pointer."""
    actor.needs("catalog.add_product")
    known = _Known(actor, products)
    _refuse([e for n, product in enumerate(products) for e in _errors(product, None, known, pointer(n))])
    created = [Product(company_id=actor.company_id, **_fields(product)) for product in products]
    Product.objects.bulk_create(created, batch_size=2000)
    Packaging.objects.bulk_create(
        [
            Packaging(product=row, **_level(level))
            for row, product in zip(created, products, strict=True)
            for level in product.packagings
        ],
        batch_size=5000,
    )
    _announce(events.PRODUCT_CREATED, created, actor)
    return created


def edit_product(*, actor: Actor, product_id: int, product: ProductInput, version: int | None = None) -> Product:
    """This will change one product; see ``edit_products``."""
    edits = [ProductEdit(product_id, product, version)]
    return edit_products(actor=actor, edits=edits, pointer=lambda index: "")[0]


@transaction.atomic
def edit_products(*, actor: Actor, edits: Sequence[ProductEdit], pointer=lambda index: f"/{index}") -> list[Product]:
    """This will write products as given, all or none; what they are packed in is replaced too.

    Raises NotVisible for one that is not there, StaleDocument for one changed meanwhile, and RuleBroken with every wrong
    input; the stock unit of a product that is already used somewhere cannot change, because quantities stand in it.
    """
    actor.needs("catalog.change_product")
    rows = _locked(actor, [edit.product_id for edit in edits])
    for edit in edits:
        if edit.version is not None and rows[edit.product_id].version != edit.version:
            raise StaleDocument(
                _("%(product)s was changed by somebody else while you were looking at it. Reload it and try again.")
                % {"product": rows[edit.product_id]}
            )
    known = _Known(actor, [edit.product for edit in edits])
    errors = [
        e for n, edit in enumerate(edits) for e in _errors(edit.product, rows[edit.product_id], known, pointer(n))
    ]
    _refuse(errors)
    changed = []
    for edit in edits:
        row = rows[edit.product_id]
        for name, value in _fields(edit.product).items():
            setattr(row, name, value)
        row.bump()
        changed.append(row)
    Product.objects.bulk_update(changed, [*_fields(edits[0].product), "version"] if edits else [], batch_size=1000)
    _write_packagings(edits)
    _announce(events.PRODUCT_EDITED, changed, actor)
    return changed


@transaction.atomic
def archive_products(*, actor: Actor, product_ids: Sequence[int]) -> list[Product]:
    """This will take products out of use: nothing new is ordered or sold; what runs, runs on. Already archived: no change."""
    return _set_active(actor, product_ids, active=False, event=events.PRODUCT_ARCHIVED)


@transaction.atomic
def restore_products(*, actor: Actor, product_ids: Sequence[int]) -> list[Product]:
    """This will take archived products back into use."""
    return _set_active(actor, product_ids, active=True, event=events.PRODUCT_RESTORED)


def product_errors(*, actor: Actor, products: Sequence[tuple[ProductInput, Product | None]]) -> list[list[dict]]:
    """What would be wrong with each of these (new, or changing the product beside it), for a preview; writes nothing."""
    known = _Known(actor, [product for product, _row in products])
    return [_errors(product, row, known, "") for product, row in products]


# ---- parts

_PACKAGING = ("level", "units", "length_cm", "width_cm", "height_cm", "gross_weight_kg", "gtin")


def _set_active(actor: Actor, product_ids: Sequence[int], *, active: bool, event) -> list[Product]:
    actor.needs("catalog.change_product")
    rows = [row for row in _locked(actor, product_ids).values() if row.active != active]
    for row in rows:
        row.active = active
        row.bump()
    Product.objects.bulk_update(rows, ["active", "version"], batch_size=2000)
    _announce(event, rows, actor)
    return rows


def _locked(actor: Actor, ids: Sequence[int]) -> dict[int, Product]:
    """The visible products, locked in key order. Raises NotVisible when one is missing."""
    visible = Product.objects.visible_to(actor).filter(pk__in=set(ids))
    rows = {row.pk: row for row in visible.select_for_update(of=("self",)).order_by("pk")}
    if len(rows) != len(set(ids)):
        raise NotVisible(_("There is no such product."))
    return rows


class _Known:
    """What a set of products names, each fetched once."""

    def __init__(self, actor: Actor, products: Sequence[ProductInput]):
        own = Product.objects.visible_to(actor)
        self.units = {unit.pk: unit for unit in Unit.objects.filter(pk__in={p.unit for p in products})}
        self.countries = set(Country.objects.filter(pk__in={p.origin for p in products}).values_list("pk", flat=True))
        self.groups = ProductGroup.objects.visible_to(actor).in_bulk({p.group_id for p in products if p.group_id})
        self.by_sku = dict(own.filter(sku__in={p.sku.strip() for p in products}).values_list("sku", "pk"))
        gtins = {_quietly(p.gtin) for p in products} - {""}
        self.by_gtin = dict(own.filter(gtin__in=gtins).values_list("gtin", "pk")) if gtins else {}
        self.skus_seen: set[str] = set()
        self.gtins_seen: set[str] = set()


def _quietly(gtin: str) -> str:
    try:
        return clean_gtin(gtin)
    except RuleBroken:
        return ""


def _errors(product: ProductInput, row: Product | None, known: _Known, at: str) -> list[dict]:
    found: list[dict] = []

    def wrong(pointer: str, sentence: str) -> None:
        found.append({"pointer": f"{at}/{pointer}", "detail": sentence})

    sku, pk = product.sku.strip(), row.pk if row else None
    if not sku:
        wrong("sku", _("A product needs a number (SKU)."))
    elif sku in known.skus_seen or known.by_sku.get(sku, pk) != pk:
        wrong("sku", _("There is already a product %(sku)s.") % {"sku": sku})
    known.skus_seen.add(sku)
    if not product.name.strip():
        wrong("name", _("A product needs a name."))
    unit = known.units.get(product.unit)
    if unit is None or (not unit.active and (row is None or row.unit_id != unit.pk)):
        wrong("unit", _("%(code)s is not a unit in use.") % {"code": product.unit})
    elif row is not None and row.unit_id != unit.pk and is_referenced(row, by=_counts_units):
        wrong(
            "unit",
            _("%(sku)s is already ordered or in stock, counted in %(unit)s. Archive it and add a new product instead.")
            % {"sku": sku, "unit": row.unit_id},
        )
    if product.group_id is not None:
        group = known.groups.get(product.group_id)
        if group is None or (not group.active and (row is None or row.group_id != group.pk)):
            wrong("group", _("There is no such product group in use."))
    if product.origin is not None and product.origin not in known.countries:
        wrong("origin", _("%(code)s is not a known country.") % {"code": product.origin})
    try:
        gtin = clean_gtin(product.gtin)
        if gtin and (gtin in known.gtins_seen or known.by_gtin.get(gtin, pk) != pk):
            wrong("gtin", _("Another product already carries this barcode."))
        known.gtins_seen |= {gtin} - {""}
    except RuleBroken as error:
        wrong("gtin", str(error))
    try:
        clean_hs_code(product.hs_code)
    except RuleBroken as error:
        wrong("hs_code", str(error))
    if product.net_weight_kg is not None and product.net_weight_kg <= 0:
        wrong("net_weight_kg", _("The weight must be above 0."))
    if product.over_receipt_pct is not None and not 0 <= product.over_receipt_pct <= 100:
        wrong("over_receipt_pct", _("A tolerance is between 0 and 100 percent."))
    packaging_errors(
        product.packagings, whole=bool(unit and unit.whole), net_weight_kg=product.net_weight_kg, wrong=wrong
    )
    return found


def _refuse(errors: list[dict]) -> None:
    if errors:
        said = errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        raise RuleBroken(said, errors=errors)


def _counts_units(model) -> bool:
    return model is not Packaging


def _fields(product: ProductInput) -> dict:
    return {
        "sku": product.sku.strip(),
        "name": product.name.strip(),
        "name_zh": product.name_zh.strip(),
        "description": product.description.strip(),
        "group_id": product.group_id,
        "unit_id": product.unit,
        "gtin": clean_gtin(product.gtin),
        "hs_code": clean_hs_code(product.hs_code),
        "origin_id": product.origin,
        "net_weight_kg": product.net_weight_kg,
        "inspection_required": product.inspection_required,
        "over_receipt_pct": product.over_receipt_pct,
    }


def _level(level: PackagingInput) -> dict:
    return {name: getattr(level, name) for name in _PACKAGING} | {"gtin": clean_gtin(level.gtin)}


def _write_packagings(edits: Sequence[ProductEdit]) -> None:
    """Only what differs is written, so that the history shows what changed and nothing else."""
    stored = {
        (packaging.product_id, packaging.level): packaging
        for packaging in Packaging.objects.filter(product_id__in=[edit.product_id for edit in edits])
    }
    new, changed = [], []
    for edit in edits:
        for level in edit.product.packagings:
            values = _level(level)
            row = stored.pop((edit.product_id, level.level), None)
            if row is None:
                new.append(Packaging(product_id=edit.product_id, **values))
            elif any(getattr(row, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(row, name, value)
                changed.append(row)
    if stored:
        Packaging.objects.filter(pk__in=[row.pk for row in stored.values()]).delete()
    Packaging.objects.bulk_create(new, batch_size=5000)
    Packaging.objects.bulk_update(changed, list(_PACKAGING[1:]), batch_size=2000)


def _announce(event, rows: Sequence[Product], actor: Actor) -> None:
    announce_many(event, kind_of(Product), [News(row.pk, row.company_id) for row in rows], actor=actor)
