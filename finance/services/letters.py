"""Letters of credit: drafted for an order, approved by somebody else, issued by the bank, amended, closed or cancelled."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import approvals, mail, work
from core.actor import Actor
from core.documents import lock
from core.errors import NotAllowed, RuleBroken, TransitionRefused
from core.outbox import EventName, announce, kind_of
from finance import events
from finance.flows import LETTER_OF_CREDIT, LetterStatus
from finance.models import LetterOfCredit, Presentation
from finance.selectors.letters import NOT_PRESENTED, last_day, secured_amounts, wants_documents
from finance.services.common import Faults, Rates, base_currency, spoken_money, take_numbers
from logistics.models import TradeDocumentType
from parties.models import DocumentParty, Organisation
from sourcing.flows import BEFORE_SENDING, ENDED
from sourcing.models import PurchaseOrder

APPROVE_TASK, ISSUE_TASK, PRESENT_TASK = "finance.approve_letter", "finance.issue_letter", "finance.present_documents"
LEAST_COVER = Decimal(110)  # UCP 600 art. 28(f)(ii)


@dataclass(frozen=True, slots=True)
class LetterTerms:
    """What a credit says, and what the bank asks for it. ``documents`` are kinds of trade documents.

    ``tolerance_percent`` more or less may be drawn and shipped ("about": 10).
    """

    amount: Decimal
    latest_shipment_date: date
    expiry_date: date
    documents: Sequence[str] = field(default_factory=tuple)
    tolerance_percent: Decimal = Decimal(0)
    presentation_days: int = 21
    partial_shipments: bool = True
    insurance_percent: Decimal = LEAST_COVER
    fee_percent: Decimal = Decimal(0)
    fee_fixed: Decimal = Decimal(0)


@transaction.atomic
def create_letter(*, actor: Actor, order_id: int, bank_id: int, terms: LetterTerms, today: date) -> LetterOfCredit:
    """This will draft a letter of credit in favour of the order's supplier, in the order's currency.

    Raises RuleBroken (by JSON pointer) for terms that contradict each other, an order that is not at the supplier's, one
    whose payment term names no letter of credit, and one that has a credit already.
    """
    actor.needs("finance.add_letterofcredit")
    order = lock(PurchaseOrder.objects.visible_to(actor).select_related("supplier"), order_id)
    _check_order(order)
    letter = LetterOfCredit(
        company_id=order.company_id,
        number=take_numbers(order.company_id, "LC", [today])[0],
        order=order,
        supplier_id=order.supplier_id,
        currency_id=order.currency_id,
        requested_by=actor.name,
        requested_by_id=actor.user_id,
    )
    _set(letter, terms, _bank(actor, bank_id))
    letter.save()
    work.open_task(APPROVE_TASK, letter, title=_("Approve %(letter)s") % {"letter": letter}, role="approver")
    tell(events.LETTER_DRAFTED, letter, actor)
    return letter


def _check_order(order: PurchaseOrder) -> None:
    if order.status in (*BEFORE_SENDING, *ENDED):
        said = {"order": order, "state": order.get_status_display().lower()}
        raise RuleBroken(_("%(order)s is %(state)s; a credit is opened for an issued order.") % said, field="order")
    if not secured_amounts([order])[order.pk]:
        raise RuleBroken(
            _("The payment term of %(order)s names no letter of credit; choose one that does first.")
            % {"order": order},
            field="order",
        )
    if standing := LetterOfCredit.objects.standing().filter(order=order).first():
        raise RuleBroken(
            _("%(order)s has %(letter)s already; amend that.") % {"order": order, "letter": standing}, field="order"
        )


def _bank(actor: Actor, bank_id: int) -> Organisation:
    bank = Organisation.objects.visible_to(actor).filter(pk=bank_id, is_bank=True, active=True).first()
    if bank is None:
        raise RuleBroken(_("Choose a bank: an organisation that is marked as one."), field="bank")
    return bank


def _set(letter: LetterOfCredit, terms: LetterTerms, bank: Organisation | None = None) -> None:
    """This will check the terms and write them on the credit."""
    faults = Faults()
    if terms.amount <= 0:
        faults.add("/amount", _("The amount must be above 0."))
    if terms.expiry_date < terms.latest_shipment_date:
        faults.add("/expiry_date", _("It cannot expire before the latest day of shipment."))
    if not 0 <= terms.tolerance_percent <= 100:
        faults.add("/tolerance_percent", _("A tolerance lies between 0 and 100 %."))
    if not 1 <= terms.presentation_days <= 365:
        faults.add("/presentation_days", _("Documents are presented within 1 to 365 days; 21 is usual."))
    known = [one for one in TradeDocumentType.values if one not in NOT_PRESENTED]
    if not terms.documents or any(one not in known for one in terms.documents):
        faults.add("/documents", _("Name the documents that are to be presented; the customs entry is our own."))
    if not LEAST_COVER <= terms.insurance_percent <= 1000:
        faults.add("/insurance_percent", _("Insurance covers at least 110 % of the invoice."))
    if not 0 <= terms.fee_percent <= 100:
        faults.add("/fee_percent", _("A fee lies between 0 and 100 % of the amount."))
    if terms.fee_fixed < 0:
        faults.add("/fee_fixed", _("A fee cannot be negative."))
    faults.refuse()
    for name, value in asdict(terms).items():
        setattr(letter, name, value)
    letter.documents = [one for one in known if one in terms.documents]
    if bank is not None:
        letter.bank = bank


@transaction.atomic
def change_letter(
    *, actor: Actor, letter_id: int, bank_id: int, terms: LetterTerms, version: int | None = None
) -> LetterOfCredit:
    """This will write other terms on a draft. TransitionRefused once it is approved: cancel it, or amend what is issued."""
    actor.needs("finance.add_letterofcredit")
    letter = _lock(actor, letter_id, version)
    if letter.status != LetterStatus.DRAFT:
        said = {"letter": letter, "state": letter.get_status_display().lower()}
        raise TransitionRefused(_("%(letter)s is %(state)s; only a draft is edited.") % said)
    _set(letter, terms, _bank(actor, bank_id))
    letter.requested_by, letter.requested_by_id = actor.name, actor.user_id
    return save(letter, events.LETTER_CHANGED, actor)


@transaction.atomic
def approve_letter(*, actor: Actor, letter_id: int, today: date, version: int | None = None) -> LetterOfCredit:
    """This will approve a draft: never one's own, and within the actor's limit for all that may be drawn (NotAllowed)."""
    letter = _lock(actor, letter_id, version)
    LETTER_OF_CREDIT.take(letter, "approve", actor)
    if actor.is_who(letter.requested_by_id, letter.requested_by):
        raise NotAllowed(_("You drafted %(letter)s yourself; somebody else must approve it.") % {"letter": letter})
    refuse_above_limit(actor, letter, letter.limit, today)
    letter.approved_by = actor.name
    work.finish_tasks(letter, APPROVE_TASK)
    title = _("Have %(bank)s issue %(letter)s") % {"bank": letter.bank, "letter": letter}
    work.open_task(ISSUE_TASK, letter, title=title, role="finance")
    return save(letter, events.LETTER_APPROVED, actor)


def refuse_above_limit(actor: Actor, letter: LetterOfCredit, amount: Decimal, on: date) -> None:
    """This will raise NotAllowed when ``amount`` of the credit's currency is above the actor's approval limit."""
    base = Rates(base_currency(letter.company_id), {(letter.currency_id, on)}).convert(amount, letter.currency_id, on)
    if not approvals.covers(actor, base):
        raise NotAllowed(
            _("%(letter)s is above your approval limit; ask somebody with a higher limit.") % {"letter": letter}
        )


@transaction.atomic
def issue_letter(
    *, actor: Actor, letter_id: int, day: date, bank_reference: str, today: date, version: int | None = None
) -> LetterOfCredit:
    """This will record that the bank issued an approved credit; from now on the supplier sees it, and is asked for the
    documents.
    """
    letter = _lock(actor, letter_id, version)
    LETTER_OF_CREDIT.take(letter, "issue", actor)
    if not bank_reference.strip():
        raise RuleBroken(_("Enter the number that the bank gave it."), field="bank_reference")
    if day > today:
        raise RuleBroken(_("It cannot have been issued in the future."), field="day")
    if day > letter.expiry_date:
        raise RuleBroken(
            _("It expires on %(day)s, before that.") % {"day": date_format(letter.expiry_date)}, field="day"
        )
    letter.issued_date, letter.bank_reference = day, bank_reference.strip()
    DocumentParty.objects.get_or_create(
        kind=kind_of(letter), document_id=letter.pk, organisation_id=letter.supplier_id, role="supplier"
    )
    work.finish_tasks(letter, ISSUE_TASK)
    said = {"letter": letter, "order": letter.order, "day": date_format(letter.latest_shipment_date)}
    write_to(
        letter,
        _("Letter of credit for %(order)s") % said,
        _("%(letter)s is issued for %(order)s. Ship by %(day)s; the portal says which documents to present, and when.")
        % said,
    )
    return save(letter, events.LETTER_ISSUED, actor)


@transaction.atomic
def amend_letter(
    *, actor: Actor, letter_id: int, terms: LetterTerms, reason: str, today: date, version: int | None = None
) -> LetterOfCredit:
    """This will write the terms of an issued credit that bank and beneficiary have agreed to (UCP 600 art. 10).

    Raises RuleBroken below what is drawn, NotAllowed above the actor's limit.
    """
    letter = _lock(actor, letter_id, version)
    LETTER_OF_CREDIT.take(letter, "amend", actor)
    if not reason.strip():
        raise RuleBroken(_("Say why it is amended; the supplier will read it."), field="reason")
    _set(letter, terms)
    if letter.limit < letter.drawn_amount:
        said = {"drawn": spoken_money(letter.drawn_amount, letter.currency_id)}
        raise RuleBroken(_("%(drawn)s is drawn already; it cannot be for less.") % said, field="amount")
    refuse_above_limit(actor, letter, letter.available_amount, today)
    write_to(
        letter,
        _("%(letter)s is amended") % {"letter": letter},
        _("%(letter)s for %(order)s is amended: %(reason)s The portal shows what it says now.")
        % {"letter": letter, "order": letter.order, "reason": _sentence(reason)},
    )
    return save(letter, events.LETTER_AMENDED, actor, reason)


@transaction.atomic
def close_letter(*, actor: Actor, letter_id: int, reason: str = "", version: int | None = None) -> LetterOfCredit:
    """This will close an issued credit: it is drawn, has expired, or is no longer needed.

    Raises TransitionRefused while documents are to be examined, waived or refused.
    """
    letter = _lock(actor, letter_id, version)
    LETTER_OF_CREDIT.take(letter, "close", actor)
    if waiting := Presentation.objects.undecided().filter(letter=letter).first():
        raise TransitionRefused(_("Decide about %(presentation)s first.") % {"presentation": waiting})
    letter.reason = reason.strip()
    return save(letter, events.LETTER_CLOSED, actor, reason)


@transaction.atomic
def cancel_letter(*, actor: Actor, letter_id: int, reason: str, version: int | None = None) -> LetterOfCredit:
    """This will cancel a credit under which nothing was presented; an issued one is irrevocable, so bank and beneficiary
    must have agreed (UCP 600 art. 10).
    """
    letter = _lock(actor, letter_id, version)
    LETTER_OF_CREDIT.take(letter, "cancel", actor)
    if not reason.strip():
        raise RuleBroken(_("Say why it is cancelled."), field="reason")
    if Presentation.objects.live().filter(letter=letter).exists():
        raise TransitionRefused(_("Documents were presented under %(letter)s; close it instead.") % {"letter": letter})
    letter.reason = reason.strip()
    work.finish_tasks(letter)
    return save(letter, events.LETTER_CANCELLED, actor, reason)


def _lock(actor: Actor, letter_id: int, version: int | None) -> LetterOfCredit:
    rows = LetterOfCredit.objects.visible_to(actor).select_related("order", "supplier", "bank")
    return lock(rows, letter_id, version=version)


def save(letter: LetterOfCredit, event: EventName, actor: Actor, reason: str = "") -> LetterOfCredit:
    """This will save a locked credit, ask its beneficiary for documents or no longer, and announce what happened."""
    letter.bump()
    letter.save()
    ask_for_documents(letter)
    tell(event, letter, actor, reason)
    return letter


def ask_for_documents(letter: LetterOfCredit) -> None:
    """This will keep the beneficiary's task as the credit stands: open while there is something to present."""
    if not wants_documents(letter):
        work.finish_tasks(letter, PRESENT_TASK)
        return
    work.open_task(
        PRESENT_TASK,
        letter,
        title=_("Present documents under %(letter)s") % {"letter": letter},
        party_id=letter.supplier_id,
        due_date=last_day(letter),
        url=f"/portal/letters-of-credit/{letter.pk}/",
    )


def tell(event: EventName, letter: LetterOfCredit, actor: Actor, reason: str = "") -> None:
    """This will announce what happened to a credit; it concerns its order."""
    payload = {"reason": reason.strip()} if reason.strip() else None
    announce(event, letter, actor=actor, about=[letter.order], payload=payload)


def write_to(letter: LetterOfCredit, subject: str, text: str) -> None:
    """This will mail the beneficiary, where he has an address."""
    if letter.supplier.email:
        mail.queue(to=letter.supplier.email, company_id=letter.company_id, subject=subject, text=text)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."
