from logistics.services.deliveries import (
    DeliveryInput,
    DeliveryLineInput,
    confirm_delivered,
    ship_deliveries,
    ship_delivery,
)
from logistics.services.milestones import (
    MilestoneInput,
    record_document,
    report_milestone,
    report_milestones,
    take_goods_over,
)
from logistics.services.receipt_cancelling import cancel_receipt
from logistics.services.receipt_judging import ReceiptInput, ReceiptLineInput
from logistics.services.receipts import post_receipt, post_receipts
from logistics.services.releasing import hold_shipment, lift_hold, release_to_load, set_holds, what_blocks
from logistics.services.returns import CustomerReturnLineInput, take_back
from logistics.services.shipments import (
    ContainerInput,
    ShipmentInput,
    ShipmentLineInput,
    cancel_shipment,
    edit_shipment,
    plan_shipment,
    plan_shipments,
)
from logistics.services.supplier_returns import SupplierReturnLineInput, send_back

__all__ = [
    "ContainerInput",
    "CustomerReturnLineInput",
    "DeliveryInput",
    "DeliveryLineInput",
    "MilestoneInput",
    "ReceiptInput",
    "ReceiptLineInput",
    "ShipmentInput",
    "ShipmentLineInput",
    "SupplierReturnLineInput",
    "cancel_receipt",
    "cancel_shipment",
    "confirm_delivered",
    "edit_shipment",
    "hold_shipment",
    "lift_hold",
    "plan_shipment",
    "plan_shipments",
    "post_receipt",
    "post_receipts",
    "record_document",
    "release_to_load",
    "report_milestone",
    "report_milestones",
    "send_back",
    "set_holds",
    "ship_deliveries",
    "ship_delivery",
    "take_back",
    "take_goods_over",
    "what_blocks",
]
