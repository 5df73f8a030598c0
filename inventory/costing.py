"""What leaves a lot takes its share of the lot's cost along: the cumulative rule, on which every amount of stock rests.

The cost of all that ever left is round(cost_total × quantity issued ÷ quantity received), so what one move costs is the
difference it makes, and the last unit takes exactly what is left (15.00 over 13 units leaves nothing over).
"""

from decimal import Decimal

from core.money import EXACT, round_amount
from inventory.models import Lot


def issued_cost(lot: Lot, currency: str) -> Decimal:
    """The cost of all that left ``lot`` so far, by its present total cost; in base ``currency``, to its decimals."""
    issued = lot.quantity_received - lot.quantity_on_hand
    return share(lot.cost_total, issued, lot.quantity_received, currency)


def share(cost: Decimal, issued: Decimal, received: Decimal, currency: str) -> Decimal:
    """round(cost × issued ÷ received), computed exactly."""
    return round_amount(EXACT.divide(EXACT.multiply(cost, issued), received), currency)


def take(lot: Lot, quantity: Decimal, currency: str) -> Decimal:
    """This will take ``quantity`` out of the lot (in memory) and return the cost that leaves with it.

    A negative quantity comes back: the cost is negative then, what it left with by the lot's cost of today.
    """
    before = lot.cost_issued
    lot.quantity_on_hand -= quantity
    lot.cost_issued = issued_cost(lot, currency)
    return lot.cost_issued - before
