"""Whose the documents are, what marks them as his, and the chain that runs from his order to his payment."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db import models

from finance import services as finance
from logistics import services as logistics
from parties import services as parties
from sales import services as sales
from sourcing import services as sourcing
from tests import factories_finance, factories_logistics, factories_sales
from tests.factories import TODAY, World

D = Decimal
# The word in every free text of what belongs to each; nobody types such words.
CANARY = {
    "supplier": "zqxsupplierone",
    "supplier2": "zqxsuppliertwo",
    "foreign": "zqxothercompany",
    "inside": "zqxinternal",  # of what no party reads, on documents that it does
}
# What each is paid for a mug; no other number of the estate has these digits.
PRICES = {"supplier": D("3.1771"), "supplier2": D("4.2393"), "foreign": D("5.3597")}
FREIGHT, INSURANCE = "812.34", "745.67"  # what the forwarder asks, and what we expect to pay for insurance
FEE = "691.43"  # what the bank asks for a letter of credit
MAKERS: dict[str, tuple[Callable[["Owner"], models.Model], set[str]]] = {}
LATE: set[str] = set()  # kinds that the worker makes of the others


def maker(kind: str, *named: str, late: bool = False):
    """Decorator: ``f(owner)`` makes a document; ``named``: the outside roles that see the first supplier's."""

    def register(function):
        MAKERS[kind] = function, set(named)
        if late:
            LATE.add(kind)
        return function

    return register


class Owner:
    """One supplier of one company, and what we have from and with him; ``word`` and ``price`` are his alone, ``inside`` ours."""

    def __init__(self, world: World, party: str, *, foreign: bool = False):
        self.world, self.party = world, party
        whose = "foreign" if foreign else party
        self.word, self.price = CANARY[whose], PRICES[whose]
        self.inside = self.word if foreign else CANARY["inside"]
        self.first = party == "supplier"
        self.bills = 0

    def by(self, role: str) -> dict:
        return {"actor": self.world.actors[role]}

    def drafted(self, product=None, quantity: int = 100, **changes):
        """A purchase order that is not issued."""
        line = sourcing.LineInput(
            (product or self.world.mug).pk, D(quantity), self.price, date(2027, 1, 15), description=self.word
        )
        values = {
            "supplier_id": getattr(self.world, self.party).pk,
            "remarks": self.word,
            "named_place": f"Ningbo {self.word}",
            "payment_term_id": None,
            "lines": [line],
        }
        return self.world.order(**{**values, **changes})

    def ordered(self, **changes):
        """A purchase order at the supplier's."""
        return sourcing.issue_purchase_order(**self.by("buyer"), order_id=self.drafted(**changes).pk, today=TODAY)

    def submitted(self):
        return sourcing.submit_purchase_order(**self.by("buyer"), order_id=self.drafted().pk, today=TODAY)

    def shipped(self, order=None, **changes):
        """A planned shipment; the first supplier's is carried by the forwarder."""
        forwarder = self.world.forwarder.pk if self.first else None
        changes = {"forwarder_id": forwarder, "carrier": self.word[:60], "remarks": self.inside, **changes}
        return factories_logistics.planned_shipment(self.world, order or self.ordered(), **changes)

    @cached_property
    def order(self):
        """The order that runs through to the end: shipped, received, billed, paid."""
        return self.ordered()

    @cached_property
    def departed(self):
        shipment = self.shipped(self.order)
        gone = [factories_logistics.actual(code, TODAY, note=self.word) for code in ("loaded", "departed")]
        return factories_logistics.report(self.world, shipment, *gone)

    @cached_property
    def receipt(self):
        return factories_finance.receive(self.world, self.departed)

    def bill(self, price: Decimal | None = None, quantity: int = 10):
        """A recorded invoice of received goods."""
        self.bills += 1
        line = finance.GoodsLine(self.receipt.lines.get().order_line_id, D(quantity), price or self.price, self.word)
        order = self.order
        invoice = finance.GoodsInvoice(order.supplier_id, f"{self.word}-{self.bills}", TODAY, "USD", [line])
        return finance.record_supplier_invoice(**self.by("finance"), invoice=invoice)

    @cached_property
    def posted(self):
        """An invoice of which nothing is paid."""
        return finance.post_supplier_invoice(**self.by("finance"), invoice_id=self.bill().pk)

    def requested(self):
        """A payment of part of an invoice of its own."""
        invoice = finance.post_supplier_invoice(**self.by("finance"), invoice_id=self.bill().pk)
        settle = finance.Settle(D("2.00"), invoice_id=invoice.pk)
        payment = finance.PaymentInput(invoice.supplier_id, TODAY, [settle], self.word)
        return finance.request_payment(**self.by("finance"), payment=payment)

    def approved(self):
        return finance.approve_payment(**self.by("approver"), payment_id=self.requested().pk)

    def letter(self, state: str = "draft"):
        """A letter of credit for an order of its own."""
        order = self.ordered(payment_term_id=self.credit_term.pk)
        terms = finance.LetterTerms(
            amount=order.total,
            latest_shipment_date=date(2027, 1, 15),
            expiry_date=date(2027, 2, 5),
            documents=["commercial_invoice", "packing_list"],
            fee_fixed=D(FEE),
        )
        made = finance.create_letter(
            **self.by("finance"), order_id=order.pk, bank_id=self.bank.pk, today=TODAY, terms=terms
        )
        if state in ("approved", "issued"):
            made = finance.approve_letter(**self.by("approver"), letter_id=made.pk, today=TODAY)
        if state == "issued":
            made = finance.issue_letter(
                **self.by("finance"), letter_id=made.pk, day=TODAY, today=TODAY, bank_reference=self.word[:40]
            )
        return made

    def billed_under(self, letter):
        """A recorded invoice of the credit's order."""
        self.bills += 1
        line = letter.order.lines.get()
        invoice = finance.GoodsInvoice(
            letter.supplier_id, f"{self.word}-{self.bills}", TODAY, letter.currency_id,
            [finance.GoodsLine(line.pk, line.quantity, line.unit_price, self.word)],
        )  # fmt: skip
        return finance.record_supplier_invoice(**self.by("finance"), invoice=invoice)

    def presented(self, **changes):
        """Documents presented under a credit of its own; complying, unless changed."""
        letter = self.letter("issued")
        invoice = self.billed_under(letter)
        said = {
            "invoice_id": invoice.pk,
            "presented_date": TODAY,
            "amount": invoice.amount,
            "documents": letter.documents,
            "packing_quantity": D(100),
            **changes,
        }
        return finance.present_documents(
            **self.by("finance"), letter_id=letter.pk, presentation=finance.PresentationInput(**said), today=TODAY
        )

    @cached_property
    def credit_term(self):
        return factories_finance.term(self.world, (100, "lc_sight", 0), code=f"LC{self.party}"[:20])

    @cached_property
    def deposit_term(self):
        instalments = (30, "order_confirmed", 0), (70, "invoiced", 0)
        return factories_finance.term(self.world, *instalments, code=f"TT{self.party}"[:20])

    @cached_property
    def bank(self):
        return self.organisation("L", "is_bank")

    @cached_property
    def customer(self):
        return self.organisation("C", "is_customer")

    def organisation(self, letter: str, *kinds: str):
        known = parties.OrganisationInput(
            code=f"{letter}{self.word}"[:30], name=f"{self.word} {letter}", country="NL", kinds=frozenset(kinds)
        )
        return parties.create_organisation(**self.by("buyer"), organisation=known)

    @cached_property
    def warehouse(self):
        return factories_logistics.warehouse_of(self.world)

    def sold(self, confirmed: bool):
        """A customer's order for some of what has been received."""
        assert self.receipt and self.profile
        make = factories_sales.confirmed if confirmed else factories_sales.draft
        return make(self.world, self.warehouse, 10, "9.00", customer_id=self.customer.pk, remarks=self.word)

    @cached_property
    def profile(self):
        terms = sales.CustomerInput(organisation_id=self.customer.pk, currency="EUR")
        return sales.create_customer(**self.by("sales"), customer=terms)

    def sent(self, arrived: date | None):
        order = self.sold(confirmed=True)
        lines = [logistics.DeliveryLineInput(line.pk, D(5)) for line in order.lines.all()]
        delivery = logistics.DeliveryInput(
            order.pk, lines, TODAY, delivered_date=arrived, tracking=self.word, carrier=self.word
        )
        return logistics.ship_delivery(**self.by("logistics"), delivery=delivery)

    @cached_property
    def delivery(self):
        return self.sent(arrived=TODAY)

    @cached_property
    def invoiced(self):
        invoice = finance.DeliveryInvoice(self.delivery.pk, TODAY)
        return finance.invoice_delivery(**self.by("finance"), invoice=invoice)
