"""The credit gate: finance writes a customer's exposure down, sales reads it before it promises goods (FIN-06)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.money import Money, round_amount
from core.outbox import announce
from sales.events import ORDER_CREDIT_RELEASED
from sales.flows import CustomerOrderStatus
from sales.models import Customer, CustomerOrder
from sales.selectors import unbilled_of

OVERDUE_DAYS = 60
ZERO = Decimal(0)


class CreditRefused(RuleBroken):
    """The customer is over his credit limit, or overdue for too long."""

    code = "credit_refused"


@dataclass(frozen=True, slots=True)
class Exposure:
    """``open_balance``: invoiced and not paid, base currency. ``overdue_since``: due date of the oldest unpaid
    invoice past due.
    """

    open_balance: Decimal
    overdue_since: date | None = None


@transaction.atomic
def record_exposure(*, actor: Actor, exposures: Mapping[int, Exposure]) -> None:
    """This will write down what customers (by organisation id) owe; finance calls it with every invoice and payment.

    Customers without a customer record have no limit and are passed over.
    """
    rows = list(
        Customer.objects.filter(company_id=actor.company_id, organisation_id__in=list(exposures))
        .order_by("pk")
        .select_for_update()
    )
    for row in rows:
        exposure = exposures[row.organisation_id]
        row.open_balance, row.overdue_since = exposure.open_balance, exposure.overdue_since
    update_rows(rows, ["open_balance", "overdue_since"])


def refuse_over_credit(
    *, actor: Actor, orders: Sequence[CustomerOrder], currency: str, today: date, locking: bool = True
) -> None:
    """This will raise CreditRefused for the first order that its customer's credit does not cover.

    Credit used = open balance + confirmed and not yet billed + this order (``base_total`` must be set), against the
    limit in base ``currency``; 60 days overdue refuses whatever the limit. Customer rows are locked, so two orders
    cannot both take the last credit (``locking=False``: only to say beforehand). Orders released by finance pass.
    """
    if all(order.credit_released_by for order in orders):
        return
    ids = {order.customer_id for order in orders}
    rows = Customer.objects.filter(company_id=actor.company_id, organisation_id__in=ids).order_by("pk")
    profiles = {row.organisation_id: row for row in (rows.select_for_update() if locking else rows)}
    limited = [pk for pk, row in profiles.items() if row.credit_limit is not None]
    unbilled = unbilled_of(actor.company_id, limited) if limited else {}
    used = {pk: profiles[pk].open_balance + round_amount(unbilled.get(pk, ZERO), currency) for pk in limited}
    for order in orders:
        profile = profiles.get(order.customer_id)
        if profile is None:
            continue
        if not order.credit_released_by:
            _refuse_overdue(order, profile, today)
        if profile.credit_limit is None:
            continue
        used[order.customer_id] += order.base_total or ZERO
        if used[order.customer_id] > profile.credit_limit and not order.credit_released_by:
            raise CreditRefused(
                _(
                    "%(order)s cannot be confirmed: with it %(customer)s would owe %(used)s, over the credit limit of "
                    "%(limit)s. Ask for a payment, or let finance release the order."
                )
                % {
                    "order": order,
                    "customer": order.customer,
                    "used": Money(round_amount(used[order.customer_id], currency), currency),
                    "limit": Money(round_amount(profile.credit_limit, currency), currency),
                },
                field="customer",
            )


def _refuse_overdue(order: CustomerOrder, profile: Customer, today: date) -> None:
    since = profile.overdue_since
    days = (today - since).days if since else 0
    if since and days >= OVERDUE_DAYS:
        raise CreditRefused(
            _(
                "%(order)s cannot be confirmed: %(customer)s has an invoice overdue since %(since)s (%(days)d days). "
                "Collect it first, or let finance release the order."
            )
            % {
                "order": order,
                "customer": order.customer,
                "since": date_format(since, "j M Y"),
                "days": days,
            },
            field="customer",
        )


@transaction.atomic
def release_credit(*, actor: Actor, order_id: int, reason: str, version: int | None = None) -> CustomerOrder:
    """This will let a draft through the credit gate as it stands; an edit voids it. Needs the right to release, and a
    reason.
    """
    actor.needs("sales.release_customerorder")
    order = lock(CustomerOrder.objects.visible_to(actor), order_id, version=version)
    if order.status != CustomerOrderStatus.DRAFT:
        raise TransitionRefused(_("%(order)s is no longer a draft; there is nothing to release.") % {"order": order})
    if not reason.strip():
        raise RuleBroken(_("Say why the credit is released; it stays with the order."), field="reason")
    order.credit_released_by, order.credit_released_reason = actor.name, reason.strip()
    order.bump()
    order.save()
    announce(ORDER_CREDIT_RELEASED, order, actor=actor, payload={"reason": reason})
    return order
