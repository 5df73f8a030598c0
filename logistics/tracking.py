"""Where a shipment stands, computed from everything reported about it: pure, and the same whatever the order of
arrival.

Of actuals of one milestone the earliest moment counts, of plans and estimates the one that the carrier issued last.
An actual beats every estimate. The status is the furthest point that happened: a report that comes late fills a gap and
takes nothing back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from logistics.models import Classifier, MilestoneCode, ShipmentStatus
from reference.incoterms import Milestone as RiskPoint
from reference.incoterms import risk_passes_at
from reference.models import Place

M, S = MilestoneCode, ShipmentStatus

STATUS_AFTER = {
    M.BOOKED: S.BOOKED,
    M.CARGO_READY: S.BOOKED,
    M.HANDED_OVER: S.BOOKED,
    M.LOADED: S.BOOKED,
    M.DEPARTED: S.DEPARTED,
    M.ARRIVED: S.ARRIVED,
    M.DISCHARGED: S.ARRIVED,
    M.CLEARED: S.CLEARED,
    M.GATE_OUT: S.CLEARED,
    M.DELIVERED: S.CLEARED,
}
_ORDER: list[str] = list(ShipmentStatus)
CODES = list(MilestoneCode)


class Report(Protocol):
    code: str
    classifier: str
    happened_at: datetime
    issued_at: datetime
    place_date: date


Standing = dict[tuple[str, str], Report]


def standing(reports: Iterable[Report]) -> Standing:
    """The report that counts, by milestone and classifier."""
    found: Standing = {}
    for report in reports:
        key = (str(report.code), str(report.classifier))
        before = found.get(key)
        if before is None or _beats(report, before):
            found[key] = report
    return found


def _beats(one: Report, other: Report) -> bool:
    if one.classifier == Classifier.ACTUAL:
        return (one.happened_at, one.issued_at) < (other.happened_at, other.issued_at)
    return (one.issued_at, one.happened_at) > (other.issued_at, other.happened_at)


@dataclass(frozen=True, slots=True)
class Course:
    """What follows from the reports."""

    status: str
    departed_date: date | None
    arrived_date: date | None
    expected_arrival_date: date | None


def course(reports: Standing, *, planned_arrival: date | None) -> Course:
    """The status (before receipts) and the days of a shipment."""

    def day(code: str, *classifiers: str) -> date | None:
        return next((reports[code, c].place_date for c in classifiers if (code, c) in reports), None)

    status = max(
        (STATUS_AFTER[M(code)] for code, classifier in reports if classifier == Classifier.ACTUAL),
        key=_ORDER.index,
        default=S.PLANNED,
    )
    expected = day(M.ARRIVED, Classifier.ACTUAL, Classifier.ESTIMATED, Classifier.PLANNED)
    return Course(
        status=status,
        departed_date=day(M.DEPARTED, Classifier.ACTUAL),
        arrived_date=day(M.ARRIVED, Classifier.ACTUAL),
        expected_arrival_date=expected or planned_arrival,
    )


def further(one: str, other: str) -> str:
    """The status that is further along."""
    return max(one, other, key=_ORDER.index)


def risk_codes(incoterm: str, named_place: str, destination: Place | None) -> Sequence[str]:
    """The milestones any of which says that the risk has passed under the rule: its own first, then those that
    follow it.

    A carrier that reports only the departure has loaded as well. Under the D rules the risk ends where the goods are
    delivered: at the port of arrival if that is the named place, else at our door.
    """
    at_port = destination is not None and _is(named_place, destination)
    first = {
        RiskPoint.HANDOVER: M.HANDED_OVER,
        RiskPoint.ALONGSIDE: M.HANDED_OVER,  # delivered to the quay: carriers report no other moment
        RiskPoint.ON_BOARD: M.LOADED,
        RiskPoint.ARRIVED: M.ARRIVED if at_port else M.DELIVERED,
        RiskPoint.UNLOADED: M.DISCHARGED if at_port else M.DELIVERED,
    }[risk_passes_at(incoterm)]
    return CODES[CODES.index(first) :]


def _is(named_place: str, place: Place) -> bool:
    words = named_place.casefold().replace(",", " ").split()
    return place.name.casefold() in named_place.casefold() or place.code.casefold() in words


def risk_day(reports: Standing, codes: Sequence[str]) -> date | None:
    """The day on which the risk passed, by the first of ``codes`` that happened; None: not yet."""
    return next((reports[c, Classifier.ACTUAL].place_date for c in codes if (c, Classifier.ACTUAL) in reports), None)


def carrier_bears(incoterm: str) -> bool:
    """Whether goods lost on the way are lost to us, so that carrier or insurer are claimed, not the supplier."""
    return risk_passes_at(incoterm) not in (RiskPoint.ARRIVED, RiskPoint.UNLOADED)
