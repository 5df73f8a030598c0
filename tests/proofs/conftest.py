"""The estate is made once a module and worker; every request against it is undone."""

import logging

import pytest


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of refused requests a test: one line each would drown what failed."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def estate(django_db_setup, django_db_blocker):
    from django.db import connection, transaction

    from tests.proofs.estate import make_estate

    with django_db_blocker.unblock():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('role', 'iscm_staff', true), set_config('transaction_timeout', '0', true)"
                )
            yield make_estate()
            transaction.set_rollback(True)
        connection.close()


@pytest.fixture
def at_once(django_db_setup, django_db_blocker):
    """Nothing is undone: for tests that bring a database of their own."""
    with django_db_blocker.unblock():
        yield
