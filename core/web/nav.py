"""The navigation, by the work. Apps add their entries in ``ready()``; a person sees those the role may use."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.text import Text
from core.web import icons

# key, what it says, icon; in the order of the work
SECTIONS = (
    ("tower", _("Control tower"), "radar-2"),
    ("source", _("Source"), "gavel"),
    ("buy", _("Buy"), "shopping-cart"),
    ("quality", _("Quality"), "zoom-check"),
    ("ship", _("Ship"), "ship"),
    ("stock", _("Stock"), "building-warehouse"),
    ("sell", _("Sell"), "truck-delivery"),
    ("plan", _("Plan"), "timeline"),
    ("money", _("Money"), "coins"),
    ("risk", _("Risk"), "shield"),
    ("reports", _("Reports"), "report-analytics"),
    ("settings", _("Settings"), "settings"),
)

Badge = Callable[[Actor], int | None]


@dataclass(frozen=True)
class Entry:
    section: str
    label: Text
    url_name: str
    permission: str | None = None
    icon: str = ""
    order: int = 50
    badge: Badge | None = None
    outside: bool = False

    def for_(self, actor: Actor) -> bool:
        return self.outside != actor.is_staff and (self.permission is None or actor.can(self.permission))


@dataclass
class Item:
    """An entry as one person sees it now."""

    label: Text
    url: str
    icon: str
    count: int | None
    current: bool = False


@dataclass
class Section:
    key: str
    label: Text
    icon: str
    items: list[Item] = field(default_factory=list)

    @property
    def current(self) -> bool:
        return any(item.current for item in self.items)

    @property
    def count(self) -> int:
        return sum(item.count or 0 for item in self.items)


_entries: list[Entry] = []
_new: list[Entry] = []
_inbox: list[Entry] = []
_identity: list[Callable[[Actor], tuple[str, str]]] = []
_names: list[tuple[Callable[[], dict], Callable[[Iterable[int]], dict]]] = []


def register(
    section: str,
    label: Text,
    url_name: str,
    permission: str | None = None,
    *,
    icon: str = "",
    order: int = 50,
    badge: Badge | None = None,
    outside: bool = False,
) -> None:
    """This will add an entry to a section ("buy"). ``badge(actor)`` counts what waits; ``outside``: parties only."""
    if section not in {key for key, *_rest in SECTIONS}:
        raise ValueError(f"There is no section {section!r}: {', '.join(key for key, *_rest in SECTIONS)}.")
    _entries.append(Entry(section, label, url_name, permission, icons.use(icon), order, badge, outside))


def register_new(
    label: Text, url_name: str, permission: str | None = None, *, icon: str = "", order: int = 50, outside: bool = False
) -> None:
    """This will add an entry to the "New" menu of the top bar."""
    _new.append(Entry("", label, url_name, permission, icons.use(icon), order, None, outside))


def register_inbox(url_name: str, badge: Badge, *, outside: bool = False) -> None:
    """This will make the bell of the top bar lead to the actor's tasks, with how many wait."""
    _inbox.append(Entry("", _("Tasks"), url_name, None, "bell", 0, badge, outside))


def register_identity(describe: Callable[[Actor], tuple[str, str]]) -> None:
    """This will let the user menu say for which company and in which role: ``describe(actor) -> (company, role)``."""
    _identity[:] = [describe]


def register_names(roles: Callable[[], dict], parties: Callable[[Iterable[int]], dict]) -> None:
    """This will let pages name roles and parties: ``roles() -> {role: name}``, ``parties(ids) -> {id: name}``."""
    _names[:] = [(roles, parties)]


def role_names() -> dict:
    return _names[0][0]() if _names else {}


def party_names(ids: Iterable[int]) -> dict:
    return _names[0][1](ids) if _names and ids else {}


def _items(entries: Iterable[Entry], actor: Actor, path: str = "") -> list[tuple[Entry, Item]]:
    found = []
    for entry in sorted(entries, key=lambda entry: entry.order):
        if not entry.for_(actor):
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:  # the page's app is not in this build
            continue
        found.append((entry, Item(entry.label, url, entry.icon, entry.badge(actor) if entry.badge else None)))
    # the current one is the longest address that the page's own address begins with
    here = [item for _entry, item in found if path == item.url or (item.url != "/" and path.startswith(item.url))]
    if here:
        max(here, key=lambda item: len(item.url)).current = True
    return found


def tree(actor: Actor | None, path: str = "") -> list[Section]:
    """The sections that hold at least one entry for this actor, the current one marked."""
    if actor is None:
        return []
    sections = {key: Section(key, label, icon) for key, label, icon in SECTIONS}
    for entry, item in _items(_entries, actor, path):
        sections[entry.section].items.append(item)
    return [section for section in sections.values() if section.items]


def new_items(actor: Actor | None) -> list[Item]:
    return [item for _entry, item in _items(_new, actor)] if actor else []


def inbox(actor: Actor | None) -> Item | None:
    found = _items(_inbox, actor) if actor else []
    return found[0][1] if found else None


def identity(actor: Actor | None) -> tuple[str, str]:
    return _identity[0](actor) if actor and _identity else ("", "")
