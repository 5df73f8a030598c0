"""Makers of lawful inspections, and of the agency that holds them."""

from decimal import Decimal

from parties.actors import actor_of
from parties.models import Membership, Organisation, User
from quality import services as quality
from quality.services import FindingInput, InspectionInput
from tests.factories import TODAY, World


def add_agency(world: World, code: str = "QC-01") -> Organisation:
    """An inspection agency with one person; ``world.actors["inspector"]`` acts for it."""
    agency = Organisation.objects.create(
        company=world.company, code=code, name="Sino Verify", country_id="CN", is_inspector=True
    )
    user = User.objects.create(
        email=f"inspector@{code}.{world.company.code}.example".lower(), name="Li Na", password="!"
    )
    membership = Membership.objects.create(user=user, company=world.company, organisation=agency, roles=["inspector"])
    world.users["inspector"], world.memberships["inspector"] = user, membership
    world.actors["inspector"] = actor_of(membership, channel="api")
    return agency


def planned_inspection(world: World, order, *, quantities=None, **changes):
    """A pre-shipment inspection of every line of ``order``, or of ``quantities`` by line id."""
    lines = quantities or {line.pk: line.quantity for line in order.lines.all()}
    return quality.plan_inspection(
        actor=world.actors["quality"],
        inspection=InspectionInput(order_id=order.pk, planned_date=TODAY, lines=list(lines.items()), **changes),
    )


def reported_inspection(world: World, order, *, major: int = 0, **changes):
    """The same, reported with ``major`` major defects."""
    inspection = planned_inspection(world, order, **changes)
    return quality.report_inspection(
        actor=world.actors["quality"],
        inspection_id=inspection.pk,
        inspected_date=TODAY,
        made_pct=Decimal(100),
        packed_pct=Decimal(95),
        findings=[FindingInput("major", "Enamel chipped", major)],
    )
