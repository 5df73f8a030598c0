"""Cash-to-cash with worked numbers, asked the way people ask: by the command and the API (K-01, F13 to F16, K12)."""

import json
import random
from datetime import date, timedelta
from decimal import Decimal as D
from fractions import Fraction
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import call_command

from core.outbox import drain
from kpis.cash_to_cash import Curve
from kpis.services import set_day
from ledger.models import Account as A
from ledger.models import Purpose
from ledger.services import Draft, Line, post_many
from tests.doors import Api
from tests.factories_finance import boss
from tests.factories_kpis import Chain

pytestmark = pytest.mark.django_db
LAST = date(2026, 12, 31)


def book(world, *entries, purpose=Purpose.OPENING) -> None:
    """Entries of (day, {account: amount}); what does not balance goes to the opening balance."""
    drafts = []
    for day, amounts in entries:
        lines = [Line(account, D(amount), "EUR", D(amount)) for account, amount in amounts.items()]
        rest = -sum((line.amount for line in lines), D(0))
        lines.append(Line(A.OPENING, rest, "EUR", rest))
        drafts.append(Draft(day=day, purpose=purpose, source=world.company, lines=lines))
    post_many(actor=boss(world), company_id=world.company.pk, drafts=drafts)
    drain()


def asked(*options) -> dict:
    """The only row the command prints as JSON."""
    out = StringIO()
    call_command("kpis", "cash-to-cash", "--json", *options, stdout=out)
    (row,) = json.loads(out.getvalue())["rows"]
    return row


def parts(row) -> tuple:
    return row["dio"], row["dso"], row["dpo"], row["c2c"]


@pytest.fixture
def today(world):
    set_day(company_id=world.company.pk, day=LAST)


@pytest.fixture
def x1(world, today):
    """Steady balances for a year: receivables 90,000, inventory 120,000, payables 60,000; revenue 365,000, cost 292,000."""
    first = LAST - timedelta(days=364)
    book(
        world,
        (first, {A.RECEIVABLES: 90_000, A.INVENTORY: 120_000, A.PAYABLES: -60_000}),
        (date(2026, 7, 1), {A.REVENUE: -365_000, A.COGS: 292_000}),
    )


def test_k01_x1_costs_are_not_negative_and_a_year_gives_165_days(x1):
    """X1: 90 + 150 − 75 = 165; where cost of goods sold enters negative the answer would be 15."""
    row = asked()
    assert parts(row) == (150.0, 90.0, 75.0, 165.0)
    assert (row["variant"], row["balance"], row["days"], row["partial"]) == ("finance", "daily", 365, False)


def test_k01_x2_a_quarter_is_read_over_its_own_days(world, today):
    """90,000 receivables and 90,000 revenue in 90 days: 90 days, not 360."""
    first = LAST - timedelta(days=89)
    book(world, (first, {A.RECEIVABLES: 90_000, A.REVENUE: -90_000, A.COGS: 1}))
    row = asked("--window", "90")
    assert (row["dso"], row["days"]) == (90.0, 90)


def test_k01_without_cost_of_goods_sold_the_answer_is_not_applicable_and_never_0(world, today):
    book(world, (LAST, {A.INVENTORY: 120_000, A.RECEIVABLES: 90_000, A.REVENUE: -1_000}))
    row = asked("--window", "30")
    assert (row["dio"], row["dpo"], row["c2c"], row["c2c_net_of_advances"]) == (None, None, None, None)
    assert row["dso"] == 90.0
    out = StringIO()
    call_command("kpis", "cash-to-cash", "--window", "30", stdout=out)
    assert "n/a" in out.getvalue()


def test_payables_include_goods_not_invoiced_and_accrued_charges_and_never_the_deposits(world, today):
    """Decision 15, and the second figure: 30 − 20 + 73 of deposits paid − 10 received."""
    first = LAST - timedelta(days=364)
    book(
        world,
        (first, {A.PAYABLES: -1_000, A.GRNI: -2_000, A.ACCRUED_CHARGES: -1_000, A.SUPPLIER_ADVANCES: 14_600}),
        (first, {A.CUSTOMER_ADVANCES: -2_000, A.INVENTORY: 6_000}),
        (LAST, {A.COGS: 73_000, A.REVENUE: -73_000}),
    )
    row = asked()
    assert parts(row) == (30.0, 0.0, 20.0, 10.0)
    assert row["c2c_net_of_advances"] == 73.0  # 10 + 73 − 10


def test_the_scor_variant_reads_payables_over_purchases_and_says_so(world, today):
    first = LAST - timedelta(days=364)
    book(world, (first, {A.PAYABLES: -60_000, A.COGS: 365_000, A.REVENUE: -365_000}))
    book(world, (LAST, {A.INVENTORY: 292_000}), purpose=Purpose.GOODS_OWNED)
    finance, scor = asked(), asked("--variant", "scor")
    assert (finance["variant"], finance["dpo"]) == ("finance", 60.0)
    assert (scor["variant"], scor["dpo"]) == ("scor", 75.0)
    shown = Api(world.token("finance"))("GET", "/kpis/cash-to-cash/?variant=scor").json()["rows"][0]
    assert (shown["variant"], shown["dpo"]) == ("scor", 75.0)


def test_f13_f14_a_published_year_by_average_and_by_closing_balances(world, today):
    """A maker's published year: −70.92 days by two points, −67.83 by the closing ones; the rule must be named."""
    before = LAST - timedelta(days=365)
    opening = {A.INVENTORY: 4_946, A.RECEIVABLES: 28_184, A.PAYABLES: -64_115}
    closing = {A.INVENTORY: 6_331, A.RECEIVABLES: 29_508, A.PAYABLES: -62_611}
    book(
        world,
        (before, opening),
        (LAST, {account: closing[account] - amount for account, amount in opening.items()}),
        (date(2026, 7, 1), {A.REVENUE: -383_285, A.COGS: 214_137}),
    )
    average = asked("--balance", "two-point")
    assert tuple(round(part, 2) for part in parts(average)) == (9.61, 27.47, 108.0, -70.92)
    assert (average["balance"], round(asked("--balance", "closing")["c2c"], 2)) == ("two-point", -67.83)
    shown = Api(world.token("finance"))("GET", "/kpis/cash-to-cash/?balance=closing").json()["rows"][0]
    assert (shown["balance"], round(shown["c2c"], 2)) == ("closing", -67.83)


def test_f16_five_quarter_ends_of_inventory(world, today, person):
    """900, 1,000, 1,100, 1,300, 1,200 over a cost of 8,030: 50 days."""
    ends = [date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), LAST]
    stock = [900, 1000, 1100, 1300, 1200]
    changes = [stock[0], *(later - earlier for earlier, later in pairwise(stock))]
    book(world, *((day, {A.INVENTORY: change}) for day, change in zip(ends, changes, strict=True)))
    book(world, (date(2026, 5, 5), {A.COGS: 8_030}))
    assert asked("--balance", "five-point")["dio"] == 50.0
    wrong = Api(world.token("finance"))("GET", "/kpis/cash-to-cash/?balance=five-point&window=90")
    assert wrong.status_code == 400 and "leave the window at 365" in wrong.content.decode()
    page = person("finance").get("/kpis/cash-to-cash/?balance=five-point&window=90")
    assert page.status_code == 200 and "leave the window at 365" in page.content.decode()


def test_a_window_with_less_history_says_how_many_days_it_is_over(world, today):
    book(world, (LAST - timedelta(days=9), {A.INVENTORY: 100, A.COGS: 100, A.REVENUE: -100}))
    row = asked()
    assert (row["dio"], row["days"], row["window"], row["partial"]) == (10.0, 10, 365, True)


def test_back_dated_and_later_days_are_told_apart(world, x1):
    """As of the end of June nothing was sold yet; a late entry of March is in the figures of March from then on."""
    assert asked("--as-of", "2026-06-30")["dio"] is None
    book(world, (date(2026, 3, 1), {A.COGS: 1_000}))
    assert asked("--as-of", "2026-06-30")["dio"] is not None


def test_k12_windows_of_late_events_equal_brute_force_as_exact_fractions():
    """300 days, every fifth event back-dated, 30 checkpoints of a 90-day window."""
    dice, start = random.Random(12), date(2026, 1, 1)
    events = []
    for n in range(900):
        day = n // 3 if n % 5 else dice.randrange(n // 3 + 1)
        account = dice.choice([A.INVENTORY, A.COGS, A.REVENUE, A.RECEIVABLES, A.PAYABLES, A.SUPPLIER_ADVANCES])
        events.append((start + timedelta(days=day), account, D(dice.randrange(-900, 5_000))))
    curve = Curve(start, start + timedelta(days=299), {}, events)

    def balance(account, on):
        return sum((amount for day, one, amount in events if one == account and day <= on), D(0))

    for n in range(30):
        last = start + timedelta(days=100 + n * 6)
        window = [last - timedelta(days=d) for d in range(90)]
        found = curve.measure(last, 90, history=start)
        sold = sum((a for day, one, a in events if one == A.COGS and day in window), D(0))
        stock = sum((balance(A.INVENTORY, day) for day in window), D(0))
        assert found.dio == Fraction(stock) / Fraction(sold)


def test_k02_four_components_of_95_percent_multiply_to_81_45(world):
    """Twenty orders; one late, one short, one damaged, one with wrong papers: 80 % of the orders are perfect."""
    chain = Chain(world)
    orders = [chain.sell(10, **({"status": "closed"} if n == 1 else {})) for n in range(20)]
    for n, order in enumerate(orders):
        sent = chain.deliver(
            order.lines.get(), 9 if n == 1 else 10, date(2026, 6, 12 if n == 0 else 10), documents_ok=n != 3
        )
        if n == 2:
            chain.give_back(sent, date(2026, 6, 12))
    chain.at(date(2026, 8, 1))
    drain()
    out = StringIO()
    call_command("kpis", "perfect-order", "--side", "sales", "--json", stdout=out)
    (row,) = json.loads(out.getvalue())["rows"]
    assert [row[f"{name}_pct"] for name in ("on_time", "complete", "undamaged", "documented")] == [95.0] * 4
    assert (row["product_pct"], row["pct"], row["line_pct"]) == (81.4506, 80.0, 80.0)


@pytest.mark.parametrize(
    ("options", "pct"), [((), 60.0), (("--early-days", "1"), 40.0), (("--tolerance", "0.05"), 80.0)]
)
def test_k08_the_same_five_lines_under_three_settings_of_the_command(world, options, pct):
    chain = Chain(world)
    for ordered, delivered, late in ((100, 100, 0), (50, 48, 0), (20, 20, 2), (10, 10, -3), (30, 30, 0)):
        chain.deliver(chain.sell(ordered).lines.get(), delivered, date(2026, 6, 10) + timedelta(days=late))
    chain.at(date(2026, 8, 1))
    drain()
    out = StringIO()
    call_command("kpis", "otif", "--json", *options, stdout=out)
    (row,) = json.loads(out.getvalue())["rows"]
    assert (row["lines"], row["pct"]) == (5, pct)
