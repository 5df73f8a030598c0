"""How far an invoice may exceed order and goods."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotVisible, RuleBroken
from finance.models import MatchTolerance

MEASURES = ("quantity_pct", "quantity_abs", "price_pct", "price_abs")


@transaction.atomic
def save_tolerance(
    *,
    actor: Actor,
    supplier_id: int | None = None,
    product_id: int | None = None,
    quantity_pct: Decimal | None = None,
    quantity_abs: Decimal | None = None,
    price_pct: Decimal | None = None,
    price_abs: Decimal | None = None,
    bill_rejected: bool | None = None,
    tolerance_id: int | None = None,
) -> MatchTolerance:
    """This will write the tolerance of everything, a supplier, a product, or a product of a supplier.

    Empty says nothing and leaves it to the wider rule; 0 allows nothing. Raises RuleBroken for a negative measure or a
    second rule for the same.
    """
    actor.needs("finance.change_tolerance")
    given = {
        "quantity_pct": quantity_pct,
        "quantity_abs": quantity_abs,
        "price_pct": price_pct,
        "price_abs": price_abs,
    }
    wrong = [name for name, value in given.items() if value is not None and value < 0]
    if wrong:
        raise RuleBroken(_("A tolerance cannot be negative."), field=wrong[0])
    rows = MatchTolerance.objects.visible_to(actor)
    if tolerance_id is None:
        rule = MatchTolerance(company_id=actor.company_id)
    else:
        found = rows.filter(pk=tolerance_id).select_for_update().first()
        if found is None:
            raise NotVisible()
        rule = found
    if rows.filter(supplier_id=supplier_id, product_id=product_id).exclude(pk=rule.pk).exists():
        raise RuleBroken(_("There is already a rule for this; change that one."), field="supplier")
    rule.supplier_id, rule.product_id, rule.bill_rejected = supplier_id, product_id, bill_rejected
    for name, value in given.items():
        setattr(rule, name, value)
    rule.save()
    return rule


@transaction.atomic
def delete_tolerance(*, actor: Actor, tolerance_id: int) -> None:
    """This will end a rule; the wider one holds from now on."""
    actor.needs("finance.change_tolerance")
    if not MatchTolerance.objects.visible_to(actor).filter(pk=tolerance_id).delete()[0]:
        raise NotVisible()
