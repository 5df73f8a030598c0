"""The rows of a metric, as the command, the API and the pages show them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.errors import RuleBroken
from kpis import facts
from kpis.facts.engine import is_count
from kpis.facts.engine import rows as fetch
from kpis.facts.judge import MEASURES as JUDGED
from kpis.facts.landed import COMPONENTS
from kpis.facts.landed import MEASURES as LANDED
from kpis.facts.orders import of_lines, whole
from kpis.models import KpiClock, Side
from kpis.rules import STANDARD
from kpis.selectors import cash
from kpis.selectors.query import METRICS, TOTAL, Query, amount, labels, number, percent, quantity
from parties.models import Company

Row = dict[str, Any]
Counts = dict[str, Any]


def metric_rows(metric: str, query: Query) -> list[Row]:
    """The rows of one metric: a single row "total", or one per key of ``query.by``. Raises RuleBroken."""
    if metric not in METRICS:
        raise RuleBroken(f"There is no KPI {metric}; there are {', '.join(METRICS)}.", field="metric")
    return ANSWERS[metric](query)


def on_time(query: Query) -> list[Row]:
    """Lines due, judged against the original commit date; wholes where the dimension is a shipment or an order."""
    return [_on_time_row(row, query) for row in _judged(query, level=_level(query))]


def _on_time_row(row: Counts, query: Query) -> Row:
    found = {"key": row["key"], "lines": row["timed"], "on_time": row["on_time"], "late": row["late"]}
    if query.by in ("shipment", "order"):
        found |= {"count": row["timed"], "all_lines_on_time": row["on_time"]}
    return found | {"pct": percent(row["on_time"], row["timed"])}


def otif(query: Query) -> list[Row]:
    """Lines on time and in full over the lines due."""
    return [
        {
            "key": row["key"],
            "lines": row["timed"],
            "otif": row["otif"],
            "failed": row["timed"] - row["otif"],
            "on_time": row["on_time"],
            "pct": percent(row["otif"], row["timed"]),
        }
        for row in _judged(query, level=_level(query))
    ]


def perfect_order(query: Query) -> list[Row]:
    """Order level, line level and the product of the component rates, side by side.

    An order still inside a claim window counts as long as nothing failed; the row is ``provisional`` until all is final.
    """
    level = "shipment" if query.by == "shipment" else "order"
    by_line = {row["key"]: row for row in _judged(query, level="line")} if level == "order" else {}
    return [_perfect_row(row, by_line.get(row["key"])) for row in _judged(query, level=level)]


def _perfect_row(row: Counts, lines: Counts | None) -> Row:
    orders = row["judged"]
    held = {
        "on_time_pct": orders - row["late"],
        "complete_pct": orders - row["incomplete"],
        "undamaged_pct": orders - row["damaged"],
        "documented_pct": orders - row["undocumented"],
    }
    product = Fraction(100)
    for count in held.values():
        product *= Fraction(count, orders or 1)
    found = {
        "key": row["key"],
        "orders": orders,
        "perfect": row["perfect"],
        "failed": row["failed"],
        "pending": orders - row["perfect"] - row["failed"],
        "pct": percent(orders - row["failed"], orders),
        "provisional": row["final"] < row["promised"],
        "late": row["late"],
        "incomplete": row["incomplete"],
        "damaged": row["damaged"],
        "undocumented": row["undocumented"],
        **{name: percent(count, orders) for name, count in held.items()},
        "product_pct": number(product) if orders else None,
    }
    if lines is not None:
        judged = lines["judged"]
        found |= {
            "lines": judged,
            "lines_failed": lines["failed"],
            "line_pct": percent(judged - lines["failed"], judged),
        }
    return found


def landed_cost(query: Query) -> list[Row]:
    """Sums in base currency over the lines whose freight is known; ``goods_all`` and ``quantity`` over all lines."""
    decimals = _decimals(query.company_id)
    money = ("goods", *COMPONENTS, "landed", "goods_all", "insurance_all", "estimated", "actual")
    found = []
    for row in _wholes_landed(query) if query.by in ("shipment", "order") else _landed(query):
        goods, landed = row["goods"], row["landed"]
        found.append(
            {
                "key": row["key"],
                **({"count": row["count"], "count_known": row["count_known"]} if "count" in row else {}),
                "lines": row["lines"],
                "lines_known": row["lines_known"],
                "quantity": quantity(row["quantity_all"]),
                "quantity_known": quantity(row["quantity"]),
                **{name: amount(row[name], decimals) for name in money},
                "uplift_pct": percent(landed - goods, goods),
                "unit_landed": amount(landed / row["quantity"], 4) if row["quantity"] else None,
            }
        )
    return found


def cash_to_cash(query: Query) -> list[Row]:
    """DIO, DSO, DPO and what they add up to, in days; one row, or one a month (as of its last day)."""
    if query.by not in ("", "month"):
        raise RuleBroken("Cash-to-cash is kept for a company as a whole; read it by month or in total.", field="by")
    return [
        {
            "key": key,
            **{name: number(getattr(found, name)) for name in ("dio", "dso", "dpo", "c2c", "c2c_net_of_advances")},
            "as_of": found.last.isoformat(),
            "window": found.window,
            "days": found.days,
            "partial": found.partial,
            "variant": query.variant,
            "balance": query.balance,
        }
        for key, found in cash.answers(query)
    ]


ANSWERS: dict[str, Callable[[Query], list[Row]]] = {
    "on-time": on_time,
    "landed-cost": landed_cost,
    "perfect-order": perfect_order,
    "cash-to-cash": cash_to_cash,
    "otif": otif,
}


# --- where the counts come from ---------------------------------------------------------------------------------------


def _level(query: Query) -> str:
    return query.by if query.by in ("shipment", "order") else "line"


def _judged(query: Query, *, level: str) -> list[Counts]:
    """Counts of judged lines, orders or shipments by key: from the roll-up where it can answer, else from the documents."""
    if level == "shipment":
        return _grouped(query, _of_shipments(_lines(query)), JUDGED)
    if _asks_otherwise(query):
        lines = _lines(query)
        parts = [of_lines(side, f"SELECT * FROM ({lines}) x WHERE side = '{side}'") for side in query.sides]
        return _grouped(query, lines if level == "line" else " UNION ALL ".join(parts), JUDGED)
    return _rolled_up(query, "kpis_orderday", JUDGED, f"AND level = '{level}'")


def _asks_otherwise(query: Query) -> bool:
    """Whether the stored facts, judged by the standard rule as of the clock's day, do not answer this."""
    if query.rule != STANDARD:
        return True
    clock = KpiClock.objects.filter(pk=query.company_id).first()
    return query.as_of is not None and clock is not None and query.as_of < clock.as_of


def _lines(query: Query) -> str:
    """SQL of the judged lines of a company, computed afresh where the stored ones were judged otherwise."""
    if not _asks_otherwise(query):
        sides = ", ".join(f"'{side}'" for side in query.sides)
        return f"SELECT * FROM kpis_orderlinefact WHERE company_id = %(company)s AND side IN ({sides})"
    parts = []
    for side in query.sides:
        fact = facts.OF_AN_ORDER[side][0]
        parts.append(f"SELECT * FROM ({fact.select.replace('%(ids)s', f'ARRAY({fact.sources})')}) {side}")
    return " UNION ALL ".join(parts)


# Which movement brought a line: its shipment (or the receipt where there is none), its delivery.
_MOVEMENTS = """
    SELECT DISTINCT 'purchase' AS side, r.order_line_id AS line_id, coalesce(g.shipment_id, -g.id) AS movement_id
    FROM logistics_receiptline r JOIN logistics_receipt g ON g.id = r.receipt_id
    WHERE g.company_id = %(company)s AND g.cancelled_at IS NULL
    UNION SELECT 'purchase', s.order_line_id, s.shipment_id
    FROM logistics_shipmentline s JOIN logistics_shipment h ON h.id = s.shipment_id
    WHERE h.company_id = %(company)s AND h.status <> 'cancelled'
    UNION SELECT 'sales', b.order_line_id, b.delivery_id
    FROM logistics_deliveryline b WHERE b.company_id = %(company)s
"""


def _of_shipments(lines: str) -> str:
    flags = ", ".join(map(whole, ("on_time", "complete", "undamaged", "documented", "otif")))
    return f"""
        SELECT max(l.day) AS day, {flags}, bool_and(l.final) AS final
        FROM ({lines}) l JOIN ({_MOVEMENTS}) m USING (side, line_id) GROUP BY l.side, m.movement_id"""


def _grouped(query: Query, source: str, measures: dict[str, str]) -> list[Counts]:
    """Measures over fact rows by key, within the period."""
    key = f"f.{query.dim}" if query.dim != TOTAL else query.key_sql if query.by == "month" else f"'{TOTAL}'"
    sums = ", ".join(f"coalesce({sql}, 0) AS {name}" for name, sql in measures.items())
    found = fetch(
        f"SELECT {key}, {sums} FROM (SELECT *, 1 AS sign FROM ({source}) s) f "
        "WHERE (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s) GROUP BY 1",
        {
            **query.rule.parameters(),
            "company": query.company_id,
            "first": query.first,
            "last": query.last,
            "as_of": query.as_of,
            "until": query.as_of,
        },
    )
    return _named(query, [dict(zip(("key", *measures), row, strict=True)) for row in found], measures)


def _rolled_up(query: Query, table: str, measures: dict[str, str], more: str = "") -> list[Counts]:
    sums = ", ".join(f"sum({name}){'::bigint' if is_count(sql) else ''}" for name, sql in measures.items())
    found = fetch(
        f"SELECT {query.key_sql}, {sums} FROM {table} WHERE company_id = %(company)s AND side = ANY(%(sides)s) "
        f"AND dim = %(dim)s AND (%(first)s::date IS NULL OR day >= %(first)s) "
        f"AND (%(last)s::date IS NULL OR day <= %(last)s) {more} GROUP BY 1",
        {"company": query.company_id, "sides": query.sides, "dim": query.dim, "first": query.first, "last": query.last},
    )
    return _named(query, [dict(zip(("key", *measures), row, strict=True)) for row in found], measures)


def _named(query: Query, found: list[Counts], measures: dict[str, str]) -> list[Counts]:
    """Rows with human keys in a steady order; a total of nothing is a row of zeros."""
    if query.by in ("", "shipment", "order"):
        nothing = {name: 0 if is_count(sql) else Decimal(0) for name, sql in measures.items()}
        return [{**(found[0] if found else nothing), "key": TOTAL}]
    names = labels(query.by, [row["key"] for row in found])
    named = [{**row, "id": row["key"], "key": names[row["key"]]} for row in found]
    return sorted(named, key=lambda row: (row["key"], row["id"]))


def _landed(query: Query) -> list[Counts]:
    if query.as_of is not None:  # what came or went later is not there yet
        query = _until(query, query.as_of)
    return _rolled_up(query, "kpis_landedday", LANDED)


def _until(query: Query, last: date) -> Query:
    from dataclasses import replace

    return replace(
        query, last=min(query.last or last, last), first=min(query.first or last, last) if query.first else None
    )


def _wholes_landed(query: Query) -> list[Counts]:
    """The total with the number of shipments (or orders), and how many of them have all their freight known."""
    whole_id = "coalesce(f.shipment_id, -f.document_id)" if query.by == "shipment" else "f.order_id"
    bounds = {"first": query.first, "last": min(filter(None, (query.last, query.as_of)), default=None)}
    found = fetch(
        f"SELECT count(*), count(*) FILTER (WHERE known) FROM (SELECT bool_and(freight_known) AS known "
        f"FROM kpis_landedcostfact f WHERE company_id = %(company)s AND side = ANY(%(sides)s) "
        f"AND (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s) "
        f"GROUP BY side, {whole_id}) w",
        {"company": query.company_id, "sides": query.sides, **bounds},
    )
    return [{**row, "count": found[0][0], "count_known": found[0][1]} for row in _landed(query)]


def _decimals(company_id: int) -> int:
    return Company.objects.values_list("base_currency__decimals", flat=True).get(pk=company_id)


__all__ = ["ANSWERS", "Side", "landed_cost", "metric_rows", "on_time", "otif", "perfect_order"]
