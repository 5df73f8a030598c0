"""Global search: each app says how its documents are found; the page and the drop-down ask them all."""

from collections.abc import Callable
from dataclasses import dataclass

from core.actor import Actor
from core.text import Text

Finder = Callable[[Actor, str, int], list[tuple[str, str, str]]]  # (display, url, hint)

MIN_LENGTH = 2


@dataclass
class Group:
    label: Text
    hits: list[tuple[str, str, str]]


_finders: list[tuple[Text, Finder, bool]] = []


def register(label: Text, find: Finder, *, outside: bool = False) -> None:
    """This will ask ``find(actor, text, limit)`` in every search; ``outside``: also for parties."""
    _finders.append((label, find, outside))


def search(actor: Actor, text: str, limit: int = 5) -> list[Group]:
    """What was found, grouped by kind, at most ``limit`` of each. Fewer than two letters find nothing."""
    text = " ".join(text.replace("\x00", "").split())[:100]
    if len(text) < MIN_LENGTH:
        return []
    groups = [Group(label, find(actor, text, limit)) for label, find, outside in _finders if actor.is_staff or outside]
    return [group for group in groups if group.hits]
