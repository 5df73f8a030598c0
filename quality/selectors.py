"""Which goods an inspection has released: what loading and the balance payment ask."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from quality.flows import RELEASING, InspectionStatus
from quality.models import InspectionKind, InspectionLine


@dataclass(frozen=True, slots=True)
class Judged:
    """The last word on one lot of an order line: an inspection, or the last of its re-inspections."""

    inspection_id: int
    number: str
    status: str
    quantity: Decimal
    chain: frozenset[int]  # the inspection and everything it was a re-inspection of
    day: date  # on which it was held, or is planned

    @property
    def releases(self) -> bool:
        return self.status in RELEASING


def judged_lots(order_line_ids: Iterable[int]) -> dict[int, list[Judged]]:
    """The pre-shipment verdicts of order lines, oldest first: one for every lot presented, re-inspections in its place.

    One query. A cancelled inspection says nothing; an aborted one was not held, so its lot is not released.
    """
    found = InspectionLine.objects.filter(
        order_line_id__in=list(order_line_ids), inspection__kind=InspectionKind.PSI
    ).exclude(inspection__status=InspectionStatus.CANCELLED)
    rows = list(
        found.order_by("inspection_id").values_list(
            "order_line_id",
            "inspection_id",
            "inspection__number",
            "inspection__status",
            "inspection__reinspection_of_id",
            "quantity",
            "inspection__inspected_date",
            "inspection__planned_date",
        )
    )
    lots: dict[int, dict[int, Judged]] = defaultdict(dict)  # order line → last inspection of the chain → lot
    for line, pk, number, status, again_of, quantity, held, planned in rows:
        before = lots[line].pop(again_of, None) if again_of else None
        chain = (before.chain if before else frozenset()) | {pk}
        lots[line][pk] = Judged(pk, number, status, quantity, chain, held or planned)
    return {line: list(of_line.values()) for line, of_line in lots.items()}


def released_quantity(order_line_ids: Iterable[int]) -> dict[int, Decimal]:
    """How much of each order line pre-shipment inspections have released so far (passed, or conceded), shipped or
    not.
    """
    wanted = list(order_line_ids)
    lots = judged_lots(wanted)
    return {line: sum((lot.quantity for lot in lots.get(line, []) if lot.releases), Decimal(0)) for line in wanted}


def verdict_among(lots: list[Judged], inspection_id: int | None = None) -> Judged | None:
    """The lot's verdict that counts for a shipped line: of the inspection it names, else the latest one.

    An inspection that is merely planned for a further lot does not speak about the goods before it.
    """
    if inspection_id is not None:
        return next((lot for lot in lots if inspection_id in lot.chain), None)
    spoken = [lot for lot in lots if lot.status != InspectionStatus.PLANNED or len(lot.chain) > 1]
    return (spoken or lots)[-1] if lots else None


def verdict_of(line) -> Judged | None:
    """The verdict on a shipped line (anything with ``order_line_id`` and ``inspection_id``); None: never presented."""
    return verdict_among(judged_lots([line.order_line_id]).get(line.order_line_id, []), line.inspection_id)
