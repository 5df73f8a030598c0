"""A week of sales in the sample world: what the retailers order, what leaves, what is invoiced, paid and sent back."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from finance import services as finance
from finance.models import CreditReason, CustomerInvoice
from inventory.models import Stock
from logistics.models import Delivery, Disposition, ReturnReason
from logistics.services.deliveries import DeliveryInput, DeliveryLineInput, confirm_delivered, ship_deliveries
from logistics.services.returns import CustomerReturnLineInput, take_back
from sales import services as sales
from sales.models import CustomerOrder
from samples.simulator import facts
from samples.simulator.calendar import Calendar, acting, days
from samples.simulator.masters import World

PRICE = {row[0]: row[6] for row in facts.PRODUCTS}
WEIGHT = {row[0]: row[11] for row in facts.PRODUCTS}
CLEARANCE_DAYS = 42
TO_EUR = {"EUR": Decimal(1), "GBP": Decimal("0.86"), "USD": Decimal("1.09")}


class Market:
    """The customers; ``week`` plays one Monday and puts its consequences into the calendar."""

    def __init__(self, world: World, calendar: Calendar, rng: random.Random, *, until: date):
        """``until``: the last day of selling; where that is before the calendar's end, all that is left goes by then."""
        self.world, self.calendar, self.rng, self.until = world, calendar, rng, until
        self.warehouse = world.warehouses["RTM"]

    def who(self, role: str, day: date):
        return acting(self.world.actors[role], day, 10)

    def week(self, day: date) -> None:
        """Retailers order from what lies in Rotterdam; confirmed, reserved, and sent a few days later."""
        clearing = self.until < self.calendar.today and day > self.until - timedelta(days=CLEARANCE_DAYS)
        free = {
            row.product.sku: row.available
            for row in Stock.objects.visible_to(self.who("sales", day))
            .filter(warehouse=self.warehouse, available__gt=0)
            .select_related("product")
        }
        viral = self.calendar.today - timedelta(days=35) <= day < self.calendar.today - timedelta(days=28)
        orders = []
        for code, _name, country, _city, currency, term, _claim, weight in facts.CUSTOMERS:
            skus = [sku for sku, quantity in free.items() if PRICE[sku] and quantity >= 24]
            if not skus or day > self.until or self.rng.random() > 0.55 + weight / 12:
                continue
            lines = []
            for sku in self.rng.sample(sorted(skus), k=min(len(skus), self.rng.randint(1, 4))):
                share = Decimal(self.rng.randint(8, 26) * (3 if viral and sku.startswith("TOT") else 1)) / 100
                share = Decimal("0.4") if clearing else share
                quantity = max(Decimal(12), free[sku] * share // 12 * 12)  # in dozens
                free[sku] -= quantity
                price = (PRICE[sku] * TO_EUR[currency] * Decimal("0.62")).quantize(Decimal("0.01"))
                lines.append(
                    sales.LineInput(self.world.products[sku].pk, quantity, price, day + days(self.rng.randint(5, 9)))
                )
            orders.append(
                sales.OrderInput(
                    customer_id=self.world.organisations[code].pk,
                    warehouse_id=self.warehouse.pk,
                    order_date=day,
                    currency=currency,
                    ship_to_country=country,
                    mode="road",
                    payment_term_id=self.world.terms[term].pk,
                    customer_reference=f"{code[:3]}-{day:%y%m%d}",
                    lines=lines,
                )
            )
        if orders:
            written = sales.create_customer_orders(actor=self.who("sales", day), orders=orders)
            ids = [order.pk for order in written]
            sales.confirm_customer_orders(actor=self.who("sales", day), order_ids=ids, today=day)
            on_time = [pk for pk in ids if self.rng.random() > 0.07]
            self.calendar.on(day + days(3), lambda when: self.send(when, on_time))
            self.calendar.on(day + days(11), lambda when: self.send(when, [pk for pk in ids if pk not in on_time]))
        self.collect(day)
        self.calendar.on(day + days(7), self.week)

    def send(self, day: date, order_ids: list[int]) -> None:
        """What is reserved leaves, is invoiced the same day, and arrives two days later; now and then with a wrong paper."""
        orders = CustomerOrder.objects.filter(pk__in=order_ids, status="confirmed").prefetch_related("lines")
        inputs = [
            DeliveryInput(
                order.pk,
                [
                    DeliveryLineInput(line.pk, line.reserved_quantity)
                    for line in order.lines.all()
                    if line.reserved_quantity > 0
                ],
                day,
                carrier="Rijnlijn Trucking",
                tracking=f"RL{order.pk:08d}",
                mode="road",
                documents_ok=self.rng.random() > 0.03,
            )
            for order in orders
        ]
        inputs = [delivery for delivery in inputs if delivery.lines]
        if not inputs:
            return
        sent = ship_deliveries(actor=self.who("logistics", day), deliveries=inputs)
        finance.invoice_deliveries(
            actor=self.who("finance", day), invoices=[finance.DeliveryInvoice(delivery.pk, day) for delivery in sent]
        )
        self.calendar.on(day + days(2), lambda when: self.arrive(when, [delivery.pk for delivery in sent]))

    def arrive(self, day: date, delivery_ids: list[int]) -> None:
        confirm_delivered(actor=self.who("logistics", day), delivery_ids=delivery_ids, delivered_date=day)
        for pk in delivery_ids:
            draw = self.rng.random()
            if draw < 0.025:
                self.calendar.on(day + days(6), partial(self.come_back, delivery_id=pk, reason=ReturnReason.DEFECT))
            elif draw < 0.045:
                self.calendar.on(
                    day + days(8), partial(self.come_back, delivery_id=pk, reason=ReturnReason.CHANGE_OF_MIND)
                )
            elif draw < 0.06:
                self.calendar.on(day + days(20), partial(self.credit, delivery_id=pk))

    def come_back(self, day: date, delivery_id: int, reason: str) -> None:
        """A few pieces come back; a fault is blocked and credited, a change of mind goes back to stock and is credited too."""
        delivery = Delivery.objects.filter(pk=delivery_id).select_related("order").first()
        line = delivery.lines.select_related("order_line").first()
        quantity = max(Decimal(1), (line.quantity / 12).quantize(Decimal(1)))
        fault = reason in ReturnReason.faults()
        document = take_back(
            actor=self.who("sales", day),
            order_id=delivery.order_id,
            lines=[CustomerReturnLineInput(line.pk, quantity, Disposition.BLOCK if fault else Disposition.RESTOCK)],
            reason=reason,
            returned_date=day,
        )
        self._credit(day, delivery_id, quantity * line.order_line.unit_price, CreditReason.RETURN, document.pk)

    def credit(self, day: date, delivery_id: int) -> None:
        """The invoice had a wrong price: the order stays imperfect in the month it was promised for."""
        self._credit(day, delivery_id, Decimal("25.00"), CreditReason.PRICE)

    def _credit(self, day: date, delivery_id: int, amount: Decimal, reason: str, returned: int | None = None) -> None:
        invoice = CustomerInvoice.objects.filter(delivery_id=delivery_id).first()
        amount = min(amount.quantize(Decimal("0.01")), invoice.open_amount)
        if amount > 0:
            finance.credit_invoice(
                actor=self.who("finance", day),
                credit=finance.Credit(invoice.pk, amount, day, reason, customer_return_id=returned),
            )

    def collect(self, day: date) -> None:
        """Customers pay near the due date, one of them habitually late."""
        late = self.world.organisations["MOORLAND"].pk
        open_ones: dict[int, list[CustomerInvoice]] = defaultdict(list)
        for invoice in CustomerInvoice.objects.filter(due_date__lte=day, settled_date=None, company=self.world.company):
            if invoice.customer_id != late or invoice.due_date + days(18) <= day:
                open_ones[invoice.customer_id].append(invoice)
        collections = [
            finance.Collection(
                customer_id=customer,
                day=day,
                settles=[finance.Settled(i.pk, i.open_amount) for i in invoices if i.open_amount > 0],
                reference=f"{day:%y%m%d}-{customer}",
            )
            for customer, invoices in sorted(open_ones.items())
        ]
        collections = [one for one in collections if one.settles]
        if collections:
            finance.collect_many(actor=self.who("finance", day), collections=collections)
