"""KPIs and the rows behind them, the feed of events, and what the outbox owes."""

from tests.proofs.policy.rules import MEMBER, Rule, document, lists, page

_KPI = "kpis.view_kpi"

RULES = {
    "kpis:home": page(MEMBER, outside=True),  # parties are led to their own home
    **{
        f"kpis:{name}": page(_KPI) for name in ("tower_live", "perfect_order", "on_time", "landed_cost", "cash_to_cash")
    },
    **lists(_KPI, *(f"kpis:{name}" for name in ("landed_lines", "order_lines", "orders", "open_tasks"))),
    **lists("ledger.view_entry", "kpis:postings"),
    **lists("logistics.view_shipment", "kpis:late_shipments"),
    "kpis:landed_line": page(_KPI, subject="kpis.landedcostfact"),
    "kpis:event_flow": page("core.view_outbox"),
    "kpis:event_flow_live": page("core.view_outbox"),
    "kpis:retry_events": Rule({"POST": "core.view_outbox"}, outside=False),
    **{
        f"api:kpi-{name}": Rule({"GET": _KPI})
        for name in ("cash-to-cash", "catalogue", "landed-cost", "on-time", "otif", "perfect-order")
    },
    **document("kpi-order-line", "kpis.orderlinefact", view=_KPI),
    **document("kpi-order", "kpis.orderfact", view=_KPI),
    **document("kpi-landed-line", "kpis.landedcostfact", view=_KPI),
    "api:event-list": Rule({"GET": "kpis.view_event"}),  # a party's feed tells of its own documents
}
