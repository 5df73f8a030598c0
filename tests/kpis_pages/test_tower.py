"""The control tower: what staff see first; that it agrees with the KPIs and the lists and keeps itself current."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.utils.formats import number_format

from core import outbox

pytestmark = pytest.mark.django_db


def kpi(metric: str, company: str, **options) -> dict:
    """The total of a KPI as ``manage.py kpis --json`` tells it."""
    out = StringIO()
    arguments = [f"--{name.strip('_').replace('_', '-')}={value}" for name, value in options.items()]
    call_command("kpis", metric, f"--company={company}", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())["rows"][0]


def test_the_three_headlines_say_what_the_command_says(world, busy, login, today):
    page = login("buyer").get("/")
    assert page.status_code == 200
    cash, perfect, landed = page.context["tiles"]
    start = today - timedelta(days=89)
    said = kpi("cash-to-cash", "HP")
    assert cash.value == number_format(round(said["c2c"], 1), 1, force_grouping=True)
    assert perfect.value == number_format(
        round(kpi("perfect-order", "HP", side="sales", from_=start, to=today)["pct"], 1), 1
    )
    assert perfect.value == "33.3"  # one of three orders has nothing against it
    uplift = kpi("landed-cost", "HP", side="purchase", from_=start, to=today)["uplift_pct"]
    assert (
        landed.value == number_format(round(uplift, 1), 1) == "13.7"
    )  # (90 + 47) on 1000; the line without freight is out
    assert "1 without freight" in landed.note
    html = page.content.decode()
    assert "through event #" in html and "33.3" in html
    for tile in (cash, perfect, landed):
        assert login("buyer").get(tile.url).status_code == 200


def test_every_count_equals_the_list_it_links_to(world, busy, login):
    client = login("auditor")
    html = client.get("/").content.decode()
    late = client.get("/").context["late"]
    assert (late.purchase_count, late.shipment_count, late.order_count) == (1, 1, 1)
    for anchor, count in (("late-lines", 1), ("late-shipments", 1), ("late-orders", 1), ("all-tasks", 2)):
        link = re.search(rf'id="{anchor}" href="([^"]+)"', html)
        assert client.get(link[1].replace("&amp;", "&")).context["count"] == count, anchor
    for flag in client.get("/").context["flags"]:
        assert client.get(flag.held_url).context["count"] == flag.held
        assert client.get(flag.failed_url).context["count"] == flag.failed
    hands = client.get("/").context["hands"]
    assert [(one["name"], one["open"], one["overdue"]) for one in hands.people] == [
        ("Buyer", 1, 1),
        ("Ningbo Haisong Metalware", 1, 0),
    ]
    assert client.get("/kpis/tasks/?role=buyer").context["count"] == 1
    assert client.get(f"/kpis/tasks/?party={world.supplier.pk}").context["count"] == 1


def test_lanes_show_how_far_each_shipment_is_and_how_late(busy, login):
    lanes = login("logistics").get("/").context["lanes"]
    assert (lanes.total, lanes.late) == (2, 1)
    first = lanes.shipments[0]
    assert (first.number, first.reached, first.days) == ("SH-2026-00001", 5, 11)
    assert str(first.last_step) == "Departed"


def test_it_renews_itself_when_something_happened_and_is_silent_otherwise(world, busy, login, today):
    client = login("sales")
    seen = client.get("/").context["seen"]
    assert client.get(f"/kpis/live/?seen={seen}").status_code == 204
    late = busy.sell(3, due=today - timedelta(days=1))
    outbox.drain()
    renewed = client.get(f"/kpis/live/?seen={seen}")
    assert renewed.status_code == 200 and late.number in renewed.content.decode()
    assert renewed.context["seen"] != seen
    assert b"<html" not in renewed.content
    assert b"<script" not in renewed.content and b"data-values=" in renewed.content  # htmx swaps in no script elements


def test_the_stamp_says_so_when_the_kpis_are_more_than_a_minute_behind(world, busy, login, today):
    client = login("buyer")
    busy.sell(3, due=today)  # and no worker takes it up
    fresh = client.get("/").context["fresh"]
    assert fresh.pending and not fresh.stale
    behind = replace(fresh, lag_seconds=61)
    assert behind.stale and behind.token != fresh.token
    assert "behind" in render_to_string("kpis/_stamp.html", {"fresh": behind})
    assert "behind" not in render_to_string("kpis/_stamp.html", {"fresh": fresh})


def test_a_company_without_orders_is_told_what_to_do(world, login):
    html = login("buyer").get("/").content.decode()
    assert "load_sample_data" in html and "There is no order yet" in html


def test_a_supplier_is_sent_to_the_portal_an_auditor_sees_everything_a_stranger_logs_in(world, busy, login, client):
    assert client.get("/").url == "/accounts/login/?next=/"
    page = login("auditor").get("/")
    assert page.status_code == 200 and page.context["late"].order_count == 1
    assert login("supplier").get("/").url == "/portal/"
    for address in (
        "/kpis/live/",
        "/kpis/perfect-order/",
        "/kpis/lines/",
        "/kpis/cash-to-cash/postings/",
        "/event-flow/",
    ):
        assert login("supplier").get(address).status_code == 404, address


def test_it_asks_little_and_no_more_when_there_is_more(world, busy, login, today, django_assert_max_num_queries):
    client = login("admin")
    client.get("/")
    with django_assert_max_num_queries(36) as few:
        client.get("/")
    for n in range(12):
        busy.sell(5, due=today - timedelta(days=n + 1))
        busy.buy(5, due=today - timedelta(days=n + 1))
    outbox.drain()
    with django_assert_max_num_queries(36) as many:
        client.get("/")
    assert len(many.captured_queries) == len(few.captured_queries)


def test_every_number_behind_a_tile_opens_as_many_documents(busy, login):
    client = login("auditor")
    addresses = ["/", *(tile.url for tile in client.get("/").context["tiles"])]
    opened = 0
    for address in addresses:
        html = client.get(address).content.decode()
        for link, number in re.findall(r'<a[^>]* href="([^"]+)"[^>]*>\s*([\d,]+)\s*</a>', html):
            behind = client.get(unescape(link))
            assert behind.context["count"] == int(number.replace(",", "")), (address, link, number)
            opened += 1
    assert opened > 30, "the tower and three reports say more numbers than that"
