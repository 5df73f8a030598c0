"""What is late, who acts next, and what is under way: what the control tower shows beside the KPIs. Reads only.

Every question is answered from an index over what is open, whatever the number of closed orders.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from core.actor import Actor
from core.models import Task
from kpis.models import OrderLineFact, Side
from logistics.models import Classifier, Milestone, MilestoneCode, Shipment
from parties.models import Organisation
from parties.roles import STAFF_ROLES
from sales.models import CustomerOrder
from sourcing.models import PurchaseOrderLine

UNDER_WAY = ("booked", "departed", "arrived", "cleared")
BEFORE_ARRIVAL = ("planned", "booked", "departed")
STEPS = list(MilestoneCode)


# --- what is late --------------------------------------------------------------------------------------------------


def late_lines(actor: Actor, side: str, *, today: date) -> QuerySet[OrderLineFact]:
    """Order lines whose original promise has passed and of which something is still owed."""
    return OrderLineFact.objects.filter(company_id=actor.company_id, side=side, is_open=True, day__lt=today)


def late_shipments(actor: Actor, *, today: date) -> QuerySet[Shipment]:
    """Shipments that have not arrived and should have, will arrive later than planned, or should have left by now."""
    return Shipment.objects.visible_to(actor).filter(status__in=BEFORE_ARRIVAL).filter(is_late(today))


def is_late(today: date) -> Q:
    return Q(arrived_date=None) & (
        Q(expected_arrival_date__lt=today)
        | Q(expected_arrival_date=None, planned_arrival_date__lt=today)
        | Q(expected_arrival_date__gt=F("planned_arrival_date"))
        | Q(departed_date=None, planned_departure_date__lt=today)
    )


def slipped(shipments: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """With ``slip``, how much later than planned they arrive, and ``eta``."""
    slip = ExpressionWrapper(F("expected_arrival_date") - F("planned_arrival_date"), output_field=DurationField())
    return shipments.annotate(slip=slip, eta=Coalesce("arrived_date", "expected_arrival_date", "planned_arrival_date"))


@dataclass
class Late:
    """The first rows of each list, and how many each holds altogether."""

    purchase_lines: list = field(default_factory=list)
    purchase_count: int = 0
    shipments: list = field(default_factory=list)
    shipment_count: int = 0
    orders: list = field(default_factory=list)
    order_count: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.purchase_count or self.shipment_count or self.order_count)


def late(actor: Actor, *, today: date, buy: bool, sell: bool, ship: bool, rows: int = 5) -> Late:
    """The longest overdue first, of what the actor may see. Seven queries, however much there is."""
    found = Late()
    sides = [side for side, may in ((Side.PURCHASE, buy), (Side.SALES, sell)) if may]
    counted = (
        OrderLineFact.objects.filter(company_id=actor.company_id, side__in=sides, is_open=True, day__lt=today)
        .values_list("side")
        .annotate(lines=Count("id"), orders=Count("order_id", distinct=True))
    )
    for side, lines, orders in counted:
        if side == Side.PURCHASE:
            found.purchase_count = lines
        else:
            found.order_count = orders
    if found.purchase_count:
        facts = list(late_lines(actor, Side.PURCHASE, today=today).order_by("day", "line_id")[:rows])
        lines = (
            PurchaseOrderLine.objects.visible_to(actor)
            .filter(pk__in=[fact.line_id for fact in facts])
            .select_related("order__supplier")
            .in_bulk()
        )
        for fact in facts:
            if line := lines.get(fact.line_id):
                found.purchase_lines.append(
                    {"fact": fact, "line": line, "owed": fact.ordered - fact.quantity, "days": (today - fact.day).days}
                )
    if found.order_count:
        owed: list[Any] = list(
            late_lines(actor, Side.SALES, today=today)
            .values("order_id")
            .annotate(since=Min("day"), lines=Count("id"), owed=Sum(F("ordered") - F("quantity")))
            .order_by("since", "order_id")[:rows]
        )
        orders = (
            CustomerOrder.objects.visible_to(actor)
            .filter(pk__in=[fact["order_id"] for fact in owed])
            .select_related("customer")
            .in_bulk()
        )
        found.orders = [
            {**fact, "order": orders[fact["order_id"]], "days": (today - fact["since"]).days}
            for fact in owed
            if fact["order_id"] in orders
        ]
    shipments = late_shipments(actor, today=today)
    found.shipment_count = shipments.count() if ship else 0
    if found.shipment_count:
        found.shipments = list(
            slipped(shipments)
            .select_related("origin", "destination", "forwarder")
            .order_by(F("slip").desc(nulls_last=True), "eta", "pk")[:rows]
        )
        for shipment in found.shipments:
            shipment.days = _days_late(shipment, today)
    return found


def _days_late(shipment: Any, today: date) -> int:
    """Behind plan, or behind its own expectation, whichever is more; days."""
    days = [shipment.slip.days if shipment.slip else 0]
    if shipment.eta and shipment.arrived_date is None:
        days.append((today - shipment.eta).days)
    if shipment.departed_date is None and shipment.planned_departure_date:
        days.append((today - shipment.planned_departure_date).days)
    return max(days)


# --- who acts next -------------------------------------------------------------------------------------------------


def open_tasks(actor: Actor) -> QuerySet[Task]:
    """Every open task of the company, the outside parties' too, most urgent first."""
    return Task.objects.filter(company_id=actor.company_id, done_at=None).order_by(
        F("due_date").asc(nulls_last=True), "id"
    )


@dataclass
class Hands:
    """Whoever has tasks, with how many, and the most urgent tasks of all."""

    total: int = 0
    overdue: int = 0
    people: list = field(default_factory=list)
    tasks: list = field(default_factory=list)


def who_acts_next(actor: Actor, *, today: date, rows: int = 8) -> Hands:
    """Three queries."""
    tasks = open_tasks(actor)
    counted = (
        tasks.order_by()
        .values("role", "party_id")
        .annotate(open=Count("id"), overdue=Count("id", filter=Q(due_date__lt=today)), due=Min("due_date"))
    )
    found = Hands(tasks=list(tasks[:rows]))
    names = party_names(actor, [one["party_id"] for one in counted])
    for one in counted:
        found.total += one["open"]
        found.overdue += one["overdue"]
        name = names.get(one["party_id"]) or STAFF_ROLES.get(one["role"], one["role"])
        found.people.append({**one, "name": str(name), "staff": one["party_id"] is None})
    found.people.sort(key=lambda one: (-one["overdue"], one["due"] or date.max, one["name"]))
    for task in found.tasks:
        task.who = str(names.get(task.party_id) or STAFF_ROLES.get(task.role, task.role))
    return found


def party_names(actor: Actor, ids: list[int | None]) -> dict[int, str]:
    """The names of the organisations the actor may see."""
    wanted = {pk for pk in ids if pk}
    if not wanted:
        return {}
    return dict(Organisation.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", "name"))


# --- what is under way ---------------------------------------------------------------------------------------------


@dataclass
class Lanes:
    total: int = 0
    late: int = 0
    shipments: list = field(default_factory=list)


def lanes(actor: Actor, *, today: date, rows: int = 8) -> Lanes:
    """Shipments under way, the most delayed first, each with its milestones. Three queries."""
    under_way = Shipment.objects.visible_to(actor).filter(status__in=UNDER_WAY)
    counted = under_way.aggregate(total=Count("id"), late=Count("id", filter=is_late(today)))
    found = Lanes(**counted)
    if not found.total:
        return found
    found.shipments = list(
        slipped(under_way)
        .select_related("origin", "destination", "forwarder", "warehouse")
        .order_by(F("slip").desc(nulls_last=True), F("eta").asc(nulls_last=True), "pk")[:rows]
    )
    happened: dict[int, dict[str, date]] = {}
    milestones = Milestone.objects.filter(shipment__in=found.shipments, classifier=Classifier.ACTUAL)
    for shipment_id, code, day in milestones.order_by("happened_at", "id").values_list(
        "shipment_id", "code", "place_date"
    ):
        happened.setdefault(shipment_id, {}).setdefault(code, day)
    for shipment in found.shipments:
        done = happened.get(shipment.pk, {})
        last = max((n for n, step in enumerate(STEPS) if step in done), default=-1)
        shipment.reached = last + 1
        shipment.last_step = STEPS[last].label if last >= 0 else ""
        shipment.last_day = done[STEPS[last]] if last >= 0 else None
        shipment.days = shipment.slip.days if shipment.slip else 0
        shipment.overdue = shipment.arrived_date is None and shipment.eta is not None and shipment.eta < today
    return found
