"""Everything that changes the supplier side of an organisation."""

from suppliers.services.holds import hold_sentence, hold_supplier, lift_hold, move_supplier, refuse_held
from suppliers.services.items import ItemInput, remove_supplier_items, save_supplier_items
from suppliers.services.profiles import (
    SupplierEdit,
    SupplierInput,
    create_supplier,
    create_suppliers,
    edit_supplier,
    edit_suppliers,
    input_of,
    supplier_errors,
)

__all__ = [
    "ItemInput",
    "SupplierEdit",
    "SupplierInput",
    "create_supplier",
    "create_suppliers",
    "edit_supplier",
    "edit_suppliers",
    "hold_sentence",
    "hold_supplier",
    "input_of",
    "lift_hold",
    "move_supplier",
    "refuse_held",
    "remove_supplier_items",
    "save_supplier_items",
    "supplier_errors",
]
