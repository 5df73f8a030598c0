"""Incoterms® 2020 as data: who pays for which step, where the risk passes, and what follows from it.

Eleven rules, thirteen cost items, in our own words; the rules' text is the ICC's. "Incoterms" is a trademark of the
International Chamber of Commerce. Every rule has two points that need not be the same: up to the *cost point* the
seller pays, up to the *risk point* a loss is the seller's. In the C rules the seller pays to the destination while the
risk has long passed, which is the most expensive misunderstanding in the trade.

Nothing that must be asked is assumed: what depends on the named place raises RuleBroken until its kind is given.
DDU (delivered duty unpaid) was withdrawn with the 2010 edition; old documents may carry it, new ones may not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken

EDITION = "2020"
Words = str | Promise  # translated when shown


class Side(StrEnum):
    SELLER = "S"
    BUYER = "B"
    NOBODY = "-"  # neither owes it to the other; whoever bears the risk may do it for himself

    @property
    def label(self):
        return {"S": _("seller"), "B": _("buyer"), "-": _("no obligation")}[self.value]


class Milestone(StrEnum):
    """The moment at which the risk passes, as it is reported: what the ledger dates ownership by."""

    HANDOVER = "handover"  # at the buyer's disposal (EXW), or handed to the buyer's or the first carrier
    ALONGSIDE = "alongside"  # alongside the vessel at the port of shipment
    ON_BOARD = "on_board"  # on board the vessel at the port of shipment
    ARRIVED = "arrived"  # at the named place of destination, on the arriving transport, ready for unloading
    UNLOADED = "unloaded"  # unloaded there

    @property
    def label(self):
        return {
            "handover": _("hand-over"),
            "alongside": _("alongside the vessel"),
            "on_board": _("on board the vessel"),
            "arrived": _("arrived, ready for unloading"),
            "unloaded": _("unloaded at destination"),
        }[self.value]


class NamedPlace(StrEnum):
    """What kind of place is named after the rule; FCA, CPT and CIP mean different things at different places."""

    PREMISES = "premises"  # the seller's own works or warehouse
    TERMINAL = "terminal"  # a port, airport, terminal or forwarder's warehouse
    DOOR = "door"  # the buyer's works or warehouse, or another inland place of destination

    @property
    def label(self):
        return {
            "premises": _("the seller's premises"),
            "terminal": _("a port, airport or terminal"),
            "door": _("the buyer's door or an inland place"),
        }[self.value]


ITEMS: dict[str, Words] = {  # in the order in which the goods meet them
    "packing": _("Export packing"),
    "load_origin": _("Loading at the factory"),
    "precarriage": _("Transport to the port or terminal of departure"),
    "export_clearance": _("Export clearance"),
    "origin_terminal": _("Terminal handling at origin"),
    "load_main": _("Loading on the vessel or aircraft"),
    "main_carriage": _("Main freight"),
    "insurance": _("Cargo insurance"),
    "dest_terminal": _("Terminal handling at destination (DTHC)"),
    "import_clearance": _("Import clearance"),
    "import_duty_tax": _("Import duty and taxes"),
    "on_carriage": _("Transport from the port or terminal of arrival"),
    "unload_dest": _("Unloading at the buyer's door"),
}

# S seller, B buyer, P depends on the named place, K buyer unless the freight contract includes it, - no obligation.
_WHO_PAYS = """
                  EXW FCA CPT CIP DAP DPU DDP FAS FOB CFR CIF DDU
packing            S   S   S   S   S   S   S   S   S   S   S   S
load_origin        B   S   S   S   S   S   S   S   S   S   S   S
precarriage        B   P   S   S   S   S   S   S   S   S   S   S
export_clearance   B   S   S   S   S   S   S   S   S   S   S   S
origin_terminal    B   B   S   S   S   S   S   S   S   S   S   S
load_main          B   B   S   S   S   S   S   B   S   S   S   S
main_carriage      B   B   S   S   S   S   S   B   B   S   S   S
insurance          -   -   -   S   -   -   -   -   -   -   S   -
dest_terminal      B   B   P   P   S   S   S   B   B   K   K   S
import_clearance   B   B   B   B   B   B   S   B   B   B   B   B
import_duty_tax    B   B   B   B   B   B   S   B   B   B   B   B
on_carriage        B   B   P   P   S   S   S   B   B   B   B   S
unload_dest        B   B   B   B   B   S   B   B   B   B   B   B
"""


@dataclass(frozen=True)
class Insurance:
    """What the seller must insure: the Institute Cargo Clauses, and the least cover in percent of contract value."""

    clauses: str
    percent: int


@dataclass(frozen=True)
class Rule:
    code: str
    name: Words
    mode: str  # "any", or "sea" (sea and inland waterways only)
    costs: Mapping[str, str]  # cost item → S, B, P, K or -
    risk: Milestone
    risk_point: Words
    cost_point: Words
    place: Words  # which place must be named after the code
    insurance: Insurance | None = None
    container_rule: str = ""  # the rule to use instead for goods in containers
    withdrawn: int | None = None  # the edition that dropped it

    def __str__(self):
        return self.code


def _table() -> dict[str, dict[str, str]]:
    header, *rows = _WHO_PAYS.strip().splitlines()
    codes = header.split()
    cells = {item: values for item, *values in (row.split() for row in rows)}
    return {code: {item: cells[item][column] for item in ITEMS} for column, code in enumerate(codes)}


_COSTS = _table()
_ON_BOARD = _("on board the vessel at the port of shipment")
_READY = _("at the named place of destination, on the arriving transport, ready for unloading")
_TO_DESTINATION = _("the named place of destination")
_CARRIER = _("handed to the first carrier at the agreed place of delivery, long before the destination")

_RULES = (
    Rule(
        code="EXW",
        costs=_COSTS["EXW"],
        name=_("Ex Works"),
        mode="any",
        risk=Milestone.HANDOVER,
        risk_point=_("at the buyer's disposal at the named place, neither loaded nor cleared for export"),
        cost_point=_("the named place, usually the factory"),
        place=_("place of delivery"),
    ),
    Rule(
        code="FCA",
        costs=_COSTS["FCA"],
        name=_("Free Carrier"),
        mode="any",
        risk=Milestone.HANDOVER,
        risk_point=_(
            "at the seller's premises: loaded on the buyer's transport; elsewhere: "
            "on the seller's transport, ready for unloading, at the carrier's disposal"
        ),
        cost_point=_("the named place, goods cleared for export"),
        place=_("place of delivery"),
    ),
    Rule(
        code="CPT",
        costs=_COSTS["CPT"],
        name=_("Carriage Paid To"),
        mode="any",
        risk=Milestone.HANDOVER,
        risk_point=_CARRIER,
        cost_point=_TO_DESTINATION,
        place=_("place of destination"),
    ),
    Rule(
        code="CIP",
        costs=_COSTS["CIP"],
        name=_("Carriage and Insurance Paid To"),
        mode="any",
        risk=Milestone.HANDOVER,
        risk_point=_CARRIER,
        cost_point=_TO_DESTINATION,
        place=_("place of destination"),
        insurance=Insurance("ICC (A)", 110),
    ),
    Rule(
        code="DAP",
        costs=_COSTS["DAP"],
        name=_("Delivered at Place"),
        mode="any",
        risk=Milestone.ARRIVED,
        risk_point=_READY,
        cost_point=_TO_DESTINATION,
        place=_("place of destination"),
    ),
    Rule(
        code="DPU",
        costs=_COSTS["DPU"],
        name=_("Delivered at Place Unloaded"),
        mode="any",
        risk=Milestone.UNLOADED,
        risk_point=_("unloaded at the named place of destination; the only rule under which the seller unloads"),
        cost_point=_("the named place of destination, unloading included"),
        place=_("place of destination"),
    ),
    Rule(
        code="DDP",
        costs=_COSTS["DDP"],
        name=_("Delivered Duty Paid"),
        mode="any",
        risk=Milestone.ARRIVED,
        risk_point=_("as DAP, cleared for import"),
        cost_point=_("the named place of destination, import clearance and duty included"),
        place=_("place of destination"),
    ),
    Rule(
        code="FAS",
        costs=_COSTS["FAS"],
        name=_("Free Alongside Ship"),
        mode="sea",
        risk=Milestone.ALONGSIDE,
        risk_point=_("alongside the vessel at the named port of shipment"),
        cost_point=_("the quay at the port of shipment, goods cleared for export"),
        place=_("port of shipment"),
        container_rule="FCA",
    ),
    Rule(
        code="FOB",
        costs=_COSTS["FOB"],
        name=_("Free on Board"),
        mode="sea",
        risk=Milestone.ON_BOARD,
        risk_point=_ON_BOARD,
        cost_point=_ON_BOARD,
        place=_("port of shipment"),
        container_rule="FCA",
    ),
    Rule(
        code="CFR",
        costs=_COSTS["CFR"],
        name=_("Cost and Freight"),
        mode="sea",
        risk=Milestone.ON_BOARD,
        risk_point=_ON_BOARD,
        cost_point=_("the named port of destination"),
        place=_("port of destination"),
        container_rule="CPT",
    ),
    Rule(
        code="CIF",
        costs=_COSTS["CIF"],
        name=_("Cost, Insurance and Freight"),
        mode="sea",
        risk=Milestone.ON_BOARD,
        risk_point=_ON_BOARD,
        cost_point=_("the named port of destination"),
        place=_("port of destination"),
        insurance=Insurance("ICC (C)", 110),
        container_rule="CIP",
    ),
    Rule(
        code="DDU",
        costs=_COSTS["DDU"],
        name=_("Delivered Duty Unpaid"),
        mode="any",
        risk=Milestone.ARRIVED,
        risk_point=_READY,
        cost_point=_TO_DESTINATION,
        place=_("place of destination"),
        withdrawn=2010,
    ),
)
RULES: dict[str, Rule] = {rule.code: rule for rule in _RULES}

CURRENT = tuple(code for code, rule in RULES.items() if rule.withdrawn is None)
CHOICES = [(code, f"{code} ({EDITION})") for code in CURRENT]  # for model and form fields
ALL_CHOICES = [*CHOICES, ("DDU", _("DDU (withdrawn 2010)"))]  # for documents imported from elsewhere


def get_rule(code: str) -> Rule:
    """This will return the rule ``code`` ("FOB"), the withdrawn DDU included. Raises RuleBroken when there is none."""
    if code not in RULES:
        raise RuleBroken(
            _now("“%(code)s” is not an Incoterms rule. Choose one of %(rules)s.")
            % {"code": code, "rules": ", ".join(CURRENT)},
            field="incoterm",
        )
    return RULES[code]


def check_term(code: str, named_place: str, *, mode: str | None = None) -> Rule:
    """This will return the rule when ``code`` and ``named_place`` can stand in a new contract, else raise RuleBroken.

    ``mode`` is how the goods travel ("sea", "air", "rail", "road", "courier"), when it is known: FAS, FOB, CFR and CIF
    are for sea and inland waterways only. DDU is refused: nobody may agree it any more.
    """
    rule = get_rule(code)
    if rule.withdrawn:
        raise RuleBroken(
            _now("%(code)s was withdrawn with the %(year)s edition. Use DAP: the buyer clears import and pays duty.")
            % {"code": code, "year": rule.withdrawn},
            field="incoterm",
        )
    if not (named_place or "").strip():
        raise RuleBroken(
            _now("%(code)s says nothing without its %(place)s. Name it, as exactly as you can.")
            % {"code": code, "place": rule.place},
            field="named_place",
        )
    if rule.mode == "sea" and mode not in (None, "", "sea", "inland_waterway"):
        raise RuleBroken(
            _now("%(code)s is for sea and inland waterways only. Use %(instead)s.")
            % {"code": code, "instead": rule.container_rule},
            field="incoterm",
        )
    return rule


def who_pays(code: str, item: str, *, named_place_kind: str | None = None, freight_includes_dthc: bool = False) -> Side:
    """This will say who pays cost ``item`` under rule ``code``: Side.SELLER, Side.BUYER or Side.NOBODY.

    ``named_place_kind`` (premises, terminal, door) decides the cells that depend on the named place: who carries the
    goods to the terminal under FCA, and how far the freight reaches under CPT and CIP. ``freight_includes_dthc``: the
    freight covers terminal handling at destination (CFR, CIF, and CPT or CIP to a port); then the seller has paid it.
    Raises RuleBroken when the place decides and its kind is not given, and for an unknown rule or item.
    """
    rule = get_rule(code)
    if item not in ITEMS:
        raise RuleBroken(_now("“%(item)s” is not a cost item of an Incoterms rule.") % {"item": item}, field="item")
    cell = rule.costs[item]
    if cell == "K":
        return Side.SELLER if freight_includes_dthc else Side.BUYER
    if cell != "P":
        return Side(cell)
    if named_place_kind is None:
        raise RuleBroken(
            _now("Under %(code)s it depends on the named place who pays “%(item)s”: say what kind of place it is.")
            % {"code": code, "item": ITEMS[item]},
            field="named_place_kind",
        )
    place = NamedPlace(named_place_kind)
    if item == "precarriage":  # FCA: the seller brings the goods to any place but his own
        return Side.BUYER if place is NamedPlace.PREMISES else Side.SELLER
    if item == "dest_terminal":
        return Side.SELLER if place is NamedPlace.DOOR or freight_includes_dthc else Side.BUYER
    return Side.SELLER if place is NamedPlace.DOOR else Side.BUYER  # on_carriage


def usual_place(code: str) -> NamedPlace:
    """The kind of place usually named: the seller's premises (EXW, FCA), a port (sea rules), else the buyer's door."""
    rule = get_rule(code)
    if rule.mode == "sea":
        return NamedPlace.TERMINAL
    return NamedPlace.PREMISES if code in ("EXW", "FCA") else NamedPlace.DOOR


def steps(
    code: str, side: str, *, named_place_kind: str | None = None, freight_includes_dthc: bool = False
) -> list[str]:
    """This will list the cost items that ``side`` ("S" or "B") has to arrange, in the order of the journey."""
    return [
        item
        for item in ITEMS
        if who_pays(code, item, named_place_kind=named_place_kind, freight_includes_dthc=freight_includes_dthc) == side
    ]


def split_costs(
    code: str,
    costs: Mapping[str, Decimal | int],
    *,
    named_place_kind: str | None = None,
    freight_includes_dthc: bool = False,
) -> tuple[Decimal | int, Decimal | int]:
    """This will return (seller's share, buyer's share) of ``costs`` by item; together they are always the same total.

    Insurance that nobody owes is paid by the side that bears the risk of the main voyage: the seller in the D rules.
    """
    shares: dict[Side, Decimal | int] = {Side.SELLER: 0, Side.BUYER: 0}
    for item, amount in costs.items():
        side = who_pays(code, item, named_place_kind=named_place_kind, freight_includes_dthc=freight_includes_dthc)
        if side is Side.NOBODY:
            side = who_bears_loss(code, "on_board")
        shares[side] += amount
    return shares[Side.SELLER], shares[Side.BUYER]


def risk_passes_at(code: str) -> Milestone:
    """This will return the milestone at which the risk of loss passes to the buyer.

    Ownership in the ledger is dated by it unless the contract says otherwise: Incoterms do not govern title.
    """
    return get_rule(code).risk


# Where goods can be lost, in the order of the journey.
LOSSES: dict[str, Words] = {
    "loading": _("during loading at the factory"),
    "truck": _("on the truck to the port"),
    "quay": _("on the quay before loading"),
    "on_board": _("on board, mid-ocean"),
    "dest_terminal": _("at the destination terminal"),
    "unloading": _("during unloading at the buyer"),
}
# After how many of them the risk has passed. Hand-over: at the seller's premises or at the terminal.
_PASSED_AFTER = {Milestone.ALONGSIDE: 2, Milestone.ON_BOARD: 3, Milestone.ARRIVED: 5, Milestone.UNLOADED: 6}


def who_bears_loss(code: str, loss: str, *, handed_over_at: str = NamedPlace.PREMISES) -> Side:
    """This will say whose loss it is when the goods perish at ``loss`` (a key of LOSSES).

    ``handed_over_at`` matters under FCA, CPT and CIP: at the seller's premises the risk passes once loaded on the
    carrier's truck, at a terminal only there. The C and D rules run to the buyer's warehouse.
    """
    rule = get_rule(code)
    if code == "EXW":
        passed = 0
    elif rule.risk is Milestone.HANDOVER:
        passed = 1 if NamedPlace(handed_over_at) is NamedPlace.PREMISES else 2
    else:
        passed = _PASSED_AFTER[rule.risk]
    return Side.SELLER if list(LOSSES).index(loss) < passed else Side.BUYER


def container_advisory(code: str) -> str:
    """This will return a sentence for goods in containers when the rule does not fit them, else an empty string.

    A container is handed over at a terminal days before it is on board. Under FOB, CFR and CIF the seller bears the
    risk in between, without holding the goods; FCA, CPT and CIP pass it where the container changes hands.
    """
    rule = get_rule(code)
    if not rule.container_rule:
        return ""
    return _now(
        "Goods in containers are handed over at the terminal, not at the ship's side: under %(code)s the seller bears "
        "the risk in between without holding the goods. %(instead)s fits better."
    ) % {"code": code, "instead": rule.container_rule}


def insurance_advisory(code: str) -> str:
    """This will return a sentence on who should insure, and how far."""
    rule = get_rule(code)
    if rule.insurance:
        return _now(
            "The seller insures the buyer's risk: at least %(percent)s %% of the contract value under %(clauses)s, "
            "in the currency of the contract."
        ) % {"percent": rule.insurance.percent, "clauses": rule.insurance.clauses}
    if who_bears_loss(code, "on_board") is Side.BUYER:
        return _now("Nobody has to insure; the risk of the voyage is the buyer's, so the buyer should.")
    return _now("Nobody has to insure; the risk of the voyage is the seller's.")
