from core.outbox import event

SUPPLIER_CREATED = event("suppliers.supplier.created", "A supplier was added.")
SUPPLIER_EDITED = event("suppliers.supplier.edited", "A supplier was changed.")
SUPPLIER_MOVED = event("suppliers.supplier.moved", "A supplier took a step of its lifecycle.")
SUPPLIER_HELD = event("suppliers.supplier.held", "A supplier was put on hold.")
SUPPLIER_RELEASED = event("suppliers.supplier.released", "The hold on a supplier was lifted.")
ITEMS_CHANGED = event("suppliers.supplier.items_changed", "What a supplier sells us, or at what price, was changed.")
