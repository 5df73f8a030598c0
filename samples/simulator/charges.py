"""What a purchase costs besides its price: estimated as it is loaded, billed after it has arrived."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from finance import services as finance
from finance.models import Charge
from samples.simulator import facts
from sourcing.models import PurchaseOrder

if TYPE_CHECKING:
    from samples.simulator.buying import Purchase

FREIGHT_INCLUDED = ("CIF", "CFR", "CPT", "CIP", "DAP", "DPU", "DDP")
DUTY = {
    "drinkware": "0.027",
    "cookware": "0.03",
    "bags": "0.037",
    "lighting": "0.027",
    "furniture": "0.0",
    "textile": "0.12",
}
BILLED_BY = {"freight": "BLUEWAKE", "insurance": "BLUEWAKE", "duty": "MAASBRK", "bank": "DELTABANK"}


def estimate(purchase: "Purchase", day: date) -> None:
    """Freight and insurance where they are ours to pay, duty from outside the Union; sample rates, not current ones."""
    if purchase.profile.organisation.country_id == "NL":
        return
    rate = Decimal(1) / PurchaseOrder.objects.get(pk=purchase.order.pk).exchange_rate
    value = (purchase.order.total / rate).quantize(Decimal("0.01"))
    inputs = {}
    if purchase.profile.incoterm not in FREIGHT_INCLUDED:
        inputs["freight"] = value * (Decimal("0.085") if purchase.mode == "sea" else Decimal("0.19"))
        inputs["insurance"] = value * Decimal("0.0022")
    groups = {row[0]: row[3] for row in facts.PRODUCTS}
    lines = purchase.order.lines.all()
    inputs["duty"] = sum(
        (line.amount / rate * Decimal(DUTY.get(groups[line.sku], "0.02")) for line in lines), Decimal(0)
    )
    wanted = {kind: amount.quantize(Decimal("0.01")) for kind, amount in inputs.items() if amount > 1}
    finance.estimate_charges(
        actor=purchase.who("finance", day),
        charges=[
            finance.ChargeInput(kind=kind, amount=amount, currency="EUR", day=day, shipment_id=purchase.shipment.pk)
            for kind, amount in wanted.items()
        ],
    )


def bill(purchase: "Purchase", day: date) -> None:
    """The forwarder's, the broker's and the bank's bills: of freight near the estimate, seldom on it."""
    waiting = Charge.objects.filter(shipment=purchase.shipment, invoice=None, cancelled=False)
    for kind, party in BILLED_BY.items():
        for charge in waiting.filter(kind=kind).order_by("pk"):
            spread = Decimal(purchase.rng.randint(97, 112)) / 100 if kind == "freight" else Decimal(1)
            finance.record_charge_invoice(
                actor=purchase.who("finance", day),
                invoice=finance.ChargeInvoice(
                    supplier_id=purchase.world.organisations[party].pk,
                    supplier_number=f"{kind[:2].upper()}-{purchase.n:05d}",
                    invoice_date=day,
                    currency=charge.currency_id,
                    payment_term_id=purchase.world.terms["OA30"].pk,
                    lines=[
                        finance.BilledCharge(
                            (charge.estimate_amount * spread).quantize(Decimal("0.01")), charge_id=charge.pk
                        )
                    ],
                ),
            )
