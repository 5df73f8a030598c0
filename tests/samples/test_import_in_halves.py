"""The record is written by two processes at once, each half whole or not at all."""

import asyncio
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.actor import system
from core.errors import RuleBroken
from core.models import Delivery
from core.scope import scope
from samples.history import documents as history
from tests.core.chain import own_database
from tests.samples.loading import documents, load, some_rows

pytestmark = pytest.mark.volume


def refused(history, progress) -> None:
    raise RuleBroken("The warehouse is closed.")


@contextmanager
def beside_a_loop():
    """As in a process that has driven a browser: an event loop is said to run, which no child has."""
    connection.ensure_connection()  # kept by Django apart from those of the loop
    loop = asyncio.new_event_loop()
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(before)
        loop.close()


def test_two_processes_write_what_one_does_and_a_half_that_failed_is_made_up_for(
    tmp_path, monkeypatch, django_db_blocker, worker_id
):
    path = tmp_path / "some.csv"
    path.write_bytes(b"\n".join(some_rows()))

    with django_db_blocker.unblock(), beside_a_loop(), own_database(f"history_{worker_id}"):
        load(path, company="ONE")
        load(path, company="TWO", processes=2)
        with monkeypatch.context() as patch:
            patch.setattr(history, "import_sold", refused)
            with pytest.raises(CommandError, match="The warehouse is closed"):
                load(path, company="HALF", processes=2)
        with scope(system()):
            one, half = documents("ONE"), documents("HALF")
            assert documents("TWO") == one
            assert half["orders"] == one["orders"] and not half["sales"]
        load(path, company="HALF", processes=2)
        with scope(system()):
            assert documents("HALF") == one
            assert not Delivery.objects.filter(done_at=None).exists()
        call_command("check_integrity", stdout=StringIO())  # exits 1 where it finds anything
