from core.outbox import event

STOCK_CHANGED = event("inventory.stock.changed", "Stock of a product changed outside a receipt or a delivery.")
RESERVATIONS_CUT = event(
    "inventory.reservations.cut", "Goods that were reserved are no longer there; the newest reservations gave way."
)
