"""What a supplier sells us: its number for a product, the price, and how little of it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Product
from core.actor import Actor
from core.documents import lock
from core.errors import RuleBroken
from core.outbox import announce
from reference.models import Currency
from suppliers import events
from suppliers.models import Supplier, SupplierItem

CHANGE = "suppliers.change_supplier"


@dataclass(frozen=True, slots=True)
class ItemInput:
    """``unit_price`` per stock unit in ``currency`` (None: the supplier's usual one); ``minimum_quantity`` in stock units."""

    product_id: int
    supplier_sku: str = ""
    unit_price: Decimal | None = None
    currency: str | None = None
    minimum_quantity: Decimal = Decimal(0)
    lead_time_days: int | None = None


@transaction.atomic
def save_supplier_items(
    *,
    actor: Actor,
    supplier_id: int,
    items: Sequence[ItemInput],
    only_these: bool = False,
    version: int | None = None,
) -> Supplier:
    """This will add the items or change those the supplier has, all or none; ``only_these`` removes every other one.

    Raises RuleBroken with every wrong input named by JSON pointer (/items/3/product).
    """
    actor.needs(CHANGE)
    supplier = lock(Supplier.objects.visible_to(actor).select_related("organisation"), supplier_id, version=version)
    products = Product.objects.visible_to(actor).select_related("unit").in_bulk({item.product_id for item in items})
    codes = {item.currency for item in items if item.currency}
    currencies = set(Currency.objects.filter(pk__in=codes, active=True).values_list("pk", flat=True))
    errors = _errors(supplier, items, products, currencies)
    if errors:
        said = errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        raise RuleBroken(said, errors=errors)
    stored = {item.product_id: item for item in supplier.items.all()}
    new, changed = [], []
    for item in items:
        values = {
            "supplier_sku": item.supplier_sku.strip(),
            "unit_price": item.unit_price,
            "currency_id": (item.currency or supplier.currency_id) if item.unit_price is not None else item.currency,
            "minimum_quantity": item.minimum_quantity,
            "lead_time_days": item.lead_time_days,
        }
        row = stored.pop(item.product_id, None)
        if row is None:
            new.append(SupplierItem(supplier=supplier, product_id=item.product_id, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    if only_these and stored:
        SupplierItem.objects.filter(pk__in=[row.pk for row in stored.values()]).delete()
    SupplierItem.objects.bulk_create(new, batch_size=2000)
    fields = ["supplier_sku", "unit_price", "currency", "minimum_quantity", "lead_time_days"]
    SupplierItem.objects.bulk_update(changed, fields, batch_size=2000)
    return _changed(supplier, actor, {*(row.product_id for row in (*new, *changed)), *(stored if only_these else ())})


@transaction.atomic
def remove_supplier_items(*, actor: Actor, supplier_id: int, product_ids: Sequence[int]) -> Supplier:
    """This will end that the supplier sells us these products. Raises RuleBroken for one that it does not sell us."""
    actor.needs(CHANGE)
    supplier = lock(Supplier.objects.visible_to(actor).select_related("organisation"), supplier_id)
    wanted = set(product_ids)
    found = supplier.items.filter(product_id__in=wanted)
    if found.count() != len(wanted):
        raise RuleBroken(_("%(supplier)s does not sell us this product.") % {"supplier": supplier}, field="product")
    found.delete()
    return _changed(supplier, actor, wanted)


def _errors(supplier: Supplier, items: Sequence[ItemInput], products: dict, currencies: set[str]) -> list[dict]:
    found: list[dict] = []
    seen: set[int] = set()
    for index, item in enumerate(items):

        def wrong(field: str, sentence: str, index=index) -> None:
            found.append({"pointer": f"/items/{index}/{field}", "detail": sentence})

        product = products.get(item.product_id)
        if product is None:
            wrong("product", _("There is no such product."))
            continue
        if item.product_id in seen:
            wrong("product", _("%(sku)s stands here twice.") % {"sku": product.sku})
        seen.add(item.product_id)
        if item.unit_price is not None and item.unit_price < 0:
            wrong("unit_price", _("The price cannot be negative."))
        if item.unit_price is not None and not (item.currency or supplier.currency_id):
            wrong("currency", _("A price needs its currency; %(supplier)s has no usual one.") % {"supplier": supplier})
        if item.currency and item.currency not in currencies:
            wrong("currency", _("%(code)s is not a currency in use.") % {"code": item.currency})
        if item.minimum_quantity < 0:
            wrong("minimum_quantity", _("The minimum cannot be negative."))
        elif product.unit.whole and item.minimum_quantity != item.minimum_quantity.to_integral_value():
            wrong("minimum_quantity", _("%(unit)s are counted in whole numbers.") % {"unit": product.unit})
        if item.lead_time_days is not None and not 0 <= item.lead_time_days <= 1000:
            wrong("lead_time_days", _("Between 0 and 1000 days."))
    return found


def _changed(supplier: Supplier, actor: Actor, product_ids: set[int]) -> Supplier:
    supplier.bump()
    supplier.save(update_fields=["version"])
    about = [("catalog.product", pk) for pk in sorted(product_ids)]
    announce(events.ITEMS_CHANGED, supplier, actor=actor, about=[supplier.organisation, *about])
    return supplier
