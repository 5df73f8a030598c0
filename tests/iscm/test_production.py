"""The production settings for real, without Docker: collected static files, HTTPS behind a proxy, gunicorn, worker, beat."""

import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from iscm.embedded.host import processes_in
from tests.live import Live, live

ROOT = Path(__file__).resolve().parents[2]
PROXY = {"X-Forwarded-Proto": "https", "Host": "iscm.example.com"}
pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """As the image runs it: files collected under hashed names, DEBUG off, HTTPS demanded."""
    static = tmp_path_factory.mktemp("static")
    variables = {
        "HTTPS": "1",
        "WHITENOISE_USE_FINDERS": "0",
        "STATIC_ROOT": str(static),
        "ALLOWED_HOSTS": "iscm.example.com",
        "SITE_URL": "https://iscm.example.com",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "LOG_JSON": "1",
        "LOG_LEVEL": "INFO",
    }
    collected = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        cwd=ROOT,
        # As the Dockerfile does: no database, no broker.
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "used-only-to-collect-static-files", "STATIC_ROOT": str(static)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert collected.returncode == 0, collected.stderr
    with live("web", "worker", "beat", **variables) as site:
        yield site


def test_pages_and_their_files_are_served_under_hashed_names(site):
    status, page, headers = site.get("/accounts/login/", **PROXY)
    assert status == 200 and headers["Strict-Transport-Security"].startswith("max-age=31536000")
    files = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode())))
    assert len(files) >= 4
    for file in files:
        status, body, headers = site.get(file, **PROXY)
        assert status == 200 and body, file
        assert re.search(r"\.[0-9a-f]{12}\.", file), f"{file} has no hash in its name"
        assert "immutable" in headers["Cache-Control"], file
    style = next(file for file in files if file.endswith(".css"))
    assert site.get(style, **PROXY, **{"Accept-Encoding": "gzip"})[2]["Content-Encoding"] == "gzip"


def test_plain_http_is_sent_to_https_and_a_host_that_is_not_ours_is_refused(site):
    status, _body, headers = site.get("/accounts/login/", Host="iscm.example.com")
    assert (status, headers["Location"]) == (301, "https://iscm.example.com/accounts/login/")
    assert site.get("/accounts/login/", **{**PROXY, "Host": "evil.example"})[0] == 400
    assert site.get("/healthz")[0] == 200, "a probe by address is answered all the same"


def test_behind_the_proxy_a_token_is_bound_to_the_callers_network_and_not_to_the_proxys(site):
    made = site.manage(
        "manage.py", "createtoken", "buyer@hp.example", "--name", "x", "--network", "203.0.113.0/24"
    ).stdout.strip()
    bearer, path = {"Authorization": f"Bearer {made}"}, "/api/v1/sourcing/purchase-orders/"
    assert site.get(path, **PROXY, **bearer)[0] == 401
    assert site.get(path, **PROXY, **bearer, **{"X-Forwarded-For": "203.0.113.9"})[0] == 200
    claimed = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}  # the caller claims, the proxy adds whom it saw
    assert site.get(path, **PROXY, **bearer, **claimed)[0] == 401


def test_cookies_are_bound_to_the_host_and_https(site):
    cookie = site.get("/accounts/login/", **PROXY)[2]["Set-Cookie"]
    assert cookie.startswith("__Host-csrftoken=") and "Secure" in cookie and "Path=/" in cookie


def test_the_api_answers_and_the_worker_computes(site):
    status, body, _headers = site.get("/api/v1/sourcing/purchase-orders/", **PROXY)
    assert status == 200 and json.loads(body)["count"] == 0
    order = post_order(site, "in production")
    assert order["url"].startswith("https://iscm.example.com/api/v1/")
    wait_until(lambda: not owed(site), 30)


def test_the_doctor_finds_nothing_to_mend(site):
    """All of it is real here: the roles of docker/roles.sql, an honest disk, a worker and beat."""
    wait_until(lambda: site.manage("manage.py", "doctor", "--json", check=False).returncode == 0, 60)
    found = json.loads(site.manage("manage.py", "doctor", "--json").stdout)
    assert [one for one in found if one["problem"] and not one["warning"]] == []
    assert {one["check"] for one in found if one["warning"]} == {"mail delivery", "audit anchor"}


def test_settings_are_read_from_files_as_well(site, tmp_path):
    """Docker secrets: NAME_FILE instead of NAME."""
    environment = site.environment()
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
        (tmp_path / name).write_text(environment.pop(name) + "\n")
        environment[f"{name}_FILE"] = str(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_log_is_json_and_carries_the_request_id(site):
    site.get("/accounts/login/", **PROXY, **{"X-Request-ID": "follow-me-0001"})
    lines = (site.home / "log" / "web.log").read_text().splitlines()
    mine = [json.loads(line) for line in lines if "follow-me-0001" in line]
    assert mine and mine[-1]["code"] == 200
    assert site.told["buyer"] not in "".join(lines)


# ---- the services come and go


def send_order(site: Live, mark: str) -> http.client.HTTPConnection:
    """An order on its way: all of the request has left, the answer is still to be read."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    body = {
        "supplier": site.told["supplier_id"],
        "order_date": site.told["today"],
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "remarks": mark,
        "lines": [{"product": site.told["product_id"], "quantity": "10", "unit_price": "3.20"}],
    }
    token = {"Authorization": f"Bearer {site.told['buyer']}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/sourcing/purchase-orders/", json.dumps(body), {**token, **PROXY})
    return connection


def post_order(site: Live, mark: str) -> dict:
    with closing(send_order(site, mark)) as connection:
        answer = connection.getresponse()
        text = answer.read()
    assert answer.status == 201, (answer.status, text[:300])
    return json.loads(text)


def owed(site: Live) -> int:
    return sum(
        row["owed"]
        for row in json.loads(site.manage("manage.py", "outbox", "status", "--json", check=False).stdout)["owed"]
    )


def wait_until(happens, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(0.2)


def probe(site: Live) -> tuple[int, dict]:
    status, body, _headers = site.get("/readyz")
    return status, json.loads(body)


def metric(site: Live, name: str) -> float:
    text = site.get("/metrics")[1].decode()
    return max(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture
def valkey(site):
    """The broker; running again when the test is over."""
    yield site.services.valkey
    site.services.valkey.ensure_running()
    wait_until(lambda: probe(site)[1]["degraded"] == [], 60)


def test_with_the_broker_down_orders_are_taken_and_caught_up_when_it_is_back(site, valkey):
    valkey.stop("immediate")
    status, body = probe(site)
    assert (status, body["ready"]) == (200, True) and "broker" in body["degraded"]
    started = time.monotonic()
    for number in range(20):
        post_order(site, f"down {number}")
        assert site.get("/accounts/login/", **PROXY)[0] == 200
    assert time.monotonic() - started < 20, "a broker that is down costs one timeout, not one per request"
    assert owed(site) >= 20 and metric(site, "iscm_outbox_lag_seconds") > 0
    valkey.ensure_running()
    wait_until(lambda: not owed(site), 60)
    assert metric(site, "iscm_outbox_lag_seconds") == 0


def test_flushing_the_broker_loses_nothing(site, valkey):
    from redis import Redis

    with Redis.from_url(valkey.url) as client:
        for number in range(20):
            post_order(site, f"flushed {number}")
            client.flushall()
    wait_until(lambda: not owed(site), 60)


def test_without_the_database_it_is_alive_and_not_ready_and_recovers(site):
    for process in processes_in(site.services.postgres.data_dir, "postgres"):
        with suppress(Exception):
            process.kill()
    status, body = probe(site)
    assert (status, body["ready"], body["checks"]["database"]) == (503, False, "the database does not answer")
    assert site.get("/healthz")[0] == 200 and site.get("/metrics")[0] == 200
    site.services.postgres.ensure_running()
    wait_until(lambda: probe(site)[0] == 200, 60)
    assert post_order(site, "after the crash")["id"]


def test_a_stopped_worker_shows_in_the_metrics_and_a_started_one_catches_up(site):
    worker = site.processes["worker"]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0, "it ends by itself"
    post_order(site, "nobody works")
    first = metric(site, "iscm_outbox_oldest_seconds")
    time.sleep(1.5)
    assert metric(site, "iscm_outbox_oldest_seconds") > first
    site.start("worker")
    wait_until(lambda: not owed(site), 60)


def test_sigterm_during_fifty_requests_fails_none(site):
    """All fifty are with the server, in work or in its queue, when it is told to end; every one of them is answered."""
    sent = [send_order(site, f"at the end {number}") for number in range(50)]
    web = site.processes["web"]
    wait_until(lambda: _taken(web, site.port) >= len(sent), 20)
    web.send_signal(signal.SIGTERM)
    answers = [_status_of(connection) for connection in sent]
    assert web.wait(60) == 0
    assert Counter(answers) == {201: 50}
    site.start("web")
    site.wait_until_served()
    with closing(site.owner()) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sourcing_purchaseorder WHERE remarks LIKE 'at the end %'")
        assert cursor.fetchone() == (50,), "and each was done once"


def _taken(web, port: int) -> int:
    """How many clients' connections the web server has accepted and not closed."""
    server = psutil.Process(web.pid)
    found = [one for process in (server, *server.children()) for one in process.net_connections("tcp")]
    return sum(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port for one in found)


def _status_of(connection: http.client.HTTPConnection) -> int | str:
    with closing(connection):
        try:
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
