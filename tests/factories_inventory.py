"""Lawful stock for tests: warehouses, and lots that came in by the same services as any."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from inventory import services as inventory
from inventory.models import Component, Lot, Warehouse
from tests.factories import TODAY, World

_sources = iter(range(1, 10_000_000))


def make_warehouse(world: World, code: str = "RTM", name: str = "Rotterdam") -> Warehouse:
    return inventory.create_warehouse(
        actor=world.actors["logistics"],
        warehouse=inventory.WarehouseInput(code=code, name=name, country="NL", city=name),
    )


def receive(
    world: World,
    warehouse: Warehouse,
    quantity: int | str,
    cost: int | str = 0,
    *,
    product=None,
    day: date = TODAY,
    quality: str = "ok",
    layers: Sequence[tuple[Component, Decimal, bool]] | None = None,
) -> Lot:
    """A lot of ``quantity`` worth ``cost`` in all (base currency), as a receipt brings it."""
    return inventory.receive_lots(
        actor=world.actors["logistics"],
        receipts=[
            inventory.LotInput(
                product_id=(product or world.mug).pk,
                warehouse_id=warehouse.pk,
                quantity=Decimal(quantity),
                day=day,
                supplier_id=world.supplier.pk,
                source_kind="logistics.receiptline",
                source_id=next(_sources),
                layers=layers if layers is not None else [(Component.GOODS, Decimal(cost), False)],
                quality=quality,
            )
        ],
    )[0]


def issue(
    world: World,
    warehouse: Warehouse,
    quantity: int | str,
    *,
    product=None,
    day: date = TODAY,
    line: int | None = None,
    reserved_for=None,
):
    """What a delivery's line takes out."""
    line = line or next(_sources)
    return inventory.issue_fifo(
        actor=world.actors["logistics"],
        requests=[
            inventory.Issue(
                product_id=(product or world.mug).pk,
                warehouse_id=warehouse.pk,
                quantity=Decimal(quantity),
                document_kind="logistics.delivery",
                document_id=line,
                line_id=line,
                reserved_for=reserved_for,
            )
        ],
        day=day,
    )


def bring_back(world: World, line: int, quantity: int | str, disposition: str = "restock", day: date = TODAY):
    return inventory.return_to_stock(
        actor=world.actors["logistics"],
        returns=[
            inventory.Return(
                delivered=("logistics.delivery", line, line),
                quantity=Decimal(quantity),
                disposition=disposition,
                document_kind="logistics.customerreturn",
                document_id=next(_sources),
            )
        ],
        day=day,
    )[0]


def charge(world: World, lot: Lot, amount: int | str, component: Component = Component.FREIGHT):
    """A late cost of one lot."""
    return inventory.add_costs(
        actor=world.actors["logistics"],
        costs=[inventory.LotCost(lot.pk, component, Decimal(amount), "finance.chargeshare", next(_sources))],
        day=TODAY,
    )[0]
