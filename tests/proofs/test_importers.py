"""Every importer, whatever file it is given: the same rows from any spreadsheet, all faults at once, nothing half done.

``PROOF_IMPORT_FILES`` (300; a release: 10,000) is how many broken files are tried, ``PROOF_FUZZ_SEED`` another storm.
"""

import io
import os
import zipfile
from datetime import date
from decimal import Decimal

import hypothesis
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from catalog.models import Product
from core.errors import RuleBroken
from core.importing import CellError, read_table
from core.models import ImportJob
from core.web.export import harmless
from tests.proofs.nasty import NUMBERS, TEXTS
from tests.proofs.tables import (
    SHEETS,
    csv_bytes,
    decimal_comma,
    full_width,
    importers,
    plain,
    prepare,
    serial_day,
    xlsx_bytes,
)

FILES = int(os.environ.get("PROOF_IMPORT_FILES", "300"))
SEED = int(os.environ.get("PROOF_FUZZ_SEED", "20261120"))

pytestmark = pytest.mark.django_db
every_importer = pytest.mark.parametrize("name", SHEETS)

WRITTEN = {  # encoding and delimiter, each with the habits of where such files come from
    ("utf-8", ","): plain, ("utf-8", ";"): decimal_comma, ("utf-8", "\t"): serial_day,
    ("utf-8-sig", ","): serial_day, ("utf-8-sig", ";"): decimal_comma, ("utf-8-sig", "\t"): plain,
    ("utf-16", ","): plain, ("utf-16", ";"): decimal_comma, ("utf-16", "\t"): full_width,
    ("gb18030", ","): full_width, ("gb18030", ";"): serial_day, ("gb18030", "\t"): decimal_comma,
}  # fmt: skip


@pytest.fixture
def here(world):
    prepare(world)
    return world


def plan_of(name: str, world, data: bytes, **how):
    return importers()[name].plan(read_table(io.BytesIO(data)), world.actors[SHEETS[name].role], **how)


def values_of(plan) -> list[dict]:
    assert plan.faultless, (plan.problems[:5], plan.questions, plan.missing)
    return [row.values for row in plan.rows]


def upload(person, name: str, data: bytes, file_name: str = "table.csv"):
    """The wizard's first page with this file; returns where it leads, followed."""
    sheet = SHEETS[name]
    file = SimpleUploadedFile(file_name, data)
    return person(sheet.role).post(sheet.url, {"file": file}, follow=True)


def job() -> ImportJob:
    return ImportJob.objects.latest("pk")


def commit(person, name: str) -> dict:
    """The last upload committed; returns its counts."""
    sheet = SHEETS[name]
    person(sheet.role).post(f"{sheet.url}{job().pk}/", {"step": "commit"})
    done = job()
    assert done.state == "committed"
    return done.result


def test_every_importer_has_a_table_here():
    assert set(importers()) == set(SHEETS)


@every_importer
def test_one_table_from_any_program_gives_the_same_rows(name, here):
    rows = SHEETS[name].rows(100)
    expected = values_of(plan_of(name, here, csv_bytes(importers()[name], rows)))
    assert len(expected) == 100
    for (encoding, delimiter), write in WRITTEN.items():
        data = csv_bytes(
            importers()[name], rows, encoding=encoding, delimiter=delimiter, write=write, chinese=encoding == "gb18030"
        )
        assert values_of(plan_of(name, here, data)) == expected, (encoding, delimiter)
    assert values_of(plan_of(name, here, xlsx_bytes(importers()[name], rows))) == expected


def wrong_cells(column) -> list[str]:
    """Texts that a column's own parser refuses."""
    found = [""] if column.required else []
    for text in ("many", "-7", "1.23456789", "31/02/2026", "soon", "2026-13-01", "9" * 30, "maybe", "x" * 2500):
        try:
            column.parser(text, "")
        except CellError:
            found.append(text)
    return found


@every_importer
def test_forty_faults_are_listed_with_row_and_column(name, here):
    importer, rows = importers()[name], SHEETS[name].rows(100)
    columns = [column for column in importer.columns if column.key in rows[0] and column.key not in importer.key[1:]]
    columns = [column for column in columns if wrong_cells(column)]
    seeded = set()
    for n in range(40):
        column = columns[n % len(columns)]
        bad = wrong_cells(column)
        rows[2 * n][column.key] = bad[(n // len(columns)) % len(bad)]
        seeded.add((2 * n + 2, column.title))  # the heading is row 1
    plan = plan_of(name, here, csv_bytes(importer, rows))
    assert {(problem.row, problem.column) for problem in plan.problems} == seeded
    assert len(plan.problems) == 40 and all(problem.message.endswith((".", "?")) for problem in plan.problems)
    assert plan.counts["create"] == 60


@every_importer
def test_a_name_that_is_not_known_is_a_fault_of_its_cell(name, here):
    """What can only be looked up is said in the same list, before anything is committed."""
    importer, rows = importers()[name], SHEETS[name].rows(20)
    known = [k for k in ("sku", "supplier", "customer", "warehouse", "country", "origin", "currency") if k in rows[0]]
    known = [k for k in known if k not in importer.key]
    for n, key in enumerate(known):
        rows[n][key] = "ZZZ"
    plan = plan_of(name, here, csv_bytes(importer, rows))
    titles = {column.key: column.title for column in importer.columns}
    assert {(problem.row, problem.column) for problem in plan.problems} == {
        (n + 2, titles[key]) for n, key in enumerate(known)
    }


@every_importer
def test_a_number_larger_than_any_column_is_a_fault_and_no_failure(name, here, person):
    importer = importers()[name]
    row = SHEETS[name].row(0)
    for key, value in row.items():
        if isinstance(value, Decimal):
            for large in ("9" * 15, "9" * 60):
                plan = plan_of(name, here, csv_bytes(importer, [{**row, key: large}]))
                assert plan.problems, (key, large)


@pytest.mark.parametrize("name", ["sourcing.purchase_orders", "sales.customer_orders", "inventory.opening_stock"])
def test_a_day_that_can_be_read_two_ways_is_asked_about_on_the_page(name, here, person):
    importer, rows = importers()[name], SHEETS[name].rows(3)
    key = "order_date" if "order_date" in rows[0] else "day"
    for row in rows:
        row[key] = "03/04/2026"
        row.update({other: None for other in ("requested_date", "promised_date", "received_date") if other in row})
    page = upload(person, name, csv_bytes(importer, rows))
    assert "03/04/2026" in page.content.decode() and page.context["plan"].questions
    assert not page.context["plan"].ready
    url = f"{SHEETS[name].url}{job().pk}/"
    answered = person(SHEETS[name].role).post(url, {"step": "answer", f"answer-{key}": "dmy"}, follow=True)
    assert {row.values[key] for row in answered.context["plan"].rows} == {date(2026, 4, 3)}
    assert "03/04/2026" not in [row.values[key] for row in answered.context["plan"].rows]


@every_importer
def test_the_same_file_twice_changes_nothing_the_second_time(name, here, person):
    rows = SHEETS[name].rows(30)
    data = csv_bytes(importers()[name], rows)
    assert upload(person, name, data).context["plan"].counts == {"create": 30, "update": 0, "same": 0, "error": 0}
    assert commit(person, name)["create"] == 30
    again = upload(person, name, xlsx_bytes(importers()[name], rows), "again.xlsx").context["plan"]
    assert again.counts == {"create": 0, "update": 0, "same": 30, "error": 0}, again.problems[:3]


@every_importer
def test_what_a_list_exports_for_it_comes_back_without_a_change(name, here, person):
    sheet = SHEETS[name]
    upload(person, name, csv_bytes(importers()[name], sheet.rows(30)))
    commit(person, name)
    answer = person(sheet.role).get(f"{sheet.listed}?export=import")
    data = b"".join(answer.streaming_content)
    page = upload(person, name, data, "export.xlsx")
    counts = page.context["plan"].counts
    assert (counts["create"], counts["update"], counts["error"]) == (0, 0, 0), page.context["plan"].problems[:3]
    assert counts["same"] >= 30


FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "'=1",
    "''=1",
    "＝1+1",
    "'plain",
    '=HYPERLINK("x")',
]


@pytest.mark.parametrize("name", [name for name, sheet in SHEETS.items() if sheet.text])
def test_what_begins_like_a_formula_comes_back_as_text(name, here, person):
    sheet, importer = SHEETS[name], importers()[name]
    rows = sheet.rows(len(FORMULAS))
    for row, formula in zip(rows, FORMULAS, strict=True):
        row[sheet.text] = harmless(formula)
    upload(person, name, csv_bytes(importer, rows))
    commit(person, name)
    answer = person(sheet.role).get(f"{sheet.listed}?export=import")
    data = b"".join(answer.streaming_content)
    cells = [cell for line in load_workbook(io.BytesIO(data)).active.iter_rows() for cell in line]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert not [cell.value for cell in cells if cell.data_type == "s" and cell.value[:1] in "=+-@＝＋－＠\t\r"]
    page = upload(person, name, data, "export.xlsx")
    counts = page.context["plan"].counts
    assert (counts["create"], counts["update"], counts["error"]) == (0, 0, 0), page.context["plan"].problems[:3]
    if name == "catalog.products":
        assert set(Product.objects.filter(sku__startswith="FZ-").values_list("description", flat=True)) == set(FORMULAS)


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"<x/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 120_000_000)
    return file.getvalue()


HOSTILE = {
    "empty": b"",
    "NUL": b"\x00" * 4000,
    "half a workbook": b"PK\x03\x04" + b"\x00" * 60,
    "a bomb": bomb,
    "a cell of a megabyte": b"SKU,Name\nA," + b"x" * 1_000_000,
    "a quotation mark that is never closed": b'SKU,Name\n"A,B\n' + b"C,D\n" * 50,
    "three hundred thousand columns": b"a," * 300_000 + b"\n1,2\n",
    "no known column": b"wombat,dingo\n1,2\n",
    "the same heading three times": b"SKU,SKU,SKU,Name,Name,Order,Order,Code,Code,Lot\n1,2,3,4,5,6,7,8,9,10\n",
    "ragged": b"SKU,Name,Code,Lot,Order\n1\n1,2,3,4,5,6,7,8\n\n,,\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "half characters": "SKU,Name\nA,保温".encode("utf-16")[:-1],
}


@every_importer
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_or_shown_with_its_faults(name, kind, here, person):
    data = HOSTILE[kind]() if callable(HOSTILE[kind]) else HOSTILE[kind]
    page = upload(person, name, data)
    assert page.status_code in (200, 422)
    if kind == "a bomb":
        assert page.status_code == 422 and "unpacks to more than" in page.content.decode()
    sheet = SHEETS[name]
    if page.status_code == 200:
        url = f"{sheet.url}{job().pk}/"
        everything = {f"column-{column.key}": "0" for column in importers()[name].columns}
        for step in ({"step": "map", **everything}, {"step": "commit"}, {"step": "commit", "leave_out": "1"}):
            assert person(sheet.role).post(url, step, follow=True).status_code == 200
        assert person(sheet.role).get(f"{url}rejects/").status_code == 200


CELLS = st.one_of(
    st.sampled_from([text for text in TEXTS if "\ud800" not in text]),
    st.sampled_from([str(number) for number in NUMBERS if number != 10**400]),
    st.text(max_size=30).filter(lambda text: text.isprintable() or not text.strip()),
    st.sampled_from(
        ["MUG-01", "RTM", "NB-01", "OUT-01", "USD", "FOB", "2026-11-20", "03/04/2026", "1,234", "1", "0.001"]
    ),
)


@st.composite
def broken_files(draw, name: str):
    """A lawful table of some rows, with some cells, rows and bytes of it spoilt."""
    importer, rows = importers()[name], SHEETS[name].rows(draw(st.integers(1, 6)))
    for _round in range(draw(st.integers(1, 6))):
        row = draw(st.sampled_from(rows))
        row[draw(st.sampled_from(sorted(rows[0])))] = draw(CELLS)
    (encoding, delimiter), write = draw(st.sampled_from(list(WRITTEN.items())))
    lines = csv_bytes(importer, rows, delimiter=delimiter, write=lambda v: write(v)).decode().split("\r\n")
    for _round in range(draw(st.sampled_from([0, 0, 1, 2]))):
        at = draw(st.integers(0, len(lines) - 1))
        lines[at] = draw(
            st.sampled_from([lines[at] * 2, lines[at][:7], "", lines[at] + delimiter * 9, lines[0], f'"{lines[at]}'])
        )
    data = draw(st.sampled_from(["\r\n", "\n", "\r"])).join(lines).encode(encoding, "replace")
    if draw(st.booleans()) and draw(st.booleans()):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(min_size=1, max_size=3)) + data[at:]
    answers = draw(
        st.sampled_from([{}, dict.fromkeys(rows[0], "dmy"), dict.fromkeys(rows[0], ","), dict.fromkeys(rows[0], ".")])
    )
    return data, answers


@every_importer
def test_no_file_makes_an_importer_fail(name, here):
    """Whatever the file, the importer says what is wrong with it or imports it: no other exception."""
    outcomes = {"refused": 0, "asked": 0, "imported": 0}

    @hypothesis.seed(f"{SEED}{name}")
    @hypothesis.settings(
        max_examples=FILES // len(SHEETS) + 1,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(broken_files(name))
    def storm(drawn):
        data, answers = drawn
        actor = here.actors[SHEETS[name].role]
        with transaction.atomic():
            try:
                plan = plan_of(name, here, data, answers=answers)
                if not plan.ready:
                    outcomes["asked"] += 1
                elif importers()[name].commit(plan, actor, leave_out_faulty=True)["create"]:
                    outcomes["imported"] += 1
            except RuleBroken as refused:
                assert str(refused)
                outcomes["refused"] += 1
            finally:
                transaction.set_rollback(True)

    storm()
    assert outcomes["imported"], outcomes
