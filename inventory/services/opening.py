"""Opening stock: what lay in the warehouses on the day the system took over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Product
from core.actor import Actor
from core.errors import RuleBroken
from inventory.models import Component, Lot, MoveKind, Warehouse
from inventory.services.locking import base_currency
from inventory.services.moving import tell
from inventory.services.receipts import LotInput, receive_lots
from ledger.models import Account, Purpose
from ledger.services import Draft, Line, post_many
from reference.units import check_quantity


@dataclass(frozen=True, slots=True)
class OpeningStock:
    """``costs`` are totals of the row in base currency, by component; ``received_date`` is the age for FIFO."""

    product_id: int
    warehouse_id: int
    quantity: Decimal
    costs: dict[str, Decimal]
    received_date: date | None = None
    number: str = ""


@transaction.atomic
def import_opening_stock(*, actor: Actor, rows: Sequence[OpeningStock], day: date) -> list[Lot]:
    """This will make one lot per row as of ``day`` and post Dr inventory, Cr opening balances for each.

    All or none: raises RuleBroken with every wrong input named by JSON pointer, PeriodClosed when ``day`` is closed.
    """
    actor.needs("inventory.change_stock")
    _check(actor, rows, day)
    currency = base_currency(actor.company_id)
    lots = receive_lots(
        actor=actor,
        receipts=[
            LotInput(
                product_id=row.product_id,
                warehouse_id=row.warehouse_id,
                quantity=row.quantity,
                day=day,
                received_date=row.received_date,
                source_kind="opening",
                layers=[(Component(component), amount, False) for component, amount in row.costs.items()],
                kind=MoveKind.OPENING,
                number=row.number,
            )
            for row in rows
        ],
    )
    post_many(
        actor=actor,
        company_id=actor.company_id,
        drafts=[
            Draft(
                day=day,
                purpose=Purpose.OPENING,
                source=lot,
                lines=[
                    Line(Account.INVENTORY, lot.cost_total, currency, lot.cost_total),
                    Line(Account.OPENING, -lot.cost_total, currency, -lot.cost_total),
                ],
            )
            for lot in lots
        ],
    )
    tell(actor, lots)
    return lots


def _check(actor: Actor, rows: Sequence[OpeningStock], day: date) -> None:
    products = Product.objects.visible_to(actor).select_related("unit").in_bulk({row.product_id for row in rows})
    warehouses = set(Warehouse.objects.visible_to(actor).values_list("pk", flat=True))
    errors: list[dict] = []
    for index, row in enumerate(rows):
        product = products.get(row.product_id)
        if product is None:
            errors.append({"pointer": f"/{index}/product", "detail": _("There is no such product.")})
        if row.warehouse_id not in warehouses:
            errors.append({"pointer": f"/{index}/warehouse", "detail": _("There is no such warehouse.")})
        if row.quantity <= 0:
            errors.append({"pointer": f"/{index}/quantity", "detail": _("The quantity must be above 0.")})
        elif product is not None:
            try:
                check_quantity(row.quantity, product.unit)
            except RuleBroken as refusal:
                errors.append({"pointer": f"/{index}/quantity", "detail": str(refusal)})
        if any(amount < 0 for amount in row.costs.values()):
            errors.append({"pointer": f"/{index}/costs", "detail": _("A cost cannot be negative.")})
        if row.received_date and row.received_date > day:
            errors.append({"pointer": f"/{index}/received_date", "detail": _("This lies after the opening day.")})
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)
