"""Promising: an order is confirmed, its goods reserved, its dates kept or moved, and how it ends short."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import NotVisible, RuleBroken, TransitionRefused
from core.money import EXACT, round_amount
from core.outbox import News, announce, announce_many, kind_of
from inventory.services import Want, release_reservation, reserve
from parties.models import Company
from reference import exchange
from sales import events
from sales.flows import CUSTOMER_ORDER, CustomerOrderStatus
from sales.models import CustomerOrder, CustomerOrderLine
from sales.selectors import RATE_AGE_DAYS
from sales.services.credit import refuse_over_credit
from sales.services.orders import OrderInput, create_customer_orders, raise_errors
from sales.services.progress import RESERVED_AS, take_over_reserved


def confirm_customer_order(*, actor: Actor, order_id: int, today: date, version: int | None = None) -> CustomerOrder:
    """This will confirm one draft; see ``confirm_customer_orders``."""
    return confirm_customer_orders(actor=actor, order_ids=[order_id], today=today, versions={order_id: version})[0]


@transaction.atomic
def confirm_customer_orders(
    *, actor: Actor, order_ids: Sequence[int], today: date, versions: Mapping[int, int | None] | None = None
) -> list[CustomerOrder]:
    """This will confirm drafts, all or none: freeze rate and commit dates, pass the credit gate, reserve what there is.

    What cannot be reserved waits (``reserve_waiting``). Raises RuleBroken when a line has no promised date,
    CreditRefused at the credit gate, MissingRate when the order's worth in base currency cannot be told.
    """
    orders = _lock_orders(actor, order_ids)
    for order in orders:
        wanted = (versions or {}).get(order.pk)
        if wanted is not None and wanted != order.version:
            lock(CustomerOrder.objects.visible_to(actor), order.pk, version=wanted)  # raises StaleDocument
        CUSTOMER_ORDER.take(order, "confirm", actor)
    currency = _price(actor, [(order, today) for order in orders])
    refuse_over_credit(actor=actor, orders=orders, currency=currency, today=today)
    moment = actor.at or timezone.now()
    return _confirm(actor, orders, {order.pk: moment for order in orders})


@transaction.atomic
def record_agreed_orders(*, actor: Actor, orders: Sequence[OrderInput], reserving: bool = True) -> list[CustomerOrder]:
    """This will write orders that were agreed elsewhere: created and confirmed on their order date, past the credit
    gate.

    They go through the same steps as any order, in bulk, and announce the same events. ``reserving=False`` leaves stock
    alone (history whose goods left long ago). Raises RuleBroken naming wrong inputs, MissingRate.
    """
    actor.needs("sales.confirm_customerorder")
    documents = create_customer_orders(actor=actor, orders=orders)
    _price(actor, [(document, document.order_date) for document in documents])
    for document in documents:
        CUSTOMER_ORDER.take(document, "confirm", actor)
    moments = {d.pk: datetime.combine(d.order_date, time(12), UTC) for d in documents}
    return _confirm(actor, documents, moments, reserving=reserving)


def _confirm(
    actor: Actor, orders: Sequence[CustomerOrder], moments: Mapping[int, datetime], *, reserving: bool = True
) -> list[CustomerOrder]:
    lines = list(CustomerOrderLine.objects.filter(order__in=orders).order_by("pk").select_for_update())
    by_order: dict[int, list[CustomerOrderLine]] = {order.pk: [] for order in orders}
    for line in lines:
        by_order[line.order_id].append(line)
    errors = []
    for order in orders:
        undated = [
            str(line.position) for line in by_order[order.pk] if line.promised_date is None and not line.cancelled
        ]
        if undated:
            sentence = _(
                "Line %(lines)s of %(order)s has no promised date; the customer must know when the goods come."
            )
            errors.append({"pointer": "/lines", "detail": sentence % {"lines": ", ".join(undated), "order": order}})
    raise_errors(errors)
    for line in lines:
        line.commit_date = line.promised_date
    if reserving:
        warehouses = {order.pk: order.warehouse_id for order in orders}
        _reserve(actor, lines, warehouses)
    update_rows(lines, ["commit_date", "reserved_quantity"])
    for order in orders:
        order.confirmed_at = moments[order.pk]
        order.bump()
    fields = ["status", "confirmed_at", "exchange_rate", "base_total", "version"]
    update_rows(orders, fields)
    news = [News(order.pk, order.company_id) for order in orders]
    announce_many(events.ORDER_CONFIRMED, kind_of(CustomerOrder), news, actor=actor)
    return list(orders)


def _reserve(actor: Actor, lines: Sequence[CustomerOrderLine], warehouses: Mapping[int, int]) -> None:
    """This will reserve what is still open of locked lines, earliest promise first, and note it on them (in memory)."""
    first = sorted(lines, key=lambda line: (line.promised_date or date.max, line.pk))
    wants = [
        Want(
            line.product_id,
            warehouses[line.order_id],
            line.open_quantity - line.reserved_quantity,
            RESERVED_AS,
            line.pk,
        )
        for line in first
        if line.open_quantity > line.reserved_quantity
    ]
    reserve(actor=actor, wants=wants)
    take_over_reserved(lines)


@transaction.atomic
def reserve_waiting(
    *,
    actor: Actor,
    product_ids: Iterable[int] | None = None,
    warehouse_id: int | None = None,
    order_ids: Iterable[int] | None = None,
) -> list[CustomerOrder]:
    """This will reserve for confirmed orders that wait for goods, earliest promise first; call it when goods have come.

    Narrowed to some products, a warehouse or some orders. Returns the orders for which something changed.
    """
    waiting = CustomerOrder.objects.visible_to(actor).short()
    if warehouse_id is not None:
        waiting = waiting.filter(warehouse_id=warehouse_id)
    if order_ids is not None:
        waiting = waiting.filter(pk__in=list(order_ids))
    lines = CustomerOrderLine.objects.filter(order__in=waiting.order_by().values("pk"), cancelled=False)
    if product_ids is not None:
        lines = lines.filter(product_id__in=list(product_ids))
    locked = list(lines.select_related("order").order_by("pk").select_for_update(of=("self",)))
    before = {line.pk: line.reserved_quantity for line in locked}
    _reserve(actor, locked, {line.order_id: line.order.warehouse_id for line in locked})
    changed = [line for line in locked if line.reserved_quantity != before[line.pk]]
    update_rows(changed, ["reserved_quantity"])
    orders = {line.order_id: line.order for line in changed}
    news = [News(pk, order.company_id) for pk, order in sorted(orders.items())]
    announce_many(events.ORDER_RESERVED, kind_of(CustomerOrder), news, actor=actor)
    return list(orders.values())


@transaction.atomic
def repromise(
    *,
    actor: Actor,
    order_id: int,
    dates: Mapping[int, date],
    today: date,
    reason: str,
    asked_by_customer: bool = False,
    version: int | None = None,
) -> CustomerOrder:
    """This will move promised dates (by line id). The commit date, which on-time is judged by, stays.

    Only what the customer himself asked for before the day it was due moves the commit date too.
    """
    actor.needs("sales.change_customerorder")
    order = lock(CustomerOrder.objects.visible_to(actor), order_id, version=version)
    if order.status != CustomerOrderStatus.CONFIRMED:
        raise TransitionRefused(_("%(order)s is not confirmed; edit its dates as a draft.") % {"order": order})
    if not reason.strip():
        raise RuleBroken(_("Say why the promise moves."), field="reason")
    lines = {line.pk: line for line in order.lines.select_for_update().order_by("pk")}
    moved = []
    for pk, day in dates.items():
        line = lines.get(pk)
        if line is None or line.cancelled:
            raise RuleBroken(_("Line %(line)s is not on this order.") % {"line": pk}, field="dates")
        if not line.open_quantity:
            raise RuleBroken(_("Line %(line)s is delivered already.") % {"line": line.position}, field="dates")
        if day < today:
            raise RuleBroken(_("A new promise cannot lie in the past."), field="dates")
        if day == line.promised_date:
            continue
        line.promised_date = day
        if asked_by_customer and line.commit_date and today < line.commit_date:
            line.commit_date = day
        moved.append(line)
    if not moved:
        raise RuleBroken(_("No date is changed."), field="dates")
    update_rows(moved, ["promised_date", "commit_date"])
    return _save(
        order,
        events.ORDER_REPROMISED,
        actor,
        payload={"reason": reason, "asked_by_customer": asked_by_customer, "lines": [line.position for line in moved]},
    )


@transaction.atomic
def cancel_customer_order(
    *, actor: Actor, order_id: int, reason: str, today: date, by_customer: bool = False, version: int | None = None
) -> CustomerOrder:
    """This will cancel an order of which nothing was delivered or billed, and give its reservations free."""
    order = lock(CustomerOrder.objects.visible_to(actor), order_id, version=version)
    CUSTOMER_ORDER.take(order, "cancel", actor)
    _needs_reason(reason)
    lines = list(order.lines.select_for_update().order_by("pk"))
    if any(line.delivered_quantity or line.billed_quantity for line in lines):
        raise TransitionRefused(_("%(order)s has deliveries or invoices; close it short instead.") % {"order": order})
    order.cancelled_by_customer = by_customer
    return _end(order, lines, events.ORDER_CANCELLED, actor, reason, today, by_customer=by_customer)


@transaction.atomic
def close_customer_order(
    *, actor: Actor, order_id: int, reason: str, today: date, version: int | None = None
) -> CustomerOrder:
    """This will close a confirmed order short: what is open of it will not be delivered; its reservations are given
    free.
    """
    order = lock(CustomerOrder.objects.visible_to(actor), order_id, version=version)
    CUSTOMER_ORDER.take(order, "close", actor)
    _needs_reason(reason)
    lines = list(order.lines.select_for_update().order_by("pk"))
    return _end(order, lines, events.ORDER_CLOSED, actor, reason, today)


def _end(order, lines, name, actor: Actor, reason: str, today: date, **payload) -> CustomerOrder:
    release_reservation(actor=actor, document_kind=RESERVED_AS, line_ids=[line.pk for line in lines])
    for line in lines:
        line.reserved_quantity = Decimal(0)
    update_rows(lines, ["reserved_quantity"])
    order.end_reason, order.ended_date = reason.strip(), today
    return _save(order, name, actor, payload={"reason": reason, **payload})


def _lock_orders(actor: Actor, order_ids: Sequence[int]) -> list[CustomerOrder]:
    """The orders, locked in key order, returned in the order given."""
    rows = (
        CustomerOrder.objects.visible_to(actor)
        .filter(pk__in=set(order_ids))
        .select_related("customer")
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    found = {order.pk: order for order in rows}
    if set(order_ids) - found.keys():
        raise NotVisible()
    return [found[pk] for pk in dict.fromkeys(order_ids)]


def _price(actor: Actor, orders: Sequence[tuple[CustomerOrder, date]]) -> str:
    """This will freeze the rate and worth of orders as of a day each (in memory); returns the base currency."""
    base = Company.objects.filter(pk=actor.company_id).values_list("base_currency_id", flat=True)[0]
    rates = exchange.rates_for({(o.currency_id, base, day) for o, day in orders}, max_age_days=RATE_AGE_DAYS)
    for order, day in orders:
        order.exchange_rate = rates[order.currency_id, base, day].value
        order.base_total = round_amount(EXACT.multiply(order.total, order.exchange_rate), base)
    return base


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleBroken(_("Give a reason; it stays with the order."), field="reason")


def _save(order: CustomerOrder, name, actor: Actor, *, payload: dict | None = None) -> CustomerOrder:
    order.bump()
    order.save()
    announce(name, order, actor=actor, payload=payload)
    return order
