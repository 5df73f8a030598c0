from core.outbox import event

ORDER_CREATED = event("sales.customer_order.created", "A customer order was written.")
ORDER_EDITED = event("sales.customer_order.edited", "A draft customer order was changed.")
ORDER_CREDIT_RELEASED = event(
    "sales.customer_order.credit_released", "Finance released a customer order over its credit gate."
)
ORDER_CONFIRMED = event("sales.customer_order.confirmed", "A customer order was confirmed and goods reserved.")
ORDER_RESERVED = event("sales.customer_order.reserved", "What is reserved for a customer order changed.")
ORDER_CANCELLED = event("sales.customer_order.cancelled", "A customer order was cancelled.")
ORDER_CLOSED = event("sales.customer_order.closed", "What is open of a customer order will not be delivered.")
ORDER_PROGRESSED = event("sales.customer_order.progressed", "Delivered, returned or billed quantities changed.")
ORDER_REPROMISED = event("sales.customer_order.repromised", "Promised dates of a customer order changed.")
CUSTOMER_CHANGED = event("sales.customer.changed", "Terms, credit limit or claim window of a customer changed.")
EVENTS_OF_AN_ORDER = (
    ORDER_CREATED,
    ORDER_EDITED,
    ORDER_CONFIRMED,
    ORDER_CANCELLED,
    ORDER_CLOSED,
    ORDER_PROGRESSED,
    ORDER_REPROMISED,
)
