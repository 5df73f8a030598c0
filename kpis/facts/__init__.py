"""Facts: what each is computed from, and the one engine that keeps them and their roll-ups true."""

from kpis.facts.deliveries import DELIVERIES
from kpis.facts.engine import Fact
from kpis.facts.orders import ORDERS
from kpis.facts.purchase_lines import PURCHASE_LINES
from kpis.facts.receipts import RECEIPTS
from kpis.facts.sales_lines import SALES_LINES
from kpis.models import Side

# An order's fact is read from the facts of its lines, so it comes after them.
OF_AN_ORDER: dict[str, tuple[Fact, ...]] = {
    Side.PURCHASE: (PURCHASE_LINES, ORDERS[Side.PURCHASE]),
    Side.SALES: (SALES_LINES, ORDERS[Side.SALES]),
}
LANDED: dict[str, Fact] = {Side.PURCHASE: RECEIPTS, Side.SALES: DELIVERIES}
ALL: tuple[Fact, ...] = (*OF_AN_ORDER[Side.PURCHASE], *OF_AN_ORDER[Side.SALES], *LANDED.values())

__all__ = ["ALL", "DELIVERIES", "LANDED", "OF_AN_ORDER", "ORDERS", "PURCHASE_LINES", "RECEIPTS", "SALES_LINES", "Fact"]
