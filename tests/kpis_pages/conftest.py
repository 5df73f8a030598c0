"""A small company whose numbers are known by hand, and a browser session for each role."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core import outbox
from core.work import open_task
from ledger import services as ledger
from ledger.models import Account, Purpose
from logistics.models import Milestone, Shipment
from tests.factories_kpis import Chain


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def login(world, client):
    def as_(role: str):
        client.force_login(world.users[role], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return as_


@pytest.fixture
def busy(world, today):
    return make_busy(world, today)


def make_busy(world, today: date) -> Chain:
    """Three customer orders (good, late, half owed), two purchase orders, landed costs, shipments, ledger, tasks."""
    chain = Chain(world, today=today)
    day = today - timedelta(days=30)
    good, late, owed = chain.sell(10, due=day), chain.sell(10, due=day), chain.sell(10, 5, due=day)
    chain.deliver(good.lines.get(), 10, day)
    chain.deliver(late.lines.get(), 10, day + timedelta(days=3))
    chain.deliver(owed.lines.get(position=1), 4, day)

    bought = chain.buy(100, 50, due=day)
    waiting = chain.buy(70, due=today - timedelta(days=4))
    first, second = bought.lines.order_by("position")
    received = chain.receive(first, 100, day, goods="1000")
    chain.charge(received, "freight", estimate=Decimal(80), actual=Decimal(90))
    chain.charge(received, "duty", estimate=Decimal(47))
    chain.receive(second, 50, day + timedelta(days=2), goods="500")  # its freight is not known yet

    sailing = Shipment.objects.create(
        company=world.company,
        number="SH-2026-00001",
        status="departed",
        mode="sea",
        incoterm="FOB",
        vessel="Ever Calm",
        forwarder=world.forwarder,
        planned_departure_date=today - timedelta(days=20),
        departed_date=today - timedelta(days=18),
        planned_arrival_date=today + timedelta(days=2),
        expected_arrival_date=today + timedelta(days=13),
        created_by="test",
    )
    for code, ago in (("booked", 25), ("loaded", 19), ("departed", 18)):
        Milestone.objects.create(
            shipment=sailing,
            code=code,
            classifier="ACT",
            happened_at=timezone.now() - timedelta(days=ago),
            issued_at=timezone.now(),
            place_date=today - timedelta(days=ago),
            reported_by="test",
        )
    Shipment.objects.create(
        company=world.company,
        number="SH-2026-00002",
        status="booked",
        mode="air",
        incoterm="FCA",
        planned_departure_date=today + timedelta(days=5),
        planned_arrival_date=today + timedelta(days=8),
        created_by="test",
    )
    post(world, bought, today)
    open_task(
        "sourcing.chase",
        waiting,
        title=f"Chase {waiting.number}",
        role="buyer",
        due_date=today - timedelta(days=1),
        url="/x/",
    )
    open_task(
        "sourcing.answer",
        waiting,
        title=f"Answer {waiting.number}",
        party_id=world.supplier.pk,
        due_date=today,
        url="/x/",
    )
    outbox.drain()
    return chain


def post(world, source, today: date) -> None:
    """A year in five entries."""
    entries = (
        (300, "goods_owned", ("inventory", 10000), ("grni", -10000)),
        (200, "delivery", ("cogs", 4000), ("inventory", -4000)),
        (200, "customer_invoice", ("receivables", 6000), ("revenue", -6000)),
        (150, "payment", ("grni", 10000), ("cash", -10000)),
        (100, "collection", ("cash", 6000), ("receivables", -6000)),
    )
    ledger.post_many(
        actor=world.actors["finance"],
        company_id=world.company.pk,
        drafts=[
            ledger.Draft(
                day=today - timedelta(days=ago),
                purpose=Purpose(purpose),
                source=source,
                lines=[
                    ledger.Line(Account(account), Decimal(amount), "EUR", Decimal(amount)) for account, amount in sides
                ],
                party_id=world.supplier.pk,
            )
            for ago, purpose, *sides in entries
        ],
    )
