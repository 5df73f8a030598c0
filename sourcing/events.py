from core.outbox import event

ORDER_CREATED = event("sourcing.purchase_order.created", "A draft purchase order was written.")
ORDER_EDITED = event("sourcing.purchase_order.edited", "A draft purchase order was changed.")
ORDER_SUBMITTED = event("sourcing.purchase_order.submitted", "A purchase order waits for approval.")
ORDER_APPROVED = event("sourcing.purchase_order.approved", "A purchase order has all approvals it needs.")
ORDER_RETURNED = event("sourcing.purchase_order.returned", "A purchase order was sent back to draft.")
ORDER_SENT = event("sourcing.purchase_order.sent", "A purchase order was issued to the supplier.", shared=True)
ORDER_ANSWERED = event("sourcing.purchase_order.answered", "The supplier answered line by line.", shared=True)
ORDER_CONFIRMED = event(
    "sourcing.purchase_order.confirmed", "Every open line is agreed between us and the supplier.", shared=True
)
ORDER_DECIDED = event(
    "sourcing.purchase_order.decided", "The buyer accepted or refused what the supplier changed.", shared=True
)
ORDER_AMENDED = event(
    "sourcing.purchase_order.amended", "An issued order was changed; the supplier must confirm again.", shared=True
)
ORDER_CANCELLED = event("sourcing.purchase_order.cancelled", "A purchase order was cancelled.", shared=True)
ORDER_CLOSED = event(
    "sourcing.purchase_order.closed", "What is still open of an order will not be delivered.", shared=True
)
ORDER_REOPENED = event("sourcing.purchase_order.reopened", "A closed order was opened again.", shared=True)
ORDER_PROGRESSED = event(
    "sourcing.purchase_order.progressed", "Shipped, received or billed quantities changed.", shared=True
)
ORDER_DEPOSIT_CHANGED = event("sourcing.purchase_order.deposit_changed", "A deposit was paid, or goods consumed it.")
EVENTS_OF_AN_ORDER = (
    ORDER_CREATED,
    ORDER_EDITED,
    ORDER_SUBMITTED,
    ORDER_APPROVED,
    ORDER_RETURNED,
    ORDER_SENT,
    ORDER_ANSWERED,
    ORDER_CONFIRMED,
    ORDER_DECIDED,
    ORDER_AMENDED,
    ORDER_CANCELLED,
    ORDER_CLOSED,
    ORDER_REOPENED,
    ORDER_PROGRESSED,
    ORDER_DEPOSIT_CHANGED,
)
