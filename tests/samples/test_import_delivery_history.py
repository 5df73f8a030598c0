"""The public shipment record as documents: its published figures come out to the last digit, and others besides."""

import gzip
import json
import random
import re
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command

from core.models import Delivery
from logistics.models import Shipment
from parties.models import Company
from reference.models import Country
from sales.models import CustomerOrder
from samples.history import rows as record
from samples.history.documents import COUNTRIES
from sourcing.models import PurchaseOrder
from tests.samples.loading import documents, load, some_rows
from tests.samples.record import landed_cost, on_time, raw_rows
from tests.shared_data import shared_data

pytestmark = [pytest.mark.django_db, pytest.mark.volume]
BREAKDOWNS = ("supplier", "country", "month", "product-group", "incoterm", "mode")


def kpis(metric: str, *arguments: str, company: str = "SCMS") -> list[dict]:
    out = StringIO()
    call_command("kpis", metric, "--company", company, "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())["rows"]


def test_the_record_reproduces_its_published_figures_and_a_second_time_changes_nothing(capsys, monkeypatch):
    reference = json.loads(shared_data("scms/reference.json").read_text())
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    told = load(shared_data("scms/scms.csv.gz"), verbosity=1)
    assert "10,324 rows read, 10,324 written" in told
    assert not Delivery.objects.filter(done_at=None).exists(), "the KPIs are current when the command ends"
    bar = capsys.readouterr().err
    assert "purchase orders" in bar and "bringing the KPIs up to date" in bar
    _names_odd_rows(told)
    _published_figures(reference)
    raw = raw_rows(shared_data("scms/scms.csv.gz"))
    for by in BREAKDOWNS:
        _breakdown(raw, by)

    before = documents("SCMS")
    assert [PurchaseOrder.objects.count(), CustomerOrder.objects.count(), Shipment.objects.count()] == [
        2816,
        3417,
        3590,
    ]
    for again in ("scms/scms.csv.gz", "scms/variant_tab_cr.csv.gz"):
        assert "0 written, 10,324 were there already" in load(shared_data(again))
        assert documents("SCMS") == before
    assert not Delivery.objects.filter(done_at=None).exists()


def _names_odd_rows(told: str) -> None:
    """Every kind of oddity with its number and ids, as an eye on the raw file finds them."""
    raw = raw_rows(shared_data("scms/scms.csv.gz"))
    zero = [row["ID"] for row in raw if Decimal(row["Line Item Value"]) == 0]
    blank = [row["ID"] for row in raw if not row["Line Item Insurance (USD)"]]
    no_mode = [row["ID"] for row in raw if row["Shipment Mode"] == "N/A"]
    for kind, ids in (("value is zero", zero), ("insurance is blank", blank), ("mode not given", no_mode)):
        (line,) = re.findall(rf"{kind}: (.*)", told)
        shown = ", ".join(sorted(ids, key=int)[:12])
        assert line.startswith(f"{len(ids)} rows (ID {shown} and {len(ids) - 12} more)"), line
    assert "delivered before the order was sent: 5 rows (ID 4190, 4432, 13148, 25539, 52710)" in told


def _published_figures(reference: dict) -> None:
    (total,) = kpis("on-time")
    assert {k: total[k] for k in ("lines", "on_time", "late")} == {
        k: reference["on_time"][k] for k in ("lines", "on_time", "late")
    }
    assert total["pct"] == reference["on_time"]["on_time_pct"]
    by_mode = {row["key"]: row for row in kpis("on-time", "--by", "mode")}
    for mode, figures in reference["on_time_by_mode"].items():
        assert (by_mode[mode]["lines"], by_mode[mode]["on_time"], by_mode[mode]["pct"]) == (
            figures["lines"],
            figures["on_time"],
            figures["on_time_pct"],
        )
    for whole, figures in (("shipment", reference["shipments"]), ("order", reference["purchase_orders"])):
        (row,) = kpis("on-time", "--by", whole)
        assert (row["count"], row["all_lines_on_time"], row["pct"]) == (
            figures["count"],
            figures["all_lines_on_time"],
            figures["pct"],
        )

    (landed,) = kpis("landed-cost")
    totals = reference["totals"]
    assert (landed["lines"], landed["lines_known"]) == (totals["lines"], totals["lines_with_known_freight"])
    assert landed["quantity"] == str(totals["quantity"])
    for key, published in (
        ("goods", "value_known"),
        ("goods_all", "value"),
        ("freight", "freight_known"),
        ("insurance", "insurance_known"),
        ("landed", "landed_known"),
    ):
        assert landed[key] == totals[published], key
    by_mode = {row["key"]: row for row in kpis("landed-cost", "--by", "mode")}
    for mode, figures in reference["landed_by_mode"].items():
        assert by_mode[mode]["lines_known"] == figures["lines_with_known_freight"]
        assert (by_mode[mode]["goods"], by_mode[mode]["freight"], by_mode[mode]["landed"]) == (
            figures["value_known"],
            figures["freight_known"],
            figures["landed_known"],
        )


def _breakdown(raw: list[dict], by: str) -> None:
    """What the published figures do not list, against plain Python over the raw file."""
    names = {name: Country.objects.get(pk=code).name for name, code in COUNTRIES.items()}
    told = {row["key"]: (row["lines"], row["on_time"], row["late"]) for row in kpis("on-time", "--by", by)}
    assert told == {names.get(key, key): counts for key, counts in on_time(raw, by).items()}, by
    money = ("goods", "freight", "insurance", "landed")
    told = {
        row["key"]: {"lines": row["lines"], "lines_known": row["lines_known"], **{m: Decimal(row[m]) for m in money}}
        for row in kpis("landed-cost", "--by", by)
    }
    assert told == {names.get(key, key): sums for key, sums in landed_cost(raw, by).items()}, by


def test_the_same_rows_in_any_dress_are_the_same_documents(tmp_path):
    """BOM or not, LF or CR, comma or TAB, packed or not, shuffled, other styles of dates: nothing differs but the file."""
    head, *lines = some_rows()
    shuffled = random.Random(3).sample(lines, k=len(lines))
    plain = b"\n".join([head, *lines])
    tabs = b"\t".join
    dresses = {
        "plain": plain,
        "packed": gzip.compress(plain),
        "with a BOM": b"\xef\xbb\xbf" + plain,
        "CR": plain.replace(b"\r", b"").replace(b"\n", b"\r"),
        "CRLF": plain.replace(b"\r", b"").replace(b"\n", b"\r\n"),
        "shuffled": b"\n".join([head, *shuffled]),
        "TAB": b"\n".join(tabs(cells) for cells in _cells(plain)),
        "ISO dates": _with_dates(plain, "%Y-%m-%d"),
        "month first": _with_dates(plain, "%m/%d/%y"),
    }
    read = {}
    for name, content in dresses.items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(content)
        found, report = record.read(BytesIO(content))
        read[name] = (found, {kind: sorted(ids) for kind, ids in report.odd.items()})
    assert all(one == read["plain"] for one in read.values()), [n for n, one in read.items() if one != read["plain"]]
    assert len(read["plain"][0]) == len(lines)
    for name in ("plain", "shuffled", "TAB"):
        load(tmp_path / f"{name}.csv", company=name)
    first = documents("plain")
    assert first["orders"] and first["sales"] and first["shares"]
    for name in ("shuffled", "TAB"):
        assert documents(name) == first


def test_the_published_variant_is_the_same_record():
    found = {}
    for name in ("scms.csv.gz", "variant_tab_cr.csv.gz"):
        with shared_data(f"scms/{name}").open("rb") as file:
            rows, report = record.read(file)
        found[name] = (rows, {kind: sorted(ids) for kind, ids in report.odd.items()})
    assert found["scms.csv.gz"] == found["variant_tab_cr.csv.gz"]


def test_a_row_that_cannot_be_read_is_named_and_nothing_is_written(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_bytes(b"\n".join(some_rows()).replace(b"Direct Drop", b"Direct Flop", 1))
    with pytest.raises(CommandError, match=r"Direct Flop.*which is not Direct Drop or From RDC"):
        load(path, company="BROKEN")
    assert not Company.objects.filter(code="BROKEN").exists()


def _cells(plain: bytes) -> list[list[bytes]]:
    import csv

    return [[cell.encode() for cell in row] for row in csv.reader(StringIO(plain.decode()))]


def _with_dates(plain: bytes, style: str) -> bytes:
    from tests.samples.record import day

    def other(match: re.Match) -> bytes:
        return day(match[0].decode()).strftime(style).encode()

    return re.sub(rb"\b\d{1,2}-[A-Z][a-z]{2}-\d{2}\b", other, plain)
