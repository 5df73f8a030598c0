"""What happens when: steps waiting for their day, played in order."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from core.actor import COMMAND, Actor, system
from core.scope import scope

Play = Callable[[date], None]


@dataclass
class Calendar:
    """Steps by day; those after ``today`` are never played: they have not happened yet."""

    today: date
    waiting: list = field(default_factory=list)
    _count: int = 0

    def on(self, day: date, play: Play) -> None:
        """This will have ``play(day)`` called when that day comes."""
        if day <= self.today:
            self._count += 1
            heapq.heappush(self.waiting, (day, self._count, play))

    def run(self, tell: Callable[[date], None]) -> None:
        """This will play every step of the past, earliest first, including those that steps add."""
        while self.waiting:
            day, _count, play = heapq.heappop(self.waiting)
            tell(day)
            with scope(system(COMMAND)):
                play(day)


def acting(actor: Actor, day: date, hour: int = 9) -> Actor:
    """The same person, on that day at that hour (UTC)."""
    return replace(actor, at=datetime.combine(day, time(hour), UTC))


def days(count: int) -> timedelta:
    return timedelta(days=count)
