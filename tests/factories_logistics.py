"""Makers of lawful shipments and receipts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from inventory.models import Warehouse
from logistics import services as logistics
from logistics.models import Receipt, Shipment
from logistics.services import MilestoneInput, ReceiptInput, ReceiptLineInput, ShipmentInput, ShipmentLineInput
from tests.factories import TODAY, World
from tests.factories_inventory import make_warehouse

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)  # later than anything the tests report


def warehouse_of(world: World) -> Warehouse:
    """The world's warehouse, made once."""
    return Warehouse.objects.filter(company=world.company).first() or make_warehouse(world)


def shipment_input(
    world: World, *orders, quantities: dict[int, Decimal | int] | None = None, **changes
) -> ShipmentInput:
    """Everything open of the orders (or ``quantities`` by line id), by sea to the world's warehouse."""
    wanted = quantities or {
        line.pk: line.quantity for order in orders for line in order.lines.all() if not line.cancelled
    }
    return ShipmentInput(
        **{
            "mode": "sea",
            "lines": [ShipmentLineInput(pk, Decimal(quantity)) for pk, quantity in wanted.items()],
            "forwarder_id": world.forwarder.pk,
            "origin": "CNNGB",
            "destination": "NLRTM",
            "warehouse_id": warehouse_of(world).pk,
            "planned_departure_date": date(2027, 1, 20),
            "planned_arrival_date": date(2027, 2, 25),
            **changes,
        }
    )


def planned_shipment(world: World, *orders, **changes) -> Shipment:
    return logistics.plan_shipment(
        actor=world.actors["logistics"], shipment=shipment_input(world, *orders, **changes), today=TODAY
    )


def actual(code: str, day: date, **more) -> MilestoneInput:
    """``code`` happened on ``day`` at noon UTC, and the carrier said so then."""
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return MilestoneInput(**{"code": code, "classifier": "ACT", "happened_at": moment, "issued_at": moment, **more})


def estimated(code: str, day: date, *, said: date, classifier: str = "EST") -> MilestoneInput:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    issued = datetime(said.year, said.month, said.day, 12, tzinfo=UTC)
    return MilestoneInput(code=code, classifier=classifier, happened_at=moment, issued_at=issued)


def report(world: World, shipment: Shipment, *reports: MilestoneInput, role: str = "logistics") -> Shipment:
    return logistics.report_milestones(actor=world.actors[role], reports={shipment.pk: reports}, now=NOW)[0]


def receive_lines(
    world: World, lines: Sequence[ReceiptLineInput], *, shipment: Shipment | None = None, day: date = TODAY, **changes
) -> Receipt:
    return logistics.post_receipt(
        actor=world.actors["logistics"],
        receipt=ReceiptInput(
            **{
                "warehouse_id": warehouse_of(world).pk,
                "received_date": day,
                "lines": list(lines),
                "shipment_id": shipment.pk if shipment else None,
                **changes,
            }
        ),
    )


def received_order(world: World, order, *, day: date = TODAY) -> Receipt:
    """Everything of ``order`` received, without a shipment."""
    lines = [ReceiptLineInput(line.pk, line.quantity) for line in order.lines.all() if not line.cancelled]
    return receive_lines(world, lines, day=day)
