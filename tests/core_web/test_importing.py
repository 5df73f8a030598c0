"""Tables from outside: any encoding, all faults, nothing guessed, nothing half done."""

import contextlib
import gzip
import io
import time
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from core.actor import system
from core.errors import RuleBroken
from core.importing import (
    ERROR_HEADING,
    CellError,
    Column,
    Importer,
    Unreadable,
    code,
    day,
    decimal,
    read_table,
    text,
    yes_no,
)

ROWS = [[f"SKU-{n:03d}", "保温杯 750 ml" if n % 2 else "Mug; “blue”, large", f"{n}.25"] for n in range(100)]
HEADINGS = ["SKU", "名称", "Price"]


def csv_bytes(delimiter: str, encoding: str, newline: str) -> bytes:
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [HEADINGS, *ROWS]]
    return newline.join(lines).encode(encoding)


def xlsx_bytes(rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(data: bytes):
    return read_table(io.BytesIO(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_one_sheet_in_any_encoding_gives_the_same_rows(encoding, delimiter, newline):
    table = read(csv_bytes(delimiter, encoding, newline))
    assert (table.headings, table.rows) == (HEADINGS, ROWS)


def test_packed_files_are_read_too():
    plain = csv_bytes(",", "utf-8", "\n")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("table.csv", plain)
    assert read(gzip.compress(plain)).rows == read(archive.getvalue()).rows == ROWS


def test_a_workbook_keeps_numbers_days_and_row_numbers():
    table = read(
        xlsx_bytes([["SKU", "Day", "Price"], [None, None, None], ["A", date(2026, 3, 12), 0.1], ["B", None, 3]])
    )
    assert table.rows == [["A", date(2026, 3, 12), Decimal("0.1")], ["B", None, Decimal(3)]]
    assert table.numbers == [3, 4]


def test_a_small_archive_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 150_000_000)
    assert len(bomb.getvalue()) < 300_000
    start = time.monotonic()
    with pytest.raises(Unreadable, match="unpacks to more than"):
        read(bomb.getvalue())
    with pytest.raises(Unreadable):
        read(gzip.compress(b"0" * 150_000_000))
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"a,b\n",
        b"PK\x03\x04 broken",
        b"\x1f\x8b broken",
        b"\xd0\xcf\x11\xe0 old",
        b"%PDF-1.7",
        b'a,b\n"' + b"x" * 200_000,
    ],
)
def test_what_is_not_a_table_is_refused_with_a_sentence(data):
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert str(refused.value).endswith(".")


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(str.encode),
        st.binary(max_size=200).map(lambda b: b"PK\x03\x04" + b),
    )
)
def test_no_upload_makes_it_stumble(data):
    with contextlib.suppress(RuleBroken):
        ThingImporter().plan(read(data), system())


class ThingImporter(Importer):
    name, label, key = "test.things", "Things", ("sku",)
    columns = (
        Column("sku", ("SKU", "货号"), code(20), required=True),
        Column("name", ("Name", "名称"), text(30)),
        Column("price", ("Price", "单价"), decimal(places=4, least=0)),
        Column("due", ("Due", "交期"), day()),
        Column("active", ("Active", "启用"), yes_no()),
    )

    def __init__(self, stored=None):
        self.stored, self.written = stored or {}, None

    def existing(self, keys, actor):
        return {key: self.stored[key] for key in keys if key in self.stored}

    def write(self, creates, updates, actor):
        self.written = (creates, updates)


def plan_of(*rows, importer=None, headings=("SKU", "Price", "Due"), answers=None):
    data = "\n".join("\t".join(row) for row in [headings, *rows]).encode()
    return (importer or ThingImporter()).plan(read(data), system(), answers=answers)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("１，２３４．５０", "1234.50"), ("1.234,50", "1234.50"), ("12,5", "12.5"), ("1 234.5", "1234.5"),
     ("1,234,567", "1234567"),
     ("0,425", "0.425"), ("12.50-", "-12.50"), ("1.234", "1.234"), ("1’234.50", "1234.50")],
)  # fmt: skip
def test_numbers_as_people_write_them(written, meant):
    assert decimal()(written, "") == Decimal(meant)


@pytest.mark.parametrize(
    "written",
    ["2026-03-12", "2026/3/12", "2026.03.12", "20260312", "2026年3月12日", "12 Mar 2026", "12-March-2026",
     "Mar 12, 2026",
     "12/03/2026", "46093", "２０２６－０３－１２", "2026-03-12T08:00:00"],
)  # fmt: skip
def test_days_as_people_write_them(written):
    assert day()(written, "dmy") == date(2026, 3, 12)


@pytest.mark.parametrize("written", ["31/02/2026", "2026-13-01", "tomorrow", "12/03/26", "99999"])
def test_what_is_no_day_is_said_so(written):
    with pytest.raises(CellError):
        day()(written, "dmy")


def test_an_ambiguous_day_is_asked_about_and_never_guessed():
    asked = plan_of(["A", "1", "03/04/2026"])
    assert [(one.column, one.kind, one.example) for one in asked.questions] == [("due", "order", "03/04/2026")]
    assert not asked.ready and asked.rows == []
    answered = plan_of(["A", "1", "03/04/2026"], answers={"due": "dmy"})
    assert answered.rows[0].values["due"] == date(2026, 4, 3)


def test_another_row_of_the_column_answers_the_question():
    assert plan_of(["A", "1", "03/04/2026"], ["B", "1", "25/04/2026"]).rows[0].values["due"] == date(2026, 4, 3)
    assert plan_of(["A", "1", "03/04/2026"], ["B", "1", "04/25/2026"]).rows[0].values["due"] == date(2026, 3, 4)
    assert plan_of(["A", "1,234", "2026-01-02"], ["B", "1,5", ""]).rows[0].values["price"] == Decimal("1.234")
    assert plan_of(["A", "1,234", "2026-01-02"], ["B", "1.5", ""]).rows[0].values["price"] == Decimal(1234)


def test_a_lone_thousand_is_asked_about():
    assert [one.kind for one in plan_of(["A", "1,234", ""]).questions] == ["mark"]


def test_forty_faults_are_forty_entries_with_row_column_and_value():
    rows = [[f"S{n}", "many", "never"] for n in range(20)]
    plan = plan_of(*rows, ["ok", "1.50", "2026-01-02"])
    assert len(plan.problems) == 40
    assert {(p.row, p.column, p.value) for p in plan.problems} >= {
        (2, "Price / 单价", "many"),
        (21, "Due / 交期", "never"),
    }
    assert plan.counts == {"create": 1, "update": 0, "same": 0, "error": 20}


def test_create_update_and_same_are_told_apart_and_committed():
    stored = {
        ("A",): {"sku": "A", "price": Decimal("1.50"), "due": None},
        ("B",): {"sku": "B", "price": Decimal(2), "due": None},
    }
    importer = ThingImporter(stored)
    plan = plan_of(["A", "1.5", ""], ["B", "3", ""], ["C", "4", ""], importer=importer)
    assert [row.status for row in plan.rows] == ["same", "update", "create"]
    assert plan.rows[1].changes == {"price": (Decimal(2), Decimal(3))}


@pytest.mark.django_db
def test_faulty_tables_are_not_committed_unless_one_leaves_the_faulty_rows_out():
    importer = ThingImporter()
    plan = plan_of(["A", "1", ""], ["A", "2", ""], importer=importer)
    assert [p.message for p in plan.problems] == ["Row 2 is already about the same one."]
    with pytest.raises(RuleBroken):
        importer.commit(plan, system())
    assert importer.written is None
    assert importer.commit(plan, system(), leave_out_faulty=True)["create"] == 1
    assert [row["sku"] for row in importer.written[0]] == ["A"]


def test_headings_in_either_language_and_unknown_or_missing_columns():
    plan = plan_of(["A", "x", "1"], headings=("货号", "wombat", "Unit"))
    assert plan.ignored == ["wombat", "Unit"] and plan.missing == []
    assert plan_of(["1"], headings=("Price / 单价",)).missing == ["SKU / 货号"]


def test_the_rejects_file_passes_once_mended():
    importer = ThingImporter()
    table = read(b"SKU,Price\nA,many\nB,2")
    headings, rows = importer.rejects(table, importer.plan(table, system()))
    assert headings == ["SKU", "Price", ERROR_HEADING] and rows[0][:2] == ["A", "many"]
    rows[0][1] = 3
    again = importer.plan(read(xlsx_bytes([headings, *rows])), system())
    assert again.faultless and again.ignored == []
