"""Rows that KPIs are computed from, written straight into the tables and announced: one thing at a time, any date.

The services of the chain refuse much of what the engine must bear (late entries, corrections, odd orders of events), so
these makers go below them; the end-to-end tests of the chain show that its services announce what they touch.
"""

from datetime import date
from decimal import Decimal

from core.actor import system
from core.outbox import announce
from finance.events import CHARGE_POSTED, CREDIT_ISSUED, CUSTOMER_INVOICED
from finance.models import Charge, ChargeShare, CreditNote, CustomerInvoice, CustomerInvoiceLine
from inventory.models import CostLayer, Lot, Warehouse
from kpis import services
from logistics.events import CUSTOMER_RETURNED, DELIVERY_DELIVERED, GOODS_OWNED, RECEIPT_POSTED
from logistics.models import (
    CustomerReturn,
    CustomerReturnLine,
    Delivery,
    DeliveryLine,
    Receipt,
    ReceiptLine,
    Shipment,
    ShipmentLine,
)
from sales.events import ORDER_CONFIRMED as SOLD
from sales.models import CustomerOrder, CustomerOrderLine
from sourcing.events import ORDER_SENT
from sourcing.models import PurchaseOrder, PurchaseOrderLine

D = Decimal
ACTOR = system()
DUE = date(2026, 6, 10)


class Chain:
    """Makes rows in one company; ``at`` moves its clock."""

    def __init__(self, world, today: date = DUE):
        self.world, self.company = world, world.company
        self.warehouse = Warehouse.objects.create(company=self.company, code="RTM", name="Rotterdam", country_id="NL")
        self._number = 0
        services.set_day(company_id=self.company.pk, day=today)

    def at(self, day: date) -> None:
        services.set_day(company_id=self.company.pk, day=day)

    def number(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}-{self._number:05}"

    # --- bought ---

    def buy(self, *quantities, due: date = DUE, products=None, **fields) -> PurchaseOrder:
        """A confirmed order whose promise is kept at the destination, one line a quantity."""
        values = {
            "supplier": self.world.supplier, "status": "confirmed", "order_date": date(2026, 1, 2), "currency_id": "EUR", "incoterm": "DAP",
            "named_place": "Rotterdam", "mode": "sea", "destination_country_id": "NL", "promised_at": "destination", "created_by": "test",
        }  # fmt: skip
        order = PurchaseOrder.objects.create(company=self.company, number=self.number("PO"), **{**values, **fields})
        PurchaseOrderLine.objects.bulk_create(
            PurchaseOrderLine(
                company=self.company, order=order, position=n, product=(products or [self.world.mug] * len(quantities))[n - 1], sku="X",
                description="X", unit_id="pcs", quantity=quantity, unit_price=1, amount=quantity, requested_date=due,
                original_promised_date=due, promised_date=due,
            )
            for n, quantity in enumerate(quantities, 1)
        )  # fmt: skip
        announce(ORDER_SENT, order, actor=ACTOR)
        return order

    def ship(self, line, quantity, *, owned: date | None = None, **fields) -> ShipmentLine:
        shipment = Shipment.objects.create(
            company=self.company,
            number=self.number("SH"),
            mode=line.order.mode,
            incoterm=line.order.incoterm,
            created_by="test",
            **fields,
        )
        found = ShipmentLine.objects.create(
            shipment=shipment,
            order=line.order,
            order_line=line,
            supplier=line.order.supplier,
            unit_id="pcs",
            quantity=quantity,
            owned_date=owned,
        )
        announce(GOODS_OWNED, shipment, actor=ACTOR, about=[line.order])
        return found

    def receive(self, line, quantity, day: date, *, rejected=0, goods="0", shipment_line=None, **fields) -> ReceiptLine:
        receipt = Receipt.objects.create(
            company=self.company, number=self.number("GR"), warehouse=self.warehouse, supplier=line.order.supplier, received_date=day,
            shipment=shipment_line.shipment if shipment_line else None, created_by="test",
        )  # fmt: skip
        lot = Lot.objects.create(
            company=self.company, number=self.number("LOT"), product_id=line.product_id, warehouse=self.warehouse, received_date=day,
            source_kind="logistics.receiptline", quantity_received=quantity or 1, quantity_on_hand=0, cost_total=D(goods),
        )  # fmt: skip
        CostLayer.objects.create(
            lot=lot, component="goods", amount=D(goods), source_kind="logistics.receipt", source_id=receipt.pk, day=day
        )
        found = ReceiptLine.objects.create(
            company=self.company, receipt=receipt, order_line=line, accepted_quantity=quantity, rejected_quantity=rejected, lot=lot,
            goods_cost=D(goods), shipment_line=shipment_line, **fields,
        )  # fmt: skip
        announce(RECEIPT_POSTED, receipt, actor=ACTOR, about=[line.order])
        return found

    def charge(self, movement_line, component: str, *, estimate=None, actual=None) -> ChargeShare:
        """A charge of one share on a receipt line or a delivery line."""
        of_receipt = isinstance(movement_line, ReceiptLine)
        document = movement_line.receipt if of_receipt else movement_line.delivery
        charge = Charge.objects.create(
            company=self.company, **{"receipt" if of_receipt else "delivery": document}, kind="other", component=component, basis="value",
            currency_id="EUR", estimate_amount=estimate, actual_amount=actual, estimate_base=estimate, actual_base=actual, day=DUE,
        )  # fmt: skip
        share = ChargeShare.objects.create(
            company=self.company, charge=charge, estimate=estimate, actual=actual, expensed=estimate if actual is None else actual,
            **{"receipt_line" if of_receipt else "delivery_line": movement_line},
        )  # fmt: skip
        announce(CHARGE_POSTED, charge, actor=ACTOR, about=[document])
        return share

    # --- sold ---

    def sell(self, *quantities, due: date = DUE, status: str = "confirmed", **fields) -> CustomerOrder:
        values = {
            "customer": self.world.customer, "order_date": date(2026, 1, 2), "currency_id": "EUR", "warehouse": self.warehouse,
            "ship_to_country_id": "DE", "mode": "road", "created_by": "test", "confirmed_at": "2026-01-02T08:00:00Z",
        }  # fmt: skip
        order = CustomerOrder.objects.create(
            company=self.company, number=self.number("CO"), status=status, **{**values, **fields}
        )
        CustomerOrderLine.objects.bulk_create(
            CustomerOrderLine(
                company=self.company, order=order, position=n, product=self.world.mug, sku="X", description="X", unit_id="pcs",
                quantity=quantity, unit_price=2, amount=2 * quantity, commit_date=due, promised_date=due,
            )
            for n, quantity in enumerate(quantities, 1)
        )  # fmt: skip
        announce(SOLD, order, actor=ACTOR)
        return order

    def deliver(self, line, quantity, day: date | None, **fields) -> DeliveryLine:
        delivery = Delivery.objects.create(
            company=self.company, number=self.number("DN"), order=line.order, warehouse=self.warehouse, shipped_date=day or DUE,
            delivered_date=day, mode="road", created_by="test", **fields,
        )  # fmt: skip
        found = DeliveryLine.objects.create(company=self.company, delivery=delivery, order_line=line, quantity=quantity)
        announce(DELIVERY_DELIVERED, delivery, actor=ACTOR, about=[line.order])
        return found

    def give_back(self, delivery_line, day: date, reason: str = "damaged") -> CustomerReturn:
        order = delivery_line.delivery.order
        found = CustomerReturn.objects.create(
            company=self.company,
            number=self.number("RMA"),
            order=order,
            returned_date=day,
            reason=reason,
            created_by="test",
        )
        CustomerReturnLine.objects.create(
            company=self.company, customer_return=found, delivery_line=delivery_line, quantity=1, disposition="scrap"
        )
        announce(CUSTOMER_RETURNED, found, actor=ACTOR, about=[order])
        return found

    def invoice(self, line, quantity, day: date, *, settled: date | None = None) -> CustomerInvoice:
        found = CustomerInvoice.objects.create(
            company=self.company, number=self.number("CI"), customer=line.order.customer, order=line.order, invoice_date=day, due_date=day,
            currency_id="EUR", amount=100, exchange_rate=1, base_amount=100, settled_date=settled, created_by="test",
        )  # fmt: skip
        CustomerInvoiceLine.objects.create(invoice=found, order_line=line, quantity=quantity, unit_price=1, amount=100)
        announce(CUSTOMER_INVOICED, found, actor=ACTOR, about=[line.order])
        return found

    def credit(self, invoice: CustomerInvoice, reason: str, day: date) -> CreditNote:
        found = CreditNote.objects.create(
            company=self.company, number=self.number("CN"), invoice=invoice, credit_date=day, reason=reason, amount=1, base_amount=1,
            created_by="test",
        )  # fmt: skip
        announce(CREDIT_ISSUED, found, actor=ACTOR, about=[invoice.order])
        return found
