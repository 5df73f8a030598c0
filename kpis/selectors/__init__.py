from kpis.selectors.query import DIMENSIONS, METRICS, SIDES, Query
from kpis.selectors.rows import metric_rows

__all__ = ["DIMENSIONS", "METRICS", "SIDES", "Query", "metric_rows"]
