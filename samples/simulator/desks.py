"""What lies on the desks today: something of every kind that waits for somebody, so that no role meets an empty page."""

import random
from datetime import date
from decimal import Decimal

from finance import services as finance
from finance.selectors.payables import payables
from sales import services as sales
from samples.simulator import facts
from samples.simulator.buying import Purchase
from samples.simulator.calendar import Calendar, acting, days
from samples.simulator.masters import World

# supplier, story, how many days ago it was bought (its lead time then puts it where it is today)
UNDER_WAY = (
    ("NB-HS", "late vessel", 81),  # planned three days ago, expected in eight
    ("ZJ-YJ", "disputed", 60),
    ("ZJ-YJ", "dearer", 48),  # the invoice came in today
    ("ZJ-YJ", "dent", 46),  # inspected today, and failed
    ("ZJ-YJ", "discrepancy", 61),  # documents that differ from the letter of credit: to be waived or refused
    ("ZJ-YJ", "documents", 58),  # presented yesterday, to be examined
    ("ZJ-YJ", "credit to approve", 5),
    ("NB-HS", "given up", 19),  # cancelled; half of the deposit is back, the rest is to be asked for
    ("SG-CG", "first credit", 21),  # issued: the factory is to ship and to present
    ("NB-HS", "inspection", 39),  # planned for the day after tomorrow
    ("NB-HS", "deposit", 3),
    ("GZ-HT", "fraud", 3),  # its deposit is due too, but somebody has sent new bank data
    ("SZ-MD", "moved", 2),
    ("SG-CG", "to confirm", 1),
    ("NB-HS", "to confirm", 1),
    ("YW-JH", "above the limit", 0),
)
LAUNCH_CUSTOMERS = ("ALPENHAUS", "NORDVIK", "KAMPEERWIJ")


class Desks:
    """Puts the open business into the calendar."""

    def __init__(self, world: World, calendar: Calendar, rng: random.Random):
        self.world, self.calendar = world, calendar
        for code, special, ago in UNDER_WAY:
            purchase = Purchase(world, calendar, rng, code, world.next_purchase())
            purchase.special = special
            calendar.on(calendar.today - days(ago), purchase.buy)
        calendar.on(calendar.today - days(18), self.launch)
        calendar.on(calendar.today - days(1), self.new_bank_data)

    def who(self, role: str, day: date, hour: int = 10):
        return acting(self.world.actors[role], day, hour)

    def launch(self, day: date) -> None:
        """Three retailers order what is on the vessel, for the day it was to be here: its delay breaks the promises."""
        product = next(row for row in facts.PRODUCTS if row[0] == facts.LAUNCH)
        orders = [
            sales.OrderInput(
                customer_id=self.world.organisations[code].pk,
                warehouse_id=self.world.warehouses["RTM"].pk,
                order_date=day,
                currency="EUR",
                ship_to_country=self.world.organisations[code].country_id,
                mode="road",
                payment_term_id=self.world.customers[code].payment_term_id,
                customer_reference=f"{code[:3]}-launch",
                lines=[
                    sales.LineInput(
                        self.world.products[facts.LAUNCH].pk,
                        Decimal(60 + 24 * n),
                        (product[6] * Decimal("0.62")).quantize(Decimal("0.01")),
                        day + days(15 + n),
                    )
                ],
            )
            for n, code in enumerate(LAUNCH_CUSTOMERS)
        ]
        written = sales.create_customer_orders(actor=self.who("sales", day), orders=orders)
        ids = [order.pk for order in written]
        sales.confirm_customer_orders(actor=self.who("sales", day), order_ids=ids, today=day)

    def new_bank_data(self, day: date) -> None:
        """A letter in the name of the factory in Guangzhou; nobody has rung it up yet, and nothing is paid there."""
        finance.enter_account(
            actor=self.who("buyer", day),
            organisation_id=self.world.organisations["GZ-HT"].pk,
            holder="Hengtai Trading (HK) Ltd",
            account="HK 012 884 100 4471",
            bank_name="Harbour City Bank, Hong Kong",
            today=day,
        )

    def morning(self, day: date) -> None:
        """Finance has asked for the first payments of the day; one is approved, the others wait."""
        clerk = self.who("finance", day, 8)
        ready = [row for row in payables(clerk, on=day) if row.kind == "invoice" and not row.blocked]
        asked = {row.supplier.pk: row for row in reversed(ready)}  # the first due of each
        rows = sorted(asked.values(), key=lambda row: str(row.document))[:2]
        made = [
            finance.request_payment(
                actor=clerk,
                payment=finance.PaymentInput(
                    row.supplier.pk, day, [finance.Settle(row.due.open, invoice_id=row.document.pk)]
                ),
            )
            for row in rows
        ]
        for payment in made[1:]:
            finance.approve_payment(actor=self.who("approver", day, 9), payment_id=payment.pk)
