"""Whatever happens to stock, in whatever order: the books add up to the cent, and nothing is promised twice."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from inventory import services as inventory
from inventory.costing import issued_cost
from inventory.models import Component, CostLayer, Lot, Reservation, StockMove
from tests.factories import TODAY
from tests.factories_inventory import bring_back, charge, issue, make_warehouse, receive

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _many_examples_in_one_transaction(world):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_timeout = 0")


cents = st.integers(0, 200_000).map(lambda n: D(n) / 100)
few = st.integers(1, 30)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), few, cents, st.integers(0, 5)),
        st.tuples(st.just("issue"), few, st.booleans()),
        st.tuples(st.just("return"), few, st.sampled_from(["restock", "block", "scrap"]), few),
        st.tuples(st.just("charge"), st.integers(-5_000, 9_000).map(lambda n: D(n) / 100), st.integers(0, 5)),
        st.tuples(st.just("transfer"), few, st.integers(0, 5), st.booleans()),
        st.tuples(st.just("to supplier"), few, few),
        st.tuples(st.just("count"), st.integers(0, 20), st.integers(0, 5)),
        st.tuples(st.just("reserve"), few, few),
        st.tuples(st.just("quality"), st.integers(0, 5), st.sampled_from(["ok", "blocked"])),
    ),
    min_size=4,
    max_size=25,
)
# A stage on which something can happen: goods of two ages, some moved on, some sold, most of the rest promised.
STAGE = (
    ("receive", 30, D("100.01"), 5),
    ("receive", 13, D("15.00"), 1),
    ("transfer", 7, 0, True),
    ("issue", 5, False),
    ("reserve", 25, 1),
)


class Play:
    def __init__(self, world, places):
        self.world, self.places = world, places
        self.actor = world.actors["logistics"]
        self.lines = iter(range(1, 10_000))
        self.delivered: list[int] = []

    def lot(self, n: int) -> Lot | None:
        lots = list(Lot.objects.order_by("pk"))
        return lots[n % len(lots)] if lots else None

    def step(self, name: str, *values) -> None:
        """One step; what a rule refuses changes nothing."""
        try:
            with transaction.atomic():
                getattr(self, name.replace(" ", "_"))(*values)
        except RuleBroken:
            pass

    def receive(self, quantity, cost, days):
        receive(self.world, self.places[0], quantity, cost, day=TODAY - timedelta(days=days))

    def issue(self, quantity, reserved):
        line = next(self.lines)
        ours = Reservation.objects.order_by("pk").first() if reserved else None
        issue(self.world, self.places[0], quantity, line=line, reserved_for=ours and (ours.document_kind, ours.line_id))
        self.delivered.append(line)

    def __getattr__(self, name):
        return {"return": self.bring_back}[name]

    def bring_back(self, quantity, disposition, n):
        if self.delivered:
            bring_back(self.world, self.delivered[n % len(self.delivered)], quantity, disposition)

    def charge(self, amount, n):
        lot = self.lot(n)
        if lot and amount:
            before = sum(one.value for one in Lot.objects.all())
            split = charge(self.world, lot, amount)
            assert split.stock_amount + split.cogs_amount + split.loss_amount == amount
            assert sum(one.value for one in Lot.objects.all()) - before == split.stock_amount

    def transfer(self, quantity, n, far):
        if lot := self.lot(n):
            move = inventory.Transfer(lot.pk, D(quantity), self.places[far].pk)
            inventory.transfer_lots(actor=self.actor, transfers=[move], day=TODAY)

    def to_supplier(self, quantity, n):
        if lot := self.lot(n):
            given = inventory.SupplierReturn(lot.pk, D(quantity), "logistics.supplierreturn", 1)
            inventory.return_to_supplier(actor=self.actor, returns=[given], day=TODAY)

    def count(self, counted, n):
        if lot := self.lot(n):
            inventory.adjust_count(actor=self.actor, counts=[inventory.Count(lot.pk, D(counted))], day=TODAY)

    def reserve(self, quantity, line):
        want = inventory.Want(self.world.mug.pk, self.places[0].pk, D(quantity), "sales.customerorderline", line)
        inventory.reserve(actor=self.actor, wants=[want])

    def quality(self, n, quality):
        if lot := self.lot(n):
            inventory.set_quality(actor=self.actor, lot_ids=[lot.pk], quality=quality, reason="?")

    def holds(self) -> None:
        """What must always be true."""
        moved = dict(StockMove.objects.order_by().values_list("lot").annotate(Sum("quantity")))
        layers = dict(CostLayer.objects.order_by().values_list("lot").annotate(Sum("amount")))
        for lot in Lot.objects.all():
            assert moved[lot.pk] == lot.quantity_on_hand, "the balance is the sum of the moves"
            assert layers.get(lot.pk, 0) == lot.cost_total, "the cost is the sum of its layers"
            assert lot.cost_issued == issued_cost(lot, "EUR"), "what left took its share along, exactly"
            if not lot.quantity_on_hand:
                assert lot.value == 0, "nothing is left over when the last unit is gone"
        for place in self.places:
            promised = Reservation.objects.filter(warehouse=place).aggregate(total=Sum("quantity"))["total"] or 0
            there = (
                Lot.objects.pickable()
                .order_by()
                .filter(warehouse=place)
                .aggregate(total=Sum("quantity_on_hand"))["total"]
                or 0
            )
            assert promised <= there, "what is promised is there"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_the_books_add_up_whatever_happens(world, wanted):
    savepoint = transaction.savepoint()
    try:
        play = Play(world, [make_warehouse(world, "RTM"), make_warehouse(world, "LAX")])
        for name, *values in (*STAGE, *wanted):
            play.step(name, *values)
            play.holds()
    finally:
        transaction.savepoint_rollback(savepoint)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 400), cents, st.lists(st.integers(1, 60), min_size=1, max_size=12), cents)
def test_a_lot_sold_to_the_last_unit_costs_what_it_cost(world, received, cost, parts, late):
    """Any cost, any parts, a charge half way: the sum of what left and what the charge put on sales is the whole
    cost.
    """
    savepoint = transaction.savepoint()
    try:
        lot = receive(world, make_warehouse(world, "RTM"), received, cost)
        sold, left = D(0), received
        for n, part in enumerate(parts):
            if left and (part := min(part, left)):
                sold -= sum(move.cost for move in issue(world, lot.warehouse, part))
                left -= part
            if n == len(parts) // 2 and late:
                sold += charge(world, lot, late, Component.DUTY).cogs_amount
        if left:
            sold -= sum(move.cost for move in issue(world, lot.warehouse, left))
        assert sold == cost + late
    finally:
        transaction.savepoint_rollback(savepoint)
