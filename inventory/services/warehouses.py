"""Warehouses: masters, archived and never deleted."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.documents import lock
from core.errors import RuleBroken
from inventory.models import Lot, Warehouse
from reference.models import Country


@dataclass(frozen=True, slots=True)
class WarehouseInput:
    code: str
    name: str
    country: str
    city: str = ""
    active: bool = True


@transaction.atomic
def create_warehouse(*, actor: Actor, warehouse: WarehouseInput) -> Warehouse:
    """This will add a warehouse to the actor's company. Raises RuleBroken for a code that is taken or an unknown
    country.
    """
    actor.needs("inventory.add_warehouse")
    return _save(actor, Warehouse(company_id=actor.company_id), warehouse)


@transaction.atomic
def edit_warehouse(*, actor: Actor, warehouse_id: int, warehouse: WarehouseInput) -> Warehouse:
    """This will change a warehouse; one that still holds goods cannot be archived."""
    actor.needs("inventory.add_warehouse")
    row = lock(Warehouse.objects.visible_to(actor), warehouse_id)
    if not warehouse.active and Lot.objects.visible_to(actor).on_hand().filter(warehouse=row).exists():
        raise RuleBroken(
            _("%(warehouse)s still holds goods; move them before archiving it.") % {"warehouse": row}, field="active"
        )
    return _save(actor, row, warehouse)


def _save(actor: Actor, row: Warehouse, given: WarehouseInput) -> Warehouse:
    errors = []
    code = given.code.strip().upper()
    if not code or not given.name.strip():
        errors.append({"pointer": "/name" if code else "/code", "detail": _("This must be filled in.")})
    if Warehouse.objects.visible_to(actor).filter(code__iexact=code).exclude(pk=row.pk).exists():
        errors.append({"pointer": "/code", "detail": _("There is already a warehouse %(code)s.") % {"code": code}})
    if not Country.objects.filter(pk=given.country).exists():
        errors.append(
            {"pointer": "/country", "detail": _("%(code)s is not a known country.") % {"code": given.country}}
        )
    if errors:
        raise RuleBroken(errors[0]["detail"], errors=errors)
    row.code, row.name, row.city, row.active = code, given.name.strip(), given.city.strip(), given.active
    row.country_id = given.country
    row.save()
    return row
