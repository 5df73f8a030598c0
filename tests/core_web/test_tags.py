"""What templates say: amounts with their currency, days with their distance, states with their word."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.template import engines
from django.utils import timezone, translation

from core.money import Money


def say(template: str, **context) -> str:
    return engines["django"].from_string(template).render(context)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ 1234.5|money:'USD' }}", '1,234.50&nbsp;<span class="unit">USD</span>'),
        ("{{ 1234|money:'JPY' }}", '1,234&nbsp;<span class="unit">JPY</span>'),
        ("{{ 1.5|amount:'KWD' }}", '<span class="num">1.500</span>'),
        ("{{ price|price:'USD' }}", "0.0425&nbsp;"),
        ("{{ quantity|qty:'pcs' }}", '1,200&nbsp;<span class="unit">pcs</span>'),
        ("{{ nothing|money:'USD' }}", "–"),
        ("{{ money|money }}", "12.00&nbsp;"),
    ],
)
def test_amounts_and_quantities(template, expected):
    values = {
        "price": Decimal("0.042500"),
        "quantity": Decimal("1200.0000"),
        "nothing": None,
        "money": Money(Decimal(12), "EUR"),
    }
    assert expected in say(template, **values)


def test_days():
    with translation.override("en"):
        assert '<time datetime="2026-03-12"' in say("{{ d|day }}", d=date(2026, 3, 12))
        assert ">12 Mar 2026</time>" in say("{{ d|day }}", d=date(2026, 3, 12))
        assert 'title="in 9 days"' in say("{{ d|day }}", d=timezone.localdate() + timedelta(days=9))
        assert "5 days late" in say("{{ a|days_late:p }}", a=date(2026, 3, 17), p=date(2026, 3, 12))
        assert say("{{ a|days_late:p }}", a=date(2026, 3, 12), p=date(2026, 3, 12)) == "on time"


def test_a_state_is_a_dot_and_a_word_and_text_is_escaped():
    document = SimpleNamespace(status="late", get_status_display=lambda: "<Late>")
    assert say("{{ d|status }}", d=document) == '<span class="state state-hurt">&lt;Late&gt;</span>'


def test_a_sparkline_says_its_range():
    assert 'aria-label="3 values, from 1 to 4"' in say("{% sparkline v %}", v=[1, 2, 4])
    assert say("{% sparkline v %}", v=[1]) == ""


def test_a_hostile_live_address_stays_text():
    assert "<script>" not in say('{% live url "1" %}x{% endlive %}', url='/x/"><script>')
