"""What landed-cost facts of both sides share: the components of a line's charge shares, and what they add up to."""

from kpis.facts.engine import count, total

COMPONENTS = ("freight", "insurance", "duty", "other")


def shares(column: str, line: str) -> str:
    """SQL of what the charge shares of one line come to, per component: what counts, the estimate, and the actual.

    A share counts with its actual amount where one is posted, else with its estimate. Charges are looked up from their
    shares (OFFSET 0 keeps it so): the other way round is cheap only as long as there are a handful of them.
    """
    sums = ", ".join(
        f"sum(coalesce(s.actual, s.estimate)) FILTER (WHERE {which}) AS {name}, "
        f"sum(s.estimate) FILTER (WHERE {which}) AS {name}_estimate, "
        f"sum(s.actual) FILTER (WHERE {which}) AS {name}_actual"
        for name, which in _WHICH.items()
    )
    return f"""
        SELECT {sums}, bool_or(c.component = 'freight') AS freight_known,
            sum(s.estimate) FILTER (WHERE s.actual IS NOT NULL) AS estimated,
            sum(s.actual) FILTER (WHERE s.estimate IS NOT NULL) AS actual
        FROM finance_chargeshare s CROSS JOIN LATERAL (
            SELECT component, cancelled FROM finance_charge WHERE id = s.charge_id OFFSET 0
        ) c
        WHERE s.{column} = {line} AND NOT c.cancelled"""


_WHICH = {name: f"c.component = '{name}'" for name in COMPONENTS[:-1]}
_WHICH["other"] = "c.component NOT IN ('freight', 'insurance', 'duty')"

# The columns of a LandedCostFact after its goods, for a line ``l`` and its shares ``s``.
LADDER = (
    ", ".join(f"coalesce(s.{name}, 0) AS {name}" for name in COMPONENTS)
    + ", "
    + ", ".join(f"s.{name}_estimate, s.{name}_actual" for name in COMPONENTS)
    + ", "
    + " + ".join(["l.goods", *(f"coalesce(s.{name}, 0)" for name in COMPONENTS)])
    + " AS landed, coalesce(s.estimated, 0) AS estimated, coalesce(s.actual, 0) AS actual"
)

MEASURES = {
    "lines": count(),
    "lines_known": count("freight_known"),
    "quantity_all": total("quantity"),
    "quantity": total("quantity", "freight_known"),
    "goods_all": total("goods"),
    "insurance_all": total("insurance"),
    **{name: total(name, "freight_known") for name in ("goods", *COMPONENTS, "landed")},
    "estimated": total("estimated"),
    "actual": total("actual"),
}
