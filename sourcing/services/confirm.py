"""The supplier's answer, line by line, and the buyer's decision on what it changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import approvals, work
from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.money import line_total
from core.outbox import announce
from sourcing import events
from sourcing.flows import PURCHASE_ORDER, LineAnswer, OrderStatus
from sourcing.models import ConfirmationLine, OrderConfirmation, PurchaseOrder, PurchaseOrderLine
from sourcing.services.issue import CONFIRM_TASK, DECIDE_TASK, _price, _save, refuse_below_done
from suppliers.models import Supplier

Decision = ConfirmationLine.Decision
ANSWERS = (LineAnswer.ACCEPTED, LineAnswer.CHANGED, LineAnswer.REJECTED)


@dataclass(frozen=True, slots=True)
class Answer:
    """One line's answer; for "changed", what differs from the order (None: as ordered). A rejection needs its reason."""

    line_id: int
    answer: str
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    promised_date: date | None = None
    reason: str = ""


@transaction.atomic
def answer_purchase_order(
    *,
    actor: Actor,
    order_id: int,
    answers: Sequence[Answer],
    reference: str = "",
    remarks: str = "",
    version: int | None = None,
) -> PurchaseOrder:
    """This will record the supplier's answer as a new confirmation that supersedes the one before.

    An accepted line is agreed as ordered. A changed date within the supplier's tolerance is agreed by itself; any other
    change and every rejection wait for the buyer. When every open line is agreed, the order is confirmed.
    Raises TransitionRefused unless the order is sent, RuleBroken naming every wrong line.
    """
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    actor.needs("sourcing.confirm_purchaseorder")
    if order.status != OrderStatus.SENT:
        PURCHASE_ORDER.take(order, "confirm", actor)  # refuses, with the sentence
    lines = {line.pk: line for line in order.lines.select_for_update().order_by("pk") if not line.cancelled}
    _check(answers, lines)
    tolerance = (
        Supplier.objects.filter(organisation_id=order.supplier_id).values_list("date_tolerance_days", flat=True).first()
        or 0
    )
    moment = actor.at or timezone.now()
    last = order.confirmations.order_by("-number").values_list("number", flat=True).first() or 0
    confirmation = OrderConfirmation.objects.create(
        order=order,
        number=last + 1,
        revision=order.revision,
        reference=reference,
        remarks=remarks,
        answered_by=actor.name,
        answered_at=moment,
    )
    ConfirmationLine.objects.filter(
        line_id__in=[answer.line_id for answer in answers], decision=Decision.PENDING
    ).update(decision=Decision.NONE, decided_at=moment)  # superseded; what is not answered anew still waits
    entries = []
    for answer in answers:
        line = lines[answer.line_id]
        entry = ConfirmationLine(
            confirmation=confirmation,
            line=line,
            answer=answer.answer,
            quantity=line.quantity if answer.quantity is None else answer.quantity,
            unit_price=line.unit_price if answer.unit_price is None else answer.unit_price,
            promised_date=answer.promised_date or line.requested_date,
            reason=answer.reason,
        )
        if answer.answer == LineAnswer.ACCEPTED:
            line.answer, line.promised_date = LineAnswer.ACCEPTED, line.requested_date
        elif answer.answer == LineAnswer.CHANGED and _within(entry, line, tolerance):
            entry.decision = Decision.AUTOMATIC
            line.answer, line.promised_date = LineAnswer.ACCEPTED, entry.promised_date
        else:
            entry.decision, line.answer = Decision.PENDING, answer.answer
        entries.append(entry)
    ConfirmationLine.objects.bulk_create(entries)
    update_rows([lines[a.line_id] for a in answers], ["answer", "promised_date"])
    if reference:
        order.supplier_reference = reference
    if all(line.answer != LineAnswer.OPEN and line.answer != LineAnswer.AGAIN for line in lines.values()):
        work.finish_tasks(order, CONFIRM_TASK)
    if any(line.answer in (LineAnswer.CHANGED, LineAnswer.REJECTED) for line in lines.values()):
        work.open_task(
            DECIDE_TASK,
            order,
            title=_("%(supplier)s changed %(order)s: decide") % {"supplier": order.supplier, "order": order},
            role="buyer",
            due_date=moment.date(),
        )
    announce(events.ORDER_ANSWERED, order, actor=actor, payload={"confirmation": confirmation.number})
    return _confirm_if_agreed(order, list(lines.values()), "confirm", actor)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The buyer's word on one pending answer."""

    line_id: int
    accept: bool
    reason: str = ""


@transaction.atomic
def decide_changes(
    *, actor: Actor, order_id: int, verdicts: Sequence[Verdict], today: date, version: int | None = None
) -> PurchaseOrder:
    """This will accept or refuse what the supplier changed.

    Accepted changes become the line's quantity, price and promise (its original promise stays: on-time is measured
    against it); an accepted rejection withdraws the line. Refused ones go back to the supplier to be confirmed again.
    Raises RuleBroken when accepting would exceed the actor's approval limit, or take a line below what was shipped,
    received or billed before the supplier answered.
    """
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    actor.needs("sourcing.decide_purchaseorder")
    if order.status != OrderStatus.SENT:
        PURCHASE_ORDER.take(order, "settle", actor)  # refuses, with the sentence
    lines = {line.pk: line for line in order.lines.select_for_update().order_by("pk") if not line.cancelled}
    pending = {
        entry.line_id: entry
        for entry in ConfirmationLine.objects.select_for_update().filter(
            confirmation__order=order, decision=Decision.PENDING
        )
    }
    for index, verdict in enumerate(verdicts):
        if verdict.line_id not in pending:
            raise RuleBroken(_("Nothing is to be decided on this line."), field=f"verdicts/{index}/line")
        entry, line = pending[verdict.line_id], lines[verdict.line_id]
        entry.decision = Decision.ACCEPTED if verdict.accept else Decision.REFUSED
        entry.decided_by, entry.decided_at = actor.name, actor.at or timezone.now()
        if not verdict.accept:
            line.answer = LineAnswer.AGAIN
        elif entry.answer == LineAnswer.REJECTED:
            refuse_below_done(line, Decimal(0), Decimal(0), f"verdicts/{index}/accept")
            line.cancelled, line.amount = True, Decimal(0)
        else:
            amount = line_total(entry.quantity, entry.unit_price, order.currency_id)
            refuse_below_done(line, entry.quantity, amount, f"verdicts/{index}/accept")
            line.quantity, line.unit_price, line.promised_date = entry.quantity, entry.unit_price, entry.promised_date
            line.amount, line.answer = amount, LineAnswer.ACCEPTED
        entry.save()
        line.save()
    live = [line for line in lines.values() if not line.cancelled]
    if not live:
        raise RuleBroken(_("No line would be left; cancel the order instead."))
    before = order.total
    order.total = sum((line.amount for line in live), Decimal(0))
    if order.total != before:
        _price(order, today)
        if order.total > before and not approvals.covers(actor, order.base_total):
            raise TransitionRefused(_("With these changes the order is above your approval limit."))
    if any(line.answer == LineAnswer.AGAIN for line in live):
        work.open_task(
            CONFIRM_TASK,
            order,
            title=_("Confirm %(order)s") % {"order": order},
            party_id=order.supplier_id,
            due_date=today + 3 * date.resolution,
            url=f"/portal/orders/{order.pk}/",
        )
    if not set(pending) - {v.line_id for v in verdicts}:
        work.finish_tasks(order, DECIDE_TASK)
    announce(events.ORDER_DECIDED, order, actor=actor)
    return _confirm_if_agreed(order, live, "settle", actor)


def _confirm_if_agreed(
    order: PurchaseOrder, lines: Sequence[PurchaseOrderLine], step: str, actor: Actor
) -> PurchaseOrder:
    if any(line.answer != LineAnswer.ACCEPTED for line in lines):
        order.bump()
        order.save()
        return order
    PURCHASE_ORDER.take(order, step, actor)
    order.confirmed_at = actor.at or timezone.now()
    return _save(order, events.ORDER_CONFIRMED, actor)


def _within(entry: ConfirmationLine, line: PurchaseOrderLine, tolerance: int) -> bool:
    """Whether only the date moved, and by no more than the tolerance either way."""
    if entry.quantity != line.quantity or entry.unit_price != line.unit_price:
        return False
    if entry.promised_date is None or line.requested_date is None:
        return entry.promised_date == line.requested_date
    return abs((entry.promised_date - line.requested_date).days) <= tolerance


def _check(answers: Sequence[Answer], lines: dict[int, PurchaseOrderLine]) -> None:
    errors = []
    if not answers:
        errors.append({"pointer": "/lines", "detail": _("Answer at least one line.")})
    seen: set[int] = set()
    for index, answer in enumerate(answers):
        at = f"/lines/{index}"
        line = lines.get(answer.line_id)
        if line is None:
            errors.append({"pointer": f"{at}/line", "detail": _("This line is not on the order.")})
            continue
        if answer.line_id in seen:
            errors.append({"pointer": f"{at}/line", "detail": _("This line is answered twice.")})
        seen.add(answer.line_id)
        if answer.answer not in ANSWERS:
            errors.append({"pointer": f"{at}/answer", "detail": _("Answer accepted, changed or rejected.")})
        if answer.answer == LineAnswer.REJECTED and not answer.reason.strip():
            errors.append({"pointer": f"{at}/reason", "detail": _("Say why the line is rejected.")})
        if answer.quantity is not None and answer.quantity <= 0:
            errors.append(
                {"pointer": f"{at}/quantity", "detail": _("The quantity must be above 0; reject the line instead.")}
            )
        if answer.quantity is not None and line.unit.whole and answer.quantity != answer.quantity.to_integral_value():
            errors.append(
                {
                    "pointer": f"{at}/quantity",
                    "detail": _("%(unit)s are counted in whole numbers.") % {"unit": line.unit},
                }
            )
        if answer.unit_price is not None and answer.unit_price < 0:
            errors.append({"pointer": f"{at}/unit_price", "detail": _("The price cannot be negative.")})
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)
