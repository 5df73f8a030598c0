"""The estate is made once a worker, in a database of its own; every request against it is undone."""

import logging
from contextlib import contextmanager
from datetime import UTC, datetime, time

import pytest


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of refused requests a test: one line each would drown what failed."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def _at(name: str):
    """The default connection leads to this worker's estate, and the doors' clock stands on the factories' day."""
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from tests.factories import TODAY

    def go_to(database: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = database

    home = connection.settings_dict["NAME"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: datetime.combine(TODAY, time(9), UTC))
        go_to(name)
        try:
            yield
        finally:
            go_to(home)


def _become_staff() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', 'iscm_staff', true), set_config('transaction_timeout', '0', true)")


@pytest.fixture(scope="session")
def _made_estate(django_db_setup, django_db_blocker, worker_id):
    from django.db import transaction

    from tests.conftest import clone_database
    from tests.proofs.estate import make_estate

    name = f"test_iscm_{worker_id}_estate"
    clone_database(name)
    with django_db_blocker.unblock(), _at(name), transaction.atomic():
        _become_staff()
        made = make_estate()
    return name, made


@pytest.fixture(scope="module")
def estate(_made_estate, django_db_blocker):
    from django.db import transaction

    name, made = _made_estate
    with django_db_blocker.unblock(), _at(name), transaction.atomic():
        _become_staff()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def first_wall_down(monkeypatch):
    """``visible_to`` gives everything to everybody."""
    from django.db.models import QuerySet

    classes = [QuerySet]
    for one in classes:
        classes += one.__subclasses__()
        if "visible_to" in vars(one):
            monkeypatch.setattr(one, "visible_to", lambda self, actor: self.all())


@pytest.fixture
def second_wall_down(monkeypatch):
    """Every transaction has the house's own database rights, whoever asks."""
    from core import scope

    honest, ours = scope._set, "set_config('role', CASE %s WHEN '' THEN '' ELSE 'iscm_staff' END, true)"
    monkeypatch.setattr(scope, "_set", lambda names: honest(names).replace("set_config('role', %s, true)", ours))


@pytest.fixture
def at_once(django_db_setup, django_db_blocker):
    """Nothing is undone: for tests that bring a database of their own."""
    with django_db_blocker.unblock():
        yield
