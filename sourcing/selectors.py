"""Questions about purchase orders that span tables (read only)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core import approvals
from core.actor import Actor
from core.errors import MissingRate
from core.models import ApprovalRequest
from core.money import round_amount
from parties.models import Membership
from parties.roles import STAFF_ROLES, permissions_of
from reference import exchange
from sourcing.flows import LineAnswer, OrderStatus
from sourcing.models import ConfirmationLine, OrderConfirmation, OrderRevision, PurchaseOrder, PurchaseOrderLine

RATE_AGE_DAYS = 10


@dataclass(frozen=True, slots=True)
class BaseValue:
    """An order's value in base currency. ``frozen``: as issued; else as of today. ``missing`` says why not."""

    amount: Decimal | None
    currency: str
    rate: Decimal | None = None
    frozen: bool = False
    missing: str = ""


def base_value(order: PurchaseOrder, today: date) -> BaseValue:
    base = order.company.base_currency_id
    if order.base_total is not None and order.status != OrderStatus.DRAFT:
        return BaseValue(order.base_total, base, order.exchange_rate, frozen=True)
    try:
        rate = exchange.rate(order.currency_id, base, today, max_age_days=RATE_AGE_DAYS)
    except MissingRate as error:
        return BaseValue(None, base, missing=str(error))
    return BaseValue(round_amount(order.total * rate, base), base, rate)


def share_of(lines: Iterable[tuple[Decimal, Decimal, Decimal]]) -> Decimal | None:
    """How far live lines are by value, 0 to 100, each capped at what was ordered (P-22: never by summing units).

    Of each line its amount, the quantity ordered and the quantity done. None where the lines are worth nothing, as on a
    unit-price order without quantities (P-14).
    """
    total = done = Decimal(0)
    for amount, quantity, progress in lines:
        if quantity:
            total += amount
            done += amount * min(progress / quantity, Decimal(1))
    return (100 * done / total).quantize(Decimal("0.1")) if total else None


@dataclass
class Progress:
    """How far an order is: dates over its live lines; received and billed by value (0 to 100, None: no value yet)."""

    promised: date | None
    expected: date | None
    received: Decimal | None
    billed: Decimal | None
    late_lines: list[PurchaseOrderLine] = field(default_factory=list)


def progress(lines: Sequence[PurchaseOrderLine], today: date) -> Progress:
    """How far the order is.

    Promised: what we were first promised. Expected: the promise as it stands. Both of the last line still to come."""
    live = [line for line in lines if not line.cancelled]
    coming = [line for line in live if line.open_quantity > 0] or live
    first = [line.original_promised_date for line in coming if line.original_promised_date]
    now = [line.promised_date for line in coming if line.promised_date]
    return Progress(
        promised=max(first, default=None),
        expected=max(now, default=None),
        received=share_of((line.amount, line.quantity, line.received_quantity) for line in live),
        billed=share_of((line.amount, line.quantity, line.billed_quantity) for line in live),
        late_lines=[
            line for line in live if line.owed_quantity > 0 and line.promised_date and line.promised_date < today
        ],
    )


@dataclass
class Compared:
    """One line of the supplier's answer beside what was ordered; ``to_decide`` waits for the buyer."""

    answer: ConfirmationLine
    line: PurchaseOrderLine
    ordered_quantity: Decimal
    ordered_price: Decimal
    ordered_date: date | None
    to_decide: bool

    @property
    def quantity_differs(self) -> bool:
        return self.answer.quantity != self.ordered_quantity

    @property
    def price_differs(self) -> bool:
        return self.answer.unit_price != self.ordered_price

    @property
    def date_differs(self) -> bool:
        return self.answer.promised_date != self.ordered_date

    @property
    def days(self) -> int:
        if self.answer.promised_date is None or self.ordered_date is None:
            return 0
        return (self.answer.promised_date - self.ordered_date).days

    @property
    def value_change(self) -> Decimal:
        """What accepting it would change the order's value by, before rounding, in the order's currency."""
        before = self.ordered_quantity * self.ordered_price
        if self.answer.answer == LineAnswer.REJECTED:
            return -before
        return self.answer.quantity * self.answer.unit_price - before


def confirmations(order: PurchaseOrder) -> list[OrderConfirmation]:
    """The supplier's answers, newest first; ``compared`` on each holds its lines beside the revision they answer."""
    found = list(order.confirmations.prefetch_related("lines__line__unit"))
    contents = {revision.revision: revision.content for revision in order.revisions.all()}
    for confirmation in found:
        ordered = {item["position"]: item for item in contents.get(confirmation.revision, {}).get("lines", [])}
        confirmation.compared = [
            _compare(answer, ordered.get(answer.line.position)) for answer in confirmation.lines.all()
        ]
        confirmation.to_decide = [one for one in confirmation.compared if one.to_decide]
    return found


def _compare(answer: ConfirmationLine, ordered: dict | None) -> Compared:
    line = answer.line
    if ordered is None:
        quantity, price, day = line.quantity, line.unit_price, line.requested_date
    else:
        quantity, price = Decimal(ordered["quantity"]), Decimal(ordered["unit_price"])
        day = date.fromisoformat(ordered["requested_date"]) if ordered.get("requested_date") else None
    return Compared(answer, line, quantity, price, day, answer.decision == ConfirmationLine.Decision.PENDING)


def revision_changes(order: PurchaseOrder) -> list[tuple[OrderRevision, list[str]]]:
    """Every issued revision, newest first, with a sentence for each change against the one before."""
    revisions = list(order.revisions.order_by("revision"))
    found = []
    for before, now in zip([None, *revisions], revisions, strict=False):
        found.append((now, _changed(before.content, now.content) if before is not None else []))
    return found[::-1]


def _changed(before: dict, now: dict) -> list[str]:
    sentences = []
    old = {item["position"]: item for item in before.get("lines", [])}
    new = {item["position"]: item for item in now.get("lines", [])}
    names = {"quantity": _("quantity"), "unit_price": _("price"), "requested_date": _("date"), "sku": _("product")}
    for position in sorted(old.keys() | new.keys()):
        was, is_ = old.get(position), new.get(position)
        if was is None:
            sentences.append(
                _("Line %(line)s is new: %(quantity)s × %(sku)s")
                % {"line": position, "quantity": plain(new[position]["quantity"]), "sku": new[position]["sku"]}
            )
        elif is_ is None:
            sentences.append(_("Line %(line)s (%(sku)s) is withdrawn") % {"line": position, "sku": was["sku"]})
        else:
            for key, name in names.items():
                if was.get(key) != is_.get(key) and plain(was.get(key)) != plain(is_.get(key)):
                    sentences.append(
                        _("Line %(line)s, %(field)s: %(before)s → %(after)s")
                        % {
                            "line": position,
                            "field": name,
                            "before": plain(was.get(key)) or "–",
                            "after": plain(is_.get(key)) or "–",
                        }
                    )
    return sentences


def plain(value: object) -> str:
    """ "1000.0000" as 1,000; anything that is no number as it stands."""
    from django.utils.formats import date_format, number_format

    if value is None:
        return ""
    text = str(value)
    try:
        number = Decimal(text).normalize()
    except ArithmeticError:
        try:
            return date_format(date.fromisoformat(text))
        except ValueError:
            return text
    return number_format(
        number, decimal_pos=max(0, -int(number.as_tuple().exponent)), use_l10n=True, force_grouping=True
    )


@dataclass(frozen=True)
class Approval:
    """A request for approval: who said yes, what is missing, and whether the actor may say it."""

    request: ApprovalRequest
    votes: list
    missing: int
    why_not: str = ""  # why the actor cannot approve it
    able: tuple[tuple[str, Decimal], ...] = ()  # who can: (name, limit)


def approval(order: PurchaseOrder, actor: Actor) -> Approval | None:
    """The order's last request for approval, or None when there never was one."""
    request = (
        ApprovalRequest.objects.filter(kind="sourcing.purchaseorder", document_id=order.pk)
        .prefetch_related("votes")
        .order_by("-id")
        .first()
    )
    if request is None:
        return None
    votes = list(request.votes.all())
    why_not = ""
    able: tuple[tuple[str, Decimal], ...] = ()
    if request.closed_at is None:
        able = _able(order, request, votes)
        if not actor.can("sourcing.approve_purchaseorder"):
            why_not = _("Your role does not approve orders.")
        elif not approvals.covers(actor, request.amount):
            why_not = _("It is above your approval limit.")
        elif any(vote.user_id == actor.user_id for vote in votes):
            why_not = _("You have approved it already.")
    return Approval(request, votes, max(0, request.needed - len(votes)), why_not, able)


def _able(order: PurchaseOrder, request: ApprovalRequest, votes: list) -> tuple[tuple[str, Decimal], ...]:
    approving = [role for role in STAFF_ROLES if "sourcing.approve_purchaseorder" in permissions_of(role)]
    members = (
        Membership.objects.filter(
            company_id=order.company_id,
            organisation=None,
            active=True,
            approval_limit__gte=request.amount,
            roles__overlap=approving,
        )
        .exclude(user_id__in=[vote.user_id for vote in votes])
        .select_related("user")
        .order_by("approval_limit")[:5]
    )
    return tuple((str(member.user), member.approval_limit) for member in members)
