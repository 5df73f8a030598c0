"""A database of its own with a chain of sealed events in it, for those who attack it or follow it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from core.actor import system
from core.outbox import News, announce_many, event
from core.scope import scope
from tests.conftest import clone_database

HAPPENED = event("core.sample.happened", "Something happened, in a test.", shared=True)


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Everything that Django does inside is committed, in a fresh clone under this name."""
    clone_database(name)
    own = connections["default"]
    before = own.settings_dict["NAME"]
    own.close()
    own.settings_dict["NAME"] = connections.settings["default"]["NAME"] = name
    try:
        yield
    finally:
        own.close()
        own.settings_dict["NAME"] = connections.settings["default"]["NAME"] = before


def happen(*subjects: int, company_id: int = 1, kind: str = "core.sample") -> None:
    """One committed event for each subject."""
    actor = system()
    with scope(actor):
        announce_many(HAPPENED, kind, [News(subject, company_id) for subject in subjects], actor=actor)
