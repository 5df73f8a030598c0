"""The table of trade cases names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "trade-cases.md"


def test_every_test_named_in_the_table_of_trade_cases_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TABLE.read_text())
    assert len(named) > 100
    missing = [
        f"{path}::{name}"
        for path, name in sorted(set(named))
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert missing == []
