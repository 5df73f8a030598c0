"""Charges: estimated for a movement of goods, carried by the goods as they arrive, corrected when the bill is known.

An estimate waits on its shipment. What arrives takes its part: Dr inventory (what has left meanwhile: cost of goods
sold), Cr accrued charges. The bill clears accrued charges against payables, and the difference between bill and
estimate follows the goods. What it costs to bring goods to a customer is an expense at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import insert_rows, update_rows
from core.errors import NotVisible, RuleBroken, StaleDocument, TransitionRefused
from finance import events
from finance.models import Charge, ChargeBasis, ChargeKind
from finance.services.common import Faults, Pointer, Rates, alone, base_currency, indexed
from finance.services.landing import share_charges
from inventory.models import Component
from ledger.models import Purpose
from logistics.models import Delivery, Receipt, Shipment
from reference.models import Currency


@dataclass(frozen=True, slots=True)
class ChargeInput:
    """A charge of exactly one shipment, receipt or delivery. Without a basis it is shared as its kind usually is.

    ``weights``, for the basis "direct" (duty by line): what each line of that movement carries, by the line's id; lines not
    named carry nothing of it.
    """

    kind: str
    amount: Decimal
    currency: str
    day: date
    shipment_id: int | None = None
    receipt_id: int | None = None
    delivery_id: int | None = None
    basis: str = ""
    description: str = ""
    component: str = ""
    weights: Mapping[int, Decimal] | None = None


def estimate_charge(*, actor: Actor, charge: ChargeInput) -> Charge:
    """This will estimate one charge; see ``estimate_charges``."""
    return estimate_charges(actor=actor, charges=[charge], pointer=alone)[0]


@transaction.atomic
def estimate_charges(*, actor: Actor, charges: Sequence[ChargeInput], pointer: Pointer = indexed) -> list[Charge]:
    """This will write estimates, freeze their value in base currency at the rate of their day, and let goods that have
    already arrived carry them.

    Raises RuleBroken for wrong inputs (by JSON pointer) and for a basis by which the lines cannot be told apart,
    MissingRate, PeriodClosed when goods that arrived would carry a charge of a closed day.
    """
    actor.needs("finance.add_charge")
    written = write_charges(actor=actor, charges=charges, pointer=pointer)
    share_charges(actor=actor, charges=written, purpose=Purpose.CHARGE_ESTIMATE, event=events.CHARGE_ESTIMATED)
    return written


def write_charges(
    *, actor: Actor, charges: Sequence[ChargeInput], pointer: Pointer, estimated: bool = True
) -> list[Charge]:
    """The rows of new charges; a bill without estimate (``estimated`` False) leaves both amounts to its posting."""
    _check(actor, charges, pointer)
    base = base_currency(actor.company_id)
    rates = Rates(base, {(c.currency, c.day) for c in charges})
    rows = [
        Charge(
            company_id=actor.company_id,
            shipment_id=c.shipment_id,
            receipt_id=c.receipt_id,
            delivery_id=c.delivery_id,
            kind=c.kind,
            component=c.component or ChargeKind(c.kind).component,
            basis=c.basis or ChargeKind(c.kind).usual_basis,
            direct={str(line): str(weight) for line, weight in (c.weights or {}).items()},
            description=c.description,
            currency_id=c.currency,
            estimate_amount=c.amount if estimated else None,
            estimate_base=rates.convert(c.amount, c.currency, c.day) if estimated else None,
            actual_amount=None if estimated else c.amount,
            actual_base=None if estimated else rates.convert(c.amount, c.currency, c.day),
            day=c.day,
            created_by=actor.name,
        )
        for c in charges
    ]
    return insert_rows(rows)


def _check(actor: Actor, charges: Sequence[ChargeInput], pointer: Pointer) -> None:
    faults = Faults()
    known = {
        name: set(model.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
        if wanted
        else set()
        for name, model, wanted in (
            ("shipment_id", Shipment, {c.shipment_id for c in charges if c.shipment_id}),
            ("receipt_id", Receipt, {c.receipt_id for c in charges if c.receipt_id}),
            ("delivery_id", Delivery, {c.delivery_id for c in charges if c.delivery_id}),
        )
    }
    currencies = set(Currency.objects.filter(pk__in={c.currency for c in charges}).values_list("pk", flat=True))
    kinds, bases, components = set(ChargeKind.values), set(ChargeBasis.values), set(Component.values)
    for index, charge in enumerate(charges):
        at = pointer(index)
        named = {name: pk for name in known if (pk := getattr(charge, name))}
        if len(named) != 1:
            faults.add(f"{at}/shipment", _("A charge belongs to one shipment, one receipt or one delivery."))
        for name, pk in named.items():
            if pk not in known[name]:
                faults.add(f"{at}/{name.removesuffix('_id')}", _("There is no such document."))
        if charge.kind not in kinds:
            faults.add(f"{at}/kind", _("There is no such kind of charge."))
        if charge.basis and charge.basis not in bases:
            faults.add(f"{at}/basis", _("There is no such basis."))
        if (charge.basis == ChargeBasis.DIRECT) != bool(charge.weights):
            faults.add(f"{at}/weights", _("A direct charge, and only that, says what each line carries."))
        if charge.component and charge.component not in components:
            faults.add(f"{at}/component", _("There is no such component."))
        if charge.amount < 0:
            faults.add(f"{at}/amount", _("The amount cannot be negative."))
        if charge.currency not in currencies:
            faults.add(f"{at}/currency", _("%(code)s is not a known currency.") % {"code": charge.currency})
    faults.refuse()


@transaction.atomic
def revise_estimates(
    *, actor: Actor, amounts: Mapping[int, Decimal], day: date, versions: Mapping[int, int | None] | None = None
) -> list[Charge]:
    """This will put new estimates (by charge id, in the charge's currency, at the rate of ``day``) in place of old ones.

    Raises TransitionRefused for a charge that was already billed or cancelled.
    """
    actor.needs("finance.add_charge")
    charges = lock_charges(actor, amounts)
    rates = Rates(base_currency(actor.company_id), {(c.currency_id, day) for c in charges})
    for charge in charges:
        if (versions or {}).get(charge.pk) not in (None, charge.version):
            raise StaleDocument(_("%(charge)s was changed by somebody else. Reload it.") % {"charge": charge})
        if charge.actual_base is not None or charge.cancelled:
            raise TransitionRefused(_("%(charge)s is billed or cancelled; its estimate stays.") % {"charge": charge})
        if amounts[charge.pk] < 0:
            raise RuleBroken(_("The amount cannot be negative."), field="amount")
        charge.estimate_amount = amounts[charge.pk]
        charge.estimate_base = rates.convert(charge.estimate_amount, charge.currency_id, day)
        charge.bump()
    update_rows(charges, ["estimate_amount", "estimate_base", "version"])
    share_charges(actor=actor, charges=charges, purpose=Purpose.CHARGE_ESTIMATE, event=events.CHARGE_ESTIMATED, day=day)
    return charges


def cancel_charge(*, actor: Actor, charge_id: int, day: date) -> Charge:
    """This will take one estimate back; see ``cancel_charges``."""
    return cancel_charges(actor=actor, charge_ids=[charge_id], day=day)[0]


@transaction.atomic
def cancel_charges(*, actor: Actor, charge_ids: Iterable[int], day: date) -> list[Charge]:
    """This will take estimates back from the goods. Raises TransitionRefused when billed: cancel the invoice instead."""
    actor.needs("finance.add_charge")
    charges = lock_charges(actor, charge_ids)
    for charge in charges:
        if charge.invoice_id:
            raise TransitionRefused(
                _("%(charge)s is billed by %(invoice)s; cancel that invoice.")
                % {"charge": charge, "invoice": charge.invoice}
            )
        if charge.cancelled:
            raise TransitionRefused(_("%(charge)s is already cancelled.") % {"charge": charge})
        charge.cancelled = True
        charge.bump()
    update_rows(charges, ["cancelled", "version"])
    share_charges(actor=actor, charges=charges, purpose=Purpose.CHARGE_ESTIMATE, event=events.CHARGE_CANCELLED, day=day)
    return charges


@transaction.atomic
def reshare_movements(
    *, actor: Actor, shipment_ids: Iterable[int] = (), receipt_ids: Iterable[int] = (), day: date | None = None
) -> list[Charge]:
    """This will let goods that arrived since carry their part of their shipments' charges (and take back what was
    carried by receipts that were cancelled). Nothing changes where nothing arrived: running it twice changes nothing.

    Without ``day`` it is posted on the day the goods arrived, or on the first open day after it.
    """
    shipments = set(shipment_ids)
    receipts = set(receipt_ids)
    if receipts:
        shipments |= {
            pk for pk in Receipt.objects.filter(pk__in=receipts).values_list("shipment_id", flat=True) if pk is not None
        }
    rows = Charge.objects.current()
    wanted = rows.filter(shipment_id__in=shipments) if shipments else rows.none()
    if receipts:  # a charge of a receipt itself was shared when it was written
        wanted = wanted | rows.filter(receipt_id__in=receipts, receipt__cancelled_at__isnull=False)
    charges = list(wanted.order_by("pk").select_for_update(of=("self",)))
    for company_id in sorted({c.company_id for c in charges}):
        own = [c for c in charges if c.company_id == company_id]
        share_charges(
            actor=actor, charges=own, purpose=Purpose.CHARGE_ESTIMATE, event=events.CHARGE_SHARED, day=day,
            quiet=True, by_itself=day is None,
        )  # fmt: skip
    return charges


def lock_charges(actor: Actor, charge_ids: Iterable[int]) -> list[Charge]:
    """This will lock charges in key order. Raises NotVisible when one is not there."""
    wanted = set(charge_ids)
    charges = list(
        Charge.objects.visible_to(actor).filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",))
    )
    if len(charges) != len(wanted):
        raise NotVisible()
    return charges


__all__ = [
    "ChargeInput",
    "cancel_charge",
    "cancel_charges",
    "estimate_charge",
    "estimate_charges",
    "lock_charges",
    "reshare_movements",
    "revise_estimates",
    "write_charges",
]
