"""The sample world, played day by day from a seed through the services everyone uses. See docs/sample-world.md."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from math import ceil

from core import outbox
from core.actor import COMMAND, system
from core.scope import scope
from inventory.models import Warehouse
from samples.simulator.buying import Purchase
from samples.simulator.calendar import Calendar
from samples.simulator.copies import Copier, marks
from samples.simulator.desks import Desks
from samples.simulator.masters import World, make_masters
from samples.simulator.paying import Treasury
from samples.simulator.selling import Market
from sourcing.models import PurchaseOrder

HISTORY_DAYS = 400
SELLING_AFTER_DAYS = 75  # when the first goods lie in Rotterdam
QUIET_DAYS = 490  # of the time before, which comes to its end:
BUYING_DAYS = 200  # so long it buys,
WIND_DOWN_DAYS = 110  # and so long before its end it has sold its last
YEARS = 8
# Which order each story that always happens belongs to: by supplier, counted from its first order.
STORIES = {
    ("YW-JH", 2): "zipper",
    ("GZ-HT", 1): "cartons",
    ("SG-CG", 2): "short",
    ("ZJ-YJ", 2): "over",
    ("SG-CG", 4): "damaged",
    ("NB-HS", 7): "late freight",
}
SHARES = {"NB-HS": 9, "SZ-MD": 5, "YW-JH": 6, "ZJ-YJ": 5, "GZ-HT": 4, "SG-CG": 6, "TP-KN": 3, "RT-PS": 1}

Tell = Callable[[float], None]


def play(*, today: date, orders: int, seed: int, tell: Tell) -> World:
    """This will make Harbor & Pine and play its last 400 days with ``orders`` purchase orders; ``tell`` hears the share done.

    What is under way today comes on top (desks.py). Each step is a transaction of its own, as in life, and the workers'
    part is done as the days pass.
    """
    rng = random.Random(seed)
    first = today - timedelta(days=HISTORY_DAYS)
    with scope(system(COMMAND)):
        world = make_masters(first=first, today=today, rng=rng)
    _play_days(world, rng, first, today, orders, STORIES, tell)
    return world


def play_years(*, today: date, orders: int, played: int, seed: int, tell: Tell) -> World:
    """This will make Harbor & Pine with about ``orders`` purchase orders over years, of which only ``played`` are played.

    ``tell`` hears the share done, first of the playing (to 1), then of the copying (to 2).
    """
    world, copier = play_for_copying(today=today, played=played, seed=seed, tell=tell)
    copies = ceil((orders - played) / copier.count(PurchaseOrder))
    copier.copy(copies=copies, years=YEARS, tell=lambda share: tell(1 + share))
    return world


def play_for_copying(*, today: date, played: int, seed: int, tell: Tell) -> tuple[World, Copier]:
    """This will make Harbor & Pine with ``played`` purchase orders in two stretches, of which the first can be copied.

    A third of them are its last 400 days, as ``play`` makes them. The others are the time before, in the warehouse it had
    then; buying stops early enough that everything in it comes to its end.
    """
    rng = random.Random(seed)
    recent = max(1, played // 3)
    middle = today - timedelta(days=HISTORY_DAYS)
    first = middle - timedelta(days=QUIET_DAYS)
    with scope(system(COMMAND)):
        world = make_masters(first=first, today=today, rng=rng)
    _play_days(world, rng, middle, today, recent, STORIES, lambda share: tell(share / 3))
    since = marks()
    with scope(system(COMMAND)):
        old = Warehouse.objects.create(
            company=world.company, code="TLB", name="Tilburg (until the move)", country_id="NL"
        )
    then = replace(world, warehouses={**world.warehouses, "RTM": old})
    _play_days(
        then, rng, first, middle, played - recent, {}, lambda share: tell((1 + 2 * share) / 3), bought_in=BUYING_DAYS
    )
    return world, Copier(company_id=world.company.pk, since=since, first_day=first)


def _play_days(
    world: World,
    rng: random.Random,
    first: date,
    today: date,
    orders: int,
    stories: dict[tuple[str, int], str],
    tell: Tell,
    *,
    bought_in: int | None = None,
) -> None:
    """This will play the days from first to today. ``bought_in``: nothing is bought after as many days, and all is sold."""
    calendar = Calendar(today)
    codes = rng.choices(list(SHARES), weights=list(SHARES.values()), k=orders)
    counted: dict[str, int] = {}
    length = (today - first).days
    for number in range(orders):
        code = codes[number]
        purchase = Purchase(world, calendar, rng, code, world.next_purchase())
        purchase.special = stories.get((code, counted.get(code, 0)), "")
        counted[code] = counted.get(code, 0) + 1
        calendar.on(first + timedelta(days=number * (bought_in or length - 5) // orders), purchase.buy)
    desks = Desks(world, calendar, rng) if bought_in is None else None
    start = first + timedelta(days=SELLING_AFTER_DAYS)
    market = Market(world, calendar, rng, until=today - timedelta(days=WIND_DOWN_DAYS) if bought_in else today)
    calendar.on(start - timedelta(days=start.weekday()), market.week)
    calendar.on(start - timedelta(days=start.weekday() - 2), Treasury(world, calendar).week)
    last = 0.0

    def told(day: date) -> None:
        nonlocal last
        share = (day - first).days / length
        if share - last >= 0.01:
            last = share
            outbox.drain()  # as the workers would: charges follow the goods, holds are lifted
            tell(share)

    calendar.run(told)
    if desks:
        with scope(system(COMMAND)):
            desks.morning(today)
    outbox.drain()
