"""Lawful customer orders for tests."""

from datetime import date
from decimal import Decimal

from sales import services as sales
from sales.models import Customer, CustomerOrder
from tests.factories import TODAY, World

DUE = date(2026, 12, 10)


def make_customer(world: World, **terms) -> Customer:
    """The world's customer, with a customer record of its own."""
    return sales.create_customer(
        actor=world.actors["sales"],
        customer=sales.CustomerInput(organisation_id=world.customer.pk, **{"currency": "EUR", **terms}),
    )


def order_input(
    world: World, warehouse, quantity: int | str = 10, price: str = "5.00", *, product=None, **changes
) -> sales.OrderInput:
    line = sales.LineInput((product or world.mug).pk, Decimal(quantity), Decimal(price), DUE)
    return sales.OrderInput(
        **{
            "customer_id": world.customer.pk,
            "warehouse_id": warehouse.pk,
            "order_date": TODAY,
            "currency": "EUR",
            "lines": [line],
            **changes,
        }
    )


def draft(world: World, warehouse, quantity: int | str = 10, price: str = "5.00", **changes) -> CustomerOrder:
    return sales.create_customer_order(
        actor=world.actors["sales"], order=order_input(world, warehouse, quantity, price, **changes)
    )


def confirmed(world: World, warehouse, quantity: int | str = 10, price: str = "5.00", **changes) -> CustomerOrder:
    order = draft(world, warehouse, quantity, price, **changes)
    return sales.confirm_customer_order(actor=world.actors["sales"], order_id=order.pk, today=TODAY)
