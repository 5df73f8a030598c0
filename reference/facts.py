"""The typed facts in ``reference/data``, read into the values their models take. Sources: docs/reference-data.md."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def currencies() -> list[dict]:
    return [row | {"decimals": int(row["decimals"]), "active": row["active"] == "yes"} for row in _rows("currencies")]


def units() -> list[dict]:
    return [
        row | {"factor": Decimal(row["factor"]) if row["factor"] else None, "whole": row["whole"] == "yes"}
        for row in _rows("units")
    ]


def countries() -> list[dict]:
    return [
        {name: row[name] for name in ("code", "alpha3", "numeric", "name", "name_zh")}
        | {"eu": row["eu"] == "yes", "currency_id": row["currency"] or None}
        for row in _rows("countries")
    ]


def calendars() -> list[dict]:
    return [
        {name: row[name] for name in ("code", "name", "name_zh", "weekly_rest")}
        | {"country_id": row["country"] or None, "known_through": date.fromisoformat(row["known_through"])}
        for row in _rows("calendars")
    ]


def calendar_days() -> list[dict]:
    """One value per day; the file has a holiday's first and last day on one line."""
    found = []
    for row in _rows("calendar_days"):
        first, last = date.fromisoformat(row["first"]), date.fromisoformat(row["last"])
        found += [
            {"calendar_id": row["calendar"], "date": first + timedelta(days=n)}
            | {name: row[name] for name in ("kind", "name", "name_zh")}
            for n in range((last - first).days + 1)
        ]
    return found


def places() -> list[dict]:
    return [
        {name: row[name] for name in ("code", "kind", "name", "name_zh", "unlocode", "timezone")}
        | {
            "country_id": row["country"],
            "latitude": Decimal(row["latitude"]).quantize(Decimal("0.00001")),
            "longitude": Decimal(row["longitude"]).quantize(Decimal("0.00001")),
            "main": True,
            "source": "typed",
        }
        for row in _rows("places")
    ]
