"""What people count in at the dock (cartons, dozens), turned into stock units once, here; services know stock units only."""

from collections.abc import Iterable
from typing import Any

from core.actor import Actor
from core.errors import RuleBroken
from inventory.selectors import Converter
from logistics.models import ReceiptLine, ShipmentLine
from sourcing.models import PurchaseOrderLine

_PRODUCT_OF = (  # the line that is named, and where its product stands
    ("order_line", PurchaseOrderLine, "product_id"),
    ("shipment_line", ShipmentLine, "order_line__product_id"),
    ("receipt_line", ReceiptLine, "order_line__product_id"),
)


def to_stock_units(actor: Actor, documents: Iterable[tuple[str, list[dict]]], *names: str) -> None:
    """This will convert the quantities ``names`` of lines that name a ``unit``, in place. No query where none does.

    ``documents``: (JSON pointer, lines). Raises RuleBroken naming each unit its product is not packed or counted in.
    """
    counted = [
        (f"{at}/lines/{number}/unit", line)
        for at, lines in documents
        for number, line in enumerate(lines)
        if line.get("unit")
    ]
    if not counted:
        return
    products: dict[tuple[str, Any], int] = {}
    for key, model, field in _PRODUCT_OF:
        ids = {line[key] for _at, line in counted if line.get(key)}
        if ids:
            found = model.objects.filter(pk__in=ids).values_list("pk", field)
            products.update({(key, pk): product for pk, product in found})
    converter, errors = Converter.for_products(actor, products.values()), []
    for at, line in counted:
        named = ((key, line.get(key)) for key, _model, _field in _PRODUCT_OF)
        product = next((products[one] for one in named if one in products), 0)
        try:
            for name in names:
                if line.get(name):
                    line[name] = converter.quantity(product, line[name], line["unit"])
        except RuleBroken as refusal:
            errors.append({"pointer": at, "detail": str(refusal)})
    if errors:
        raise RuleBroken(errors[0]["detail"], errors=errors)
