"""The parameters of the KPI definitions. A change of a default is a new version and a full rebuild."""

from dataclasses import asdict, dataclass
from decimal import Decimal

VERSION = "2026-1"
BASES = ("committed", "requested")
CLAIM_DAYS = 14  # where a customer has none of his own, and on purchases


@dataclass(frozen=True, slots=True)
class Rule:
    """When a line is on time and complete.

    ``early_days``: how many days too early is still on time (None: any). ``late_days``: days of grace.
    ``tolerance``: share of the ordered quantity that may be short or over (0.05 is 5 %).
    ``basis``: "committed" (the original commit date) or "requested".
    """

    early_days: int | None = None
    late_days: int = 0
    tolerance: Decimal = Decimal(0)
    basis: str = "committed"

    def parameters(self) -> dict:
        return {**asdict(self), "claim_days": CLAIM_DAYS}


STANDARD = Rule()
