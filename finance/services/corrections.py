"""Taking back: a supplier invoice cancelled, and debit notes for what a supplier owes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import NotVisible, RuleBroken, TransitionRefused
from core.outbox import News, announce_many, kind_of
from finance import events
from finance.flows import SUPPLIER_INVOICE, InvoiceStatus
from finance.models import (
    Charge,
    DebitNote,
    DebitReason,
    InvoiceKind,
    SupplierInvoice,
    SupplierInvoiceLine,
)
from finance.services.common import ZERO, base_currency, part_of, spoken_money, take_numbers
from finance.services.goods_cost import Moved, carry_costs
from finance.services.landing import share_charges
from finance.services.sharing import movement
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from reference.units import spoken
from sourcing.services.deposits import Deposit, lock_orders, record_deposits
from sourcing.services.progress import Progress, lock_lines, record_progress

ORDER = "sourcing.purchaseorder"


@transaction.atomic
def cancel_supplier_invoice(*, actor: Actor, invoice_id: int, day: date, version: int | None = None) -> SupplierInvoice:
    """This will take an invoice back on ``day``: what it posted, billed, consumed and added to the cost of goods.

    A draft just ends. Raises TransitionRefused when (part of) it is paid, a debit note stands on it or it is presented
    under a letter of credit; PeriodClosed.
    """
    invoice = lock(SupplierInvoice.objects.visible_to(actor), invoice_id, version=version)
    before = SUPPLIER_INVOICE.take(invoice, "cancel", actor)
    if invoice.paid_amount:
        raise TransitionRefused(
            _("%(invoice)s is paid (%(amount)s); ask the supplier for a credit instead.")
            % {"invoice": invoice, "amount": spoken_money(invoice.paid_amount, invoice.currency_id)}
        )
    if presented := invoice.presentations.live().first():
        raise TransitionRefused(
            _(
                "%(invoice)s is presented under a letter of credit (%(presentation)s), and the documents are not refused."
            )
            % {"invoice": invoice, "presentation": presented}
        )
    if invoice.debit_notes.filter(cancelled_at=None).exists():
        raise TransitionRefused(_("Cancel the debit notes on %(invoice)s first.") % {"invoice": invoice})
    about: list[tuple[str, int]] = []
    if before != InvoiceStatus.DRAFT:
        about = (
            _take_back_charges(actor, invoice, day)
            if invoice.kind == InvoiceKind.CHARGES
            else _take_back_goods(actor, invoice, day)
        )
    invoice.disputed_amount = invoice.advance_amount = invoice.advance_base = ZERO
    invoice.credited_amount = invoice.credited_base = ZERO
    invoice.bump()
    invoice.save()
    announce_many(
        events.INVOICE_CANCELLED, kind_of(invoice), [News(invoice.pk, invoice.company_id, about)], actor=actor
    )
    return invoice


def _take_back_charges(actor: Actor, invoice: SupplierInvoice, day: date) -> list[tuple[str, int]]:
    charges = list(Charge.objects.filter(invoice=invoice).order_by("pk").select_for_update(of=("self",)))
    lines = [Line(Account.PAYABLES, invoice.base_amount, invoice.currency_id, invoice.amount)]
    for charge in charges:
        lines.append(Line(Account.ACCRUED_CHARGES, -charge.actual_base, invoice.currency_id, -charge.actual_amount))
        charge.cancelled = charge.estimate_base is None  # a bill without estimate leaves nothing behind
        charge.actual_amount = charge.actual_base = charge.invoice = None
        charge.bump()
    fields = ["cancelled", "actual_amount", "actual_base", "invoice", "version"]
    update_rows(charges, fields)
    about = sorted({(f"logistics.{kind}", pk) for kind, pk in map(movement, charges)})
    _post(actor, invoice, day, Purpose.CHARGE_INVOICE, lines, about)
    share_charges(
        actor=actor, charges=charges, purpose=Purpose.CHARGE_INVOICE, event=events.CHARGE_CANCELLED, day=day,
        about={charge.pk: [(kind_of(invoice), invoice.pk)] for charge in charges},
    )  # fmt: skip
    return about


def _take_back_goods(actor: Actor, invoice: SupplierInvoice, day: date) -> list[tuple[str, int]]:
    base = base_currency(actor.company_id)
    lines = list(SupplierInvoiceLine.objects.filter(invoice=invoice).select_related("order_line").order_by("pk"))
    orders = {o.pk: o for o in lock_orders({line.order_line.order_id for line in lines})}
    lock_lines({line.order_line_id for line in lines})
    cleared = ZERO
    progress: dict[int, Progress] = {}
    moved: list[Moved] = []
    for line in lines:
        old = progress.get(line.order_line_id, Progress())
        progress[line.order_line_id] = Progress(
            billed=old.billed - line.accepted_quantity,
            billed_amount=old.billed_amount - line.accepted_amount,
            grni=old.grni + line.accepted_quantity,
            grni_base=old.grni_base + line.grni_base - line.price_base,
        )
        cleared += line.grni_base
        if line.price_base:
            moved.append(Moved(line.order_line_id, -line.price_base, line.pk, 0, day))
    payable = invoice.base_amount or ZERO
    accepted = sum((line.accepted_amount for line in lines), ZERO)
    posted = [
        Line(Account.GRNI, -cleared, invoice.currency_id, -accepted),
        Line(Account.PAYABLES, payable, invoice.currency_id, accepted),
        Line(Account.FX_DIFFERENCE, cleared - payable, base, cleared - payable),
        Line(Account.PAYABLES, -invoice.advance_base, invoice.currency_id, -invoice.advance_amount),
        Line(Account.SUPPLIER_ADVANCES, invoice.advance_base, invoice.currency_id, invoice.advance_amount),
    ]
    about = {(ORDER, pk) for pk in orders}
    for change, split in zip(
        moved, carry_costs(actor=actor, moved=moved, source_kind=kind_of(SupplierInvoiceLine)), strict=True
    ):
        posted += [Line(account, part, base, part) for account, part in split.parts if part]
        posted.append(Line(Account.GRNI, -change.amount, base, -change.amount))
        about |= split.about
    record_progress(actor=actor, changes=progress)
    if invoice.advance_amount:
        _give_back_deposit(actor, invoice, lines)
    SupplierInvoiceLine.objects.filter(invoice=invoice).update(
        accepted_quantity=0, accepted_amount=0, grni_base=0, price_base=0
    )
    _post(actor, invoice, day, Purpose.SUPPLIER_INVOICE, posted, sorted(about))
    return sorted(about)


def _give_back_deposit(actor: Actor, invoice: SupplierInvoice, lines: Sequence[SupplierInvoiceLine]) -> None:
    """What an invoice consumed of its orders' deposits; of several orders each gets its part by the lines' amounts."""
    amounts: dict[int, Decimal] = {}
    for line in lines:
        amounts[line.order_line.order_id] = amounts.get(line.order_line.order_id, ZERO) + line.accepted_amount
    left, left_base, whole = invoice.advance_amount, invoice.advance_base, sum(amounts.values(), ZERO)
    base, deposits = base_currency(invoice.company_id), {}
    for order in lock_orders(amounts):
        part = min(part_of(left, amounts[order.pk], whole, invoice.currency_id), order.deposit_used)
        part_base = part_of(left_base, part, left, base) if left else ZERO
        deposits[order.pk] = Deposit(used=-part, used_base=-part_base)
        left, left_base, whole = left - part, left_base - part_base, whole - amounts[order.pk]
    record_deposits(actor=actor, deposits=deposits)


@dataclass(frozen=True, slots=True)
class Debit:
    """What a supplier owes back on an invoice. ``quantity`` of ``order_line_id``: the goods it is about, if any."""

    invoice_id: int
    amount: Decimal
    day: date
    reason: str
    order_line_id: int | None = None
    quantity: Decimal = ZERO
    reopen_billing: bool = False
    remarks: str = ""


@transaction.atomic
def issue_debit_note(*, actor: Actor, debit: Debit) -> DebitNote:
    """This will lower what we owe on a posted invoice; what is already paid of it the supplier owes us (claims).

    The other side follows the reason: a wrong price goes to the cost of the goods; with ``reopen_billing`` the goods
    count as not invoiced again; short, returned or defective goods settle the claim that was booked for them.
    Raises RuleBroken for more than the invoice, or than was billed of the line; PeriodClosed.
    """
    actor.needs("finance.post_supplierinvoice")
    invoice = lock(SupplierInvoice.objects.visible_to(actor), debit.invoice_id)
    line = _check_debit(invoice, debit)
    base = base_currency(actor.company_id)
    payable = min(debit.amount, invoice.open_amount)
    payable_base = part_of(invoice.open_base, payable, invoice.open_amount, base) if payable else ZERO
    owed = debit.amount - payable
    accepted = invoice.amount - invoice.disputed_amount
    owed_base = part_of(invoice.base_amount, owed, accepted, base) if owed else ZERO
    note = DebitNote.objects.create(
        company_id=invoice.company_id,
        number=take_numbers(invoice.company_id, "DB", [debit.day])[0],
        invoice=invoice,
        debit_date=debit.day,
        reason=debit.reason,
        amount=debit.amount,
        base_amount=payable_base + owed_base,
        payable_amount=payable,
        payable_base=payable_base,
        order_line_id=debit.order_line_id,
        quantity=debit.quantity,
        reopen_billing=debit.reopen_billing,
        remarks=debit.remarks.strip(),
        created_by=actor.name,
    )
    about = _book_debit(actor, note, line, invoice, debit.day, 1)
    announce_many(events.DEBIT_NOTED, kind_of(note), [News(note.pk, note.company_id, about)], actor=actor)
    return note


@transaction.atomic
def cancel_debit_note(*, actor: Actor, invoice_id: int, note_id: int, day: date) -> DebitNote:
    """This will take a debit note back. Raises TransitionRefused when it is cancelled already, or (part of) what it had
    opened again is billed meanwhile.
    """
    actor.needs("finance.post_supplierinvoice")
    invoice = lock(SupplierInvoice.objects.visible_to(actor), invoice_id)
    note = DebitNote.objects.select_for_update().filter(pk=note_id, invoice=invoice).first()
    if note is None:
        raise NotVisible()
    if note.cancelled_at:
        raise TransitionRefused(_("%(note)s is already cancelled.") % {"note": note})
    line = (
        SupplierInvoiceLine.objects.filter(invoice=invoice, order_line_id=note.order_line_id)
        .select_related("order_line")
        .first()
        if note.order_line_id
        else None
    )
    if line is not None and note.reopen_billing:
        _refuse_billed_again(note, line)
    note.cancelled_at = timezone.now()
    note.save()
    about = _book_debit(actor, note, line, invoice, day, -1)
    announce_many(events.DEBIT_CANCELLED, kind_of(note), [News(note.pk, note.company_id, about)], actor=actor)
    return note


def _refuse_billed_again(note: DebitNote, line: SupplierInvoiceLine) -> None:
    """What a note opened for billing, and another invoice billed since, cannot be billed by this one as well."""
    order_line = line.order_line
    most = max(order_line.quantity, order_line.received_quantity)
    others = SupplierInvoiceLine.objects.filter(order_line=order_line, invoice__status__in=InvoiceStatus.payable())
    other = others.exclude(invoice_id=note.invoice_id).select_related("invoice").order_by("-pk").first()
    if other is not None and order_line.billed_quantity + note.quantity > most:
        raise TransitionRefused(
            _("What %(note)s opened for billing is billed again by %(invoice)s; cancel that one first.")
            % {"note": note, "invoice": other.invoice}
        )


def _check_debit(invoice: SupplierInvoice, debit: Debit) -> SupplierInvoiceLine | None:
    if invoice.kind != InvoiceKind.GOODS or invoice.status not in InvoiceStatus.payable():
        raise TransitionRefused(_("%(invoice)s is not a posted goods invoice.") % {"invoice": invoice})
    if debit.reason not in DebitReason.values:
        raise RuleBroken(_("There is no such reason."), field="reason")
    left = invoice.amount - invoice.disputed_amount - invoice.credited_amount
    if not 0 < debit.amount <= left:
        said = {"invoice": invoice, "left": spoken_money(left, invoice.currency_id)}
        raise RuleBroken(_("Of %(invoice)s at most %(left)s can be debited.") % said, field="amount")
    if not debit.order_line_id:
        if debit.reopen_billing or debit.reason == DebitReason.PRICE:
            raise RuleBroken(_("Say which order line it is about."), field="order_line")
        return None
    line = (
        SupplierInvoiceLine.objects.filter(invoice=invoice, order_line_id=debit.order_line_id)
        .select_related("order_line")
        .first()
    )
    if line is None:
        raise RuleBroken(_("%(invoice)s does not bill that order line.") % {"invoice": invoice}, field="order_line")
    standing = invoice.debit_notes.filter(order_line_id=debit.order_line_id, cancelled_at=None)
    debited = standing.aggregate(total=Sum("quantity"))["total"] or ZERO
    if debit.quantity < 0 or debit.quantity > line.accepted_quantity - debited:
        raise RuleBroken(
            _("%(invoice)s bills %(quantity)s of that line, and %(debited)s of it are debited already.")
            % {"invoice": invoice, "quantity": spoken(line.accepted_quantity), "debited": spoken(debited)},
            field="quantity",
        )
    return line


def _book_debit(
    actor: Actor, note: DebitNote, line: SupplierInvoiceLine | None, invoice: SupplierInvoice, day: date, sign: int
) -> list[tuple[str, int]]:
    """The postings and progress of a debit note (``sign`` 1), or their mirror image when it is cancelled (−1)."""
    base = base_currency(note.company_id)
    invoice.credited_amount += sign * note.payable_amount
    invoice.credited_base += sign * note.payable_base
    invoice.bump()
    invoice.save()
    owed, owed_base = note.amount - note.payable_amount, note.base_amount - note.payable_base
    lines = [
        Line(Account.PAYABLES, sign * note.payable_base, invoice.currency_id, sign * note.payable_amount),
        Line(Account.CLAIMS, sign * owed_base, invoice.currency_id, sign * owed),
    ]
    about = {(kind_of(invoice), invoice.pk)}
    amount = sign * note.base_amount
    if line is not None:
        about.add((ORDER, line.order_line.order_id))
    if line is not None and note.reopen_billing:
        change = Progress(
            billed=-sign * note.quantity, billed_amount=-sign * note.amount, grni=sign * note.quantity, grni_base=amount
        )
        record_progress(actor=actor, changes={line.order_line_id: change})
        lines.append(Line(Account.GRNI, -amount, invoice.currency_id, -sign * note.amount))
    elif line is not None and note.reason == DebitReason.PRICE:
        (split,) = carry_costs(
            actor=actor, moved=[Moved(line.order_line_id, -amount, note.pk, 0, day)], source_kind=kind_of(note)
        )
        lines += [Line(account, part, base, part) for account, part in split.parts if part]
        about |= split.about
    else:
        lines.append(Line(Account.CLAIMS, -amount, invoice.currency_id, -sign * note.amount))
    found = sorted(about)
    _post(actor, note, day, Purpose.SUPPLIER_INVOICE, lines, found, party_id=invoice.supplier_id)
    return found


def _post(
    actor: Actor, source, day: date, purpose: Purpose, lines: Sequence[Line], about: Sequence[tuple[str, int]],
    party_id: int | None = None,
) -> None:  # fmt: skip
    party = party_id or source.supplier_id
    draft = Draft(day=day, purpose=purpose, source=source, party_id=party, lines=lines, about=about)
    post_many(actor=actor, company_id=source.company_id, drafts=[draft])
