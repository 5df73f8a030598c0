from inventory.services.corrections import Count, Scrap, adjust_count, scrap
from inventory.services.costs import CostSplit, LotCost, add_costs
from inventory.services.issues import Issue, Return, Returned, issue_fifo, return_to_stock
from inventory.services.moving import Transfer, set_quality, transfer_lots
from inventory.services.opening import OpeningStock, import_opening_stock
from inventory.services.receipts import LotInput, SupplierReturn, receive_lots, return_to_supplier, reverse_receipt
from inventory.services.reservations import Want, release_reservation, reserve
from inventory.services.warehouses import WarehouseInput, create_warehouse, edit_warehouse

__all__ = [
    "CostSplit",
    "Count",
    "Issue",
    "LotCost",
    "LotInput",
    "OpeningStock",
    "Return",
    "Returned",
    "Scrap",
    "SupplierReturn",
    "Transfer",
    "Want",
    "WarehouseInput",
    "add_costs",
    "adjust_count",
    "create_warehouse",
    "edit_warehouse",
    "import_opening_stock",
    "issue_fifo",
    "receive_lots",
    "release_reservation",
    "reserve",
    "return_to_stock",
    "return_to_supplier",
    "reverse_receipt",
    "scrap",
    "set_quality",
    "transfer_lots",
]
