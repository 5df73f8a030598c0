"""Whole orders, read from the facts of their lines: perfect only if every line is."""

from kpis.facts.engine import Fact
from kpis.facts.judge import MEASURES
from kpis.models import OrderDay, OrderFact, Side

FLAGS = ("on_time", "complete", "undamaged", "documented", "otif")
DIMENSIONS = ("supplier", "country", "product_group", "mode", "incoterm")


def whole(flag: str) -> str:
    """False when a line fails, true when every line holds, else unknown."""
    return f"CASE WHEN bool_or(NOT {flag}) THEN false WHEN count({flag}) = count(*) THEN true END AS {flag}"


def common(dimension: str) -> str:
    """The key that all lines share, or "*"."""
    return f"CASE WHEN min({dimension}) = max({dimension}) THEN min({dimension}) ELSE '*' END AS {dimension}"


def of_lines(side: str, lines: str) -> str:
    """SQL of order facts over SQL of line facts."""
    return f"""
        SELECT company_id, '{side}' AS side, max(day) AS day, {", ".join(map(common, DIMENSIONS))},
            {", ".join(map(whole, FLAGS))}, bool_and(final) AS final, order_id, count(*)::int AS lines
        FROM ({lines}) l GROUP BY company_id, order_id"""


def _orders(side: str, name: str) -> Fact:
    return Fact(
        name=name,
        model=OrderFact,
        side=side,
        subject="order_id",
        select=of_lines(side, f"SELECT * FROM kpis_orderlinefact WHERE side = '{side}' AND order_id = ANY(%(ids)s)"),
        sources=f"SELECT order_id FROM kpis_orderlinefact WHERE side = '{side}' AND company_id = %(company)s",
        rollup=OrderDay,
        level="order",
        measures=MEASURES,
    )


ORDERS = {
    Side.PURCHASE: _orders(Side.PURCHASE, "purchase order"),
    Side.SALES: _orders(Side.SALES, "customer order"),
}
