"""What a request costs: one client over HTTP, as an integration would ask.

One function a figure (or a few that belong together); each yields (name, value, unit). Beside the time a client waits
stands what web server and database worked for it (``…_web_cpu_ms``, ``…_database_cpu_ms``): on a busy machine the wait
says more about the neighbours than about us.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from benchmarks import limits
from benchmarks.figures import p50, p95
from benchmarks.server import Refused, Site
from benchmarks.world import TODAY
from core import outbox
from core.actor import system
from core.scope import scope

WARM_UP = 20


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


def issued_order(site: Site, lines: int = 5, n: int = 0) -> dict:
    order = site.call("buyer", "POST", "/sourcing/purchase-orders/", order_body(site.world, lines, n))
    return site.call("buyer", "POST", f"/sourcing/purchase-orders/{order['id']}/issue/")


def receipt_body(world, lines: list[dict], quantity: str = "100", **more) -> dict:
    """A receipt of order lines (or, with ``shipment``, of a shipment's)."""
    return {
        "warehouse": world.warehouse_id,
        "received_date": TODAY.isoformat(),
        "lines": [{"order_line": line["id"], "accepted": quantity} for line in lines],
        **more,
    }


def po_create_confirm(site: Site, options):
    """Create with 5 lines, then issue: both requests together."""
    yield from _timed(site, "po_create_confirm", lambda n: issued_order(site, n=n), count=100)
    yield "limit_commit_ms", limits.commit_ms(site.world), "ms"
    yield "limit_po_rows_ms", limits.order_rows_ms(site.world), "ms"


def po_list_80_with_lines(site: Site, options):
    """The newest 80 orders with their lines."""
    for n in range(80):
        site.call("buyer", "POST", "/sourcing/purchase-orders/", order_body(site.world, n=n))
    _quiet()
    ask = lambda n: site.call("buyer", "GET", "/sourcing/purchase-orders/?limit=80")  # noqa: E731
    yield from _timed(site, "po_list_80_with_lines", ask, count=60)
    yield "limit_po_list_80_ms", limits.order_list_ms(site.world), "ms"


def po_receive(site: Site, options):
    """Receive the 5 lines of an issued order into lots."""
    orders = [issued_order(site, n=n) for n in range(100)]
    _quiet()

    def receive(n: int) -> None:
        site.call("warehouse", "POST", "/logistics/receipts/", receipt_body(site.world, orders[n]["lines"]))

    yield from _timed(site, "po_receive", receive, count=80)
    yield "limit_po_receive_rows_ms", limits.receipt_rows_ms(site.world), "ms"


def landed_cost_50_receipts(site: Site, options):
    """Three bills (freight, insurance, broker) on a shipment of 250 lines received in 50 receipts: each is booked and
    shared over all 250 lots, and the landed-cost KPI of every line is current. Seconds, the best of three shipments.
    """
    samples = []
    for turn in range(3):
        shipment = _received_shipment(site)
        _quiet()
        started = time.perf_counter()
        for kind, amount, basis in (
            ("freight", "4200", "volume"),
            ("insurance", "310.55", "value"),
            ("other", "95", ""),
        ):
            line = {"kind": kind, "shipment": shipment["id"], "amount": amount, **({"basis": basis} if basis else {})}
            bill = {
                "supplier": site.world.forwarder_id,
                "supplier_number": f"B-{shipment['id']}-{kind}",
                "invoice_date": TODAY.isoformat(),
                "currency": "USD",
                "lines": [line],
            }
            site.call("finance", "POST", "/finance/supplier-invoices/charges/", bill)
        yield f"landed_cost_booked_{turn}_s", time.perf_counter() - started, "s"
        _quiet(every=0.005)
        samples.append(time.perf_counter() - started)
    yield "landed_cost_50_receipts_s", min(samples), "s"
    yield "limit_landed_rows_s", limits.landed_rows_s(site.world), "s"


def concurrent_receive(site: Site, options):
    """Two clients receive the same products at the same moment, 40 times: how often one was turned away."""
    rounds = 40
    orders = [issued_order(site, n=7) for _ in range(2 * rounds)]
    conflicts: list[str] = []
    together = threading.Barrier(2)

    def receive(client: Site, mine: list[dict]) -> None:
        for order in mine:
            together.wait()
            try:
                client.call("warehouse", "POST", "/logistics/receipts/", receipt_body(client.world, order["lines"]))
            except Refused as refusal:
                conflicts.append(str(refusal))

    clients = [threading.Thread(target=receive, args=(site.another_client(), orders[which::2])) for which in range(2)]
    started = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    yield "concurrent_receive_conflicts", len(conflicts), "conflicts"
    yield "concurrent_receive_ms", (time.perf_counter() - started) / rounds * 1000, "ms"


def memory(site: Site, options):
    """The proportional share (PSS) of the largest web and worker process, after what ran before."""
    for n in range(60):  # every web process has answered something, if this runs alone
        site.another_client().call("buyer", "GET", "/sourcing/purchase-orders/?limit=80")
        issued_order(site, n=n)
    _quiet()
    yield "web_pss_mb", site.pss_mb("web"), "MB"
    yield "worker_pss_mb", site.pss_mb("worker"), "MB"


def _timed(site: Site, name: str, ask: Callable[[int], object], *, count: int) -> Iterator[tuple[str, float, str]]:
    """What ``ask(n)`` takes: p50 and p95 of ``count`` after a warm-up, and the work behind each, on average."""
    for n in range(WARM_UP):
        ask(n)
    samples, before = [], site.cpu_seconds()
    for n in range(WARM_UP, WARM_UP + count):
        started = time.perf_counter()
        ask(n)
        samples.append(time.perf_counter() - started)
    worked = {part: site.worked(part, before) for part in ("web", "database")}
    yield f"{name}_ms", p50(samples), "ms"
    yield f"{name}_p95_ms", p95(samples), "ms"
    for part, seconds in worked.items():
        yield f"{name}_{part}_cpu_ms", seconds / count * 1000, "ms"


def _received_shipment(site: Site) -> dict:
    """A shipment of 50 orders of 5 lines each, received in 50 receipts."""
    orders = [issued_order(site, n=n) for n in range(50)]
    plan = {
        "mode": "sea",
        "forwarder": site.world.forwarder_id,
        "warehouse": site.world.warehouse_id,
        "lines": [{"order_line": line["id"], "quantity": "100"} for order in orders for line in order["lines"]],
    }
    shipment = site.call("warehouse", "POST", "/logistics/shipments/", plan)
    receipts = [receipt_body(site.world, order["lines"], shipment=shipment["id"]) for order in orders]
    site.call("warehouse", "POST", "/logistics/receipts/bulk/", receipts)
    return shipment


def _quiet(*, every: float = 0.05, seconds: float = 60) -> None:
    """This will wait until the workers owe nothing: every KPI is current."""
    deadline = time.monotonic() + seconds
    while True:
        with scope(system()):
            if not outbox.owed():
                return
        if time.monotonic() > deadline:
            raise RuntimeError("the workers do not catch up; see the worker's log")
        time.sleep(every)


CASES = [
    po_create_confirm,
    po_list_80_with_lines,
    po_receive,
    landed_cost_50_receipts,
    concurrent_receive,
    memory,
]
