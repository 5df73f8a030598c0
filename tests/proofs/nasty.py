"""Values that break programs which did not expect them."""

from typing import Any

LONE_SURROGATE = "a\ud800b"

TEXTS = (
    "", " ", "\x00", "a\x00b", LONE_SURROGATE, "\u202egnp.exe", "\ufeff", "\u200b", "é" * 300, "x" * 5000, "'", '"', "\\",
    "%", "_", "%s%s%n", "{{7*7}}", "${7*7}", "<script>alert(1)</script>", "' OR 1=1 --", "=1+1", "\r\nSet-Cookie: a=b",
    "../../etc/passwd", "null", "true", "NaN", "Infinity", "-Infinity", "1e400", "-0", "0x10", "１２３", "٣", "Ⅷ", "²",
    "1_000", "1,234.5", "1" * 40, "9" * 400, "0." + "0" * 50 + "1", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30",
    "2026-13-01", "0000-00-00", "1e3", "2026-11-20T25:61:61Z", "９９９９-12-31", "CN\n", "🏴‍☠️", "a" + "\u0301" * 200,
)  # fmt: skip

NUMBERS = (
    0, -1, 1, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400, 0.1, 1.5, -0.0, 1e308, float("inf"),
    float("nan"), 1e-320,
)  # fmt: skip


def deep(levels: int) -> list:
    """A list in a list in a list …"""
    value: list = []
    for _level in range(levels):
        value = [value]
    return value


OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [{}],
    {"": ""},
    {"a": {"b": {}}},
    [None],
    ["a", "a"],
    deep(50),
    {"$ne": 1},
    {"__proto__": {}},
)

EVERYTHING = (*TEXTS, *NUMBERS, *OTHERS)
