"""The public shipment record worked out with a pencil: plain Python over the raw file, nothing of ours."""

import csv
import gzip
import re
from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from io import StringIO
from pathlib import Path

CENT = Decimal("0.01")
Row = dict[str, str]


def raw_rows(path: Path) -> list[Row]:
    return list(csv.DictReader(StringIO(gzip.decompress(path.read_bytes()).decode("utf-8-sig"))))


def day(text: str) -> date:
    return datetime.strptime(text, "%d-%b-%y").date()


def keys(row: Row) -> dict[str, str]:
    """What a row is grouped by; a row from the warehouse names no vendor and no Incoterm."""
    direct = row["Fulfill Via"] == "Direct Drop"
    return {
        "supplier": row["Vendor"] if direct else "Regional distribution centre",
        "country": row["Country"],
        "product-group": row["Product Group"],
        "incoterm": row["Vendor INCO Term"] if direct else "N/A",
        "mode": row["Shipment Mode"],
    }


def on_time(rows: list[Row], by: str) -> dict[str, tuple[int, int, int]]:
    """Key → lines, on time, late: delivered no later than scheduled. A month is that of the scheduled day."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        scheduled = day(row["Scheduled Delivery Date"])
        good = day(row["Delivered to Client Date"]) <= scheduled
        one = found[f"{scheduled:%Y-%m}" if by == "month" else keys(row)[by]]
        one[0] += 1
        one[1] += good
        one[2] += not good
    return {key: (lines, good, late) for key, (lines, good, late) in found.items()}


def landed_cost(rows: list[Row], by: str) -> dict[str, dict[str, Decimal | int]]:
    """Key → lines, lines whose freight is known, and over those goods, freight, insurance and their sum.

    A month is that of the delivery.
    """
    freight = _freight(rows)
    found: dict[str, dict] = defaultdict(
        lambda: {"lines": 0, "lines_known": 0, "goods": Decimal(0), "freight": Decimal(0), "insurance": Decimal(0)}
    )
    for row in rows:
        delivered = day(row["Delivered to Client Date"])
        one = found[f"{delivered:%Y-%m}" if by == "month" else keys(row)[by]]
        one["lines"] += 1
        if row["ID"] in freight:
            one["lines_known"] += 1
            one["goods"] += Decimal(row["Line Item Value"])
            one["freight"] += freight[row["ID"]]
            one["insurance"] += Decimal(row["Line Item Insurance (USD)"] or 0)
    for one in found.values():
        one["landed"] = one["goods"] + one["freight"] + one["insurance"]
    return dict(found)


def _freight(rows: list[Row]) -> dict[str, Decimal]:
    """ID → its part of the freight of the rows that share one amount, by value; unknown rows are left out."""
    known, groups = {}, defaultdict(list)
    amounts = {row["ID"]: Decimal(text) for row in rows if re.fullmatch(r"[\d.]+", text := row["Freight Cost (USD)"])}
    for row in sorted(rows, key=lambda row: int(row["ID"])):
        text = row["Freight Cost (USD)"]
        if text == "Freight Included in Commodity Cost":
            known[row["ID"]] = Decimal(0)
            continue
        reference = re.search(r"\(ID#:(\d+)\)", text)
        carrier = reference[1] if reference else row["ID"]
        if carrier in amounts:
            groups[carrier].append(row)
    for carrier, own in groups.items():
        weights = [Decimal(row["Line Item Value"]) for row in own]
        weights = weights if sum(weights) else [Decimal(1)] * len(own)
        exact = [amounts[carrier] * weight / sum(weights) for weight in weights]
        parts = [part.quantize(CENT, ROUND_DOWN) for part in exact]
        left = int((amounts[carrier] - sum(parts)) / CENT)  # the cents left over go to the largest remainders
        order = sorted(range(len(own)), key=lambda n: (-(exact[n] - parts[n]), n))
        for n in order[:left]:
            parts[n] += CENT
        known |= {row["ID"]: part for row, part in zip(own, parts, strict=True)}
    return known
