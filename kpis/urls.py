"""Pages of the KPIs. They stand at the root: "/" is the control tower."""

from django.urls import path

from kpis import views

app_name = "kpis"
urlpatterns = [
    path("", views.home, name="home"),
    path("kpis/live/", views.tower_live, name="tower_live"),
    path("kpis/perfect-order/", views.perfect_order, name="perfect_order"),
    path("kpis/on-time/", views.on_time, name="on_time"),
    path("kpis/landed-cost/", views.landed_cost, name="landed_cost"),
    path("kpis/landed-cost/lines/", views.LandedLineList.as_view(), name="landed_lines"),
    path("kpis/landed-cost/lines/<int:pk>/", views.landed_line, name="landed_line"),
    path("kpis/cash-to-cash/", views.cash_to_cash, name="cash_to_cash"),
    path("kpis/cash-to-cash/postings/", views.CashPostingList.as_view(), name="postings"),
    path("kpis/lines/", views.OrderLineList.as_view(), name="order_lines"),
    path("kpis/orders/", views.OrderFactList.as_view(), name="orders"),
    path("kpis/late-shipments/", views.LateShipmentList.as_view(), name="late_shipments"),
    path("kpis/tasks/", views.OpenTaskList.as_view(), name="open_tasks"),
    path("event-flow/", views.event_flow, name="event_flow"),
    path("event-flow/live/", views.event_flow_live, name="event_flow_live"),
    path("event-flow/retry/", views.retry_events, name="retry_events"),
]
