"""Is it alive, is it ready, and how is it doing: /healthz, /readyz and /metrics.

The middleware comes first of all and answers these three itself, so that a probe by IP address or plain HTTP is
answered whatever ALLOWED_HOSTS and the HTTPS redirect say.
"""

import hmac
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from core import ops, outbox
from core.actor import system
from core.scope import scope

log = logging.getLogger(__name__)

LATENCY = Histogram(
    "iscm_request_seconds",
    "Time to answer a request, by view.",
    ["view", "method"],
    buckets=(0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 10),
)
REQUESTS = Counter("iscm_requests_total", "Requests answered, by view and status.", ["view", "method", "status"])
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class MetricsMiddleware:
    """Counts and times every request by the name of its view; a path would make endless series."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in VIEWS:
            return VIEWS[request.path](request)
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match else "static" if request.path.startswith(settings.STATIC_URL) else "none"
        method = request.method if request.method in METHODS else "other"
        LATENCY.labels(view, method).observe(time.perf_counter() - started)
        REQUESTS.labels(view, method, str(response.status_code)).inc()
        return response


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Says nothing about the database: a restart would not mend that."""
    return HttpResponse("alive\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when requests can be served, else 503. A broker that is down or an outbox that is late is named, but
    does not take the web server out of service: orders are still accepted, and their consequences only wait.
    """
    serving = {"database": _check(_database), "migrations": _check(_migrations)}
    behind = {"broker": _check(_broker), "outbox": _check(_outbox_lag)}
    ready = all(state == "ok" for state in serving.values())
    degraded = sorted(name for name, state in behind.items() if state != "ok")
    body = {"ready": ready, "degraded": degraded, "checks": {**serving, **behind}}
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for METRICS_TOKEN as bearer token; without one set, for this machine only."""
    if not _may_read_metrics(request):
        return HttpResponseNotFound("Not found.\n", content_type="text/plain")
    live = CollectorRegistry()
    live.register(OutboxCollector())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        requests = CollectorRegistry()
        MultiProcessCollector(requests)  # adds up what all workers counted
    else:
        requests = REGISTRY
    text = generate_latest(requests) + generate_latest(live)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


VIEWS = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


class OutboxCollector:
    """What the outbox owes, read when asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        depth = GaugeMetricFamily("iscm_outbox_owed", "Deliveries owed.", labels=["handler"])
        failed = GaugeMetricFamily("iscm_outbox_failed", "Deliveries owed that have failed before.", labels=["handler"])
        oldest = GaugeMetricFamily("iscm_outbox_oldest_seconds", "Age of the oldest delivery owed.", labels=["handler"])
        try:
            with scope(system()):
                owed = outbox.owed()
        except DatabaseError:
            log.warning("The outbox could not be read for the metrics.")
            return
        for row in owed:
            depth.add_metric([row["handler"]], row["owed"])
            failed.add_metric([row["handler"]], row["failed"])
            oldest.add_metric([row["handler"]], row["oldest_s"])
        yield depth
        yield failed
        yield oldest
        total = GaugeMetricFamily("iscm_outbox_lag_seconds", "Age of the oldest delivery owed by any handler.")
        total.add_metric([], max((row["oldest_s"] for row in owed), default=0.0))
        yield total


def refuse_powerful_role() -> None:
    """This will raise ImproperlyConfigured when DATABASE_URL names the owner or a superuser; a database that is down
    is no reason not to start: /readyz will say so.
    """
    try:
        problem = ops.powerful_role()
    except DatabaseError:
        log.warning("The database does not answer yet; starting anyway.")
        return
    finally:
        connection.close()
    if problem:
        raise ImproperlyConfigured(problem)


def _check(check: Callable[[], str]) -> str:
    try:
        return check() or "ok"
    except DatabaseError:
        return "the database does not answer"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    missing = ops.unapplied_migrations()
    return f"{len(missing)} migrations are not applied; run manage.py migrate as the owner" if missing else ""


def _broker() -> str:
    return ops.broker_error()


def _outbox_lag() -> str:
    oldest = ops.outbox_lag()
    return f"the oldest delivery has waited {oldest:.0f} s" if oldest > ops.OUTBOX_LATE_SECONDS else ""


def _may_read_metrics(request: HttpRequest) -> bool:
    token = os.environ.get("METRICS_TOKEN", "")
    if path := os.environ.get("METRICS_TOKEN_FILE"):
        token = Path(path).read_text().strip()
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
