"""Invoices, charges, payments, bank data, the ledger, and the figures that the worker makes of it all."""

from decimal import Decimal

from finance import services as finance
from finance.services.tolerances import save_tolerance
from kpis.models import LandedCostFact, OrderFact, OrderLineFact
from ledger import services as ledger
from ledger.models import Entry, Period
from tests.factories import TODAY
from tests.proofs.makers.owner import FREIGHT, INSURANCE, Owner, maker

D = Decimal


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


@maker("finance.supplierinvoice:debited", "supplier")
def _invoice_debited(owner: Owner):
    """An invoice on which the supplier owes something back."""
    invoice = finance.post_supplier_invoice(**owner.by("finance"), invoice_id=owner.bill().pk)
    debit = finance.Debit(invoice_id=invoice.pk, amount=D(1), day=TODAY, reason="quality", remarks=owner.inside)
    finance.issue_debit_note(**owner.by("finance"), debit=debit)
    return invoice


@maker("finance.supplierinvoice:freight", "forwarder")
def _freight_bill(owner: Owner):
    """What the forwarder asks for the first supplier's goods; of the second's, another carrier asks it."""
    world = owner.world
    carrier = world.forwarder if owner.first else owner.organisation("F", "is_forwarder")
    line = finance.BilledCharge(D(FREIGHT), kind="freight", shipment_id=owner.departed.pk)
    bill = finance.ChargeInvoice(carrier.pk, f"FB-{owner.party}", TODAY, "EUR", [line])
    return finance.record_charge_invoice(**owner.by("finance"), invoice=bill)


@maker("finance.charge")
def _charge(owner: Owner):
    charge = finance.ChargeInput(
        "insurance", D(INSURANCE), "EUR", TODAY, shipment_id=owner.departed.pk, description=owner.inside
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


@maker("finance.letterofcredit:draft")
def _letter_draft(owner: Owner):
    return owner.letter()


@maker("finance.letterofcredit:approved")
def _letter_approved(owner: Owner):
    return owner.letter("approved")


@maker("finance.letterofcredit", "supplier")
def _letter(owner: Owner):
    return owner.letter("issued")


@maker("finance.letterofcredit:billed", "supplier")
def _letter_billed(owner: Owner):
    """A credit with an invoice that can be presented under it."""
    letter = owner.letter("issued")
    owner.billed_under(letter)
    return letter


@maker("finance.presentation:presented", "supplier")
def _presentation_made(owner: Owner):
    return owner.presented()


@maker("finance.presentation:discrepant", "supplier")
def _presentation_discrepant(owner: Owner):
    return _examined(owner, packing_quantity=D(99))


@maker("finance.presentation", "supplier")
def _presentation(owner: Owner):
    """Discrepancies that were waived."""
    found = _examined(owner, packing_quantity=D(99))
    return finance.waive_discrepancies(
        **owner.by("approver"), presentation_id=found.pk, day=TODAY, today=TODAY, reason=owner.word
    )


def _examined(owner: Owner, **changes):
    found = owner.presented(**changes)
    return finance.examine_documents(
        **owner.by("finance"), presentation_id=found.pk, day=TODAY, today=TODAY, findings=[f"{owner.word} is misspelt."]
    )


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


@maker("kpis.orderlinefact", late=True)
def _line_fact(owner: Owner):
    return OrderLineFact.objects.filter(side="purchase", order_id=owner.order.pk).first()


@maker("kpis.orderfact", late=True)
def _order_fact(owner: Owner):
    return OrderFact.objects.filter(side="purchase", order_id=owner.order.pk).first()


@maker("kpis.landedcostfact", late=True)
def _landed_fact(owner: Owner):
    return LandedCostFact.objects.filter(side="purchase", document_id=owner.receipt.pk).first()
