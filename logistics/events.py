from core.outbox import event

SHIPMENT_PLANNED = event("logistics.shipment.planned", "A shipment was planned for order lines.", shared=True)
SHIPMENT_CHANGED = event("logistics.shipment.changed", "Data or lines of a shipment changed.", shared=True)
SHIPMENT_HELD = event("logistics.shipment.held", "A shipment was put on hold, or the hold was lifted.")  # why: ours
SHIPMENT_RELEASED = event("logistics.shipment.released", "A shipment was released to load.", shared=True)
SHIPMENT_CANCELLED = event("logistics.shipment.cancelled", "A shipment was cancelled.", shared=True)
MILESTONE_REPORTED = event(
    "logistics.shipment.milestone_reported", "A milestone was planned, estimated or happened.", shared=True
)
GOODS_OWNED = event("logistics.shipment.goods_owned", "The risk passed: goods of the shipment became ours.")
DOCUMENT_RECORDED = event(
    "logistics.shipment.document_recorded", "A trade document came in, or conflicts.", shared=True
)
RECEIPT_POSTED = event("logistics.receipt.posted", "Goods were received into lots.")
RECEIPT_CANCELLED = event("logistics.receipt.cancelled", "A receipt was taken back.")
DELIVERY_SHIPPED = event("logistics.delivery.shipped", "Goods left for a customer.")
DELIVERY_DELIVERED = event("logistics.delivery.delivered", "The customer received a delivery.")
CUSTOMER_RETURNED = event("logistics.customer_return.posted", "A customer sent goods back.")
SUPPLIER_RETURNED = event("logistics.supplier_return.posted", "Goods went back to a supplier.")
