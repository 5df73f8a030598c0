"""The feed of events as a consumer follows it: by position, whoever asks, however far back, while others write."""

import random
import threading
import time
from contextlib import closing

import pytest
from django.db import connection, connections

from core import outbox
from core.actor import system
from core.models import SealedEvent
from core.outbox import News, announce, announce_many
from core.scope import scope
from kpis.selectors import feed
from logistics.events import SHIPMENT_CHANGED
from tests.conftest import _owner
from tests.core.chain import HAPPENED, happen, own_database
from tests.factories_logistics import planned_shipment
from tests.masters import Api
from tests.proofs.racing import at_the_same_moment

FEED = "/core/events/"


@pytest.mark.django_db
class TestWhoSeesWhat:
    def walk(self, api, limit: int = 100) -> list[tuple]:
        """All of it, page by page, as a consumer does."""
        found, position, more = [], 0, True
        while more:
            page = api("GET", f"{FEED}?after={position}&limit={limit}").json()
            found += [(e["name"], e["subject_id"]) for e in page["results"]]
            assert page["next"] >= position and (page["next"] > position or not page["more"])
            position, more = page["next"], page["more"]
        return found

    def test_staff_sees_its_company_a_party_what_is_shared_about_its_documents(self, world):
        from tests.factories import make_world

        theirs, other = world.sent_order(), world.sent_order(supplier_id=world.supplier2.pk)
        draft, foreign = world.order(), make_world("XX").sent_order()
        outbox.drain()
        seen = {role: self.walk(Api(world, role), limit=2) for role in ("buyer", "supplier", "supplier2", "forwarder")}
        sent = "sourcing.purchase_order.sent"
        assert {(sent, theirs.pk), (sent, other.pk)} <= set(seen["buyer"]) and (sent, foreign.pk) not in seen["buyer"]
        assert any(subject == draft.pk for _name, subject in seen["buyer"])
        assert set(seen["supplier"]) == {(sent, theirs.pk)}, "not the draft, not what only we say about it"
        assert set(seen["supplier2"]) == {(sent, other.pk)} and seen["forwarder"] == []

    def test_a_shared_event_about_somebody_elses_document_stays_his_even_if_ours_is_named_in_it(self, world):
        """A shipment carries goods of both; the forwarder's note is about it, and the supplier's order only beside it."""
        order = world.sent_order()
        shipment = planned_shipment(world, order, forwarder_id=world.forwarder.pk)
        stranger = world.sent_order(supplier_id=world.supplier2.pk)
        announce(SHIPMENT_CHANGED, shipment, actor=world.actors["logistics"], about=[stranger])
        outbox.drain()
        names = {name for name, subject in self.walk(Api(world, "supplier2")) if subject == shipment.pk}
        assert names == set()
        assert ("logistics.shipment.changed", shipment.pk) in self.walk(Api(world, "forwarder"))

    def test_a_narrow_token_and_wrong_parameters_are_refused(self, world):
        assert Api(world, "buyer", ["sourcing.view_purchaseorder"])("GET", FEED).status_code == 403
        buyer = Api(world, "buyer")
        for query, pointer in (
            ("since=1", "/since"),
            ("after=-1", "/after"),
            ("after=x", "/after"),
            ("limit=501", "/limit"),
        ):
            answer = buyer("GET", f"{FEED}?{query}")
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), query

    def test_a_position_that_was_never_given_is_an_error_and_not_an_endless_silence(self, world):
        world.sent_order()
        outbox.drain()
        head = SealedEvent.objects.order_by("-position").first().position
        buyer = Api(world, "buyer")
        assert buyer("GET", f"{FEED}?after={head}").json() == {"results": [], "next": head, "more": False}
        answer = buyer("GET", f"{FEED}?after={head + 1}")
        assert answer.status_code == 400 and "Was a backup restored?" in answer.json()["detail"]

    def test_a_reader_who_may_see_little_gets_on_all_the_same(self, world, monkeypatch):
        monkeypatch.setattr(feed, "SCAN", 3)
        for _ in range(4):
            world.sent_order(supplier_id=world.supplier2.pk)
        mine = world.sent_order()
        outbox.drain()
        assert self.walk(Api(world, "supplier")) == [("sourcing.purchase_order.sent", mine.pk)]


@pytest.fixture(scope="module")
def committed(worker_id, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), own_database(f"feed_{worker_id}"):
        yield


def events(position: int, limit: int = 100) -> feed.Page:
    """A page as staff of company 1 gets it."""
    actor = system(company_id=1)
    with scope(actor):
        return feed.events_after(actor, position, limit)


def subjects(page: feed.Page) -> list[int]:
    return [sealed.event.subject_id for sealed in page.events]


def test_what_commits_late_comes_later_and_is_not_skipped(committed):
    """Two connections: the first takes its id first and commits last. "After the last id I saw" would miss it."""
    start = events(0, 500).next
    begun, seen = threading.Event(), threading.Event()

    def slow():
        with scope(system()):
            announce_many(HAPPENED, "core.sample", [News(1001, 1)], actor=system())
            begun.set()
            assert seen.wait(30)

    def quick():
        assert begun.wait(30)
        happen(1002)
        outbox.drain()
        page = events(start)
        seen.set()
        return page

    _, page = at_the_same_moment([slow, quick])
    assert subjects(page) == [1002], "only what is committed"
    outbox.drain()
    later = events(page.next)
    assert subjects(later) == [1001], "the earlier id came later, after the position already read"
    (first,), (second,) = later.events, page.events
    assert first.event_id < second.event_id and first.position == second.position + 1


def test_a_consumer_that_was_down_catches_up_with_nothing_missed_or_doubled(committed):
    """Writers commit out of order on connections of their own; a worker seals; the consumer comes, goes and returns."""
    writers, each, dice = 6, 40, random.Random(11)
    pauses = {n: [dice.uniform(0, 0.01) for _ in range(each)] for n in range(writers)}
    start = events(0, 500).next
    while (page := events(start, 500)).more:
        start = page.next
    done, read, position = threading.Event(), [], page.next

    def write(n):
        for step, pause in enumerate(pauses[n]):
            with scope(system()):
                announce_many(HAPPENED, "core.sample", [News(10_000 * (n + 1) + step, 1)], actor=system())
                time.sleep(pause)  # its id is taken, its commit is yet to come
        return n

    def seal():
        while not done.is_set():
            outbox.drain()
            time.sleep(0.002)

    def consume():
        nonlocal position
        while not done.is_set():
            page = events(position, 7)
            read.extend(subjects(page))
            position = page.next
            time.sleep(dice.choice((0, 0, 0.15)))  # now and then it is down for a while

    def all_of_it():
        threads = [threading.Thread(target=_closing(write), args=(n,)) for n in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        done.set()

    at_the_same_moment([all_of_it, seal, consume])
    outbox.drain()
    more = True
    while more:  # back again after the outage
        page = events(position, 50)
        read += subjects(page)
        position, more = page.next, page.more
    wanted = sorted(10_000 * (n + 1) + step for n in range(writers) for step in range(each))
    assert sorted(read) == wanted, "0 missed, 0 doubled"
    for n in range(writers):
        mine = [s for s in read if s // 10_000 == n + 1]
        assert mine == sorted(mine), "of one writer, in the order of its commits"
    with scope(system()):
        positions = list(SealedEvent.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1)), "no gap"


def _closing(function):
    def run(*args):
        try:
            function(*args)
        finally:
            connections.close_all()

    return run


DEPTH = 60_000


def test_a_page_costs_the_same_however_deep_it_lies(committed):
    """Sixty thousand events, nine of ten of another company: the pages read, and the plan, are those of the beginning."""
    with closing(_owner(connection.settings_dict["NAME"])) as owner, owner.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO core_event (name, subject_kind, subject_id, company_id, shared, payload, actor_name, channel, request_id) "
            "SELECT 'core.sample.happened', 'core.sample', n, CASE WHEN n %% 10 = 0 THEN 1 ELSE 2 END, true, '{}', 'x', 'api', '' "
            "FROM generate_series(1, %s) n RETURNING id) "
            "INSERT INTO core_sealedevent (position, event_id, hash) SELECT coalesce((SELECT max(position) FROM core_sealedevent), 0) "
            "+ row_number() OVER (ORDER BY id), id, decode(repeat('00', 32), 'hex') FROM made",
            [DEPTH],
        )
        cursor.execute("VACUUM ANALYZE core_event, core_sealedevent, parties_documentparty")
    first, last = (_cost(position) for position in (2_000, DEPTH - 4_000))
    print(f"feed: {first[0]} blocks at the beginning, {last[0]} at the end")  # noqa: T201
    assert last[0] <= first[0] * 1.2
    for _blocks, plan in (first, last):
        assert "Seq Scan" not in plan, plan


def _cost(position: int) -> tuple[int, str]:
    """Blocks touched by a page after ``position``, and its plan."""
    with scope(system()), connection.cursor() as cursor:
        actor = system(company_id=1)
        until = position + feed.SCAN
        rows = feed.visible(SealedEvent.objects.filter(position__gt=position, position__lte=until), actor)
        sql, params = rows.select_related("event").order_by("position")[:100].query.sql_with_params()
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone()
    plan = found[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], str(plan)
