from kpis.services.clock import advance, set_day, start_clocks
from kpis.services.rebuild import find_differences, rebuild
from kpis.services.recompute import (
    apply_entries,
    recompute_changed_customers,
    recompute_changed_products,
    recompute_landed,
    recompute_orders,
)

__all__ = [
    "advance",
    "apply_entries",
    "find_differences",
    "rebuild",
    "recompute_changed_customers",
    "recompute_changed_products",
    "recompute_landed",
    "recompute_orders",
    "set_day",
    "start_clocks",
]
