"""A purchase order's life in the sample world: bought, confirmed, inspected, shipped, received, billed and paid."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal

from stdnum import iso6346

from core.actor import Actor
from core.errors import RuleBroken
from finance import services as finance
from finance.models import DebitReason, SupplierInvoice
from finance.selectors.instalments import deposits_of
from logistics.models import Shipment
from logistics.services import ReceiptInput, ReceiptLineInput, post_receipt
from logistics.services.milestones import MilestoneInput, record_document, report_milestone
from logistics.services.releasing import release_to_load, what_blocks
from logistics.services.shipments import ContainerInput, ShipmentInput, ShipmentLineInput, plan_shipment
from parties.roles import permissions_of
from quality import services as quality
from samples.simulator import facts
from samples.simulator.calendar import Calendar, acting, days
from samples.simulator.charges import FREIGHT_INCLUDED, bill, estimate
from samples.simulator.credit import Credit
from samples.simulator.masters import World
from sourcing import services as sourcing
from sourcing.flows import LineAnswer
from sourcing.models import PurchaseOrder
from sourcing.services.confirm import Answer, Verdict

ORIGINS = {
    "NB-HS": ("CNNGB", "NLRTM"),
    "SZ-MD": ("HKG", "AMS"),
    "YW-JH": ("CNNGB", "NLRTM"),
    "ZJ-YJ": ("CNSHA", "NLRTM"),
    "GZ-HT": ("CNYTN", "NLRTM"),
    "SG-CG": ("VNSGN", "NLRTM"),
    "TP-KN": ("INTUT", "NLRTM"),
    "RT-PS": ("", ""),
}
TRANSIT = {"sea": 31, "air": 4, "road": 1}
NOTHING = Decimal(0)


class Purchase:
    """One order; each method plays one step on its day and puts the next into the calendar."""

    def __init__(self, world: World, calendar: Calendar, rng: random.Random, supplier: str, number: int):
        self.world, self.calendar, self.rng, self.code, self.n = world, calendar, rng, supplier, number
        row = next(row for row in facts.SUPPLIERS if row[0] == supplier)
        self.mode, self.lead = row[9], row[10]
        self.profile = world.suppliers[supplier]
        self.special = ""  # which of the stories that always happen (play.py, desks.py) is this one's

    def who(self, role: str, day: date):
        return acting(self.world.actors[role], day)

    def buy(self, day: date) -> None:
        """Written and issued by the buyer within her limit, otherwise approved by the approver."""
        choice = [row for row in facts.PRODUCTS if row[4] == self.code and row[0] != facts.LAUNCH]
        chosen = self.rng.sample(choice, k=min(len(choice), self.rng.randint(2, 5)))
        if self.special == "late vessel":
            chosen[0] = next(row for row in facts.PRODUCTS if row[0] == facts.LAUNCH)
        scale = 4 if self.special == "above the limit" else 1
        self.needed = day + days(self.lead)
        lines = [
            sourcing.LineInput(
                product_id=self.world.products[row[0]].pk,
                quantity=Decimal(row[9] * self.rng.randint(8, 14) * max(row[11], 2) * scale),
                unit_price=row[5],
                requested_date=self.needed,
            )
            for row in chosen
        ]
        self.term = "LC60" if self.special == "first credit" else self.profile.payment_term.code
        order = sourcing.OrderInput(
            supplier_id=self.profile.organisation_id,
            order_date=day,
            currency=self.profile.currency_id,
            incoterm=self.profile.incoterm,
            named_place=self.profile.named_place,
            mode=self.mode,
            payment_term_id=self.world.terms[self.term].pk,
            destination_country="NL",
            promised_at="destination" if self.profile.incoterm in ("DAP", "DDP") else "handover",
            lines=lines,
        )
        buyer = self.who("buyer", day)
        self.order = sourcing.create_purchase_order(actor=buyer, order=order)
        self.order = sourcing.submit_purchase_order(actor=buyer, order_id=self.order.pk, today=day)
        if self.special == "above the limit":
            return  # it waits on the approver's desk
        approver = buyer if self.order.base_total <= buyer.approval_limit else self.who("approver", day)
        sourcing.approve_purchase_order(actor=approver, order_id=self.order.pk)
        self.order = sourcing.send_purchase_order(actor=approver, order_id=self.order.pk, today=day)
        self.calendar.on(day + days(2), self.confirm)

    def confirm(self, day: date) -> None:
        """Most lines as ordered; now and then a date moves, and the buyer decides."""
        moved = self.rng.random() < 0.18 or self.special == "moved"
        lines = list(self.order.lines.order_by("position"))
        late = self.needed + days(9 if self.special == "moved" else self.rng.choice((2, 4, 7)))
        answers = [
            Answer(line.pk, LineAnswer.CHANGED, promised_date=late, reason="Raw material arrives later")
            if moved and line.position == 1
            else Answer(line.pk, LineAnswer.ACCEPTED)
            for line in lines
        ]
        supplier = self.world.actors.get(self.code) or self._house(day, "supplier")
        order = sourcing.answer_purchase_order(
            actor=acting(supplier, day, 3),
            order_id=self.order.pk,
            answers=answers,
            reference=f"{self.code[:2]}{day:%y}-{self.n:04d}",
        )
        if order.status == "sent":
            self.calendar.on(day + days(1), self.decide)
        else:
            self._confirmed(day)

    def decide(self, day: date) -> None:
        pending = self.order.lines.filter(answer=LineAnswer.CHANGED)
        verdicts = [Verdict(line.pk, accept=True) for line in pending]
        sourcing.decide_changes(actor=self.who("approver", day), order_id=self.order.pk, verdicts=verdicts, today=day)
        self._confirmed(day)

    def _confirmed(self, day: date) -> None:
        self.calendar.on(day + days(2), self.pay_deposit)
        if self.special == "given up":
            self.calendar.on(day + days(5), self.give_up)
            return
        if self.term in facts.UNDER_CREDIT:
            self.credit = Credit(self, self.world, self.calendar)
            self.calendar.on(day + days(1), self.credit.open)
        slip = self.rng.choice((-2, -1, 0, 0, 0, 0, 0, 1, 3, 8)) if not self.special else 0
        self.ready = max(day + days(3), self.needed + days(slip))
        if self.order.lines.filter(product__inspection_required=True).exists():
            self.calendar.on(self.ready - days(6), self.plan_inspection)
        else:
            self.calendar.on(self.ready - days(2), self.bill)

    def pay_deposit(self, day: date) -> None:
        order = PurchaseOrder.objects.filter(pk=self.order.pk).first()
        for due in deposits_of([order])[order.pk]:
            if due.amount > due.paid:
                self._pay(day, finance.Settle(due.amount - due.paid, order_id=order.pk))

    def give_up(self, day: date) -> None:
        """Cancelled after the deposit was paid; the supplier keeps some of it for the material and owes the rest."""
        reason = "The customer gave the promotion up; the supplier agrees."
        sourcing.cancel_purchase_order(actor=self.who("buyer", day), order_id=self.order.pk, reason=reason)
        self.calendar.on(day + days(6), self.refund)

    def refund(self, day: date) -> None:
        order = PurchaseOrder.objects.get(pk=self.order.pk)
        half = (order.deposit_paid / 2).quantize(Decimal("0.01"))
        finance.record_refund(
            actor=self.who("finance", day), refund=finance.Refund(order.pk, half, day, f"{self.code}-refund")
        )

    def plan_inspection(self, day: date) -> None:
        self.inspection = quality.plan_inspection(
            actor=self.who("quality", day),
            inspection=quality.InspectionInput(
                order_id=self.order.pk,
                planned_date=day + days(2),
                lines=[(line.pk, line.quantity) for line in self.order.lines.filter(cancelled=False)],
                inspector_id=self.world.organisations["TRUEQC"].pk,
                place=self.profile.organisation.city,
                reinspection_of_id=getattr(self, "failed", None),
            ),
        )
        self.calendar.on(day + days(2), self.inspect)

    def inspect(self, day: date) -> None:
        """It fails when it should (the zipper), or once in a while; after the rework it passes."""
        fails = not hasattr(self, "failed") and (self.special in ("zipper", "dent") or self.rng.random() < 0.05)
        findings = [quality.FindingInput("minor", "scratch on the surface", self.rng.randint(0, 3))]
        if fails:
            findings.append(
                quality.FindingInput("major", "zipper does not close" if self.code == "YW-JH" else "dent", 60)
            )
        report = quality.report_inspection(
            actor=acting(self.world.actors["TRUEQC"], day, 8),
            inspection_id=self.inspection.pk,
            inspected_date=day,
            findings=findings,
            made_pct=Decimal(100),
            packed_pct=Decimal(90),
            report="Sample drawn across cartons; carton marks checked against the order.",
        )
        if report.status == "failed":
            self.failed = report.pk
            self.ready += days(9)
            self.calendar.on(day + days(6), self.plan_inspection)
        else:
            self.calendar.on(max(day + days(1), self.ready - days(2)), self.bill)

    def bill(self, day: date) -> None:
        """The supplier's invoice and the shipment; a balance due before shipment is paid now."""
        lines = list(self.order.lines.filter(cancelled=False))
        origin, destination = ORIGINS[self.code]
        self.ready = max(self.ready, day + days(2))
        forwarder = {"sea": "BLUEWAKE", "air": "AEROLANE"}.get(self.mode)
        self.planned = self.ready + days(2 + TRANSIT[self.mode])
        self.shipment = plan_shipment(
            actor=self.who("logistics", day),
            today=day,
            shipment=ShipmentInput(
                mode=self.mode,
                lines=[ShipmentLineInput(order_line_id=line.pk, quantity=line.quantity) for line in lines],
                forwarder_id=self.world.organisations[forwarder].pk if forwarder else None,
                carrier="Orient Sea Lines" if self.mode == "sea" else "",
                vessel=self.rng.choice(("Orient Pearl", "Meridian Dawn", "Orient Crane")) if self.mode == "sea" else "",
                transport_document=f"OSL{self.n:06d}"
                if self.mode == "sea"
                else f"AWB{self.n:08d}"
                if forwarder
                else "",
                origin=origin,
                destination=destination,
                warehouse_id=self.world.warehouses["RTM"].pk,
                planned_departure_date=self.ready + days(2),
                planned_arrival_date=self.planned,
                freight_included=self.profile.incoterm in FREIGHT_INCLUDED,
                containers=[ContainerInput(container_number(self.n), f"SL{self.n:06d}", "45G1")]
                if self.mode == "sea"
                else [],
            ),
        )
        self.invoice = finance.record_supplier_invoice(
            actor=self.who("finance", day),
            invoice=finance.GoodsInvoice(
                supplier_id=self.profile.organisation_id,
                supplier_number=f"{self.code}-{day:%y}-{self.n:04d}",
                invoice_date=day,
                currency=self.order.currency_id,
                shipment_id=self.shipment.pk,
                lines=[finance.GoodsLine(line.pk, line.quantity, self._billed_price(line)) for line in lines],
            ),
        )
        if self.special == "disputed":
            finance.dispute_supplier_invoice(
                actor=self.who("finance", day),
                invoice_id=self.invoice.pk,
                reason="The price agreed is that of the order.",
            )
        elif self.special != "dearer":  # that one lies on the clerk's desk as a draft
            finance.post_supplier_invoice(actor=self.who("finance", day), invoice_id=self.invoice.pk)
        if self.term == "TT3070":
            self._settle(day)
        if self.mode != "road":
            self.calendar.on(day + days(1), self._milestone("booked"))
            self.calendar.on(self.ready, self._milestone("cargo_ready"))
        self.calendar.on(self.ready, self.load)

    def _billed_price(self, line) -> Decimal:
        """As agreed, but where the story is an invoice that asks for more."""
        if self.special not in ("dearer", "disputed") or line.position > 1:
            return line.unit_price
        return (line.unit_price * Decimal("1.04")).quantize(Decimal("0.01"))

    def load(self, day: date) -> None:
        """Released and handed over; the risk passes where the Incoterm says."""
        finance.sync_holds(actor=self.who("finance", day), shipment_ids=[self.shipment.pk])
        shipment = Shipment.objects.filter(pk=self.shipment.pk).first()
        if not what_blocks(shipment):
            release_to_load(actor=self.who("logistics", day), shipment_id=shipment.pk)
        estimate(self, day)
        steps = [("handed_over", 0)]
        if self.mode != "road":
            steps += [("loaded", 1), ("departed", 2)]
        for code, after in steps:
            self.calendar.on(day + days(after), self._milestone(code))
        slip = 11 if self.special == "late vessel" else self.rng.choice((-1, 0, 0, 0, 1, 2, 5))
        arrival = day + days(2 + TRANSIT[self.mode] + slip)
        if slip > 2:
            self.calendar.on(day + days(9), self._milestone("arrived", "EST", arrival))
        self.calendar.on(day + days(3), self.papers)
        if self.mode != "road":
            for code, after in (("arrived", 0), ("discharged", 1), ("cleared", 2), ("gate_out", 3), ("delivered", 4)):
                self.calendar.on(arrival + days(after), self._milestone(code))
            self.calendar.on(arrival, lambda when: self.papers(when, entry=True))
        self.calendar.on(arrival + days(4 if self.mode != "road" else 0), self.receive)
        late = 45 if self.special == "late freight" else 12
        self.calendar.on(arrival + days(late), lambda when: bill(self, when))
        if self.term != "TT3070":
            after = {"SIGHT": 12, "TT3070BL": 9, "OA60-2": 16}.get(self.term, 58)
            self.calendar.on(day + days(after), self._settle)

    def papers(self, day: date, *, entry: bool = False) -> None:
        """What sails with the goods; the customs ``entry`` is lodged as they arrive."""
        if self.term in facts.UNDER_CREDIT and not entry:
            self.calendar.on(day + days(4), self.credit.present)
        missing = self.shipment.documents.filter(required=True, received_date=None)
        for paper in missing if entry else missing.exclude(doc_type="customs_entry"):
            conflict = (
                "412 cartons on the invoice, 410 on the packing list"
                if (self.special == "cartons" and paper.doc_type == "packing_list")
                else ""
            )
            record_document(
                actor=self.who("logistics", day), shipment_id=self.shipment.pk, doc_type=paper.doc_type,
                number=f"{paper.doc_type[:2].upper()}-{self.n:05d}", received_date=day, conflict=conflict,
            )  # fmt: skip

    def receive(self, day: date) -> None:
        """Nearly always what was shipped; short, over and damaged where the story says so."""
        lines = []
        for n, line in enumerate(self.shipment.lines.order_by("pk")):
            accepted, rejected, short, reason = line.quantity, NOTHING, NOTHING, ""
            story = self.special if n == 0 else ""
            if story == "short" or (not self.special and self.rng.random() < 0.02):
                short, reason = (line.quantity / 20).quantize(Decimal(1)), "carton missing"
                accepted -= short
            elif story == "damaged" or (not self.special and self.rng.random() < 0.02):
                rejected, reason = (line.quantity / 25).quantize(Decimal(1)), "carton crushed"
                accepted -= rejected
            elif story == "over":
                accepted += (line.quantity / 100).quantize(Decimal(1))
            lines.append(
                ReceiptLineInput(
                    order_line_id=line.order_line_id,
                    accepted=accepted,
                    rejected=rejected,
                    short=short,
                    damaged=bool(rejected),
                    reason=reason,
                    shipment_line_id=line.pk,
                )
            )
        receipt = ReceiptInput(self.world.warehouses["RTM"].pk, day, lines, shipment_id=self.shipment.pk)
        self.receipt = post_receipt(actor=self.who("logistics", day), receipt=receipt, today=day)
        self.missing = [line for line in lines if line.short or line.rejected]
        if self.missing:
            self.calendar.on(day + days(16), self.close_short)

    def close_short(self, day: date) -> None:
        """The supplier makes good with money, not with goods; nothing more is expected."""
        prices = dict(self.order.lines.values_list("pk", "unit_price"))
        for line in self.missing:
            finance.issue_debit_note(
                actor=self.who("finance", day),
                debit=finance.Debit(
                    invoice_id=self.invoice.pk,
                    amount=((line.short + line.rejected) * prices[line.order_line_id]).quantize(Decimal("0.01")),
                    day=day,
                    reason=DebitReason.SHORT if line.short else DebitReason.QUALITY,
                    order_line_id=line.order_line_id,
                    quantity=line.short + line.rejected,
                    remarks=line.reason.capitalize(),
                ),
            )
        sourcing.close_purchase_order(
            actor=self.who("buyer", day),
            order_id=self.order.pk,
            reason="The supplier credits what was missing or damaged; nothing more is expected.",
        )

    def _milestone(self, code: str, classifier: str = "ACT", about: date | None = None) -> Callable[[date], None]:
        def report(day: date) -> None:
            forwarder = self.world.actors["BLUEWAKE"] if self.mode == "sea" else self.world.actors["logistics"]
            at = datetime.combine(about or day, time(10), UTC)
            report_milestone(
                actor=acting(forwarder, day, 11),
                shipment_id=self.shipment.pk,
                report=MilestoneInput(code, classifier, at, issued_at=datetime.combine(day, time(11), UTC)),
                now=datetime.combine(day, time(12), UTC),
            )

        return report

    def _settle(self, day: date) -> None:
        invoice = SupplierInvoice.objects.filter(pk=self.invoice.pk).first()
        if invoice.open_amount > 0:
            self._pay(day, finance.Settle(invoice.open_amount, invoice_id=invoice.pk))

    def _pay(self, day: date, settle: finance.Settle) -> None:
        """Requested by finance, approved by somebody else, paid; what is not safe to pay yet is tried again in a week."""
        payment = finance.PaymentInput(self.profile.organisation_id, day, [settle])
        try:
            requested = finance.request_payment(actor=self.who("finance", day), payment=payment)
        except RuleBroken:
            self.calendar.on(day + days(7), self._settle if settle.invoice_id else self.pay_deposit)
            return
        finance.approve_payment(actor=self.who("approver", day), payment_id=requested.pk)
        finance.pay_payment(actor=self.who("finance", day), payment_id=requested.pk, day=day)

    def _house(self, day: date, role: str):
        """Suppliers without a login of their own answer by mail; the buyer's system records it for them."""

        return Actor(
            name=self.profile.organisation.name, channel="portal", party_id=self.profile.organisation_id,
            permissions=permissions_of(role),
        )  # fmt: skip


def container_number(number: int) -> str:
    """A container number with its ISO 6346 check digit."""
    body = f"OSLU{number:06d}"
    return body + iso6346.calc_check_digit(body)
