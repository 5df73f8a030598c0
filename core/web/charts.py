"""Charts: what is shown, once; the browser draws it, and the same numbers stand in a table beside it.

::

    Chart(
        kind="ladder", title=_("Landed cost of PO-2026-00041"), unit="USD / pc",
        categories=[_("Goods"), _("Freight"), _("Duty")], keys=["goods", "freight", "duty"],
        series=[Series("goods", _("Cost"), [10.0, 1.2, 0.8])],
    )

kind: ``ladder`` (one series; each step stands on the one before, the last bar is the sum), ``stack`` (stacked bars),
``bar`` and ``line``. A series' ``key`` gives its colour, the same everywhere (static/js/charts.js): goods, freight,
insurance, duty, fees, other; planned, estimated, actual; dio, dso, dpo.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

KINDS = {"ladder", "stack", "bar", "line"}


@dataclass(frozen=True)
class Series:
    key: str
    name: str
    values: Sequence[Decimal | float | None]


@dataclass(frozen=True)
class Chart:
    kind: str
    title: str
    unit: str
    categories: Sequence[str]
    series: Sequence[Series]
    keys: Sequence[str] = ()  # ladder: the colour key of each step
    urls: Sequence[str] = ()  # the documents behind each category
    decimals: int = 2
    category_heading: str = ""
    note: str = ""
    total: str = field(default="")  # ladder: what the sum is called

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"There is no chart {self.kind!r}: {', '.join(sorted(KINDS))}.")

    @property
    def places(self) -> str:
        """For ``floatformat``: the decimals, grouped."""
        return f"{self.decimals}g"

    @property
    def data(self) -> dict:
        """What charts.js reads. Numbers only for drawing: the exact ones stand in the table."""
        return {
            "kind": self.kind,
            "title": str(self.title),
            "unit": str(self.unit),
            "decimals": self.decimals,
            "categories": [str(category) for category in self.categories],
            "keys": list(self.keys),
            "urls": list(self.urls),
            "total": str(self.total or _("Total")),
            "series": [
                {
                    "key": one.key,
                    "name": str(one.name),
                    "values": [None if value is None else float(value) for value in one.values],
                }
                for one in self.series
            ],
        }

    @property
    def json(self) -> str:
        return json.dumps(self.data)

    @property
    def rows(self) -> list[tuple[str, str, list]]:
        """The table: (category, its documents, one value per series), and the ladder's total."""
        urls = [*self.urls, *[""] * len(self.categories)]
        rows = [
            (str(category), urls[n], [one.values[n] for one in self.series])
            for n, category in enumerate(self.categories)
        ]
        if self.kind == "ladder":
            rows.append(
                (str(self.total or _("Total")), "", [sum(value or 0 for value in one.values) for one in self.series])
            )
        return rows
