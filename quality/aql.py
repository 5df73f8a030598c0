"""Single sampling by attributes: MIL-STD-105E = ANSI/ASQ Z1.4, the tables on which ISO 2859-1 rests.

The printed tables are diagonals. Number the code letters (A = 0 … R = 15) and the AQLs (0.010 = 0 … 1000 = 25): every
cell with the same sum has the same acceptance number. So a table is a letter's sample size and one row of numbers; all
other cells are arrows to the next plan above or below, **and the sample size is that plan's own**: keeping the letter's
sample and writing 0/1 for an arrow is the usual mistake.

Reduced plans keep the gap of Z1.4 (Ac < found < Re: accept this lot, return to normal inspection).
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from core.errors import RuleBroken

NORMAL, TIGHTENED, REDUCED = "normal", "tightened", "reduced"
SEVERITIES = (NORMAL, TIGHTENED, REDUCED)
LETTERS = "ABCDEFGHJKLMNPQRS"  # S stands in the tightened table only
_PUBLISHED = """
0.010 0.015 0.025 0.040 0.065 0.10 0.15 0.25 0.40 0.65 1.0 1.5 2.5 4.0 6.5 10 15 25 40 65 100 150 250 400 650 1000
"""
AQLS = _PUBLISHED.split()
_INDEX = {Decimal(aql): number for number, aql in enumerate(AQLS)}

_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
_REDUCED_SIZES = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)
_NORMAL_AC = {14: 0, 17: 1, 18: 2, 19: 3, 20: 5, 21: 7, 22: 10, 23: 14, 24: 21, 25: 30, 26: 44}
_TIGHTENED_AC = {15: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 8, 23: 12, 24: 18, 25: 27, 26: 41}
_REDUCED_AC_RE = {
    14: (0, 1), 17: (0, 2), 18: (1, 3), 19: (1, 4), 20: (2, 5), 21: (3, 6), 22: (5, 8), 23: (7, 10), 24: (10, 13),
    25: (14, 17), 26: (21, 24),
}  # fmt: skip
# Samples of two cannot be reduced further: at letter B the numbers close up, at A they are those of the normal table.
_REDUCED_B = {19: (2, 4), 20: (3, 5), 21: (5, 6), 22: (7, 8), 23: (10, 11), 24: (14, 15), 25: (21, 22), 26: (30, 31)}
_SMALL = 4  # the letters A to E alone have plans on the diagonals 25 and 26

LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
_LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)  # upper ends; above: the last
_CODE_LETTERS = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Draw ``size`` units; accept with at most ``ac`` nonconforming ones, reject from ``re`` on."""

    letter: str
    size: int
    ac: int
    re: int
    all_units: bool = False  # the plan asks for as many as there are: inspect every unit

    def verdict(self, found: int) -> tuple[bool, bool]:
        """Whether the lot is accepted, and whether it fell into the gap (accepted, but back to normal inspection)."""
        return found < self.re, self.ac < found < self.re


def code_letter(lot: int, level: str = "II") -> str:
    """This will return the sample size code letter of a lot of ``lot`` units. Raises RuleBroken below two units."""
    if level not in _CODE_LETTERS:
        raise RuleBroken(
            _("“%(level)s” is not an inspection level. Choose one of %(levels)s.")
            % {"level": level, "levels": ", ".join(LEVELS)},
            field="level",
        )
    if lot < 1:
        raise RuleBroken(_("There is nothing to inspect: the lot is empty."), field="lot")
    return _CODE_LETTERS[level][bisect_left(_LOTS, lot)]


def known_aql(aql: str | Decimal) -> Decimal:
    """This will return ``aql`` as a number when the tables have it; Decimal(0) stands for "none accepted"."""
    try:
        value = Decimal(aql)
    except ArithmeticError as error:
        raise RuleBroken(_("“%(aql)s” is not a number.") % {"aql": aql}, field="aql") from error
    if value != 0 and value not in _INDEX:
        raise RuleBroken(
            _("%(aql)s is not in the tables. Choose 0 or one of %(aqls)s.") % {"aql": aql, "aqls": ", ".join(AQLS)},
            field="aql",
        )
    return value


def table_plan(letter: str, aql: str | Decimal, severity: str = NORMAL) -> Plan:
    """This will return the plan of one cell of the master table, arrows followed (the sample size with them)."""
    if known_aql(aql) == 0:
        raise RuleBroken(
            _("“None accepted” (0) is not an AQL of the tables; it needs no plan of its own."), field="aql"
        )
    start, column = LETTERS.index(letter), _INDEX[known_aql(aql)]
    cell = _cell(start, column, severity)
    if cell is None:
        below, above = (range(start + 1, len(LETTERS)), range(start - 1, -1, -1))
        for way in (above, below) if _points_up(start + column, severity) else (below, above):
            found = next(((row, c) for row in way if (c := _cell(row, column, severity))), None)
            if found:
                start, cell = found
                break
    assert cell is not None  # every column of every table holds at least one plan
    sizes = _REDUCED_SIZES if severity == REDUCED else _SIZES
    return Plan(LETTERS[start], sizes[start], *cell)


def _cell(row: int, column: int, severity: str) -> tuple[int, int] | None:
    """(Ac, Re) printed in that cell, or None for an arrow."""
    diagonal = row + column
    if severity == REDUCED:
        if row == 0 and diagonal > 16:
            return (ac, ac + 1) if (ac := _NORMAL_AC.get(diagonal)) is not None and diagonal < 26 else None
        if row == 1 and diagonal > 18:
            return _REDUCED_B.get(diagonal)
        if row >= len(_REDUCED_SIZES) or (diagonal > 24 and row > _SMALL):
            return None
        return _REDUCED_AC_RE.get(diagonal)
    if row == len(LETTERS) - 1:  # letter S has one plan: the last hope of the arrows that point down from R
        return (1, 2) if severity == TIGHTENED and diagonal == 18 else None
    if diagonal > 24 and row > _SMALL:
        return None
    numbers = _NORMAL_AC if severity == NORMAL else _TIGHTENED_AC
    if severity == TIGHTENED and row == 0 and diagonal == 15:
        return None  # a sample of two says nothing under tightened inspection: the table points down from there
    ac = numbers.get(diagonal)
    return None if ac is None else (ac, ac + 1)


def _points_up(diagonal: int, severity: str) -> bool:
    return diagonal > 24 or (severity != TIGHTENED and diagonal == 15)


def plan_for(lot: int, aql: str | Decimal, *, level: str = "II", severity: str = NORMAL) -> Plan:
    """This will return what to draw from a lot of ``lot`` units and when to accept it.

    Where the plan asks for as many units as there are, or more, all are inspected and Ac and Re stay.
    Raises RuleBroken for an unknown level, AQL or severity.
    """
    if severity not in SEVERITIES:
        raise RuleBroken(_("“%(severity)s” is not a severity.") % {"severity": severity}, field="severity")
    plan = table_plan(code_letter(lot, level), aql, severity)
    return replace(plan, size=lot, all_units=True) if plan.size >= lot else plan


def tighter(aql: str | Decimal) -> str | None:
    """The AQL one step tighter, or None for the tightest."""
    number = _INDEX[known_aql(aql)]
    return AQLS[number - 1] if number else None


# --- switching (ISO 2859-1, 9.3): only original inspections count, in the order in which they were held


@dataclass(frozen=True, slots=True)
class Result:
    """One original inspection: accepted or not, its Ac, whether it would also have passed one AQL step tighter."""

    accepted: bool
    ac: int = 2
    passes_tighter: bool = True
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Switching:
    """Where the series stands: the severity of the next lot, and ``stopped`` after five rejections on tightened."""

    severity: str = NORMAL
    recent: tuple[bool, ...] = ()  # of the current severity, the last five
    score: int = 0
    rejected: int = 0  # on tightened, in total
    stopped: bool = False

    def after(self, result: Result) -> "Switching":
        """The state after one more original inspection."""
        recent = (*self.recent, result.accepted)[-5:]
        if self.severity == TIGHTENED:
            if len(recent) == 5 and all(recent):
                return Switching()
            rejected = self.rejected + (not result.accepted)
            return replace(self, recent=recent, rejected=rejected, stopped=rejected >= 5)
        if self.severity == REDUCED:
            return self if result.accepted and not result.gap else Switching()
        if recent.count(False) >= 2:
            return Switching(TIGHTENED)
        if not result.accepted:
            score = 0
        elif result.ac <= 1:
            score = self.score + 2
        else:
            score = self.score + 3 if result.passes_tighter else 0
        return Switching(REDUCED) if score >= 30 else replace(self, recent=recent, score=score)


def switching_after(results: Iterable[Result]) -> Switching:
    """This will replay a series of original inspections from its beginning."""
    state = Switching()
    for result in results:
        state = state.after(result)
    return state
