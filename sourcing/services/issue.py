"""Issuing an order and what may happen to it afterwards: amended, closed short, re-opened, cancelled."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import approvals, mail, work
from core.actor import Actor
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.money import line_total
from core.outbox import About, announce
from reference import exchange
from reference.units import spoken
from sourcing import events
from sourcing.flows import PURCHASE_ORDER, LineAnswer, OrderStatus
from sourcing.models import OrderRevision, PurchaseOrder, PurchaseOrderLine
from sourcing.services.orders import LineInput, OrderInput, _errors, _Known, _raise, base_amount
from suppliers.models import Supplier
from suppliers.services import refuse_held

CONFIRM_TASK, APPROVE_TASK, DECIDE_TASK = "sourcing.confirm_order", "sourcing.approve_order", "sourcing.decide_changes"
RATE_AGE_DAYS = 10  # a weekend and a holiday; older than that, somebody must load rates


@transaction.atomic
def submit_purchase_order(*, actor: Actor, order_id: int, today: date, version: int | None = None) -> PurchaseOrder:
    """This will ask for approval of a draft. Raises MissingRate when its value in base currency cannot be told."""
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    PURCHASE_ORDER.take(order, "submit", actor)
    _price(order, today)
    approvals.request_approval(actor=actor, document=order, amount=order.base_total, content=content_of(order))
    work.open_task(
        APPROVE_TASK, order, title=_("Approve %(order)s") % {"order": order}, role="approver", due_date=today
    )
    return _save(order, events.ORDER_SUBMITTED, actor)


@transaction.atomic
def approve_purchase_order(
    *, actor: Actor, order_id: int, comment: str = "", version: int | None = None
) -> PurchaseOrder:
    """This will count the actor's approval; with the last one needed the order becomes approved.

    Raises NotAllowed for the requester or above the actor's limit, TransitionRefused when the content changed since.
    """
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    actor.needs("sourcing.approve_purchaseorder")
    if order.status == OrderStatus.SUBMITTED and not approvals.vote(
        actor=actor, document=order, content=content_of(order), comment=comment
    ):
        return order
    PURCHASE_ORDER.take(order, "approve", actor)
    work.finish_tasks(order, APPROVE_TASK)
    return _save(order, events.ORDER_APPROVED, actor)


@transaction.atomic
def return_purchase_order(*, actor: Actor, order_id: int, reason: str, version: int | None = None) -> PurchaseOrder:
    """This will send a submitted or approved order back to draft, with the reason in the event."""
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    PURCHASE_ORDER.take(order, "reject", actor)
    approvals.reject(document=order)
    work.finish_tasks(order, APPROVE_TASK)
    return _save(order, events.ORDER_RETURNED, actor, payload={"reason": reason})


@transaction.atomic
def send_purchase_order(*, actor: Actor, order_id: int, today: date, version: int | None = None) -> PurchaseOrder:
    """This will issue an approved order: freeze the rate and the content, owe the supplier's confirmation, tell him."""
    order = _locked(actor, order_id, version)
    PURCHASE_ORDER.take(order, "send", actor)
    return _issue(order, actor, today)


@transaction.atomic
def issue_purchase_order(*, actor: Actor, order_id: int, today: date, version: int | None = None) -> PurchaseOrder:
    """This will submit, approve and send a draft in one step, where the actor's approval limit covers it.

    Raises TransitionRefused with the limit and the amount when it does not: submit it for approval then.
    """
    order = _locked(actor, order_id, version)
    PURCHASE_ORDER.take(order, "issue", actor)
    base_currency = _price(order, today)
    if not approvals.covers(actor, order.base_total):
        raise TransitionRefused(
            _("%(order)s is worth %(amount)s %(currency)s, above your limit of %(limit)s. Submit it for approval.")
            % {
                "order": order,
                "amount": order.base_total,
                "currency": base_currency,
                "limit": actor.approval_limit.quantize(Decimal(1)),
            }
        )
    return _issue(order, actor, today, priced=True)


def _locked(actor: Actor, order_id: int, version: int | None) -> PurchaseOrder:
    """The locked order, with whom it is issued by and to."""
    orders = PurchaseOrder.objects.visible_to(actor).select_related("company", "supplier")
    return lock(orders, order_id, version=version)


def _issue(order: PurchaseOrder, actor: Actor, today: date, *, priced: bool = False) -> PurchaseOrder:
    profile = Supplier.objects.filter(organisation_id=order.supplier_id).first()
    if profile:
        profile.organisation = order.supplier
        refuse_held(profile, "orders", on=today)
    if not priced:
        _price(order, today)
    lines = list(order.lines.all())
    undated = [line.position for line in lines if line.requested_date is None and not line.cancelled]
    if undated:
        raise RuleBroken(
            _("Line %(lines)s of %(order)s has no requested date; the supplier must know when we need the goods.")
            % {"lines": ", ".join(map(str, undated)), "order": order},
            field="lines",
        )
    order.sent_at = actor.at or timezone.now()
    OrderRevision.objects.create(
        order=order,
        revision=order.revision,
        content=content_of(order, lines),
        issued_by=actor.name,
        issued_at=order.sent_at,
    )
    work.open_task(
        CONFIRM_TASK,
        order,
        title=_("Confirm %(order)s") % {"order": order},
        party_id=order.supplier_id,
        due_date=today + 3 * date.resolution,
        url=f"/portal/orders/{order.pk}/",
    )
    if order.supplier.email:
        mail.queue(
            to=order.supplier.email,
            company_id=order.company_id,
            subject=_("Order %(order)s") % {"order": order},
            text=_("A new order waits for your confirmation: %(order)s. Log in to the portal to answer line by line.")
            % {"order": order},
        )
    return _save(order, events.ORDER_SENT, actor, payload={"revision": order.revision})


@transaction.atomic
def amend_purchase_order(
    *,
    actor: Actor,
    order_id: int,
    lines: Sequence[tuple[int | None, LineInput | None]],
    reason: str,
    today: date,
    version: int | None = None,
) -> PurchaseOrder:
    """This will change an issued order and send the next revision; the supplier confirms the changed lines again.

    ``lines`` pairs a line id (None: a new line) with its new content (None: the line is withdrawn). Lines not named stay.
    Raises RuleBroken when a line would fall below what is shipped, received or billed, or the new total exceeds the
    actor's approval limit.
    """
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    PURCHASE_ORDER.take(order, "amend", actor)
    if not reason.strip():
        raise RuleBroken(_("Say why the order is changed; the supplier will read it."), field="reason")
    if not lines:
        raise RuleBroken(_("Nothing is changed."), field="lines")
    current = {line.pk: line for line in order.lines.select_for_update().order_by("pk")}
    inputs = [content for _pk, content in lines if content is not None]
    header = OrderInput(
        supplier_id=order.supplier_id,
        order_date=order.order_date,
        currency=order.currency_id,
        incoterm=order.incoterm,
        named_place=order.named_place,
        mode=order.mode,
        unit_price_order=True,  # the supplier's minimum was checked when the order was made
        number=order.number,
        lines=inputs or [LineInput(line.product_id, line.quantity, line.unit_price) for line in current.values()],
    )
    known = _Known(actor, [header])
    _raise(_errors(replace(header, unit_price_order=order.unit_price_order), known, ""))
    next_position = max((line.position for line in current.values()), default=0) + 1
    for index, (pk, content) in enumerate(lines):
        if pk is None:
            if content is None:
                continue
            line = PurchaseOrderLine(company_id=order.company_id, order=order, position=next_position)
            next_position += 1
        elif pk in current:
            line = current[pk]
        else:
            raise RuleBroken(_("Line %(line)s is not on this order.") % {"line": pk}, field=f"lines/{index}/line")
        _amend_line(line, content, known, order.currency_id, index)
        line.save()
        current[line.pk] = line
    live = [line for line in current.values() if not line.cancelled]
    if not live:
        raise RuleBroken(_("No line would be left; cancel the order instead."), field="lines")
    order.total = sum((line.amount for line in live), Decimal(0))
    _price(order, today)
    if not approvals.covers(actor, order.base_total):
        raise TransitionRefused(
            _("The changed order is worth more than your approval limit; ask somebody with a higher limit to amend it.")
        )
    order.revision += 1
    order.confirmed_at = None
    _issue(order, actor, today, priced=True)
    announce(events.ORDER_AMENDED, order, actor=actor, payload={"revision": order.revision, "reason": reason})
    return order


def _amend_line(line: PurchaseOrderLine, content: LineInput | None, known: _Known, currency: str, index: int) -> None:
    if content is None:
        if line.done_quantity:
            raise RuleBroken(
                _("Line %(line)s has shipments, receipts or invoices and cannot be withdrawn.")
                % {"line": line.position},
                field=f"lines/{index}",
            )
        line.cancelled, line.amount = True, Decimal(0)
        return
    amount = line_total(content.quantity, content.unit_price, currency)
    refuse_below_done(line, content.quantity, amount, f"lines/{index}/quantity", f"lines/{index}/unit_price")
    product = known.products[content.product_id]
    line.product, line.sku, line.unit = product, product.sku, product.unit
    line.description = content.description or product.name
    line.quantity, line.unit_price, line.amount = content.quantity, content.unit_price, amount
    if content.requested_date and content.requested_date != line.requested_date:
        # We moved the date ourselves before cut-off: the supplier is measured against the new one.
        line.requested_date = line.original_promised_date = line.promised_date = content.requested_date
    line.answer = LineAnswer.AGAIN if line.pk else LineAnswer.OPEN


def refuse_below_done(line: PurchaseOrderLine, quantity: Decimal, amount: Decimal, at: str, price_at: str = "") -> None:
    """This will raise RuleBroken (at ``at``) for a quantity or amount below what was shipped, received or billed (P-08)."""
    if quantity < line.done_quantity:
        raise RuleBroken(
            _("Line %(line)s: %(done)s are already shipped, received or billed; the quantity cannot fall below that.")
            % {"line": line.position, "done": spoken(line.done_quantity)},
            field=at,
        )
    if amount < line.billed_amount:
        raise RuleBroken(
            _("Line %(line)s: %(billed)s is already billed; its amount cannot fall below that.")
            % {"line": line.position, "billed": spoken(line.billed_amount)},
            field=price_at or at,
        )


@transaction.atomic
def cancel_purchase_order(*, actor: Actor, order_id: int, reason: str, version: int | None = None) -> PurchaseOrder:
    """This will cancel an order nothing of which was shipped, received or billed. An issued one is never deleted."""
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    PURCHASE_ORDER.take(order, "cancel", actor)
    _needs_reason(reason)
    for line in order.lines.all():
        if line.shipped_quantity or line.received_quantity or line.billed_quantity:
            raise TransitionRefused(
                _("%(order)s has shipments, receipts or invoices; close it short instead.") % {"order": order}
            )
    order.end_reason = reason
    approvals.reject(document=order)
    work.finish_tasks(order)
    return _save(order, events.ORDER_CANCELLED, actor, payload={"reason": reason})


@transaction.atomic
def close_purchase_order(*, actor: Actor, order_id: int, reason: str, version: int | None = None) -> PurchaseOrder:
    """This will close an issued order: what is still open of it is no longer expected."""
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    PURCHASE_ORDER.take(order, "close", actor)
    _needs_reason(reason)
    order.end_reason = reason
    work.finish_tasks(order)
    return _save(order, events.ORDER_CLOSED, actor, payload={"reason": reason})


@transaction.atomic
def reopen_purchase_order(*, actor: Actor, order_id: int, version: int | None = None) -> PurchaseOrder:
    """This will open a closed order again, with what was open of it."""
    order = lock(PurchaseOrder.objects.visible_to(actor), order_id, version=version)
    PURCHASE_ORDER.take(order, "reopen", actor)
    order.end_reason = ""
    return _save(order, events.ORDER_REOPENED, actor)


def content_of(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine] | None = None) -> dict:
    """What is approved and issued: header and lines as decimal strings and ISO dates."""
    lines = lines if lines is not None else list(order.lines.all())
    return {
        "number": order.number,
        "supplier": order.supplier_id,
        "currency": order.currency_id,
        "incoterm": order.incoterm,
        "named_place": order.named_place,
        "payment_term": order.payment_term_id,
        "total": str(order.total.quantize(Decimal("0.0001"))),
        "lines": [
            {
                "position": line.position,
                "sku": line.sku,
                "description": line.description,
                "quantity": str(line.quantity.quantize(Decimal("0.0001"))),
                "unit": line.unit_id,
                "unit_price": str(line.unit_price.quantize(Decimal("0.000001"))),
                "amount": str(line.amount.quantize(Decimal("0.0001"))),
                "requested_date": line.requested_date and line.requested_date.isoformat(),
            }
            for line in sorted(lines, key=lambda line: line.position)
            if not line.cancelled
        ],
    }


def _price(order: PurchaseOrder, today: date) -> str:
    """This will freeze the order's rate and value in base currency as of ``today``; returns the base currency."""
    base = order.company.base_currency_id
    order.exchange_rate = exchange.rate(order.currency_id, base, today, max_age_days=RATE_AGE_DAYS)
    order.base_total = base_amount(order, order.exchange_rate, base)
    return base


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleBroken(_("Give a reason; it stays with the order."), field="reason")


def _save(order: PurchaseOrder, name, actor: Actor, *, about: About = (), payload: dict | None = None) -> PurchaseOrder:
    order.bump()
    order.save()
    announce(name, order, actor=actor, about=about, payload=payload)
    return order
