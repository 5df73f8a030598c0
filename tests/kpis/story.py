"""A company in which anything lawful may happen next: random steps through the services, and workers who dawdle."""

import random
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection, transaction

from catalog.models import ProductGroup
from catalog.services.products import ProductInput, edit_product
from core import outbox
from core.actor import system
from core.errors import RuleBroken
from core.models import Delivery as Owed
from finance import services as finance
from finance.models import Charge, CustomerInvoice, DebitNote, SupplierInvoice
from kpis.services import set_day
from logistics import services as logistics
from logistics.models import Delivery, Disposition, Receipt, Shipment
from quality import services as quality
from quality.models import Inspection
from sales import services as sales
from sales.models import Customer, CustomerOrder, CustomerOrderLine
from sourcing import services as sourcing
from sourcing.flows import LineAnswer
from sourcing.models import PurchaseOrder, PurchaseOrderLine
from sourcing.services.confirm import Answer, Verdict
from tests.factories import TODAY, World
from tests.factories_finance import set_rate
from tests.factories_inventory import receive as stock_up
from tests.factories_logistics import NOW, actual, shipment_input, warehouse_of
from tests.factories_sales import make_customer

D = Decimal
FORWARD = 120  # days the story may last


class Story:
    """``happen`` takes a step on the story's day; ``work`` lets a worker pay some of what is owed, some of it twice."""

    def __init__(self, world: World, seed: int):
        self.world, self.rng, self.today = world, random.Random(seed), TODAY
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_timeout = 0")  # the whole story is one test's transaction
        self.warehouse = warehouse_of(world)
        self.house = system("command", company_id=world.company.pk)
        for days in range(-21, FORWARD + 28, 7):
            for quote, rate in (("USD", 110), ("CNY", 780)):
                moved = D(rate + self.rng.randint(-5, 5)) / 100
                set_rate(quote, str(moved), TODAY + timedelta(days=days))
        self.customer = make_customer(world, claim_days=10)
        for product in (world.mug, world.bottle):
            stock_up(world, self.warehouse, 400, 1200, product=product)
        self.other_group = ProductGroup.objects.create(company=world.company, code="other", name="Other")
        self.done: dict[str, int] = {}
        self.refused: dict[str, int] = {}
        self._bills = 0
        set_day(company_id=world.company.pk, day=self.today)

    def happen(self) -> None:
        step = self.rng.choices(list(STEPS), weights=list(STEPS.values()))[0]
        try:
            with transaction.atomic():
                taken = getattr(self, step)()
        except RuleBroken:
            self.refused[step] = self.refused.get(step, 0) + 1
        else:
            if taken is not None:
                self.done[step] = self.done.get(step, 0) + 1

    def work(self) -> None:
        """Batches of any size, in any order of events; what was paid may come again; time may pass."""
        for name in self.rng.sample(sorted(outbox.HANDLERS), k=4):
            owed = list(Owed.objects.filter(handler=name, done_at=None).values_list("pk", flat=True))
            if owed:
                outbox.drain_batch(name, only=self.rng.sample(owed, k=self.rng.randint(1, len(owed))))
        paid = Owed.objects.filter(handler__startswith="kpis.").exclude(done_at=None)
        again = self.rng.sample(sorted(paid.values_list("pk", flat=True)), k=min(paid.count(), 3))
        Owed.objects.filter(pk__in=again).update(done_at=None)
        if self.rng.random() < 0.3:
            self.today = min(self.today + timedelta(days=self.rng.randint(1, 6)), TODAY + timedelta(days=FORWARD))
            set_day(company_id=self.world.company.pk, day=self.today)

    # --- what may happen --------------------------------------------------------------------------------------------

    def buy(self):
        rng, products = self.rng, [self.world.mug, self.world.bottle]
        lines = [
            sourcing.LineInput(
                rng.choice(products).pk, D(rng.randint(1, 60)), D(rng.randint(101, 999)) / 100, self.near(5, 40)
            )
            for _n in range(rng.randint(1, 3))
        ]
        order = self.world.order(
            lines=lines,
            supplier_id=rng.choice([self.world.supplier, self.world.supplier2]).pk,
            currency=rng.choice(("EUR", "USD", "USD")),
            order_date=self.today,
            payment_term_id=rng.choice((None, self.world.term.pk)),
            **rng.choice(({"incoterm": "FOB"}, {"incoterm": "DAP", "named_place": "Rotterdam"}, {"incoterm": "EXW"})),
        )
        return sourcing.issue_purchase_order(actor=self.house, order_id=order.pk, today=self.today)

    def answer(self):
        order = self.any(PurchaseOrder, status="sent")
        answers = []
        for line in order.lines.filter(cancelled=False):
            kind = self.rng.choice((LineAnswer.ACCEPTED, LineAnswer.ACCEPTED, LineAnswer.CHANGED, LineAnswer.REJECTED))
            later = self.near(10, 50) if kind == LineAnswer.CHANGED else None
            why = "" if kind == LineAnswer.ACCEPTED else "no material"
            answers.append(Answer(line.pk, kind, promised_date=later, reason=why))
        return sourcing.answer_purchase_order(actor=self.house, order_id=order.pk, answers=answers)

    def decide(self):
        line = self.any(PurchaseOrderLine, answer__in=(LineAnswer.CHANGED, LineAnswer.REJECTED), order__status="sent")
        verdicts = [
            Verdict(one.pk, accept=self.rng.random() < 0.7, reason="as ordered, please")
            for one in line.order.lines.filter(answer__in=(LineAnswer.CHANGED, LineAnswer.REJECTED), cancelled=False)
        ]
        return sourcing.decide_changes(actor=self.house, order_id=line.order_id, verdicts=verdicts, today=self.today)

    def amend(self):
        line = self.any(PurchaseOrderLine, order__status__in=("sent", "confirmed"), cancelled=False)
        new = sourcing.LineInput(line.product_id, D(self.rng.randint(1, 80)), line.unit_price, self.near(5, 40))
        content = self.rng.choice((new, new, None))
        added = [(None, new)] if self.rng.random() < 0.3 else []
        return sourcing.amend_purchase_order(
            actor=self.house,
            order_id=line.order_id,
            lines=[(line.pk, content), *added],
            reason="plan",
            today=self.today,
        )

    def end(self):
        order, how = self.any(PurchaseOrder, status__in=("sent", "confirmed", "closed")), self.rng.random()
        if order.status == "closed":
            return sourcing.reopen_purchase_order(actor=self.house, order_id=order.pk)
        act = sourcing.cancel_purchase_order if how < 0.4 else sourcing.close_purchase_order
        return act(actor=self.house, order_id=order.pk, reason="no longer needed")

    def inspect(self):
        line = self.any(PurchaseOrderLine, order__status__in=("sent", "confirmed"), cancelled=False)
        found = Inspection.objects.filter(order=line.order, status="planned").first()
        if found is None:
            wanted = quality.InspectionInput(
                order_id=line.order_id, planned_date=self.today, lines=[(line.pk, line.quantity)]
            )
            return quality.plan_inspection(actor=self.house, inspection=wanted)
        findings = [quality.FindingInput("major", "dent", self.rng.choice((0, 0, 9)))]
        return quality.report_inspection(
            actor=self.house, inspection_id=found.pk, inspected_date=self.today, findings=findings,
            made_pct=D(100), packed_pct=D(100),
        )  # fmt: skip

    def ship(self):
        order = self.any(PurchaseOrder, status__in=("sent", "confirmed"))
        parts = {
            line.pk: max(
                D(1), ((line.quantity - line.shipped_quantity) * self.rng.choice((1, 1, D("0.5")))).quantize(D(1))
            )
            for line in order.lines.filter(cancelled=False)
        }
        return logistics.plan_shipment(
            actor=self.house, shipment=shipment_input(self.world, order, quantities=parts), today=self.today
        )

    def report(self):
        shipment = self.any(Shipment, status__in=("planned", "booked", "departed", "arrived"))
        codes = self.rng.sample(("handed_over", "loaded", "departed", "arrived", "delivered"), k=2)
        reports = [actual(code, self.near(-12, 0)) for code in codes]
        return logistics.report_milestones(actor=self.house, reports={shipment.pk: reports}, now=NOW)

    def paper(self):
        shipment = self.any(Shipment)
        paper = self.rng.choice(list(shipment.documents.all()) or [None])
        return paper and logistics.record_document(
            actor=self.house, shipment_id=shipment.pk, doc_type=paper.doc_type, number="X-1",
            received_date=self.near(-15, 3), conflict=self.rng.choice(("", "", "", "weights differ")),
        )  # fmt: skip

    def receive(self):
        if self.rng.random() < 0.5:
            shipment = self.any(Shipment, status__in=("planned", "booked", "departed", "arrived", "cleared"))
            lines = [
                (line.order_line_id, line.quantity - line.received_quantity, line.pk) for line in shipment.lines.all()
            ]
        else:
            shipment = None
            order = self.any(PurchaseOrder, status__in=("sent", "confirmed"))
            lines = [
                (line.pk, line.quantity - line.received_quantity, None) for line in order.lines.filter(cancelled=False)
            ]
        given = []
        for line_id, left, shipment_line_id in lines:
            part = max(D(0), (left * self.rng.choice((1, 1, 1, D("0.5")))).quantize(D(1)))
            bad = min(part, D(self.rng.choice((0, 0, 0, 2))))
            short = D(self.rng.choice((0, 0, 1))) if shipment and part > bad + 1 else D(0)
            given.append(
                logistics.ReceiptLineInput(
                    line_id, part - bad - short, rejected=bad, short=short, damaged=self.rng.random() < 0.05,
                    reason="as counted", shipment_line_id=shipment_line_id,
                )
            )  # fmt: skip
        receipt = logistics.ReceiptInput(
            warehouse_id=self.warehouse.pk, received_date=self.near(-15, 0), lines=given,
            shipment_id=shipment and shipment.pk,
        )  # fmt: skip
        return logistics.post_receipt(actor=self.house, receipt=receipt, today=self.today)

    def take_back_receipt(self):
        receipt = self.any(Receipt, cancelled_at=None)
        return logistics.cancel_receipt(actor=self.house, receipt_id=receipt.pk, day=self.today, reason="wrong dock")

    def send_back(self):
        receipt = self.any(Receipt, cancelled_at=None)
        line = self.rng.choice(list(receipt.lines.all()))
        return logistics.send_back(
            actor=self.house, receipt_id=receipt.pk, lines=[logistics.SupplierReturnLineInput(line.pk, D(1))],
            reason="faulty", returned_date=receipt.received_date + timedelta(days=self.rng.randint(0, 20)),
        )  # fmt: skip

    def bill(self):
        line = self.any(PurchaseOrderLine, order__status__in=("sent", "confirmed", "closed"), cancelled=False)
        self._bills += 1
        price = line.unit_price * self.rng.choice((1, 1, 1, D("1.01")))
        bill = finance.GoodsInvoice(
            supplier_id=line.order.supplier_id, supplier_number=f"S-{self._bills}", invoice_date=self.near(-10, 0),
            currency=line.order.currency_id,
            lines=[finance.GoodsLine(line.pk, max(D(1), line.quantity - line.billed_quantity), price)],
        )  # fmt: skip
        made = finance.record_supplier_invoice(actor=self.house, invoice=bill)
        return finance.post_supplier_invoice(actor=self.house, invoice_id=made.pk)

    def debit(self):
        invoice = self.any(SupplierInvoice, kind="goods", status="posted")
        line = invoice.lines.first()
        debit = finance.Debit(
            invoice.pk, D("1.00"), self.today, self.rng.choice(("price", "quality", "other")), order_line_id=line.order_line_id
        )  # fmt: skip
        return finance.issue_debit_note(actor=self.house, debit=debit)

    def undo_debit(self):
        note = self.any(DebitNote, cancelled_at=None)
        return finance.cancel_debit_note(actor=self.house, invoice_id=note.invoice_id, note_id=note.pk, day=self.today)

    def charge(self):
        on = self.rng.choice(
            [("shipment_id", Shipment), ("shipment_id", Shipment), ("receipt_id", Receipt), ("delivery_id", Delivery)]
        )
        kind = self.rng.choice(("freight", "freight", "insurance", "duty", "handling"))
        one = finance.ChargeInput(
            kind=kind, amount=D(self.rng.randint(100, 99999)) / 100, currency=self.rng.choice(("EUR", "USD")),
            day=self.near(-10, 0), **{on[0]: self.any(on[1]).pk},
        )  # fmt: skip
        return finance.estimate_charges(actor=self.house, charges=[one])

    def bill_charge(self):
        charge = self.any(Charge, actual_base=None, cancelled=False)
        self._bills += 1
        return finance.record_charge_invoice(
            actor=self.house,
            invoice=finance.ChargeInvoice(
                supplier_id=self.world.forwarder.pk, supplier_number=f"F-{self._bills}", invoice_date=self.near(-5, 0),
                currency="EUR", lines=[finance.BilledCharge(D(self.rng.randint(100, 99999)) / 100, charge_id=charge.pk)],
            ),
        )  # fmt: skip

    def pay(self):
        invoice = self.any(SupplierInvoice, status="posted")
        part = (invoice.open_amount * self.rng.choice((1, 1, D("0.5")))).quantize(D("0.01"))
        payment = finance.PaymentInput(invoice.supplier_id, self.today, [finance.Settle(part, invoice_id=invoice.pk)])
        made = finance.request_payment(actor=self.house, payment=payment)
        finance.approve_payment(actor=self.world.actors["approver"], payment_id=made.pk)
        return finance.pay_payment(actor=self.house, payment_id=made.pk, day=self.today)

    def sell(self):
        rng = self.rng
        order = sales.create_customer_order(
            actor=self.house,
            order=sales.OrderInput(
                customer_id=self.world.customer.pk, warehouse_id=self.warehouse.pk, order_date=self.today,
                currency=rng.choice(("EUR", "EUR", "USD")), ship_to_country=rng.choice(("DE", "NL")), mode="road",
                lines=[
                    sales.LineInput(
                        rng.choice((self.world.mug, self.world.bottle)).pk, D(rng.randint(1, 25)), D(rng.randint(700, 1500)) / 100,
                        self.near(1, 20),
                    )
                    for _n in range(rng.randint(1, 3))
                ],
            ),
        )  # fmt: skip
        return sales.confirm_customer_order(actor=self.house, order_id=order.pk, today=self.today)

    def deliver(self):
        order = self.any(CustomerOrderLine, order__status="confirmed", reserved_quantity__gt=0).order
        lines = [
            logistics.DeliveryLineInput(
                line.pk, max(D(1), (line.reserved_quantity * self.rng.choice((1, 1, D("0.5")))).quantize(D(1)))
            )
            for line in order.lines.filter(reserved_quantity__gt=0)
        ]
        delivery = logistics.DeliveryInput(
            order.pk, lines, self.near(-6, 0), mode="road", documents_ok=self.rng.random() < 0.9
        )
        return logistics.ship_delivery(actor=self.house, delivery=delivery)

    def arrive(self):
        delivery = self.any(Delivery, delivered_date=None)
        day = delivery.shipped_date + timedelta(days=self.rng.randint(0, 8))
        return logistics.confirm_delivered(actor=self.house, delivery_ids=[delivery.pk], delivered_date=day)

    def come_back(self):
        delivery = self.any(Delivery, delivered_date__isnull=False)
        line = self.rng.choice(list(delivery.lines.all()))
        return logistics.take_back(
            actor=self.house, order_id=delivery.order_id, reason=self.rng.choice(("damaged", "defect", "change_of_mind")),
            lines=[logistics.CustomerReturnLineInput(line.pk, D(1), self.rng.choice(Disposition.values))],
            returned_date=delivery.delivered_date + timedelta(days=self.rng.randint(0, 20)),
        )  # fmt: skip

    def invoice(self):
        delivery = self.any(Delivery)
        return finance.invoice_delivery(
            actor=self.house, invoice=finance.DeliveryInvoice(delivery.pk, max(delivery.shipped_date, self.near(-5, 0)))
        )

    def credit(self):
        invoice = self.any(CustomerInvoice)
        reason = self.rng.choice(("price", "document", "defect", "goodwill"))
        return finance.credit_invoice(
            actor=self.house, credit=finance.Credit(invoice.pk, D("1.00"), self.near(-3, 5), reason)
        )

    def collect(self):
        invoice = self.any(CustomerInvoice, settled_date=None)
        part = (invoice.open_amount * self.rng.choice((1, 1, D("0.5")))).quantize(D("0.01"))
        money = finance.Collection(
            customer_id=invoice.customer_id, day=self.today, settles=[finance.Settled(invoice.pk, part)]
        )
        return finance.collect(actor=self.house, collection=money)

    def end_sale(self):
        order = self.any(CustomerOrder, status="confirmed")
        if self.rng.random() < 0.5:
            return sales.close_customer_order(
                actor=self.house, order_id=order.pk, reason="rest not wanted", today=self.today
            )
        return sales.cancel_customer_order(
            actor=self.house, order_id=order.pk, reason="out of range", today=self.today, by_customer=self.rng.random() < 0.5
        )  # fmt: skip

    def regroup(self):
        product = self.rng.choice((self.world.mug, self.world.bottle))
        product.refresh_from_db()
        group = self.rng.choice((product.group_id, self.other_group.pk))
        return edit_product(
            actor=self.house, product_id=product.pk, product=ProductInput(product.sku, product.name, group_id=group)
        )

    def change_claim_window(self):
        customer = Customer.objects.get(pk=self.customer.pk)
        wanted = sales.CustomerInput(customer.organisation_id, currency="EUR", claim_days=self.rng.choice((5, 10, 21)))
        return sales.edit_customer(actor=self.house, customer_id=customer.pk, customer=wanted)

    # --- small things -------------------------------------------------------------------------------------------------

    def near(self, first: int, last: int) -> date:
        """A day around the story's: a negative one is a back-dated posting."""
        return self.today + timedelta(days=self.rng.randint(first, last))

    def any(self, model, **wanted):
        """One of them, or the step cannot be taken."""
        found = list(model.objects.filter(**wanted).order_by("pk"))
        if not found:
            raise RuleBroken("There is none yet.")
        return self.rng.choice(found[-8:])


STEPS = {
    "buy": 8, "answer": 6, "decide": 3, "amend": 3, "end": 1, "inspect": 3, "ship": 6, "report": 8, "paper": 4,
    "receive": 9, "take_back_receipt": 1, "send_back": 2, "bill": 6, "debit": 2, "undo_debit": 1, "charge": 7,
    "bill_charge": 4, "pay": 4, "sell": 9, "deliver": 9, "arrive": 8, "come_back": 3, "invoice": 7, "credit": 2,
    "collect": 4, "end_sale": 1, "regroup": 1, "change_claim_window": 1,
}  # fmt: skip
