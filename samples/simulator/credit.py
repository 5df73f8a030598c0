"""The letter of credit of a purchase: opened when the supplier has confirmed, drawn on when the documents are presented."""

from datetime import date, timedelta
from decimal import Decimal

from finance import services as finance
from finance.models import LetterOfCredit
from finance.selectors.examination import minimum_cover
from finance.selectors.letters import papers_of, propose, secured_part
from samples.simulator.calendar import Calendar, days
from samples.simulator.masters import World

SPARE = timedelta(days=14)  # what the buyer adds to the promised day, so that a late vessel needs no amendment
FEE_PERCENT, FEE_FIXED = Decimal("0.75"), Decimal(150)


class Credit:
    """Of one purchase; its ``special`` says whether the story stops at the draft, the presentation or the discrepancy."""

    def __init__(self, purchase, world: World, calendar: Calendar):
        self.purchase, self.world, self.calendar = purchase, world, calendar

    def open(self, day: date) -> None:
        order = self.purchase.order
        usual = propose(order)
        self.letter = finance.create_letter(
            actor=self.purchase.who("finance", day),
            order_id=order.pk,
            bank_id=self.world.organisations["DELTABANK"].pk,
            today=day,
            terms=finance.LetterTerms(
                amount=usual.amount,
                latest_shipment_date=usual.latest_shipment_date + SPARE,
                expiry_date=usual.expiry_date + SPARE,
                documents=usual.documents,
                fee_percent=FEE_PERCENT,
                fee_fixed=FEE_FIXED,
            ),
        )
        if self.purchase.special != "credit to approve":
            self.calendar.on(day + days(1), self.approve)

    def approve(self, day: date) -> None:
        finance.approve_letter(actor=self.purchase.who("approver", day), letter_id=self.letter.pk, today=day)
        self.calendar.on(day + days(2), self.issue)

    def issue(self, day: date) -> None:
        finance.issue_letter(
            actor=self.purchase.who("finance", day),
            letter_id=self.letter.pk,
            day=day,
            bank_reference=f"DTB{day:%y}{self.purchase.n:05d}",
            today=day,
        )

    def present(self, day: date) -> None:
        """What the factory's bank sent: complying, or with two cartons less on the packing list."""
        letter = LetterOfCredit.objects.select_related("order").get(pk=self.letter.pk)
        invoice, shipment = self.purchase.invoice, self.purchase.shipment
        invoice.refresh_from_db()
        shipment.refresh_from_db()
        shown = papers_of(letter, shipment)
        packed = shown.packing_quantity or Decimal(0)
        self.presentation = finance.present_documents(
            actor=self.purchase.who("finance", day),
            letter_id=letter.pk,
            presentation=finance.PresentationInput(
                invoice_id=invoice.pk,
                presented_date=day,
                amount=secured_part(invoice),
                documents=shown.documents,
                shipped_date=shown.shipped_date,
                packing_quantity=packed - 32 if self.purchase.special == "discrepancy" else packed,
                insured_amount=minimum_cover(invoice.amount, invoice.currency_id),
            ),
            today=day,
        )
        if self.purchase.special != "documents":
            self.calendar.on(day + days(2), self.examine)

    def examine(self, day: date) -> None:
        found = finance.examine_documents(
            actor=self.purchase.who("finance", day),
            presentation_id=self.presentation.pk,
            day=day,
            today=day,
            findings=["The consignee on the bill of lading is misspelt."]
            if self.purchase.special == "discrepancy"
            else (),
        )
        if found.status == "discrepant" and self.purchase.special != "discrepancy":
            self.calendar.on(day + days(1), self.waive)
        elif found.status == "complying":
            self.calendar.on(day + days(1), self.close)

    def waive(self, day: date) -> None:
        """Late, but wanted."""
        finance.waive_discrepancies(
            actor=self.purchase.who("approver", day),
            presentation_id=self.presentation.pk,
            day=day,
            today=day,
            reason="The goods are sold already, and the delay was agreed by telephone.",
        )
        self.calendar.on(day + days(1), self.close)

    def close(self, day: date) -> None:
        finance.close_letter(actor=self.purchase.who("finance", day), letter_id=self.letter.pk, reason="Drawn in full.")
