"""What a log line looks like, and what never stands in one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from iscm.logs import hide, hide_secrets

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://iscm_app:hunter2@/iscm?host=/run", "postgres://iscm_app:[hidden]@/iscm?host=/run"),
        ("redis://:hunter2@127.0.0.1:6379/0", "redis://:[hidden]@127.0.0.1:6379/0"),
        ("GET /reset/?token=hunter2&next=/", "GET /reset/?token=[hidden]&next=/"),
        ("{'password': 'hunter2', 'name': 'Li'}", "{'password': '[hidden]', 'name': 'Li'}"),
        ("Authorization: Bearer hunter2hunter2", "Authorization: Bearer [hidden]"),
        ("order PO-2026-00017 confirmed: 3 lines", "order PO-2026-00017 confirmed: 3 lines"),
    ],
)
def test_secrets_are_hidden_in_text(text, expected):
    assert hide(text) == expected


def test_secrets_are_hidden_by_the_name_of_their_field_however_deep():
    line = {"event": "sent", "api_token": "hunter2", "headers": {"Cookie": "hunter2"}, "parts": ["secret=hunter2"]}
    assert "hunter2" not in json.dumps(hide_secrets(None, "", line))


def test_a_request_leaves_one_line_and_a_health_check_none(client, db, monkeypatch):
    said = []
    monkeypatch.setattr(
        "iscm.middleware.log", SimpleNamespace(log=lambda level, event, **line: said.append((event, line)))
    )
    client.get("/api/v1/sourcing/purchase-orders/", headers={"X-Request-ID": "asked-by-us"})
    assert said == [("request_finished", {"code": 401, "request": "GET /api/v1/sourcing/purchase-orders/"})]
    client.get("/healthz")
    assert len(said) == 1


def test_for_machines_every_line_is_json_even_a_traceback():
    code = (
        "import logging, logging.config; from iscm.logs import LOGGING; logging.config.dictConfig(LOGGING)\n"
        "import structlog; structlog.contextvars.bind_contextvars(request_id='r-1')\n"
        "logging.getLogger('sourcing').warning('sent %s', 'PO-1', extra={'supplier': 7})\n"
        "try: 1/0\n"
        "except ZeroDivisionError: structlog.get_logger('kpis').exception('failed', password='hunter2')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "LOG_JSON": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = map(json.loads, result.stderr.splitlines())
    assert first["event"] == "sent PO-1" and first["supplier"] == 7 and first["level"] == "warning"
    assert (
        second["logger"] == "kpis" and "ZeroDivisionError" in second["exception"] and second["password"] == "[hidden]"
    )
    assert first["request_id"] == second["request_id"] == "r-1" and first["timestamp"].endswith("Z")
