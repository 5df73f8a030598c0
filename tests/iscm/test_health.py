"""The three addresses a machine asks: alive, ready, how many."""

import json

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import RequestFactory

from core import ops
from iscm import health

CLOSED = "redis://127.0.0.1:1/0"


def get(path: str, **extra):
    def beyond(request):
        return HttpResponse("beyond")

    return health.MetricsMiddleware(beyond)(RequestFactory().get(path, **extra))


def test_alive_asks_nothing_of_the_database(monkeypatch):
    """Runs without database access: a query here would fail the test."""
    answer = get("/healthz", HTTP_HOST="10.0.0.7")
    assert (answer.status_code, answer.content) == (200, b"alive\n")


@pytest.mark.django_db
def test_ready_when_everything_answers():
    answer = get("/readyz", HTTP_HOST="10.0.0.7")
    assert answer.status_code == 200, answer.content
    assert json.loads(answer.content) == {
        "ready": True,
        "degraded": [],
        "checks": {"database": "ok", "migrations": "ok", "broker": "ok", "outbox": "ok"},
    }
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_a_broker_that_is_down_is_named_but_does_not_stop_orders_from_being_taken(settings):
    settings.REDIS_URL = CLOSED
    answer = get("/readyz")
    body = json.loads(answer.content)
    assert (answer.status_code, body["ready"], body["degraded"]) == (200, True, ["broker"])
    assert body["checks"]["broker"].startswith("no answer")


@pytest.mark.django_db
def test_a_late_outbox_is_named(monkeypatch):
    monkeypatch.setattr(ops, "outbox_lag", lambda: 301.0)
    body = json.loads(get("/readyz").content)
    assert body["degraded"] == ["outbox"] and body["checks"]["outbox"] == "the oldest delivery has waited 301 s"


@pytest.mark.django_db
def test_not_ready_before_the_migrations_are_applied(monkeypatch):
    monkeypatch.setattr(ops, "unapplied_migrations", lambda: ["sourcing.0002_x"])
    answer = get("/readyz")
    assert (
        answer.status_code == 503
        and "1 migrations are not applied" in json.loads(answer.content)["checks"]["migrations"]
    )


@pytest.mark.django_db
def test_not_ready_without_the_database(monkeypatch):
    def down():
        raise DatabaseError

    monkeypatch.setattr(health, "_database", down)
    answer = get("/readyz")
    assert (
        answer.status_code == 503 and json.loads(answer.content)["checks"]["database"] == "the database does not answer"
    )


@pytest.mark.django_db
def test_metrics_count_requests_by_view_and_tell_what_the_outbox_owes():
    get("/some/page")
    answer = get("/metrics", REMOTE_ADDR="127.0.0.1")
    text = answer.content.decode()
    assert 'iscm_requests_total{method="GET",status="200",view="none"}' in text
    assert "iscm_request_seconds_bucket" in text and "iscm_outbox_lag_seconds" in text
    assert "/some/page" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"REMOTE_ADDR": "10.1.2.3"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.1.2.3"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
    ],
    ids=["elsewhere", "through the proxy", "this host"],
)
def test_metrics_are_for_this_host_only(given, status):
    assert get("/metrics", **given).status_code == status


@pytest.mark.django_db
def test_with_a_token_only_its_bearer_reads_the_metrics(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("right\n")
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(tmp_path / "token"))
    assert get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 404
    assert get("/metrics", REMOTE_ADDR="10.1.2.3", HTTP_AUTHORIZATION="Bearer wrong").status_code == 404
    assert get("/metrics", REMOTE_ADDR="10.1.2.3", HTTP_AUTHORIZATION="Bearer right").status_code == 200
