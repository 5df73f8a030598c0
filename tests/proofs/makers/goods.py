"""Shipments, receipts, what goes back, and stock."""

from decimal import Decimal

from inventory.models import Stock
from logistics import services as logistics
from tests import factories_logistics
from tests.factories import TODAY
from tests.proofs.makers.owner import Owner, maker

D = Decimal


@maker("inventory.warehouse")
def _warehouse(owner: Owner):
    return owner.warehouse


@maker("logistics.shipment", "supplier", "forwarder")
def _shipment(owner: Owner):
    return owner.shipped()


@maker("logistics.shipment:held", "supplier", "forwarder")
def _shipment_held(owner: Owner):
    shipment = owner.shipped()
    return logistics.hold_shipment(**owner.by("finance"), shipment_id=shipment.pk, reason=owner.inside)


@maker("logistics.shipment:departed", "supplier", "forwarder")
def _shipment_departed(owner: Owner):
    return owner.departed


@maker("logistics.receipt")
def _receipt(owner: Owner):
    return owner.receipt


@maker("logistics.receipt:untouched")
def _receipt_untouched(owner: Owner):
    order = owner.ordered(product=owner.world.bottle)
    lines = [logistics.ReceiptLineInput(line.pk, line.quantity) for line in order.lines.all()]
    return factories_logistics.receive_lines(owner.world, lines, remarks=owner.word)


@maker("logistics.supplierreturn")
def _supplier_return(owner: Owner):
    lines = [logistics.SupplierReturnLineInput(line.pk, D(1)) for line in owner.receipt.lines.all()]
    return logistics.send_back(
        **owner.by("logistics"), receipt_id=owner.receipt.pk, lines=lines, reason=owner.word, returned_date=TODAY
    )


@maker("inventory.lot")
def _lot(owner: Owner):
    return owner.receipt.lines.get().lot


@maker("inventory.stockmove")
def _move(owner: Owner):
    return _lot(owner).moves.order_by("pk").first()


@maker("inventory.stock")
def _stock(owner: Owner):
    return Stock.objects.get(product_id=owner.world.mug.pk, warehouse=owner.warehouse)
