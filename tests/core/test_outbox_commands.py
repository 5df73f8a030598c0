"""``outbox`` and ``replay_events`` as an operator uses them: what is owed, work it off, try again, catch up."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core import outbox
from core.actor import system
from core.models import Delivery, SealedEvent
from core.outbox import News, announce_many, event, on

pytestmark = pytest.mark.django_db
HAPPENED = event("core.sample.happened", "Something happened, in a test.", shared=True)
KIND = "core.sample"


@pytest.fixture
def seen(monkeypatch):
    """A handler of samples: the list of what it has looked at, and the set of those at which it stumbles."""
    monkeypatch.setattr(outbox, "HANDLERS", dict(outbox.HANDLERS))
    outbox._owed_by.cache_clear()
    looked, stumbling = [], set()

    @on(HAPPENED, handler="test.samples", kind=KIND)
    def samples(ids):
        if bad := stumbling.intersection(ids):
            raise ValueError(f"no rate for {min(bad)}")
        looked.extend(ids)

    yield looked, stumbling
    monkeypatch.undo()
    outbox._owed_by.cache_clear()


def happen(*subjects: int) -> None:
    announce_many(HAPPENED, KIND, [News(subject, 1) for subject in subjects], actor=system())


def run(*arguments: str) -> tuple[int, str]:
    """The command's exit status and what it said."""
    out = StringIO()
    try:
        call_command("outbox", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_status_says_what_is_owed_and_drain_works_it_off(seen):
    assert run("status") == (0, "Nothing is owed.\n")
    happen(1, 2, 3)
    status, said = run("status")
    assert status == 0 and "test.samples: 3 owed, the oldest for 0 s" in said and "core.seal: 1 owed" in said
    assert run("drain") == (0, "4 deliveries done.\nNothing is owed.\n")
    assert seen[0] == [1, 2, 3]
    assert run("drain") == (0, "0 deliveries done.\nNothing is owed.\n"), "a second time does nothing"


def test_one_that_fails_stands_alone_is_named_and_is_tried_again_when_told(seen):
    looked, stumbling = seen
    stumbling.add(2)
    happen(1, 2, 3)
    status, said = run("drain")
    assert sorted(looked) == [1, 3] and status == 0 and "3 deliveries done." in said
    status, said = run("status")
    assert status == 1 and "1 failed and wait to be tried again: ValueError: no rate for 2" in said

    stumbling.clear()
    assert run("drain")[1].startswith("0 deliveries done."), "it backs off"
    assert run("retry") == (0, "1 deliveries that were waiting are due now.\n1 deliveries done.\nNothing is owed.\n")
    assert sorted(looked) == [1, 2, 3] and run("status")[0] == 0


def test_a_large_announcement_is_sealed_in_pieces_each_event_once(monkeypatch):
    monkeypatch.setattr(outbox, "SEALED_AT_ONCE", 4)
    happen(*range(10))
    happen(10)
    assert [outbox.drain_batch(outbox.SEALER) for _n in range(4)] == [1, 1, 2, 0], "4, 4, then 2 and 1 events"
    sealed = SealedEvent.objects.filter(event__name=HAPPENED.name)
    assert list(sealed.order_by("position").values_list("event__subject_id", flat=True)) == list(range(11))


def test_for_machines_it_is_json(seen):
    happen(7)
    _status, said = run("status", "--json")
    rows = {row["handler"]: row for row in json.loads(said)["owed"]}
    assert rows["test.samples"]["owed"] == 1 and rows["test.samples"]["failed"] == 0
    assert json.loads(run("drain", "--json")[1]) == {"done": 2, "owed": []}


def test_a_handler_that_came_later_is_caught_up_with_each_document_once(seen):
    looked, _ = seen
    happen(1, 2, 3)
    happen(3)
    Delivery.objects.filter(handler="test.samples").delete()  # as if nobody had known of it then
    run("drain")
    assert looked == []
    out = StringIO()
    call_command("replay_events", "test.samples", stdout=out)
    assert out.getvalue() == "test.samples has looked at 3 documents.\n" and sorted(looked) == [1, 2, 3]
    call_command("replay_events", "test.samples", stdout=out)
    assert sorted(looked) == [1, 1, 2, 2, 3, 3], "again does it again, and changes nothing that a handler computes"


def test_replaying_to_nobody_is_refused(seen):
    with pytest.raises(CommandError, match=r"There is no handler kpis\.recipes; there are .*kpis\.receipts"):
        call_command("replay_events", "kpis.recipes")


def test_what_is_owed_to_a_handler_that_is_gone_is_named_by_check_integrity(seen):
    happen(1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_delivery SET handler = 'test.gone' WHERE handler = 'test.samples'")
    run("drain")
    err = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_integrity", stderr=err)
    assert "1 deliveries are owed to a handler that exists no more" in err.getvalue()
