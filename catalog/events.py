from core.outbox import event

PRODUCT_CREATED = event("catalog.product.created", "A product was added.")
PRODUCT_EDITED = event("catalog.product.edited", "A product was changed.")
PRODUCT_ARCHIVED = event("catalog.product.archived", "A product was archived: nothing new is ordered or sold.")
PRODUCT_RESTORED = event("catalog.product.restored", "An archived product is in use again.")
GROUP_SAVED = event("catalog.product_group.saved", "A product group was added or changed.")
