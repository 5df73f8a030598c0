"""``manage.py kpis`` and ``/api/v1/kpis/…``: the same rows for every metric and dimension, with the keys that were promised."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.outbox import drain
from kpis.catalogue import CATALOGUE
from kpis.selectors import DIMENSIONS, METRICS
from tests.kpis_pages.conftest import make_busy
from tests.masters import Api

pytestmark = pytest.mark.django_db

PROMISED = {
    "on-time": ["lines", "on_time", "late", "pct"],
    "landed-cost": [
        "lines", "lines_known", "quantity", "goods", "freight", "insurance", "duty", "other", "landed", "goods_all",
    ],
    "cash-to-cash": ["dio", "dso", "dpo", "c2c", "c2c_net_of_advances"],
    "otif": ["lines", "otif", "pct"],
    "perfect-order": ["orders", "perfect", "pct", "lines", "line_pct", "product_pct", "provisional"],
}  # fmt: skip
MONEY = ("goods", "freight", "insurance", "duty", "other", "landed", "goods_all")


@pytest.fixture
def busy(world, today):
    chain = make_busy(world, today)
    drain()
    return chain


@pytest.fixture
def today():
    from django.utils import timezone

    return timezone.localdate()


def command(metric: str, *arguments: str) -> dict:
    out = StringIO()
    call_command("kpis", metric, "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def both(world, metric: str, **asked) -> tuple[dict, dict]:
    """What the command and the API answer to the same question."""
    arguments = [part for name, value in asked.items() for part in (f"--{name}", str(value))]
    query = "&".join(f"{name.replace('-', '_') if name != 'by' else name}={value}" for name, value in asked.items())
    answer = Api(world, "buyer")("GET", f"/kpis/{metric}/?{query}")
    assert answer.status_code == 200, answer.content
    return command(metric, *arguments), answer.json()


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_by_every_dimension_is_the_same_through_both_doors(world, busy, today, metric):
    filled, refused = 0, 0
    for by in ("", *DIMENSIONS):
        if metric == "cash-to-cash" and by not in ("", "month"):  # balances are kept for the company as a whole
            refused += _both_refuse(world, metric, by)
            continue
        said, answered = both(world, metric, **({"by": by} if by else {}))
        assert list(said) == ["metric", "by", "from", "to", "rows"]
        assert said == {name: answered[name] for name in said}, by
        assert (said["metric"], said["by"]) == (metric, by or None)
        for row in said["rows"]:
            filled += 1
            assert next(iter(row)) == "key" and isinstance(row["key"], str)
            lacking = set(PROMISED[metric]) - set(row)
            if metric == "perfect-order" and by == "shipment":
                lacking -= {"lines", "line_pct"}  # a shipment is the whole there; it has no lines of its own to judge
            assert not lacking, (by, lacking)
    assert filled + refused >= len(DIMENSIONS), "a comparison of nothing with nothing would prove nothing"


def _both_refuse(world, metric: str, by: str) -> int:
    """Neither door answers, and both say the same."""
    with pytest.raises(CommandError) as refused:
        command(metric, "--by", by)
    answer = Api(world, "buyer")("GET", f"/kpis/{metric}/?by={by}")
    assert answer.status_code == 400 and answer.json()["detail"] == str(refused.value)
    return 1


def test_money_is_a_decimal_string_and_the_parts_of_a_breakdown_make_the_whole(world, busy):
    from decimal import Decimal

    (total,) = command("landed-cost", "--side", "purchase")["rows"]
    assert all(isinstance(total[name], str) for name in MONEY)
    assert total["landed"] == "1137.00" and total["goods_all"] == "1500.00", (
        "90 freight and 47 duty on 1,000; 500 not yet"
    )
    for by in ("mode", "incoterm", "supplier", "country", "month", "product-group"):
        rows = command("landed-cost", "--side", "purchase", "--by", by)["rows"]
        for name in MONEY:
            assert sum(Decimal(row[name]) for row in rows) == Decimal(total[name]), (by, name)


@pytest.mark.parametrize(
    "asked",
    [
        {"side": "sales"},
        {"side": "purchase", "by": "supplier"},
        {"from": "{day}", "to": "{today}"},
        {"as-of": "{day}"},
        {"late-days": 3},
        {"early-days": 0, "tolerance": "0.05"},
        {"basis": "requested", "by": "month"},
    ],
)
@pytest.mark.parametrize("metric", ["on-time", "otif", "perfect-order"])
def test_parameters_mean_the_same_through_both_doors(world, busy, today, metric, asked):
    from datetime import timedelta

    days = {"day": today - timedelta(days=28), "today": today}
    asked = {name: value.format(**days) if isinstance(value, str) else value for name, value in asked.items()}
    said, answered = both(world, metric, **asked)
    assert said["rows"] == answered["rows"] and (said["from"], said["to"]) == (answered["from"], answered["to"])


def test_grace_makes_the_late_line_good_and_only_that(world, busy):
    (strict,), (graced,) = (
        command("on-time", "--side", "sales")["rows"],
        command("on-time", "--side", "sales", "--late-days", "3")["rows"],
    )
    assert graced["on_time"] == strict["on_time"] + 1 and graced["lines"] == strict["lines"]


def test_windows_and_variants_of_cash_to_cash(world, busy):
    for asked in ({"window": 30}, {"window": 90, "variant": "scor"}, {"by": "month", "window": 90}):
        said, answered = both(world, "cash-to-cash", **asked)
        assert said["rows"] == answered["rows"] and said["rows"]


def test_undefined_is_not_a_number_and_not_zero(world):
    (row,) = command("on-time")["rows"]
    assert (row["lines"], row["pct"]) == (0, None)
    out = StringIO()
    call_command("kpis", "on-time", stdout=out)
    assert out.getvalue().split() == ["key", "lines", "on_time", "late", "pct", "total", "0", "0", "0", "n/a"]


def test_the_table_for_people_has_the_rows_of_the_json(world, busy):
    out = StringIO()
    call_command("kpis", "on-time", "--by", "mode", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["key", "lines", "on_time", "late", "pct"]
    assert len(lines) == 1 + len(command("on-time", "--by", "mode")["rows"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["on-time", "--company", "ZZ"], r"Name a company with --company \(there are: HP\)"),
        (["on-time", "--from", "2026-02-01", "--to", "2026-01-01"], "The period ends before it begins"),
        (["cash-to-cash", "--window", "0"], "The window is 1 to 3660 days"),
        (["on-time", "--by", "planet"], "invalid choice: 'planet'"),
        (["revenue"], "invalid choice: 'revenue'"),
        (["on-time", "--from", "yesterday"], "invalid .* value: 'yesterday'"),
    ],
)
def test_a_wrong_question_is_a_sentence(world, arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command("kpis", *arguments)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("by=planet", "/by"),
        ("from=yesterday", "/from"),
        ("from=2026-02-01&to=2026-01-01", "/to"),
        ("window=0", "/window"),
        ("tolerance=2", "/tolerance"),
        ("whatever=1", "/whatever"),
    ],
)
def test_through_the_api_it_is_a_problem_that_names_the_parameter(world, query, pointer):
    answer = Api(world, "buyer")("GET", f"/kpis/on-time/?{query}")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_the_catalogue_says_what_each_metric_means(world):
    answered = Api(world, "finance")("GET", "/kpis/catalogue/").json()
    assert [one["name"] for one in answered] == [one.name for one in CATALOGUE] and set(METRICS) == {
        one["name"] for one in answered
    }
    assert all(one["definition"] and one["formula"] and one["source"] for one in answered)


def test_kpis_are_for_staff_with_the_permission(world):
    for role, scopes, status in (
        ("supplier", None, 403),
        ("buyer", ["sourcing.view_purchaseorder"], 403),
        ("auditor", None, 200),
    ):
        assert Api(world, role, scopes)("GET", "/kpis/on-time/").status_code == status, role


def test_numbers_say_through_which_event_they_are(world, busy):
    fresh = Api(world, "buyer")("GET", "/kpis/on-time/").json()["freshness"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(position) FROM core_sealedevent")
        assert (fresh["position"], fresh["lag_seconds"], fresh["stale"]) == (cursor.fetchone()[0], 0, False)


# --- rebuild_kpis -----------------------------------------------------------------------------------------------------


def verify() -> tuple[int, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("rebuild_kpis", "--verify", stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, err.getvalue()
    return 0, out.getvalue()


@pytest.mark.parametrize(
    ("alter", "named"),
    [
        ("UPDATE kpis_landedcostfact SET freight = freight + 0.01 WHERE freight > 0", "landed"),
        (
            "UPDATE kpis_landedday SET goods = goods - 0.01, landed = landed - 0.01 WHERE dim = 'mode' AND landed > 0",
            "landedday",
        ),
        ("UPDATE kpis_cashday SET flow = flow + 0.01 WHERE account = 'inventory'", "cashday"),
        ("UPDATE kpis_orderday SET promised = promised + 1 WHERE dim = 'supplier' AND level = 'order'", "orderday"),
        ("UPDATE kpis_orderlinefact SET on_time = NOT on_time", "line"),
        ("DELETE FROM kpis_orderfact", "order"),
    ],
    ids=["one cent of a fact", "one cent of a roll-up", "one cent of cash", "one order of a roll-up", "a flag", "gone"],
)
def test_one_altered_cent_is_found_named_and_put_right(world, busy, alter, named):
    assert verify() == (0, "Every stored fact and roll-up is what the documents say.\n")
    before = {metric: command(metric, "--by", "month")["rows"] for metric in METRICS}
    with connection.cursor() as cursor:
        cursor.execute(alter)
        assert cursor.rowcount, "there was something to alter"
    status, said = verify()
    assert status == 1 and named in said and "Stored KPIs differ from the documents" in said, said
    call_command("rebuild_kpis", verbosity=0)
    assert verify()[0] == 0
    assert {metric: command(metric, "--by", "month")["rows"] for metric in METRICS} == before


def test_rebuilding_twice_writes_nothing_the_second_time(world, busy):
    def stored():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 'f', id, xmin::text FROM kpis_orderfact UNION ALL SELECT 'd', id, xmin::text FROM kpis_landedday ORDER BY 1, 2"
            )
            return cursor.fetchall()

    call_command("rebuild_kpis", "--company", "HP", verbosity=0)
    once = stored()
    call_command("rebuild_kpis", verbosity=0)
    assert stored() == once
    with pytest.raises(CommandError, match="there are: HP"):
        call_command("rebuild_kpis", "--company", "ZZ")
