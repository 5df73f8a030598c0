"""Payment terms and their instalments."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.documents import is_referenced, lock
from core.errors import RuleBroken, TransitionRefused
from core.outbox import announce
from parties import events
from parties.models import Anchor, Instalment, PaymentTerm


@dataclass(frozen=True, slots=True)
class InstalmentInput:
    """``percent`` of the amount, due ``days`` after ``anchor``, to the end of that month where ``end_of_month``."""

    percent: Decimal
    anchor: str
    days: int = 0
    end_of_month: bool = False


@transaction.atomic
def save_payment_term(
    *,
    actor: Actor,
    code: str,
    name: str,
    instalments: Sequence[InstalmentInput],
    active: bool = True,
    discount_percent: Decimal = Decimal(0),
    discount_days: int = 0,
    term_id: int | None = None,
    version: int | None = None,
) -> PaymentTerm:
    """This will add a payment term, or change the one with ``term_id``.

    ``discount_percent`` is taken off an invoice that is paid within ``discount_days`` of its date (2/10 net 30).

    Raises RuleBroken unless the instalments are above 0 and make 100 % together, with no negative days and no two that
    fall due together; TransitionRefused when the instalments or the discount of a term that stands on documents would
    change.
    """
    actor.needs("parties.change_paymentterm")
    terms = PaymentTerm.objects.visible_to(actor)
    term = lock(terms, term_id, version=version) if term_id else PaymentTerm(company_id=actor.company_id)
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise RuleBroken(_("A payment term needs a code and a name."), field="name" if code else "code")
    if terms.exclude(pk=term.pk).filter(code__iexact=code).exists():
        raise RuleBroken(_("There is already a payment term %(code)s.") % {"code": code}, field="code")
    _check(instalments, discount_percent, discount_days)
    before = [_key(one) for one in term.instalments.all()] if term.pk else []
    discount = (discount_percent, discount_days)
    differ = before != [_key(one) for one in instalments]
    other = differ or (term.discount_percent, term.discount_days) != discount
    if other and before and is_referenced(term, by=_is_document):
        raise TransitionRefused(
            _(
                "%(term)s stands on documents; its instalments and discount cannot change under them. Add a new term and archive this one."
            )
            % {"term": term}
        )
    term.code, term.name, term.active = code, name, active
    term.discount_percent, term.discount_days = discount
    if term.pk:
        term.bump()
    term.save()
    if differ:
        term.instalments.all().delete()
        Instalment.objects.bulk_create(
            Instalment(
                term=term,
                position=position,
                percent=one.percent,
                anchor=one.anchor,
                days=one.days,
                end_of_month=one.end_of_month,
            )
            for position, one in enumerate(instalments, start=1)
        )
    announce(events.TERM_SAVED, term, actor=actor)
    return term


def _check(instalments: Sequence[InstalmentInput], discount_percent: Decimal, discount_days: int) -> None:
    errors: list[dict] = []

    def wrong(pointer: str, sentence: str) -> None:
        errors.append({"pointer": pointer, "detail": sentence})

    if not 0 <= discount_percent <= 50:
        wrong("/discount_percent", _("A discount is between 0 and 50 %(percent)s.") % {"percent": "%"})
    if not 0 <= discount_days <= 365:
        wrong("/discount_days", _("A discount is taken within 0 to 365 days of the invoice date."))
    if not instalments:
        wrong("/instalments", _("A payment term needs at least one instalment."))
    seen: dict[tuple, int] = {}
    for index, one in enumerate(instalments):
        at = f"/instalments/{index}"
        if one.percent <= 0 or one.percent > 100:
            wrong(f"{at}/percent", _("A share is above 0 and at most 100 %(percent)s.") % {"percent": "%"})
        if one.days < 0:
            wrong(f"{at}/days", _("Days cannot be negative: nothing is due before what it waits for."))
        if one.days > 3650:
            wrong(f"{at}/days", _("Ten years is the most."))
        if one.anchor not in Anchor.values:
            wrong(f"{at}/anchor", _("Choose what the days are counted from."))
        due = (one.anchor, one.days, one.end_of_month)
        if due in seen:
            wrong(
                f"{at}/days",
                _("This instalment falls due together with number %(number)s; make them one.")
                % {"number": seen[due] + 1},
            )
        seen.setdefault(due, index)
    total = sum((one.percent for one in instalments), Decimal(0))
    if instalments and total != 100:
        wrong(
            "/instalments",
            _("The shares make %(total)s %(percent)s together; they must make 100 %(percent)s.")
            % {"total": f"{total.normalize():f}", "percent": "%"},
        )
    if errors:
        said = errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        raise RuleBroken(said, errors=errors)


def _key(one: Instalment | InstalmentInput) -> tuple:
    return (one.percent, one.anchor, one.days, one.end_of_month)


def _is_document(model) -> bool:
    """Orders and invoices carry a number; a supplier's or customer's usual term is only a proposal."""
    return any(field.name == "number" for field in model._meta.fields)
