from core.outbox import event

STOCK_CHANGED = event("inventory.stock.changed", "Stock of a product changed outside a receipt or a delivery.")
