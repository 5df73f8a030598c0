"""A measure in one glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Tile:
    """``value`` is already written out ("87.3"); ``change`` with its sign ("+2.1 points"), ``better`` is what it means.

    ``url`` opens the documents behind the number; their count agrees with it. ``stale`` turns the freshness amber.
    """

    name: str
    value: str
    unit: str = ""
    change: str = ""
    better: bool | None = None
    history: Sequence[float] = ()
    fresh_at: datetime | None = None
    stale: bool = False
    url: str = ""
    note: str = ""
