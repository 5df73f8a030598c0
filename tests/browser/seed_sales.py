"""Stock and customer orders of the live site: lots with ladders, something blocked, orders in every state."""

from datetime import timedelta
from decimal import Decimal as D


def seed_sales(world, today) -> dict[str, int]:
    """This will fill two warehouses and write orders; returns the ids that stories start from."""
    from inventory import services as inventory
    from inventory.models import Component
    from sales import services as sales
    from tests.factories_inventory import bring_back, charge, issue, make_warehouse, receive
    from tests.factories_logistics import warehouse_of
    from tests.factories_sales import make_customer

    rotterdam, chicago = warehouse_of(world), make_warehouse(world, "CHI", "Chicago")
    make_customer(world, credit_limit=D(25_000), payment_term_id=world.term.pk)

    def ladder(goods, freight, duty):
        return [
            (Component.GOODS, D(goods), False),
            (Component.FREIGHT, D(freight), False),
            (Component.INSURANCE, D("21.40"), False),
            (Component.DUTY, D(duty), True),
            (Component.OTHER, D("64.00"), False),
        ]

    old = receive(world, rotterdam, 1200, layers=ladder("3541.50", "412.00", "95.62"), day=today - timedelta(days=70))
    receive(world, rotterdam, 960, layers=ladder("2833.20", "388.10", "76.50"), day=today - timedelta(days=20))
    bottles = receive(
        world,
        rotterdam,
        480,
        layers=ladder("3298.15", "240.75", "128.60"),
        product=world.bottle,
        day=today - timedelta(days=35),
    )
    receive(world, rotterdam, 24, 168, product=world.bottle, quality="rejected", day=today - timedelta(days=35))
    clerk, seller = world.actors["logistics"], world.actors["sales"]
    inventory.transfer_lots(
        actor=clerk, transfers=[inventory.Transfer(old.pk, D(240), chicago.pk, None, "Stock for the fair")], day=today
    )
    inventory.adjust_count(actor=clerk, counts=[inventory.Count(bottles.pk, D(478), "Yearly count")], day=today)

    def order(quantity, price, days=20, **changes):
        day = today + timedelta(days=days)
        lines = [
            sales.LineInput(world.mug.pk, D(quantity), D(price), day),
            sales.LineInput(world.bottle.pk, D(quantity) / 4, D("19.90"), day),
        ]
        return sales.OrderInput(
            **{
                "customer_id": world.customer.pk, "warehouse_id": rotterdam.pk, "order_date": today - timedelta(days=6),
                "currency": "EUR", "customer_reference": "4500018331", "ship_to_country": "DE", "lines": lines,
                **changes,
            }
        )  # fmt: skip

    ids = {"co_draft": sales.create_customer_order(actor=seller, order=order(240, "6.40")).pk}
    shipped = sales.create_customer_order(actor=seller, order=order(480, "6.20", 4))
    sales.confirm_customer_order(actor=seller, order_id=shipped.pk, today=today)
    line = shipped.lines.order_by("position")[0]
    issue(world, rotterdam, 300, line=line.pk, day=today, reserved_for=(sales.RESERVED_AS, line.pk))
    bring_back(world, line.pk, 12, "block", day=today)
    changes = {line.pk: sales.Progress(delivered=D(300), returned=D(12), billed=D(300))}
    sales.record_progress(actor=clerk, changes=changes)
    ids["co_shipped"] = shipped.pk
    waiting = sales.create_customer_order(
        actor=seller, order=order(1600, "5.90", 30, remarks="Deliver to dock 7, 6–14 h.")
    )
    sales.confirm_customer_order(actor=seller, order_id=waiting.pk, today=today)
    day = today + timedelta(days=41)
    dates = {one.pk: day for one in waiting.lines.all()}
    sales.repromise(
        actor=seller, order_id=waiting.pk, dates=dates, today=today, reason="The vessel is eleven days late"
    )
    ids["co_waiting"] = waiting.pk
    big = order(2400, "6.00")
    ids["co_over_limit"] = sales.create_customer_order(actor=seller, order=big).pk
    gone = sales.create_customer_order(actor=seller, order=order(120, "6.50"))
    sales.cancel_customer_order(
        actor=seller, order_id=gone.pk, reason="The store closes", today=today, by_customer=True
    )
    exposure = sales.Exposure(D("4120.75"), today - timedelta(days=12))
    sales.record_exposure(actor=world.actors["finance"], exposures={world.customer.pk: exposure})
    charge(world, old, "118.30")
    return {**ids, "lot": old.pk}
