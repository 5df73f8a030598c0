"""What the KPI engine does with events: how soon, how many a second, and whether a million order lines make it slower.

Beside the seconds that pass stand those the database worked (``…_database_cpu…``): on a busy machine the first say more
about the neighbours than about us. ``limit_…`` is raw SQL that moves the same rows.
"""

import http.client
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from benchmarks.figures import p50, p95
from benchmarks.requests import issued_order
from benchmarks.server import Site, owner_connection, settle
from benchmarks.world import TODAY
from core import outbox
from core.actor import COMMAND, system
from core.scope import scope
from kpis.services import rebuild
from parties.models import Company, User
from sales.models import CustomerOrderLine
from samples.simulator.facts import COMPANY
from samples.simulator.play import YEARS, play_for_copying
from sourcing import services as sourcing
from sourcing.models import PurchaseOrderLine

RATE = 20  # orders a second
SECONDS = 30
BACKLOG = 20_000  # events
EVENTS_AN_ORDER = 3  # created, sent, confirmed
SMALL = 10_000  # order lines
PLAYED = 150  # orders that are played before they are copied
RECORD = "scms/scms.csv.gz"

Figure = tuple[str, float, str]


def event_to_kpi(site: Site, options) -> Iterator[Figure]:
    """20 orders a second are written and issued over HTTP; an issued order's lines are in the KPIs how much later?

    From the start of the request's transaction (the event's recorded_at) to the tick that commits with the facts.
    """
    since = _last_event()
    started, clients, late = time.monotonic(), 4, []

    def client(number: int) -> None:
        own = site.another_client()
        for n in range(number, RATE * SECONDS, clients):
            wait = started + n / RATE - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            issued_order(own, n=n)
        late.append(time.monotonic() - started - SECONDS)

    threads = [threading.Thread(target=client, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _until_quiet()
    with _cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM (SELECT max(d.done_at) FROM core_delivery d WHERE d.handler = 'kpis.purchase_orders' "
            "AND d.subject_id = e.subject_id AND d.event_id <= e.id) - e.recorded_at)::float FROM core_event e "
            "WHERE e.id > %s AND e.company_id = %s AND e.name = 'sourcing.purchase_order.sent'",
            [since, site.world.company_id],
        )
        waits = [row[0] for row in cursor.fetchall()]
    yield "event_to_kpi_p95_ms", p95(waits), "ms"
    yield "event_to_kpi_p50_ms", p50(waits), "ms"
    yield "event_to_kpi_orders_per_s", len(waits) / (SECONDS + max(0.0, *late)), "1/s"


def kpi_drain(site: Site, options) -> Iterator[Figure]:
    """A backlog of 20,000 order events (orders of two lines, written in bulk) is worked off by the workers."""
    since, facts = _last_event(), _facts(site.world.company_id)
    with site.pausing("worker", "beat"):
        _record_orders(site.world, BACKLOG // EVENTS_AN_ORDER)
        before, started = site.cpu_seconds(), time.monotonic()
    _until_quiet()
    took = time.monotonic() - started
    with _cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_event WHERE id > %s", [since])
        (events,) = cursor.fetchone()
    if _facts(site.world.company_id) - facts != BACKLOG // EVENTS_AN_ORDER * 2:
        raise RuntimeError("The backlog is worked off, and the KPIs are not what it says.")
    yield "kpi_drain_events_per_s", events / took, "1/s"
    yield "kpi_drain_database_cpu_s", site.worked("database", before), "s"
    yield "kpi_drain_worker_cpu_s", site.worked("worker", before), "s"
    yield (
        "limit_drain_events_per_s",
        events
        / _raw_s(
            "CREATE TEMP TABLE limit_facts ON COMMIT DROP AS SELECT * FROM kpis_orderlinefact WHERE company_id = %(company)s",
            "INSERT INTO limit_facts SELECT * FROM limit_facts",
            "UPDATE core_delivery SET done_at = clock_timestamp() WHERE handler IN ('core.seal', 'kpis.purchase_orders') "
            f"AND id > (SELECT max(id) FROM core_delivery) - {2 * events}",
            company=site.world.company_id,
        ),
        "1/s",
    )


def import_delivery_history(site: Site, options) -> Iterator[Figure]:
    """The public shipment record, 10,324 lines, through the services; at the end the KPIs are current."""
    folder = Path(os.environ.get("ISCM_SHARED_DATA") or settings.BASE_DIR.parent / "shared" / "data")
    if not (folder / RECORD).exists():
        print(f"import_delivery_history is left out: {RECORD} is not in ISCM_SHARED_DATA.", file=sys.stderr)
        return
    code = f"SCMS{site.world.company_id}"
    with site.pausing("worker", "beat"):
        before, started, own = site.cpu_seconds(), time.monotonic(), sum(os.times()[:4])
        call_command("import_delivery_history", str(folder / RECORD), company=code, verbosity=0)
        yield "import_delivery_history_s", time.monotonic() - started, "s"
        yield "import_delivery_history_python_cpu_s", sum(os.times()[:4]) - own, "s"
        yield "import_delivery_history_database_cpu_s", site.worked("database", before), "s"
    with scope(system()):
        company = Company.objects.get(code=code).pk
    tables = (
        "sourcing_purchaseorder", "sourcing_purchaseorderline", "sales_customerorder", "sales_customerorderline",
        "logistics_shipment", "logistics_receipt", "logistics_receiptline", "logistics_delivery", "logistics_deliveryline",
        "inventory_lot", "inventory_stockmove", "finance_charge", "finance_chargeshare", "ledger_entry", "core_event",
        "kpis_orderlinefact", "kpis_landedcostfact",
    )  # fmt: skip
    copies = [
        f"CREATE TEMP TABLE limit_{table} ON COMMIT DROP AS SELECT * FROM {table} WHERE company_id = %(company)s"
        for table in tables
    ]
    yield "limit_import_s", _raw_s(*copies, company=company), "s"


def volume(site: Site, options) -> Iterator[Figure]:
    """--rows order lines: years of copies of played days. What does an event cost there, the control tower, a rebuild?"""
    with scope(system()):
        company = Company.objects.filter(code=COMPANY["code"]).first()
    if company is not None:
        print("volume is left out: this database has a sample company already. Remove var/bench.", file=sys.stderr)
        return
    with site.pausing("worker", "beat"):
        with connection.cursor() as cursor:
            cursor.execute("SET transaction_timeout = 0")
        started = time.monotonic()
        world, copier = play_for_copying(today=TODAY, played=PLAYED, seed=1, tell=lambda share: None)
        yield "volume_play_s", time.monotonic() - started, "s"
        each, mine = copier.count(PurchaseOrderLine, CustomerOrderLine), world.company.pk
        copier.copy(copies=max(1, SMALL // each), years=YEARS, tell=lambda share: None)
        _rebuilt(mine)
        small = _cost_of_an_event(site, world)
        before, started = site.cpu_seconds(), time.monotonic()
        copier.copy(copies=max(1, (options.rows - _lines(mine)) // each), years=YEARS, tell=lambda share: None)
        yield "volume_load_s", time.monotonic() - started, "s"
        yield "volume_load_database_cpu_s", site.worked("database", before), "s"
        yield "volume_order_lines", _lines(mine), ""
        settle()
        before, took = site.cpu_seconds(), _rebuilt(mine)
        yield "rebuild_kpis_s", took, "s"
        yield "rebuild_kpis_database_cpu_s", site.worked("database", before), "s"
        yield (
            "limit_rebuild_s",
            _raw_s(
                "CREATE TEMP TABLE limit_lines ON COMMIT DROP AS SELECT * FROM kpis_orderlinefact WHERE company_id = %(company)s",
                "CREATE TEMP TABLE limit_orders ON COMMIT DROP AS SELECT * FROM kpis_orderfact WHERE company_id = %(company)s",
                "CREATE TEMP TABLE limit_landed ON COMMIT DROP AS SELECT * FROM kpis_landedcostfact WHERE company_id = %(company)s",
                "SELECT day, supplier, country, mode, count(*) FROM limit_lines GROUP BY 1, 2, 3, 4",
                "SELECT day, supplier, country, mode, sum(landed) FROM limit_landed GROUP BY 1, 2, 3, 4",
                company=mine,
            ),
            "s",
        )
        settle()
        large = _cost_of_an_event(site, world)
        yield "kpi_cost_per_event_small_ms", small, "ms"
        yield "kpi_cost_per_event_large_ms", large, "ms"
        yield "kpi_cost_growth", large / small, ""
    _until_quiet()
    yield from _control_tower(site)


def _control_tower(site: Site) -> Iterator[Figure]:
    """The home page as the buyer of the sample company gets it, whole, in a browser session."""
    from django.contrib.sessions.backends.db import SessionStore

    with scope(system()):
        buyer = User.objects.get(email="buyer@harborpine.example")
        session = SessionStore()
        session.update(
            {
                SESSION_KEY: str(buyer.pk),
                BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                HASH_SESSION_KEY: buyer.get_session_auth_hash(),
            }
        )
        session.save()
    client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}
    samples: list[float] = []
    before = site.cpu_seconds()
    for n in range(120):
        if n == 20:
            before = site.cpu_seconds()
        started = time.perf_counter()
        client.request("GET", "/", headers=cookie)
        answer = client.getresponse()
        text = answer.read()
        if answer.status != 200 or b'id="tower"' not in text:
            raise RuntimeError(f"the control tower answers {answer.status}: {text[:300]!r}")
        if n >= 20:
            samples.append(time.perf_counter() - started)
    yield "control_tower_p95_ms", p95(samples), "ms"
    yield "control_tower_p50_ms", p50(samples), "ms"
    for name in ("web", "database"):
        yield f"control_tower_{name}_cpu_ms", site.worked(name, before) / len(samples) * 1000, "ms"


# --- small things ----------------------------------------------------------------------------------------------------


def _cost_of_an_event(site: Site, world, batches: int = 50, size: int = 20) -> float:
    """Milliseconds that paying one order event takes, in batches of ``size`` new orders; the median batch."""
    actor = system(COMMAND, company_id=world.company.pk)
    supplier = next(iter(world.suppliers.values())).organisation_id
    products = [product.pk for product in list(world.products.values())[:10]]
    costs = []
    for _batch in range(batches):
        with scope(actor):
            sourcing.record_agreed_orders(actor=actor, orders=_orders(supplier, products, "EUR", size))
        started = time.perf_counter()
        outbox.drain()
        costs.append((time.perf_counter() - started) / (size * EVENTS_AN_ORDER) * 1000)
    return statistics.median(costs)


def _record_orders(world, count: int) -> None:
    actor = system(COMMAND, company_id=world.company_id)
    with scope(actor):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_timeout = 0")
        orders = [
            order
            for n, supplier in enumerate(world.suppliers)
            for order in _orders(supplier, world.products, "EUR", len(range(n, count, len(world.suppliers))))
        ]
        sourcing.record_agreed_orders(actor=actor, orders=orders)


def _orders(supplier: int, products: list[int], currency: str, count: int) -> list[sourcing.OrderInput]:
    return [
        sourcing.OrderInput(
            supplier_id=supplier,
            order_date=TODAY,
            currency=currency,
            incoterm="FOB",
            named_place="Ningbo",
            mode="sea",
            destination_country="NL",
            lines=[
                sourcing.LineInput(
                    products[(n + k) % len(products)],
                    Decimal(10_000),
                    Decimal("3.25"),
                    TODAY + timedelta(days=30 + n % 60),
                )
                for k in range(2)
            ],
        )
        for n in range(count)
    ]


def _last_event() -> int:
    with _cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM core_event")
        return cursor.fetchone()[0]


def _facts(company_id: int) -> int:
    """How many order lines the KPIs count."""
    with _cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kpis_orderlinefact WHERE company_id = %s", [company_id])
        return cursor.fetchone()[0]


def _lines(company_id: int) -> int:
    with scope(system()):
        return sum(
            model.objects.filter(company_id=company_id).count() for model in (PurchaseOrderLine, CustomerOrderLine)
        )


def _rebuilt(company_id: int) -> float:
    started = time.monotonic()
    with scope(system()):
        rebuild(company_id=company_id, now=timezone.now())
    return time.monotonic() - started


def _until_quiet(seconds: float = 600) -> None:
    """This will wait until the workers have paid everything."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with _cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM core_delivery WHERE done_at IS NULL AND attempts = 0)")
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise RuntimeError("The workers did not pay what was owed.")


def _raw_s(*statements: str, **parameters) -> float:
    """The seconds that these statements take in one transaction of the tables' owner, who may make temporary ones."""
    with closing(owner_connection()) as owner, owner, owner.cursor() as cursor:
        started = time.monotonic()
        for statement in statements:
            cursor.execute(statement, parameters)
        return time.monotonic() - started


class _cursor:
    """A cursor that may see everything, in a transaction of its own."""

    def __enter__(self):
        self._scope, self._cursor = scope(system()), connection.cursor()
        self._scope.__enter__()
        return self._cursor

    def __exit__(self, *error) -> None:
        self._cursor.close()
        self._scope.__exit__(*error)


CASES: list[Callable[[Site, object], Iterator[Figure]]] = [event_to_kpi, kpi_drain, import_delivery_history, volume]
