"""The shipment record is read the same however somebody saved it."""

import csv
import gzip
import io
import random
from datetime import date

import pytest

from core.errors import RuleBroken
from samples.history.rows import read, to_date
from tests.shared_data import shared_data


def published() -> list[list[str]]:
    with gzip.open(shared_data("scms/scms.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def written(table, *, delimiter=",", newline="\n", encoding="utf-8", zipped=False) -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows(table)
    data = text.getvalue().encode(encoding)
    return io.BytesIO(gzip.compress(data) if zipped else data)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2-Jun-06", date(2006, 6, 2)),
        ("6/2/06", date(2006, 6, 2)),
        ("2006-06-02", date(2006, 6, 2)),
        ("02-Jun-2006", date(2006, 6, 2)),
        ("Pre-PQ Process", None),
        ("31-Feb-06", None),
        ("", None),
    ],
)
def test_three_styles_of_dates(text, day):
    assert to_date(text) == day


def test_any_encoding_delimiter_line_end_and_order_gives_the_same_rows():
    table = published()
    head, sample = table[0], table[1:400]
    expected, report = read(written([head, *sample]))
    shuffled = random.Random(7).sample(sample, len(sample))
    iso = [
        [to_date(c).isoformat() if to_date(c) and n in range(10, 15) else c for n, c in enumerate(row)]
        for row in sample
    ]
    for variant in (
        written([head, *shuffled], delimiter="\t", newline="\r"),
        written([head, *sample], encoding="utf-8-sig", newline="\r\n"),
        written([head, *sample], encoding="utf-16", zipped=True),
        written([head, *iso], delimiter=";"),
    ):
        rows, odd = read(variant)
        assert rows == expected
        assert odd.odd == report.odd


def test_the_report_names_each_odd_row():
    _rows, report = read(shared_data("scms/scms.csv.gz").open("rb"))
    counts = {kind: len(ids) for kind, ids in report.odd.items()}
    assert counts["value is zero"] == 17
    assert counts["insurance is blank"] == 287
    assert counts["delivered before the order was sent"] == 5
    assert counts["recorded before it was delivered"] == 3
    assert counts["mode not given"] == 360
    assert counts["value differs from quantity × pack price by over 1 %"] == 1
    assert "unit price differs from pack price ÷ units by over half a cent" not in counts
    assert "delivered before the order was sent: 5 rows (ID 4190, 4432, 13148, 25539, 52710)" in list(report.lines())


def test_every_cell_that_cannot_be_read_is_named():
    table = published()[:4]
    table[1][12], table[3][24] = "soon", "many"
    with pytest.raises(RuleBroken, match="2 rows cannot be read") as refusal:
        read(written(table))
    assert [e["pointer"] for e in refusal.value.errors] == ["/2/Scheduled Delivery Date", "/4/Line Item Quantity"]


def test_another_table_is_refused_by_what_it_lacks():
    with pytest.raises(RuleBroken, match="no column ID"):
        read(io.BytesIO(b"a,b\n1,2\n"))
