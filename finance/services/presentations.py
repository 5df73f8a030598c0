"""Documents presented under a letter of credit: examined within five banking days, then honoured, waived or refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor, system
from core.documents import lock
from core.errors import NotVisible, RuleBroken, TransitionRefused
from core.outbox import EventName, announce, kind_of
from finance import events
from finance.flows import PRESENTATION, InvoiceStatus, LetterStatus
from finance.models import InvoiceKind, LetterOfCredit, Presentation, SupplierInvoice
from finance.selectors.examination import banking_calendar, discrepancies, examine_by
from finance.selectors.letters import CARRIAGE, billed_quantity, papers_presented, shipment_of
from finance.services.charges import ChargeInput, estimate_charge
from finance.services.common import Faults, part_of, spoken_money
from finance.services.letters import ask_for_documents, refuse_above_limit, write_to
from parties.models import DocumentParty

EXAMINE_TASK, DECIDE_TASK = "finance.examine_documents", "finance.decide_discrepancies"
TOGETHER = ("order", "supplier", "bank")


@dataclass(frozen=True, slots=True)
class PresentationInput:
    """What the bank says was presented for an invoice. ``shipped_date``: on board, by the transport document.

    ``packing_quantity``: of the packing list, added up over its lines, in the units of the invoice.
    """

    invoice_id: int
    presented_date: date
    amount: Decimal
    documents: Sequence[str] = field(default_factory=tuple)
    shipped_date: date | None = None
    packing_quantity: Decimal | None = None
    insured_amount: Decimal | None = None


@transaction.atomic
def present_documents(*, actor: Actor, letter_id: int, presentation: PresentationInput, today: date) -> Presentation:
    """This will record a presentation under an issued credit; it is to be examined by the fifth banking day.

    Raises TransitionRefused unless the credit is issued, RuleBroken (by JSON pointer) for an invoice that is not the
    credit's, or is presented already, and for dates and amounts that cannot be. Whether it complies is not asked yet.
    """
    actor.needs("finance.add_letterofcredit")
    letter = lock(LetterOfCredit.objects.visible_to(actor).select_related(*TOGETHER), letter_id)
    if letter.status != LetterStatus.ISSUED:
        said = {"letter": letter, "state": letter.get_status_display().lower()}
        raise TransitionRefused(_("%(letter)s is %(state)s; documents are presented under an issued one.") % said)
    invoice = SupplierInvoice.objects.visible_to(actor).filter(pk=presentation.invoice_id).first()
    _check(letter, invoice, presentation, today)
    assert invoice is not None
    calendar = banking_calendar(letter.bank.country_id)
    made = Presentation.objects.create(
        company_id=letter.company_id,
        number=f"{letter.number}-{letter.presentations.count() + 1}",
        letter=letter,
        invoice=invoice,
        shipment=shipment_of(letter, invoice),
        presented_date=presentation.presented_date,
        examine_by=examine_by(presentation.presented_date, calendar),
        amount=presentation.amount,
        documents=[one for one in letter.documents if one in presentation.documents],
        shipped_date=presentation.shipped_date,
        invoice_quantity=billed_quantity(invoice),
        packing_quantity=presentation.packing_quantity,
        insured_amount=presentation.insured_amount,
        created_by=actor.name,
    )
    DocumentParty.objects.create(
        kind=kind_of(made), document_id=made.pk, organisation_id=letter.supplier_id, role="supplier"
    )
    title = _("Examine the documents of %(presentation)s") % {"presentation": made}
    work.open_task(EXAMINE_TASK, made, title=title, role="finance", due_date=made.examine_by)
    ask_for_documents(letter)
    _tell(events.DOCUMENTS_PRESENTED, made, actor)
    return made


def _check(letter: LetterOfCredit, invoice: SupplierInvoice | None, given: PresentationInput, today: date) -> None:
    faults = Faults()
    if invoice is None or invoice.kind != InvoiceKind.GOODS or not _is_of(letter, invoice):
        faults.add("/invoice", _("Choose an invoice that bills %(order)s and nothing else.") % {"order": letter.order})
    elif invoice.status == InvoiceStatus.CANCELLED:
        faults.add("/invoice", _("%(invoice)s is cancelled.") % {"invoice": invoice})
    elif live := Presentation.objects.live().filter(invoice=invoice).first():
        said = {"invoice": invoice, "presentation": live}
        faults.add("/invoice", _("%(invoice)s is presented with %(presentation)s already.") % said)
    elif given.amount > invoice.payable_amount:
        said = {"invoice": invoice, "open": spoken_money(invoice.payable_amount, invoice.currency_id)}
        faults.add("/amount", _("%(invoice)s asks for %(open)s only.") % said)
    if given.amount <= 0:
        faults.add("/amount", _("The amount must be above 0."))
    if given.presented_date > today:
        faults.add("/presented_date", _("It cannot have been presented in the future."))
    if letter.issued_date and given.presented_date < letter.issued_date:
        said = {"letter": letter, "day": date_format(letter.issued_date)}
        faults.add("/presented_date", _("%(letter)s was issued on %(day)s, after this date.") % said)
    unknown = [one for one in given.documents if one not in letter.documents]
    if unknown:
        faults.add("/documents", _("The credit asks for no %(document)s.") % {"document": unknown[0]})
    if given.shipped_date is None and any(one in CARRIAGE for one in given.documents):
        faults.add("/shipped_date", _("Enter the day on board that the transport document states."))
    if given.shipped_date and given.shipped_date > given.presented_date:
        faults.add("/shipped_date", _("It cannot have been shipped after the documents were presented."))
    for name, value in (("packing_quantity", given.packing_quantity), ("insured_amount", given.insured_amount)):
        if value is not None and value < 0:
            faults.add(f"/{name}", _("It cannot be negative."))
    faults.refuse()


def _is_of(letter: LetterOfCredit, invoice: SupplierInvoice) -> bool:
    orders = set(invoice.lines.values_list("order_line__order_id", flat=True))
    return (
        orders == {letter.order_id}
        and invoice.supplier_id == letter.supplier_id
        and invoice.currency_id == letter.currency_id
    )


@transaction.atomic
def examine_documents(
    *,
    actor: Actor,
    presentation_id: int,
    day: date,
    today: date,
    findings: Sequence[str] = (),
    version: int | None = None,
) -> Presentation:
    """This will examine presented documents: against the credit's dates, amounts, quantities and papers, the
    contradictions that the shipment's papers carry, and what the examiner found besides (``findings``, a sentence each).

    Without a discrepancy they comply, and the bank pays: the instalment falls due, and the bank's fee is estimated on the
    shipment. Otherwise all discrepancies are kept, to be waived or refused.
    """
    actor.needs("finance.add_letterofcredit")
    letter, presentation = _lock_both(actor, presentation_id, version)
    _check_day(presentation, day, today)
    calendar = banking_calendar(letter.bank.country_id)
    found = discrepancies(letter, papers_presented(letter, presentation, findings), calendar)
    PRESENTATION.take(presentation, "differ" if found else "comply", actor)
    presentation.discrepancies = [one.as_dict() for one in found]
    presentation.examined_by = actor.name
    work.finish_tasks(presentation, EXAMINE_TASK)
    if not found:
        return _honour(letter, presentation, day, events.DOCUMENTS_COMPLY, actor)
    title = _("Waive or refuse: %(presentation)s does not comply") % {"presentation": presentation}
    work.open_task(DECIDE_TASK, presentation, title=title, role="approver", due_date=presentation.examine_by)
    return _save(presentation, events.DOCUMENTS_DIFFER, actor)


@transaction.atomic
def waive_discrepancies(
    *, actor: Actor, presentation_id: int, day: date, today: date, reason: str, version: int | None = None
) -> Presentation:
    """This will take up documents in spite of their discrepancies, for a reason that the beneficiary reads; the bank pays as
    if they complied.

    Raises NotAllowed above the actor's approval limit.
    """
    letter, presentation = _lock_both(actor, presentation_id, version)
    PRESENTATION.take(presentation, "waive", actor)
    _check_day(presentation, day, today)
    if not reason.strip():
        raise RuleBroken(_("Say why the discrepancies are waived."), field="reason")
    refuse_above_limit(actor, letter, presentation.amount, day)
    presentation.reason = reason.strip()
    return _honour(letter, presentation, day, events.DISCREPANCIES_WAIVED, actor)


@transaction.atomic
def refuse_documents(
    *, actor: Actor, presentation_id: int, day: date, today: date, version: int | None = None
) -> Presentation:
    """This will refuse documents, once, stating every discrepancy; the beneficiary may present others while there is time.

    Raises TransitionRefused after the fifth banking day: then they can only be honoured (UCP 600 art. 16(f)).
    """
    letter, presentation = _lock_both(actor, presentation_id, version)
    PRESENTATION.take(presentation, "refuse", actor)
    _check_day(presentation, day, today)
    if day > presentation.examine_by:
        said = {"presentation": presentation, "day": date_format(presentation.examine_by)}
        raise TransitionRefused(
            _("%(presentation)s could be refused until %(day)s, the fifth banking day; it must be taken up now.") % said
        )
    presentation.decided_date, presentation.decided_by = day, actor.name
    found = "\n".join(f"– {one['detail']}" for one in presentation.discrepancies)
    said = {"presentation": presentation, "letter": letter, "found": found}
    write_to(
        letter,
        _("Documents refused: %(presentation)s") % said,
        _("The documents presented under %(letter)s are refused, because:\n%(found)s\nPresent corrected ones in time.")
        % said,
    )
    work.finish_tasks(presentation)
    _save(presentation, events.DOCUMENTS_REFUSED, actor)
    ask_for_documents(letter)
    return presentation


def _honour(
    letter: LetterOfCredit, presentation: Presentation, day: date, event: EventName, actor: Actor
) -> Presentation:
    """The bank pays: drawn on the credit, and the bank's fee is carried by the goods in proportion."""
    presentation.decided_date, presentation.decided_by = day, actor.name
    letter.drawn_amount += presentation.amount
    letter.bump()
    letter.save()
    fee = part_of(letter.fee, presentation.amount, letter.amount, letter.currency_id)
    if fee and presentation.shipment_id:
        estimate_charge(
            actor=system(company_id=letter.company_id),
            charge=ChargeInput(
                "bank", fee, letter.currency_id, day, shipment_id=presentation.shipment_id, description=str(letter)
            ),
        )
    work.finish_tasks(presentation)
    _save(presentation, event, actor)
    ask_for_documents(letter)
    return presentation


def _check_day(presentation: Presentation, day: date, today: date) -> None:
    if day > today:
        raise RuleBroken(_("It cannot have happened in the future."), field="day")
    if day < presentation.presented_date:
        said = {"day": date_format(presentation.presented_date)}
        raise RuleBroken(_("The documents were presented on %(day)s, after this date.") % said, field="day")


def _lock_both(actor: Actor, presentation_id: int, version: int | None) -> tuple[LetterOfCredit, Presentation]:
    """The credit first, whichever presentation of it is asked for."""
    rows = Presentation.objects.visible_to(actor)
    letter_id = rows.filter(pk=presentation_id).values_list("letter_id", flat=True).first()
    if letter_id is None:
        raise NotVisible()
    letter = lock(LetterOfCredit.objects.select_related(*TOGETHER), letter_id)
    return letter, lock(rows.select_related("invoice", "letter__order"), presentation_id, version=version)


def _save(presentation: Presentation, event: EventName, actor: Actor) -> Presentation:
    presentation.bump()
    presentation.save()
    _tell(event, presentation, actor)
    return presentation


def _tell(event: EventName, presentation: Presentation, actor: Actor) -> None:
    about = [presentation.letter, presentation.letter.order, presentation.invoice]
    about += [presentation.shipment] if presentation.shipment else []
    payload = {"reason": presentation.reason} if presentation.reason else None
    announce(event, presentation, actor=actor, about=about, payload=payload)
