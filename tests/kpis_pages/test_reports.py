"""The report pages: their numbers are the command's, and every number opens a list of as many rows."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from kpis.filters import RESULTS
from kpis.models import OrderFact, OrderLineFact
from tests.kpis_pages.test_tower import kpi

pytestmark = pytest.mark.django_db
REPORTS = ("/kpis/perfect-order/", "/kpis/on-time/", "/kpis/landed-cost/", "/kpis/cash-to-cash/")
BREAKDOWNS = ("month", "supplier", "mode", "incoterm", "country", "product-group")


def counted_links(html: str) -> list[tuple[str, int]]:
    """Every link of the page's content whose text is a number: a count, and the list behind it."""
    content = html[html.index('<main id="main"') :]
    found = re.findall(r'<a href="(/kpis/[^"]+)">([\d,]+)</a>', content)
    return [(link.replace("&amp;", "&"), int(number.replace(",", ""))) for link, number in found]


@pytest.mark.parametrize("by", BREAKDOWNS)
@pytest.mark.parametrize("path", REPORTS[:3])
def test_every_number_of_a_report_opens_a_list_of_as_many_rows(busy, login, path, by):
    client = login("admin")
    links = counted_links(client.get(f"{path}?by={by}").content.decode())
    assert len(links) >= 5
    for link, number in links:
        assert client.get(link).context["count"] == number, link


def test_perfect_order_shows_the_whole_what_is_final_and_each_side(busy, login):
    client = login("buyer")
    both = client.get("/kpis/perfect-order/?window=all").context["whole"]
    assert both == kpi("perfect-order", "HP")
    sales = client.get("/kpis/perfect-order/?window=all&side=sales").context
    assert sales["whole"] == kpi("perfect-order", "HP", side="sales")
    assert sales["whole"]["orders"] == 3 == sales["split"]["final"] + sales["split"]["provisional"]
    empty = client.get("/kpis/perfect-order/?from=2020-01-01&to=2020-01-31")
    assert empty.context["whole"]["pct"] is None and "n/a" in empty.content.decode()


def test_on_time_and_otif_stand_side_by_side(busy, login):
    whole = login("sales").get("/kpis/on-time/?window=all&side=sales").context["whole"]
    timed, full = kpi("on-time", "HP", side="sales"), kpi("otif", "HP", side="sales")
    assert (
        (whole["lines"], whole["on_time"], whole["pct"])
        == (timed["lines"], timed["on_time"], timed["pct"])
        == (4, 1, 25.0)
    )
    assert (whole["otif"], whole["otif_pct"]) == (full["otif"], full["pct"])


def test_a_past_day_is_judged_as_it_stood_and_says_that_its_lists_are_of_today(busy, login, today):
    day = today - timedelta(days=29)
    page = login("buyer").get(f"/kpis/perfect-order/?window=all&side=sales&as_of={day}")
    assert page.context["whole"] == kpi("perfect-order", "HP", side="sales", as_of=day, to=day)
    assert counted_links(page.content.decode()) == [] and "computed afresh" in page.content.decode()


def test_a_question_that_cannot_be_answered_is_refused_beside_its_field(busy, login):
    page = login("buyer").get("/kpis/on-time/?from=2026-05-01&to=2026-04-01")
    assert page.status_code == 200 and "ends before it begins" in page.content.decode()
    assert login("buyer").get("/kpis/on-time/?by=nonsense&side=x&window=7&as_of=soon").status_code == 200


def test_results_partition_what_is_judged(busy):
    for model in (OrderFact, OrderLineFact):
        count = {name: model.objects.filter(q).count() for name, (_label, q) in RESULTS.items()}
        assert count["judged"] == count["held"] + count["failed"] > 0
        assert count["held"] == count["perfect"] + count["pending"]
        assert count["due"] == count["on_time"] + count["late"] == count["otif"] + count["not_otif"]
        for held, failed in (
            ("not_late", "late"),
            ("complete", "incomplete"),
            ("undamaged", "damaged"),
            ("documented", "undocumented"),
        ):
            assert count["judged"] == count[held] + count[failed]


def test_landed_cost_leads_to_the_line_its_estimate_its_actual_and_its_charges(busy, login):
    client = login("finance")
    context = client.get("/kpis/landed-cost/?side=purchase").context
    assert (context["whole"]["landed"], context["whole"]["variance"]) == (Decimal("1137.00"), Decimal("10.00"))
    found = client.get(context["urls"]["known"])
    assert found.context["count"] == 1
    line = client.get(re.search(r"/kpis/landed-cost/lines/\d+/", found.content.decode())[0])
    freight = next(part for part in line.context["parts"] if part["name"] == "Freight")
    assert (freight["estimate"], freight["actual"], freight["variance"], freight["amount"]) == (80, 90, 10, 90)
    assert len(line.context["shares"]) == 2 and line.context["lots"][0].shown_layers
    unknown = client.get(context["urls"]["unknown"])
    assert unknown.context["count"] == 1 and "not known" in unknown.content.decode()


def test_cash_to_cash_is_the_command_s_and_its_postings_add_up(busy, login, today):
    client = login("finance")
    page = client.get("/kpis/cash-to-cash/")
    assert page.context["whole"] == kpi("cash-to-cash", "HP", as_of=today)
    cogs = next(one for one in page.context["accounts"] if one["name"] == "Cost of goods sold")
    assert (cogs["flow"], cogs["flow_count"]) == (4000, 1)
    for one in page.context["accounts"]:
        listed = client.get(one["balance_url"])
        assert listed.context["count"] == one["balance_count"], one["name"]
        within = client.get(one["flow_url"])
        assert within.context["count"] == one["flow_count"]
        assert abs(sum(row.amount for row in within.context["page"])) == abs(one["flow"])
    scor = client.get("/kpis/cash-to-cash/?variant=scor&window=90").context["whole"]
    assert scor == kpi("cash-to-cash", "HP", as_of=today, variant="scor", window=90)


def test_who_may_not_read_the_ledger_sees_the_numbers_without_the_postings(busy, login):
    client = login("buyer")
    assert b"/kpis/cash-to-cash/postings/" not in client.get("/kpis/cash-to-cash/").content
    assert client.get("/kpis/cash-to-cash/postings/").status_code == 403


@pytest.mark.parametrize("path", [*REPORTS, "/kpis/lines/", "/kpis/orders/", "/kpis/landed-cost/lines/"])
def test_a_company_without_anything_has_pages_that_say_so(world, login, path):
    assert login("auditor").get(path).status_code == 200


def test_a_list_exports_what_it_shows(busy, login):
    rows = (
        b"".join(login("sales").get("/kpis/lines/?side=sales&result=late&export=csv").streaming_content)
        .decode()
        .splitlines()
    )
    assert rows[0].startswith("Order,Product,Party,Promised") and len(rows) == 4
    rows = b"".join(login("sales").get("/kpis/landed-cost/lines/?export=csv").streaming_content).decode().splitlines()
    assert len(rows) == 6


def test_reports_ask_as_often_whatever_there_is(busy, login, today, django_assert_max_num_queries):
    from core import outbox

    client = login("admin")
    addresses = [*REPORTS, "/kpis/lines/", "/kpis/orders/", "/kpis/landed-cost/lines/"]
    with django_assert_max_num_queries(250) as few:
        for address in addresses:
            client.get(address)
    for n in range(10):
        busy.sell(5, due=today - timedelta(days=n + 1))
    outbox.drain()
    with django_assert_max_num_queries(250) as many:
        for address in addresses:
            client.get(address)
    assert len(many.captured_queries) == len(few.captured_queries)
