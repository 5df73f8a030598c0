"""One document of every kind that the policy names, made for one owner through the services, his word in every free text.

A kind may name a state, "sourcing.purchaseorder:draft": a step that the plain one cannot take can be taken on it.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.utils import timezone

from catalog import services as catalog
from core import files
from core.models import Attachment
from finance import services as finance
from finance.services.tolerances import save_tolerance
from inventory.models import Stock
from kpis.models import LandedCostFact, OrderFact, OrderLineFact
from ledger import services as ledger
from ledger.models import Entry, Period
from logistics import services as logistics
from parties import services as parties
from parties.models import Membership, User
from quality import services as quality
from sales import services as sales
from sourcing import services as sourcing
from sourcing.services.confirm import Answer
from suppliers import services as suppliers
from suppliers.models import Supplier
from tests import factories_finance, factories_logistics, factories_quality, factories_sales
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


# ---- purchase orders and inspections


@maker("sourcing.purchaseorder", "supplier")
def _order(owner: Owner):
    return owner.ordered()


@maker("sourcing.purchaseorder:draft")
def _order_draft(owner: Owner):
    return owner.drafted()


@maker("sourcing.purchaseorder:submitted")
def _order_submitted(owner: Owner):
    return owner.submitted()


@maker("sourcing.purchaseorder:approved")
def _order_approved(owner: Owner):
    return sourcing.approve_purchase_order(**owner.by("approver"), order_id=owner.submitted().pk)


@maker("sourcing.purchaseorder:answered", "supplier")
def _order_answered(owner: Owner):
    order = owner.ordered()
    answers = [Answer(line.pk, "changed", quantity=D(90), reason=owner.word) for line in order.lines.all()]
    return sourcing.answer_purchase_order(**owner.by(owner.party), order_id=order.pk, answers=answers)


@maker("sourcing.purchaseorder:closed", "supplier")
def _order_closed(owner: Owner):
    return sourcing.close_purchase_order(**owner.by("buyer"), order_id=owner.ordered().pk, reason=owner.word)


def _planned(owner: Owner):
    agency = owner.world.actors["inspector"].party_id if owner.first else None
    return factories_quality.planned_inspection(owner.world, owner.ordered(), inspector_id=agency, place=owner.word)


@maker("quality.inspection", "supplier", "inspector")
def _inspection(owner: Owner):
    return _planned(owner)


@maker("quality.inspection:failed", "supplier", "inspector")
def _inspection_failed(owner: Owner):
    return quality.report_inspection(
        **owner.by("quality"),
        inspection_id=_planned(owner).pk,
        inspected_date=TODAY,
        made_pct=D(100),
        packed_pct=D(95),
        findings=[quality.FindingInput("major", owner.word, 50)],
        report=owner.word,
    )


@maker("core.attachment", "supplier")
def _file(owner: Owner):
    file = SimpleUploadedFile(f"{owner.word}.txt", f"{owner.word} says so".encode(), "text/plain")
    order = owner.ordered()
    files.attach(**owner.by("buyer"), document=order, file=file, name=f"{owner.word}.txt", shared=True)
    files.write_note(**owner.by("buyer"), document=order, text=owner.word, shared=True)
    return Attachment.objects.get(name=f"{owner.word}.txt", company_id=owner.world.company.pk)


# ---- goods


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


# ---- customers


@maker("sales.customer")
def _customer(owner: Owner):
    return owner.profile


@maker("sales.customerorder")
def _customer_order(owner: Owner):
    return owner.sold(confirmed=False)


@maker("sales.customerorder:confirmed")
def _customer_order_confirmed(owner: Owner):
    return owner.sold(confirmed=True)


@maker("logistics.delivery")
def _delivery(owner: Owner):
    return owner.delivery


@maker("logistics.delivery:under_way")
def _delivery_under_way(owner: Owner):
    return owner.sent(arrived=None)


@maker("logistics.customerreturn")
def _customer_return(owner: Owner):
    lines = [logistics.CustomerReturnLineInput(line.pk, D(1)) for line in owner.delivery.lines.all()]
    return logistics.take_back(
        **owner.by("logistics"),
        order_id=owner.delivery.order_id,
        lines=lines,
        reason="damaged",
        returned_date=TODAY,
        remarks=owner.word,
    )


@maker("finance.customerinvoice")
def _customer_invoice(owner: Owner):
    return owner.invoiced


@maker("finance.collection")
def _collection(owner: Owner):
    settled = [finance.Settled(owner.invoiced.pk, D("2.00"))]
    collection = finance.Collection(owner.customer.pk, TODAY, settled, owner.word)
    return finance.collect(**owner.by("finance"), collection=collection)


@maker("finance.creditnote")
def _credit_note(owner: Owner):
    credit = finance.Credit(owner.invoiced.pk, D("1.00"), TODAY, "goodwill", remarks=owner.word)
    return finance.credit_invoice(**owner.by("finance"), credit=credit)


# ---- money


@maker("finance.supplierinvoice", "supplier")
def _invoice(owner: Owner):
    return owner.posted


@maker("finance.supplierinvoice:draft")
def _invoice_draft(owner: Owner):
    return owner.bill()


@maker("finance.supplierinvoice:dear")
def _invoice_dear(owner: Owner):
    """A draft that asks more than was agreed."""
    return owner.bill(price=owner.price * 2)


@maker("finance.supplierinvoice:disputed", "supplier")
def _invoice_disputed(owner: Owner):
    return finance.dispute_supplier_invoice(
        **owner.by("finance"), invoice_id=_invoice_dear(owner).pk, reason=owner.word, day=TODAY
    )


@maker("finance.supplierinvoice:freight", "forwarder")
def _freight_bill(owner: Owner):
    """What the forwarder asks for the first supplier's goods; of the second's, another carrier asks it."""
    world = owner.world
    carrier = world.forwarder if owner.first else owner.organisation("F", "is_forwarder")
    line = finance.BilledCharge(D("123.45"), kind="freight", shipment_id=owner.departed.pk)
    bill = finance.ChargeInvoice(carrier.pk, f"FB-{owner.party}", TODAY, "EUR", [line])
    return finance.record_charge_invoice(**owner.by("finance"), invoice=bill)


@maker("finance.charge")
def _charge(owner: Owner):
    charge = finance.ChargeInput(
        "insurance", D("45.67"), "EUR", TODAY, shipment_id=owner.departed.pk, description=owner.inside
    )
    return finance.estimate_charge(**owner.by("finance"), charge=charge)


@maker("finance.payment:requested")
def _payment_requested(owner: Owner):
    return owner.requested()


@maker("finance.payment:approved")
def _payment_approved(owner: Owner):
    return owner.approved()


@maker("finance.payment", "supplier")
def _payment(owner: Owner):
    return finance.pay_payment(**owner.by("finance"), payment_id=owner.approved().pk, day=TODAY)


@maker("finance.bankaccount")
def _account(owner: Owner):
    return finance.enter_account(
        **owner.by("buyer"),
        organisation_id=owner.organisation("B", "is_broker").pk,
        holder=owner.word,
        account="NL91ABNA0417164300",
        today=TODAY,
    )


@maker("finance.matchtolerance")
def _tolerance(owner: Owner):
    supplier = getattr(owner.world, owner.party).pk
    return save_tolerance(**owner.by("finance"), supplier_id=supplier, price_pct=D("0.5"))


@maker("ledger.entry")
def _entry(owner: Owner):
    return Entry.objects.of(owner.posted).first()


def _period(owner: Owner, month: int) -> Period:
    periods = ledger.open_periods(**owner.by("finance"), year=2030)
    return periods[month + (0 if owner.first else 6)]


@maker("ledger.period")
def _open_period(owner: Owner):
    return _period(owner, 0)


@maker("ledger.period:closed")
def _closed_period(owner: Owner):
    return ledger.close_period(**owner.by("finance"), period_id=_period(owner, 1).pk)


# ---- figures


@maker("kpis.orderlinefact", late=True)
def _line_fact(owner: Owner):
    return OrderLineFact.objects.filter(side="purchase", order_id=owner.order.pk).first()


@maker("kpis.orderfact", late=True)
def _order_fact(owner: Owner):
    return OrderFact.objects.filter(side="purchase", order_id=owner.order.pk).first()


@maker("kpis.landedcostfact", late=True)
def _landed_fact(owner: Owner):
    return LandedCostFact.objects.filter(side="purchase", document_id=owner.receipt.pk).first()


# ---- masters


def _new_product(owner: Owner, letter: str):
    product = catalog.ProductInput(sku=f"{letter} {owner.word}", name=owner.word, description=owner.word)
    return catalog.create_product(**owner.by("buyer"), product=product)


@maker("catalog.product")
def _product(owner: Owner):
    return _new_product(owner, "P")


@maker("catalog.product:archived")
def _product_archived(owner: Owner):
    return catalog.archive_products(**owner.by("buyer"), product_ids=[_new_product(owner, "A").pk])[0]


@maker("catalog.productgroup")
def _product_group(owner: Owner):
    return catalog.save_product_group(**owner.by("buyer"), code=owner.word[:30], name=owner.word)


@maker("suppliers.supplier")
def _supplier(owner: Owner):
    return Supplier.objects.get(organisation=getattr(owner.world, owner.party))


def _new_supplier(owner: Owner, letter: str):
    known = parties.OrganisationInput(code=f"{letter}{owner.word}"[:30], name=f"{owner.word} {letter}", country="CN")
    return suppliers.create_supplier(**owner.by("buyer"), supplier=suppliers.SupplierInput(known))


@maker("suppliers.supplier:prospect")
def _supplier_prospect(owner: Owner):
    return _new_supplier(owner, "N")


@maker("suppliers.supplier:held")
def _supplier_held(owner: Owner):
    return suppliers.hold_supplier(
        **owner.by("quality"), supplier_id=_new_supplier(owner, "H").pk, kind="all", reason=owner.word, today=TODAY
    )


@maker("parties.organisation")
def _organisation(owner: Owner):
    return owner.organisation("O", "is_carrier")


@maker("parties.paymentterm")
def _payment_term(owner: Owner):
    whole = parties.InstalmentInput(D(100), "invoiced", 30)
    return parties.save_payment_term(
        **owner.by("finance"), code=owner.word[:20], name=owner.word, instalments=[whole]
    )


@maker("parties.company")
def _company(owner: Owner):
    return owner.world.company


@maker("core.approvalrule")
def _approval_rule(owner: Owner):
    amount = D(10**9 + len(owner.party))  # above anything ordered here
    return parties.save_approval_rule(
        **owner.by("admin"), kind="sourcing.purchaseorder", amount=amount, role="approver"
    )


@maker("parties.membership")
def _member(owner: Owner):
    return owner.world.memberships["junior" if owner.first else "auditor"]


@maker("parties.membership:inactive")
def _member_inactive(owner: Owner):
    company = owner.world.company
    user = User.objects.create(email=f"{owner.word}@{company.code}.example".lower(), name=owner.word, password="!")
    return Membership.objects.create(user=user, company=company, roles=["buyer"], active=False)


@maker("parties.apitoken")
def _token(owner: Owner):
    member = owner.world.memberships["junior"].pk
    return parties.create_token(**owner.by("admin"), membership_id=member, name=owner.word, now=timezone.now())[0]
