"""How goods move: inbound shipments, receipts into lots, deliveries to customers, returns in both directions."""

from logistics.models.deliveries import Delivery, DeliveryLine
from logistics.models.receipts import Receipt, ReceiptLine
from logistics.models.returns import (
    CustomerReturn,
    CustomerReturnLine,
    Disposition,
    ReturnReason,
    SupplierReturn,
    SupplierReturnLine,
)
from logistics.models.shipments import (
    Classifier,
    Container,
    Milestone,
    MilestoneCode,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    TradeDocument,
    TradeDocumentType,
)

__all__ = [
    "Classifier",
    "Container",
    "CustomerReturn",
    "CustomerReturnLine",
    "Delivery",
    "DeliveryLine",
    "Disposition",
    "Milestone",
    "MilestoneCode",
    "Receipt",
    "ReceiptLine",
    "ReturnReason",
    "Shipment",
    "ShipmentLine",
    "ShipmentStatus",
    "SupplierReturn",
    "SupplierReturnLine",
    "TradeDocument",
    "TradeDocumentType",
]
