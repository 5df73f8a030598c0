"""Questions about customers and their orders. Read only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, DecimalField, ExpressionWrapper, F, Sum, Value, When

from core.errors import MissingRate
from core.money import EXACT, round_amount
from reference import exchange
from sales.flows import CustomerOrderStatus
from sales.models import Customer, CustomerOrder, CustomerOrderLine

ZERO = Decimal(0)
RATE_AGE_DAYS = 10  # a weekend and a holiday; older than that, somebody must load rates


def unbilled_of(company_id: int, organisation_ids: Sequence[int]) -> dict[int, Decimal]:
    """What customers have on order (confirmed) and was not billed yet, in base currency, by organisation. One query."""
    open_share = ExpressionWrapper(
        F("amount") * (F("quantity") - F("billed_quantity")) / F("quantity") * F("order__exchange_rate"),
        output_field=DecimalField(max_digits=40, decimal_places=10),
    )
    rows = (
        CustomerOrderLine.objects.filter(
            order__company_id=company_id,
            order__customer_id__in=organisation_ids,
            order__status=CustomerOrderStatus.CONFIRMED,
            cancelled=False,
            quantity__gt=F("billed_quantity"),
        )
        .order_by()
        .values_list("order__customer_id")
        .annotate(total=Sum(Case(When(order__exchange_rate=None, then=Value(ZERO)), default=open_share)))
    )
    return dict(rows)


@dataclass(frozen=True, slots=True)
class BaseValue:
    """What an order is worth in base currency: frozen when confirmed, else at the rate of the day; ``missing`` says
    why not.
    """

    currency: str
    amount: Decimal | None = None
    frozen: bool = False
    missing: str = ""


def base_value(order: CustomerOrder, today: date) -> BaseValue:
    """This will price an order (its company loaded) without changing it."""
    base = order.company.base_currency_id
    if order.base_total is not None:
        return BaseValue(base, order.base_total, frozen=True)
    try:
        rate = exchange.rate(order.currency_id, base, today, max_age_days=RATE_AGE_DAYS)
    except MissingRate as missing:
        return BaseValue(base, missing=str(missing))
    return BaseValue(base, round_amount(EXACT.multiply(order.total, rate), base))


@dataclass(frozen=True, slots=True)
class Progress:
    """Shares by value, 0 to 1, each line capped at what was ordered; days over the live lines."""

    committed: date | None
    promised: date | None
    delivered: Decimal
    reserved: Decimal
    late: Sequence[CustomerOrderLine]
    waiting: Sequence[CustomerOrderLine]


def progress(lines: Iterable[CustomerOrderLine], today: date) -> Progress:
    """Where an order stands. An order is kept when its last line is."""
    live = [line for line in lines if not line.cancelled]
    total = sum((line.amount for line in live), ZERO)

    def share(of) -> Decimal:
        done = sum((line.amount * min(of(line) / line.quantity, Decimal(1)) for line in live), ZERO)
        return done / total if total else ZERO

    return Progress(
        committed=max((line.commit_date for line in live if line.commit_date), default=None),
        promised=max((line.promised_date for line in live if line.promised_date), default=None),
        delivered=share(lambda line: line.delivered_quantity),
        reserved=share(lambda line: line.reserved_quantity),
        late=[line for line in live if line.open_quantity and line.promised_date and line.promised_date < today],
        waiting=[line for line in live if line.open_quantity > line.reserved_quantity],
    )


@dataclass(frozen=True, slots=True)
class Credit:
    """A customer's credit in base currency; ``left`` is None where there is no limit."""

    open_balance: Decimal
    on_order: Decimal
    left: Decimal | None


def credit_of(customers: Sequence[Customer]) -> dict[int, Credit]:
    """The credit of customers of one company, by customer id. One query."""
    if not customers:
        return {}
    unbilled = unbilled_of(customers[0].company_id, [row.organisation_id for row in customers])
    found = {}
    for row in customers:
        on_order = unbilled.get(row.organisation_id, ZERO)
        left = None if row.credit_limit is None else row.credit_limit - row.open_balance - on_order
        found[row.pk] = Credit(row.open_balance, on_order, left)
    return found
