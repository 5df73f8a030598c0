"""The weekly payment run of the sample world: the bills of forwarders, brokers and insurers that have fallen due."""

from collections import defaultdict
from datetime import date

from finance import services as finance
from finance.models import InvoiceKind, SupplierInvoice
from samples.simulator.calendar import Calendar, acting, days
from samples.simulator.masters import World


class Treasury:
    """``week`` plays one Wednesday: one payment for each party, requested, approved by somebody else and paid."""

    def __init__(self, world: World, calendar: Calendar):
        self.world, self.calendar = world, calendar

    def week(self, day: date) -> None:
        """Goods are paid order by order (buying.py)."""
        due: dict[int, list[SupplierInvoice]] = defaultdict(list)
        bills = SupplierInvoice.objects.filter(
            company=self.world.company, kind=InvoiceKind.CHARGES, due_date__lte=day
        ).open()
        for bill in bills.order_by("pk"):
            due[bill.supplier_id].append(bill)
        payments = [
            finance.PaymentInput(
                party, day, [finance.Settle(bill.open_amount, invoice_id=bill.pk) for bill in own], f"Bills of {day:%B}"
            )
            for party, own in sorted(due.items())
        ]
        if payments:
            clerk = acting(self.world.actors["finance"], day)
            ids = [payment.pk for payment in finance.request_payments(actor=clerk, payments=payments)]
            finance.approve_payments(actor=acting(self.world.actors["approver"], day, 11), payment_ids=ids)
            finance.pay_payments(actor=acting(self.world.actors["finance"], day, 14), payment_ids=ids, day=day)
        self.calendar.on(day + days(7), self.week)
