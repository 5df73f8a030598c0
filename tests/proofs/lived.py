"""Documents of every kind in the estate: goods that were landed, billed and paid; sold, delivered, invoiced, returned."""

from datetime import date
from decimal import Decimal

from finance import services as finance
from logistics.models import ReturnReason
from logistics.services import CustomerReturnLineInput, SupplierReturnLineInput, send_back, take_back
from tests.factories import TODAY, World
from tests.factories_finance import deliver, land, ordered, receive, ship
from tests.factories_logistics import planned_shipment
from tests.factories_quality import reported_inspection
from tests.factories_sales import confirmed
from tests.proofs.estate import Estate


def live(estate: Estate) -> None:
    """This will add to the estate's company what its makers leave out."""
    world = estate.world
    bought = ordered(world)
    receipt = land(world, bought)
    invoice = _billed(world, bought, 600, "A-1")
    _billed(world, bought, 100, "A-2", post=False)
    payment = finance.PaymentInput(world.supplier.pk, TODAY, [finance.Settle(Decimal(100), invoice.pk)])
    paid = finance.request_payment(actor=world.actors["finance"], payment=payment)
    finance.approve_payment(actor=world.actors["approver"], payment_id=paid.pk)
    finance.pay_payment(actor=world.actors["finance"], payment_id=paid.pk, day=TODAY)
    finance.request_payment(actor=world.actors["finance"], payment=payment)
    charge = finance.ChargeInput(kind="freight", amount=Decimal(90), currency="EUR", day=TODAY, receipt_id=receipt.pk)
    finance.estimate_charge(actor=world.actors["finance"], charge=charge)
    send_back(
        actor=world.actors["logistics"],
        receipt_id=receipt.pk,
        lines=[SupplierReturnLineInput(receipt.lines.get().pk, Decimal(5))],
        reason="defect",
        returned_date=TODAY,
    )
    ship(world, ordered(world, "40"))
    receive(world, ship(world, ordered(world, "30")))
    planned_shipment(world, ordered(world, "20"))
    reported_inspection(world, ordered(world, "500"), major=60)
    delivery = deliver(world)
    bill = finance.DeliveryInvoice(delivery.pk, TODAY, date(2026, 12, 20))
    owed = finance.invoice_delivery(actor=world.actors["finance"], invoice=bill)
    finance.credit_invoice(actor=world.actors["finance"], credit=finance.Credit(owed.pk, Decimal(1), TODAY, "price"))
    take_back(
        actor=world.actors["sales"],
        order_id=delivery.order_id,
        lines=[CustomerReturnLineInput(delivery.lines.get().pk, Decimal(2))],
        reason=ReturnReason.DEFECT,
        returned_date=TODAY,
    )
    deliver(world, "3")
    confirmed(world, delivery.warehouse, 7)


def _billed(world: World, order, quantity: int, number: str, *, post: bool = True):
    line = finance.GoodsLine(order.lines.get().pk, Decimal(quantity), Decimal("12.50"))
    given = finance.GoodsInvoice(order.supplier_id, number, TODAY, order.currency_id, [line])
    invoice = finance.record_supplier_invoice(actor=world.actors["finance"], invoice=given)
    return finance.post_supplier_invoice(actor=world.actors["finance"], invoice_id=invoice.pk) if post else invoice
