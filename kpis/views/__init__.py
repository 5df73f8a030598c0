from kpis.views.cash import cash_to_cash
from kpis.views.flow import event_flow, event_flow_live, retry_events
from kpis.views.landed import landed_cost, landed_line
from kpis.views.lists import (
    CashPostingList,
    LandedLineList,
    LateShipmentList,
    OpenTaskList,
    OrderFactList,
    OrderLineList,
)
from kpis.views.reports import on_time, perfect_order
from kpis.views.tower import home, tower_live

__all__ = [
    "CashPostingList",
    "LandedLineList",
    "LateShipmentList",
    "OpenTaskList",
    "OrderFactList",
    "OrderLineList",
    "cash_to_cash",
    "event_flow",
    "event_flow_live",
    "home",
    "landed_cost",
    "landed_line",
    "on_time",
    "perfect_order",
    "retry_events",
    "tower_live",
]
