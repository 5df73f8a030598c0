"""The sampling tables, cell by cell against the published ones, and the switching rules."""

import csv

import pytest

from core.errors import RuleBroken
from quality import aql
from tests.shared_data import case, shared_data


def test_every_cell_of_the_three_master_tables_equals_the_published_one():
    with shared_data("aql/single_plans_resolved.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 416
    wrong = []
    for row in rows:
        plan = aql.table_plan(row["code_letter"], row["aql"], row["inspection"])
        if (plan.size, plan.ac, plan.re) != (int(row["sample_size"]), int(row["ac"]), int(row["re"])):
            wrong.append((row, plan))
    assert wrong == []


def test_every_code_letter_equals_the_published_one():
    with shared_data("aql/code_letters.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for lot in {int(row["lot_min"]), int(row["lot_max"] or 10**7)}:
            for level in aql.LEVELS:
                assert aql.code_letter(lot, level) == row[level], (lot, level)


def test_an_arrow_takes_the_sample_size_with_it():
    plan = aql.plan_for(100, "1.0")  # the common mistake is F, n = 20, 0/1
    assert (plan.letter, plan.size, plan.ac, plan.re) == ("E", 13, 0, 1)


def shown(plan):
    return [plan.letter, plan.size, plan.ac, plan.re]


def test_worked_plans():
    inputs = case("Q01")["inputs"]
    assert shown(aql.plan_for(inputs["lot"], inputs["aql"])) == case("Q01")["expected"]
    assert shown(aql.plan_for(4000, "2.5")) == case("Q02")["expected"]["major"]
    assert shown(aql.plan_for(4000, "4.0")) == case("Q02")["expected"]["minor"]
    assert shown(aql.plan_for(100, "1.0")) == case("Q04")["expected"]
    assert shown(aql.plan_for(4000, "2.5", severity="tightened")) == case("Q06")["expected"]["tightened"]
    assert shown(aql.plan_for(4000, "2.5", severity="reduced")) == case("Q06")["expected"]["reduced"]


def test_a_sample_as_large_as_the_lot_means_every_unit():
    plan = aql.plan_for(20, "0.65")
    assert shown(plan) == case("Q05")["expected"]["plan"] and plan.all_units
    assert not aql.plan_for(21, "0.65").all_units


def test_between_ac_and_re_of_a_reduced_plan_the_lot_is_accepted_and_inspection_returns_to_normal():
    plan = aql.plan_for(4000, "2.5", severity="reduced")
    assert [plan.verdict(found) for found in (5, 6, 7, 8)] == [
        (True, False),
        (True, True),
        (True, True),
        (False, False),
    ]


def severities(results: str, *, ac: int = 2) -> str:
    """The severity of every lot in turn, then ">" and what the next one gets when it differs."""
    state, said = aql.Switching(), ""
    for one in results:
        said += state.severity[0]
        state = state.after(aql.Result(one == "A", ac=ac))
    return said if said.endswith(state.severity[0]) else f"{said}>{state.severity}"


def test_two_of_five_rejected_tighten_and_five_in_a_row_accepted_return_to_normal():
    assert severities(case("Q08")["inputs"]["results"]) == case("Q08")["expected"]


def test_a_switching_score_of_thirty_reduces_and_one_rejection_ends_it():
    assert severities(case("Q09")["inputs"]["results"]) == case("Q09")["expected"]


def test_plans_that_accept_at_most_one_need_fifteen_lots():
    found = case("Q10")
    assert severities(found["inputs"]["results"], ac=1) == found["expected"]


def test_a_lot_in_the_gap_ends_reduced_inspection():
    reduced = aql.Switching("reduced")
    assert reduced.after(aql.Result(True)).severity == "reduced"
    assert reduced.after(aql.Result(True, gap=True)).severity == "normal"


def test_five_rejections_on_tightened_stop_acceptance():
    state = aql.switching_after([aql.Result(one == "A") for one in "RR" + "RARRA"])
    assert (state.severity, state.stopped) == ("tightened", False)
    state = state.after(aql.Result(False)).after(aql.Result(False))
    assert state.stopped


def test_a_lot_that_would_fail_one_step_tighter_starts_the_score_again():
    state = aql.switching_after([aql.Result(True)] * 9)
    assert (state.score, state.severity) == (27, "normal")
    assert state.after(aql.Result(True, passes_tighter=False)).score == 0


@pytest.mark.parametrize("bad", [{"lot": 0}, {"level": "IV"}, {"aql": "3.0"}, {"aql": "x"}, {"severity": "lenient"}])
def test_what_the_tables_do_not_know_is_refused(bad):
    asked = {"lot": 500, "aql": "2.5", "level": "II", "severity": "normal", **bad}
    with pytest.raises(RuleBroken):
        aql.plan_for(asked.pop("lot"), asked.pop("aql"), **asked)
