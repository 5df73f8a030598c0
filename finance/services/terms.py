"""Payment terms: instalments that add up, counted from events, each once (F-01)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotVisible
from finance.services.common import ZERO, Faults
from parties.models import Anchor, Instalment, PaymentTerm


@dataclass(frozen=True, slots=True)
class InstalmentInput:
    """A share due ``days`` after its anchor, to the end of that month where it says so."""

    percent: Decimal
    anchor: str
    days: int = 0
    end_of_month: bool = False


@transaction.atomic
def save_payment_term(
    *, actor: Actor, code: str, name: str, instalments: Sequence[InstalmentInput], term_id: int | None = None
) -> PaymentTerm:
    """This will write a payment term, or replace the instalments of an existing one; documents planned by it follow.

    Raises RuleBroken when the shares do not add up to 100 %, days are negative or two instalments are the same.
    """
    actor.needs("finance.change_paymentterm")
    faults, seen = Faults(), set()
    total = ZERO
    for n, one in enumerate(instalments):
        at = f"/instalments/{n}"
        if not 0 < one.percent <= 100:
            faults.add(f"{at}/percent", _("A share is above 0 and at most 100 %%."))
        if one.days < 0:
            faults.add(f"{at}/days", _("Days cannot be negative."))
        if one.anchor not in Anchor.values:
            faults.add(f"{at}/anchor", _("There is no such event."))
        if (one.anchor, one.days) in seen:
            faults.add(f"{at}", _("Two instalments fall on the same day; make one of them."))
        seen.add((one.anchor, one.days))
        total += one.percent
    if total != 100:
        faults.add("/instalments", _("The shares add up to %(total)s %%, not 100 %%.") % {"total": total.normalize()})
    if not code.strip():
        faults.add("/code", _("A payment term needs a code."))
    taken = PaymentTerm.objects.filter(company_id=actor.company_id, code=code.strip()).exclude(pk=term_id)
    if taken.exists():
        faults.add("/code", _("There is already a payment term %(code)s.") % {"code": code.strip()})
    faults.refuse()
    if term_id is None:
        term = PaymentTerm(company_id=actor.company_id)
    else:
        found = PaymentTerm.objects.filter(company_id=actor.company_id, pk=term_id).select_for_update().first()
        if found is None:
            raise NotVisible()
        term = found
    term.code, term.name = code.strip(), name.strip()
    term.save()
    term.instalments.all().delete()
    Instalment.objects.bulk_create(
        [
            Instalment(
                term=term,
                position=n,
                percent=one.percent,
                anchor=one.anchor,
                days=one.days,
                end_of_month=one.end_of_month,
            )
            for n, one in enumerate(instalments, start=1)
        ]
    )
    return term
