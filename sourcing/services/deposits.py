"""Deposits of an order, and what goods of it are worth when they become ours (IFRIC 22: a deposit keeps its own rate)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.errors import RuleBroken
from core.money import EXACT, line_total, round_amount
from core.outbox import News, announce_many
from reference import exchange
from sourcing.events import ORDER_DEPOSIT_CHANGED
from sourcing.models import PurchaseOrder, PurchaseOrderLine

RATE_AGE_DAYS = 10


@dataclass(frozen=True, slots=True)
class Deposit:
    """What to add to an order's deposit (negative to take back): order currency, and base currency at its own rate."""

    paid: Decimal = Decimal(0)
    paid_base: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    used_base: Decimal = Decimal(0)


def record_deposit(*, actor: Actor, order_id: int, deposit: Deposit) -> PurchaseOrder:
    """This will record one order's deposit; see ``record_deposits``."""
    return record_deposits(actor=actor, deposits={order_id: deposit})[0]


@transaction.atomic
def record_deposits(*, actor: Actor, deposits: Mapping[int, Deposit]) -> list[PurchaseOrder]:
    """This will add deposits paid, or consumed by goods invoiced, to the orders, and announce it for each.

    Raises RuleBroken when more would be paid than the order is worth, or more used than was paid.
    """
    orders = lock_orders(deposits)
    for order in orders:
        change = deposits[order.pk]
        order.deposit_paid += change.paid
        order.deposit_paid_base += change.paid_base
        order.deposit_used += change.used
        order.deposit_used_base += change.used_base
        if change.paid > 0 and order.deposit_paid > order.total:
            raise RuleBroken(
                _("%(order)s is worth %(total)s %(currency)s; deposits of %(paid)s would exceed that.")
                % {"order": order, "total": order.total, "currency": order.currency_id, "paid": order.deposit_paid},
                field="amount",
            )
        if not 0 <= order.deposit_used <= order.deposit_paid:
            raise RuleBroken(
                _("%(order)s: %(used)s of the deposit would be consumed, and %(paid)s was paid.")
                % {"order": order, "used": order.deposit_used, "paid": order.deposit_paid}
            )
    update_rows(orders, ["deposit_paid", "deposit_paid_base", "deposit_used", "deposit_used_base"])
    news = [News(order.pk, order.company_id) for order in orders]
    announce_many(ORDER_DEPOSIT_CHANGED, "sourcing.purchaseorder", news, actor=actor)
    return orders


def lock_orders(order_ids) -> list[PurchaseOrder]:
    """This will lock orders in key order (headers before their lines)."""
    return list(PurchaseOrder.objects.filter(pk__in=list(order_ids)).order_by("pk").select_for_update(of=("self",)))


@dataclass(frozen=True, slots=True)
class Advance:
    """A part of a deposit, in order currency and in base currency at the deposit's own rate."""

    amount: Decimal
    base: Decimal


def unused_deposit(order: PurchaseOrder) -> Advance:
    return Advance(order.deposit_paid - order.deposit_used, order.deposit_paid_base - order.deposit_used_base)


def value_goods(
    quantities: Mapping[int, Decimal], *, lines: Mapping[int, PurchaseOrderLine], base_currency: str, on: date
) -> dict[int, Decimal]:
    """This will return what these quantities of order lines cost in base currency when they become ours on ``on``.

    ``lines`` are locked, with their orders loaded. Goods that were invoiced before they became ours keep the
    invoice's rate; of the others, the part that a deposit covers (pro rata to the order's value) keeps the deposit's
    rate, and the rest takes the rate of the day. Raises MissingRate.
    """
    pairs = {(lines[pk].order.currency_id, base_currency, on) for pk in quantities}
    rates = exchange.rates_for(pairs, max_age_days=RATE_AGE_DAYS)
    values = {}
    for pk, quantity in quantities.items():
        line = lines[pk]
        order, found = line.order, rates[line.order.currency_id, base_currency, on]
        invoiced = min(quantity, max(-line.grni_quantity, Decimal(0)))
        value = Decimal(0)
        if invoiced:
            value = (
                -line.grni_base
                if invoiced == -line.grni_quantity
                else round_amount(EXACT.divide(-line.grni_base * invoiced, -line.grni_quantity), base_currency)
            )
        amount = line_total(quantity - invoiced, line.unit_price, order.currency_id)
        covered = covered_by_deposit(order, amount)
        value += round_amount(covered.base + found.convert(amount - covered.amount), base_currency)
        values[pk] = value
    return values


def covered_by_deposit(order: PurchaseOrder, amount: Decimal) -> Advance:
    """The part of goods worth ``amount`` (order currency) that the order's deposit covers pro rata, unrounded."""
    if not order.deposit_paid or not order.total:
        return Advance(Decimal(0), Decimal(0))
    covered = min(EXACT.divide(order.deposit_paid * amount, order.total), amount)
    return Advance(covered, EXACT.divide(order.deposit_paid_base * covered, order.deposit_paid))
