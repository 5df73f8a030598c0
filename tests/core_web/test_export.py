"""Exports: no live formulas, numbers stay numbers, everything comes back as it was."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from core.importing import plain, read_table
from core.web.export import csv_lines, harmless, xlsx

ATTACKS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "'=1", "''=1", "＝1+1", "＠x"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_someone_typed_is_never_a_formula(attack):
    rows = [[attack, Decimal("-5.10"), 3]]
    cells = list(csv.reader(io.StringIO("".join(csv_lines(["A", "B", "C"], rows)))))[1]
    assert cells[0][0] == "'" and cells[1:] == ["-5.10", "3"]
    with xlsx(["A", "B", "C"], rows) as file:
        sheet = load_workbook(file).active
    assert sheet["A2"].data_type == "s" and sheet["A2"].value[0] == "'"
    assert (sheet["B2"].value, sheet["C2"].value) == (-5.1, 3)


@given(st.text(max_size=30))
def test_every_text_comes_back_as_it_was(text):
    assert plain(harmless(text)) == text


def test_a_file_comes_back_through_the_import():
    rows = [["=x", Decimal("1234.5000"), date(2026, 3, 12), "保温杯", None]]
    headings = ["A", "B", "C", "D", "E"]
    from_csv = read_table(io.BytesIO("".join(csv_lines(headings, rows, bom=True)).encode())).rows[0]
    with xlsx(headings, rows) as file:
        from_xlsx = read_table(file).rows[0]
    assert [plain(from_csv[0]), *from_csv[1:]] == ["=x", "1234.5000", "2026-03-12", "保温杯", ""]
    assert [plain(from_xlsx[0]), *from_xlsx[1:]] == ["=x", Decimal("1234.5"), date(2026, 3, 12), "保温杯", None]
