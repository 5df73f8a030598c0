"""One function a figure (or a few that belong together); each yields (name, value, unit)."""

import statistics
import time
from datetime import timedelta

from benchmarks.world import TODAY


def _p50(samples: list[float]) -> float:
    return statistics.median(samples) * 1000


def _p95(samples: list[float]) -> float:
    return sorted(samples)[max(0, round(len(samples) * 0.95) - 1)] * 1000


def order_body(world, lines: int = 5, n: int = 0) -> dict:
    return {
        "supplier": world.suppliers[n % len(world.suppliers)],
        "order_date": TODAY.isoformat(),
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "mode": "sea",
        "payment_term": world.term_id,
        "lines": [
            {
                "product": world.products[(n + k) % len(world.products)],
                "quantity": "100",
                "unit_price": "3.25",
                "requested_date": (TODAY + timedelta(days=60)).isoformat(),
            }
            for k in range(lines)
        ],
    }


def issued_order(site, lines: int = 5, n: int = 0) -> dict:
    order = site.call("buyer", "POST", "/sourcing/purchase-orders/", order_body(site.world, lines, n))
    return site.call("buyer", "POST", f"/sourcing/purchase-orders/{order['id']}/issue/")


def po_create_confirm(site, options):
    """Create with 5 lines, then issue: both requests together, p50, one client."""
    samples = []
    for n in range(120):
        started = time.perf_counter()
        issued_order(site, n=n)
        if n >= 20:
            samples.append(time.perf_counter() - started)
    yield "po_create_confirm_ms", _p50(samples), "ms"
    yield "po_create_confirm_p95_ms", _p95(samples), "ms"


def po_list_80_with_lines(site, options):
    """The first 80 orders with their lines, p50, one client."""
    samples = []
    for n in range(60):
        started = time.perf_counter()
        site.call("buyer", "GET", "/sourcing/purchase-orders/?limit=80")
        if n >= 10:
            samples.append(time.perf_counter() - started)
    yield "po_list_80_with_lines_ms", _p50(samples), "ms"


CASES = [po_create_confirm, po_list_80_with_lines]
