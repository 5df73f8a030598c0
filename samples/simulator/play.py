"""The sample world, played day by day from a seed through the services everyone uses. See docs/sample-world.md."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from core import outbox
from core.actor import COMMAND, system
from core.scope import scope
from samples.simulator.buying import Purchase
from samples.simulator.calendar import Calendar
from samples.simulator.desks import Desks
from samples.simulator.masters import World, make_masters
from samples.simulator.paying import Treasury
from samples.simulator.selling import Market

HISTORY_DAYS = 400
SELLING_AFTER_DAYS = 75  # when the first goods lie in Rotterdam
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
    calendar = Calendar(today)
    codes = rng.choices(list(SHARES), weights=list(SHARES.values()), k=orders)
    counted: dict[str, int] = {}
    for number in range(orders):
        code = codes[number]
        purchase = Purchase(world, calendar, rng, code, number + 1)
        purchase.special = STORIES.get((code, counted.get(code, 0)), "")
        counted[code] = counted.get(code, 0) + 1
        calendar.on(first + timedelta(days=number * (HISTORY_DAYS - 5) // orders), purchase.buy)
    desks = Desks(world, calendar, rng, number=orders)
    market = Market(world, calendar, rng)
    start = first + timedelta(days=SELLING_AFTER_DAYS)
    calendar.on(start - timedelta(days=start.weekday()), market.week)
    calendar.on(start - timedelta(days=start.weekday() - 2), Treasury(world, calendar).week)
    last = 0.0

    def told(day: date) -> None:
        nonlocal last
        share = (day - first).days / HISTORY_DAYS
        if share - last >= 0.01:
            last = share
            outbox.drain()  # as the workers would: charges follow the goods, holds are lifted
            tell(share)

    calendar.run(told)
    with scope(system(COMMAND)):
        desks.morning(today)
    outbox.drain()
    return world
