"""Incoterms 2020: who pays, whose loss, and when the risk passes, rule by rule.

The table below is a second typing of the matrix; the published data set is compared cell by cell where it is present.
"""

import csv
import json

import pytest

from core.errors import RuleBroken
from reference import incoterms
from reference.incoterms import ITEMS, LOSSES, Milestone, NamedPlace, Side, check_term, who_bears_loss, who_pays
from tests.shared_data import shared_data

RULES = ["EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF"]
MATRIX = """
packing          SSSSSSSSSSS
load_origin      BSSSSSSSSSS
precarriage      BPSSSSSSSSS
export_clearance BSSSSSSSSSS
origin_terminal  BBSSSSSSSSS
load_main        BBSSSSSBSSS
main_carriage    BBSSSSSBBSS
insurance        ---S------S
dest_terminal    BBPPSSSBBKK
import_clearance BBBBBBSBBBB
import_duty_tax  BBBBBBSBBBB
on_carriage      BBPPSSSBBBB
unload_dest      BBBBBSBBBBB
"""
LOSS = """
loading       BSSSSSSSSSS
truck         BBBBSSSSSSS
quay          BBBBSSSBSSS
on_board      BBBBSSSBBBB
dest_terminal BBBBSSSBBBB
unloading     BBBBBSBBBBB
"""
CELLS = [
    (rule, item, cell)
    for item, cells in map(str.split, MATRIX.split("\n")[1:-1])
    for rule, cell in zip(RULES, cells, strict=True)
]
LOSS_CELLS = [
    (rule, loss, cell)
    for loss, cells in map(str.split, LOSS.split("\n")[1:-1])
    for rule, cell in zip(RULES, cells, strict=True)
]


@pytest.mark.parametrize(("rule", "item", "cell"), CELLS)
def test_who_pays_what(rule, item, cell):
    assert incoterms.RULES[rule].costs[item] == cell
    if cell == "P":
        with pytest.raises(RuleBroken, match="depends on the named place"):
            who_pays(rule, item)
    elif cell == "K":
        assert who_pays(rule, item) is Side.BUYER
        assert who_pays(rule, item, freight_includes_dthc=True) is Side.SELLER
    else:
        assert who_pays(rule, item) == cell


@pytest.mark.parametrize(("rule", "loss", "cell"), LOSS_CELLS)
def test_whose_loss(rule, loss, cell):
    assert who_bears_loss(rule, loss) == cell


def test_the_eleven_rules_and_thirteen_items_are_all_there():
    assert list(incoterms.CURRENT) == RULES
    assert len(ITEMS) == 13
    assert [item for item, _cells in map(str.split, MATRIX.split("\n")[1:-1])] == list(ITEMS)
    assert [loss for loss, _cells in map(str.split, LOSS.split("\n")[1:-1])] == list(LOSSES)


def test_published_costs_and_risks_agree_cell_by_cell():
    data = json.loads(shared_data("incoterms/incoterms_costs_and_risks.json").read_text())
    assert data["items"] == list(ITEMS)
    assert set(data["rules"]) == set(incoterms.CURRENT)
    for code, published in data["rules"].items():
        rule = incoterms.RULES[code]
        assert dict(rule.costs) == published["who"], code
        assert rule.mode == published["mode"], code
        ours = f"{rule.insurance.clauses} {rule.insurance.percent} %" if rule.insurance else None
        assert (ours is None) == (published["insurance"] is None), code
        if ours:
            assert published["insurance"].startswith(rule.insurance.clauses), code
            assert f"{rule.insurance.percent} %" in published["insurance"], code
    words = [str(loss) for loss in LOSSES.values()]
    keys = dict(zip(data["loss_events"]["EXW"], LOSSES, strict=True))
    assert len(words) == len(keys)
    for code, events in data["loss_events"].items():
        for words_of_event, side in events.items():
            assert who_bears_loss(code, keys[words_of_event]) == side, (code, words_of_event)


def test_published_obligations_agree_cell_by_cell():
    """The other data set merges import clearance and duty, and writes N for “no obligation”, D for “depends”."""
    names = {
        "export_packaging": "packing",
        "loading_at_origin": "load_origin",
        "pre_carriage": "precarriage",
        "export_clearance": "export_clearance",
        "origin_terminal_handling": "origin_terminal",
        "loading_on_main_carriage": "load_main",
        "main_carriage": "main_carriage",
        "cargo_insurance": "insurance",
        "destination_terminal_handling": "dest_terminal",
        "import_clearance_duties_taxes": "import_duty_tax",
        "on_carriage_to_destination": "on_carriage",
        "unloading_at_destination": "unload_dest",
    }
    with open(shared_data("incoterms/incoterms_2020.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["code"] for row in rows} == set(incoterms.CURRENT)
    for row in rows:
        for column, item in names.items():
            ours = {"P": "D", "K": "D", "-": "N"}.get(
                incoterms.RULES[row["code"]].costs[item], incoterms.RULES[row["code"]].costs[item]
            )
            assert ours == row[column], (row["code"], item)


# --- what depends on the named place ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "item", "place", "side"),
    [
        ("FCA", "precarriage", NamedPlace.PREMISES, "B"),
        ("FCA", "precarriage", NamedPlace.TERMINAL, "S"),
        ("FCA", "precarriage", NamedPlace.DOOR, "S"),
        ("CPT", "on_carriage", NamedPlace.TERMINAL, "B"),
        ("CPT", "on_carriage", NamedPlace.DOOR, "S"),
        ("CIP", "dest_terminal", NamedPlace.TERMINAL, "B"),
        ("CIP", "dest_terminal", NamedPlace.DOOR, "S"),
    ],
)
def test_the_named_place_decides(rule, item, place, side):
    assert who_pays(rule, item, named_place_kind=place) == side


def test_terminal_handling_inside_the_freight_is_the_sellers():
    assert who_pays("CPT", "dest_terminal", named_place_kind="terminal", freight_includes_dthc=True) == "S"
    assert who_pays("CIF", "dest_terminal", freight_includes_dthc=True) == "S"
    assert who_pays("FOB", "dest_terminal", freight_includes_dthc=True) == "B", "there it is the buyer's own freight"


def test_case_g10_cost_ladder_always_adds_up():
    costs = {
        "packing": 10000,  # the goods, packed
        "load_origin": 40,
        "precarriage": 260,
        "export_clearance": 90,
        "origin_terminal": 150,
        "load_main": 60,
        "main_carriage": 1900,
        "insurance": 58,
        "dest_terminal": 230,
        "import_clearance": 125,
        "import_duty_tax": 700,
        "on_carriage": 380,
        "unload_dest": 75,
    }
    expected = {
        "EXW": 10000,
        "FCA": 10130,
        "FAS": 10540,
        "FOB": 10600,
        "CFR": 12500,
        "CIF": 12558,
        "CPT": 13110,
        "CIP": 13168,
        "DAP": 13168,
        "DPU": 13243,
        "DDP": 13993,
    }
    for code, share in expected.items():
        seller, buyer = incoterms.split_costs(code, costs, named_place_kind=incoterms.usual_place(code))
        assert (seller, seller + buyer) == (share, 14068), code


def test_the_buyers_steps_shrink_from_exw_to_ddp():
    counts = {
        code: len(incoterms.steps(code, Side.BUYER, named_place_kind=incoterms.usual_place(code)))
        for code in ("EXW", "FCA", "FOB", "DAP", "DDP")
    }
    assert counts == {"EXW": 11, "FCA": 9, "FOB": 6, "DAP": 3, "DDP": 1}
    assert incoterms.steps("DDP", "B") == ["unload_dest"]


# --- risk ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "milestone"),
    [
        (["EXW", "FCA", "CPT", "CIP"], Milestone.HANDOVER),
        (["FAS"], Milestone.ALONGSIDE),
        (["FOB", "CFR", "CIF"], Milestone.ON_BOARD),
        (["DAP", "DDP", "DDU"], Milestone.ARRIVED),
        (["DPU"], Milestone.UNLOADED),
    ],
)
def test_when_the_risk_passes(rules, milestone):
    for rule in rules:
        assert incoterms.risk_passes_at(rule) is milestone


def test_a_hand_over_at_the_terminal_moves_the_risk_there():
    assert who_bears_loss("FCA", "truck") == "B"
    assert who_bears_loss("FCA", "truck", handed_over_at="terminal") == "S"
    assert who_bears_loss("FCA", "quay", handed_over_at="terminal") == "B"
    assert who_bears_loss("EXW", "loading", handed_over_at="terminal") == "B"


# --- advice and refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "instead"), [("FOB", "FCA"), ("CFR", "CPT"), ("CIF", "CIP"), ("FAS", "FCA")])
def test_containers_under_a_ships_rail_rule_raise_an_advisory(rule, instead):
    said = incoterms.container_advisory(rule)
    assert rule in said
    assert instead in said


@pytest.mark.parametrize("rule", ["EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP"])
def test_other_rules_fit_containers(rule):
    assert incoterms.container_advisory(rule) == ""


def test_insurance_is_owed_under_cif_and_cip_only():
    assert "110 %" in incoterms.insurance_advisory("CIF")
    assert "ICC (C)" in incoterms.insurance_advisory("CIF")
    assert "ICC (A)" in incoterms.insurance_advisory("CIP")
    assert "buyer should" in incoterms.insurance_advisory("FOB")
    assert "seller's" in incoterms.insurance_advisory("DAP")


@pytest.mark.parametrize("place", ["", "   ", None])
def test_a_rule_without_its_place_is_refused(place):
    assert check_term("FOB", "Ningbo").code == "FOB"
    with pytest.raises(RuleBroken, match="port of shipment"):
        check_term("FOB", place)


def test_sea_rules_do_not_fly():
    assert check_term("FCA", "Shanghai Pudong", mode="air")
    assert check_term("CIF", "Rotterdam", mode="sea")
    with pytest.raises(RuleBroken, match=r"sea and inland waterways only\. Use CIP"):
        check_term("CIF", "Rotterdam", mode="air")


def test_ddu_is_history():
    assert dict(incoterms.RULES["DDU"].costs) == dict(incoterms.RULES["DAP"].costs)
    assert "DDU" not in dict(incoterms.CHOICES)
    assert "DDU" in dict(incoterms.ALL_CHOICES)
    with pytest.raises(RuleBroken, match="withdrawn with the 2010 edition"):
        check_term("DDU", "Chicago")


def test_unknown_rules_and_items_are_refused():
    with pytest.raises(RuleBroken, match="not an Incoterms rule"):
        who_pays("FOT", "packing")
    with pytest.raises(RuleBroken, match="not a cost item"):
        who_pays("FOB", "champagne")
