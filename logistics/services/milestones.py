"""What carriers, forwarders and brokers report: kept for good, in whatever order it comes, and the shipment
recomputed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import MissingRate, NotVisible, PeriodClosed, RuleBroken, TransitionRefused
from core.outbox import News, announce, announce_many, kind_of
from core.scope import house_rights
from logistics import tracking
from logistics.documents import required_documents
from logistics.events import DOCUMENT_RECORDED, MILESTONE_REPORTED
from logistics.models import (
    Classifier,
    Milestone,
    MilestoneCode,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    TradeDocument,
    TradeDocumentType,
)
from logistics.services.owning import OWN_TASK, ask_finance, take_over
from parties.models import Company
from reference.models import Place
from sourcing.models import PurchaseOrder
from sourcing.services.progress import Progress, record_progress

ALERT_TASK, SLIP_TASK, RECEIVE_TASK = (
    "logistics.departed_unreleased",
    "logistics.eta_slipped",
    "logistics.receive_shipment",
)
SLIP_DAYS = 3  # an arrival this much later than planned is somebody's business


@dataclass(frozen=True, slots=True)
class MilestoneInput:
    """One report. ``issued_at`` is when the carrier said so (None: now); ``place_date`` follows from place and
    moment.
    """

    code: str
    classifier: str
    happened_at: datetime
    issued_at: datetime | None = None
    place_date: date | None = None
    place: str = ""
    note: str = ""


def report_milestone(*, actor: Actor, shipment_id: int, report: MilestoneInput, now: datetime) -> Shipment:
    """This will record one report; see ``report_milestones``."""
    return report_milestones(actor=actor, reports={shipment_id: [report]}, now=now)[0]


@transaction.atomic
def report_milestones(
    *, actor: Actor, reports: Mapping[int, Sequence[MilestoneInput]], now: datetime, alerts: bool = True
) -> list[Shipment]:
    """This will keep reports by shipment id and recompute status and days; late, doubled or unordered ones do no harm.

    Where the risk passes, the goods become ours on that day and the ledger says so. A departure is always accepted; of
    goods not released to load it raises a task. Staff are refused when the ledger cannot take the goods over (closed
    period, missing rate); an outside party's report stands and finance gets a task. ``alerts`` False: history, no
    tasks.
    """
    actor.needs("logistics.report_milestone")
    found = Shipment.objects.visible_to(actor).filter(pk__in=list(reports)).order_by("pk")
    shipments = {s.pk: s for s in found.select_for_update(of=("self",)).select_related("destination", "warehouse")}
    if len(shipments) < len(reports):
        raise NotVisible()
    _check(reports, shipments, now)
    kept: dict[int, list[Milestone]] = defaultdict(list)
    for milestone in Milestone.objects.filter(shipment_id__in=shipments):
        kept[milestone.shipment_id].append(milestone)
    companies = Company.objects.in_bulk({s.company_id for s in shipments.values()})
    places = {
        p.code: p for p in Place.objects.filter(code__in={r.place for rs in reports.values() for r in rs if r.place})
    }
    new: list[Milestone] = []
    for pk, own in reports.items():
        for index, report in enumerate(own):
            if report.place and report.place not in places:
                raise RuleBroken(_("There is no place %(code)s.") % {"code": report.place}, field=f"{index}/place")
            milestone = _milestone(shipments[pk], report, actor, now, companies[shipments[pk].company_id], places)
            if not _known(milestone, kept[pk], stated=report.issued_at is not None):
                kept[pk].append(milestone)
                new.append(milestone)
    if not new:
        return list(shipments.values())  # all of it is known already
    Milestone.objects.bulk_create(new)
    changed = [shipments[pk] for pk in sorted({m.shipment_id for m in new})]
    standing = {s.pk: tracking.standing(kept[s.pk]) for s in changed}
    with house_rights(actor):
        lines = _lines(changed)
        orders = PurchaseOrder.objects.in_bulk({line.order_id for line in lines})
        for shipment in changed:
            recompute(shipment, standing[shipment.pk], [line for line in lines if line.shipment_id == shipment.pk])
            shipment.bump()
        update_rows(changed, ["status", "departed_date", "arrived_date", "expected_arrival_date", "version"])
        count_shipped(actor=actor, lines=[line for line in lines if _gone(shipments[line.shipment_id])])
        _own(actor, changed, standing, lines, orders, companies)
        if alerts:
            _tasks(changed, standing)
        _announce(actor, changed, new, lines)
    return list(shipments.values())


def _check(reports: Mapping[int, Sequence[MilestoneInput]], shipments: Mapping[int, Shipment], now: datetime) -> None:
    for pk, own in reports.items():
        if shipments[pk].status == ShipmentStatus.CANCELLED:
            raise TransitionRefused(
                _("%(shipment)s is cancelled; nothing is reported for it any more.") % {"shipment": shipments[pk]}
            )
        for index, report in enumerate(own):
            if report.code not in MilestoneCode.values:
                raise RuleBroken(_("“%(code)s” is not a milestone.") % {"code": report.code}, field=f"{index}/code")
            if report.classifier not in Classifier.values:
                raise RuleBroken(_("Say PLN, EST or ACT."), field=f"{index}/classifier")
            if report.classifier == Classifier.ACTUAL and report.happened_at > now + timedelta(days=1):
                raise RuleBroken(
                    _("What has happened cannot lie in the future; report it as an estimate."),
                    field=f"{index}/happened_at",
                )


def _milestone(
    shipment: Shipment,
    report: MilestoneInput,
    actor: Actor,
    now: datetime,
    company: Company,
    places: Mapping[str, Place],
) -> Milestone:
    place = places.get(report.place)
    zone = place.timezone if place and place.timezone else company.time_zone
    try:
        local = report.happened_at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = report.happened_at
    return Milestone(
        shipment=shipment,
        code=report.code,
        classifier=report.classifier,
        happened_at=report.happened_at,
        issued_at=report.issued_at or now,
        place_date=report.place_date or local.date(),
        place=place,
        note=report.note,
        reported_by=actor.name,
        reported_at=actor.at or now,
    )


def _known(new: Milestone, kept: Sequence[Milestone], *, stated: bool) -> bool:
    """Whether this report says nothing new: the same one again, or undated and what already counts."""
    same = [m for m in kept if (m.code, m.classifier) == (new.code, new.classifier)]
    if stated:
        return any((m.happened_at, m.issued_at) == (new.happened_at, new.issued_at) for m in same)
    counts = tracking.standing(same).get((new.code, new.classifier))
    return counts is not None and counts.happened_at == new.happened_at


def _lines(shipments: Sequence[Shipment]) -> list[ShipmentLine]:
    found = ShipmentLine.objects.filter(shipment__in=shipments).order_by("pk")
    return list(found.select_for_update(of=("self",)))


def recompute(shipment: Shipment, reports: tracking.Standing, lines: Sequence[ShipmentLine]) -> None:
    """This will set (in memory) what follows from reports and receipts; a cancelled shipment stays so."""
    course = tracking.course(reports, planned_arrival=shipment.planned_arrival_date)
    shipment.departed_date, shipment.arrived_date = course.departed_date, course.arrived_date
    shipment.expected_arrival_date = course.expected_arrival_date
    shipment.status = with_receipts(course.status, lines)


def with_receipts(status: str, lines: Sequence[ShipmentLine]) -> str:
    """The status that milestones give, with what was received: everything accounted for, or some of it here."""
    if lines and all(not line.open_quantity for line in lines):
        return ShipmentStatus.RECEIVED
    return tracking.further(status, ShipmentStatus.ARRIVED) if any(line.received_quantity for line in lines) else status


def _gone(shipment: Shipment) -> bool:
    return shipment.status not in (ShipmentStatus.PLANNED, ShipmentStatus.BOOKED, ShipmentStatus.CANCELLED)


def count_shipped(*, actor: Actor, lines: Sequence[ShipmentLine]) -> None:
    """This will count lines that left as shipped on their orders, each once."""
    fresh = [line for line in lines if line.shipped_quantity != line.quantity]
    if not fresh:
        return
    changes: dict[int, Decimal] = defaultdict(Decimal)
    for line in fresh:
        changes[line.order_line_id] += line.quantity - line.shipped_quantity
        line.shipped_quantity = line.quantity
    update_rows(fresh, ["shipped_quantity"])
    record_progress(actor=actor, changes={pk: Progress(shipped=quantity) for pk, quantity in changes.items()})


def _own(actor: Actor, shipments, standing, lines, orders, companies) -> None:
    """The goods whose risk has passed become ours; see ``report_milestones`` for who is refused when they cannot."""
    by_pk = {s.pk: s for s in shipments}
    for company in companies.values():
        days: dict[int, date] = {}
        own = [line for line in lines if by_pk[line.shipment_id].company_id == company.pk]
        for line in own:
            shipment, order = by_pk[line.shipment_id], orders[line.order_id]
            codes = tracking.risk_codes(order.incoterm, order.named_place, shipment.destination)
            day = tracking.risk_day(standing[shipment.pk], codes)
            if day is not None:
                days[line.pk] = day
        if not days:
            continue
        try:
            with transaction.atomic():
                take_over(actor=actor, company=company, owned=days, lines=own, shipments=by_pk)
        except (PeriodClosed, MissingRate) as error:
            if actor.is_staff:
                raise
            for pk in {line.shipment_id for line in own if line.pk in days}:
                ask_finance(by_pk[pk], error, max(days.values()))


@transaction.atomic
def take_goods_over(*, actor: Actor, shipment_id: int, day: date | None = None) -> Shipment:
    """This will post the goods whose risk has passed but which the ledger could not take on that day (or on
    ``day``).
    """
    actor.needs("logistics.take_over_shipment")
    shipment = lock(Shipment.objects.visible_to(actor), shipment_id)
    standing = tracking.standing(shipment.milestones.all())
    lines = _lines([shipment])
    orders = PurchaseOrder.objects.in_bulk({line.order_id for line in lines})
    days = {}
    for line in lines:
        order = orders[line.order_id]
        codes = tracking.risk_codes(order.incoterm, order.named_place, shipment.destination)
        passed = tracking.risk_day(standing, codes)
        if passed is not None and line.owned_date is None:
            days[line.pk] = day or passed
    if not days:
        raise TransitionRefused(
            _("There is nothing to take over of %(shipment)s: it is ours already, or the risk has not passed yet.")
            % {"shipment": shipment}
        )
    company = shipment.company
    take_over(actor=actor, company=company, owned=days, lines=lines, shipments={shipment.pk: shipment})
    work.finish_tasks(shipment, OWN_TASK)
    return shipment


def _tasks(shipments: Sequence[Shipment], standing: Mapping[int, tracking.Standing]) -> None:
    for shipment in shipments:
        departed = shipment.departed_date or (shipment.arrived_date if _gone(shipment) else None)
        if _gone(shipment) and shipment.released_at is None:
            work.open_task(
                ALERT_TASK,
                shipment,
                title=_("%(shipment)s left without being released to load") % {"shipment": shipment},
                role="logistics",
                due_date=departed,
            )
        due, planned = shipment.expected_arrival_date, shipment.planned_arrival_date
        if _gone(shipment) and shipment.status != ShipmentStatus.RECEIVED:
            title = _("Receive %(shipment)s") % {"shipment": shipment}
            work.open_task(RECEIVE_TASK, shipment, title=title, role="warehouse", due_date=due)
        if due and planned and (due - planned).days >= SLIP_DAYS and shipment.status != ShipmentStatus.RECEIVED:
            title = _("%(shipment)s arrives %(days)s days late") % {"shipment": shipment, "days": (due - planned).days}
            work.open_task(SLIP_TASK, shipment, title=title, role="buyer", due_date=due)
        elif due and planned:
            work.finish_tasks(shipment, SLIP_TASK)


def _announce(
    actor: Actor, shipments: Sequence[Shipment], new: Sequence[Milestone], lines: Sequence[ShipmentLine]
) -> None:
    said: dict[int, list[Milestone]] = defaultdict(list)
    for milestone in new:
        said[milestone.shipment_id].append(milestone)
    news = [
        News(
            shipment.pk,
            shipment.company_id,
            about_orders(line for line in lines if line.shipment_id == shipment.pk),
            {
                "milestones": [
                    {"code": m.code, "classifier": m.classifier, "day": m.place_date.isoformat()}
                    for m in said[shipment.pk]
                ]
            },
        )
        for shipment in shipments
    ]
    announce_many(MILESTONE_REPORTED, kind_of(Shipment), news, actor=actor)


def about_orders(lines) -> list[tuple[str, int]]:
    """The orders of shipment lines, as an announcement names them."""
    return [("sourcing.purchaseorder", pk) for pk in sorted({line.order_id for line in lines})]


def require_documents(shipments: Sequence[Shipment]) -> None:
    """This will list the papers that each shipment needs and does not list yet."""
    TradeDocument.objects.bulk_create(
        [
            TradeDocument(shipment=shipment, doc_type=doc_type)
            for shipment in shipments
            for doc_type in required_documents(shipment.mode, shipment.incoterm)
        ],
        ignore_conflicts=True,
        batch_size=2000,
    )


@transaction.atomic
def record_document(
    *,
    actor: Actor,
    shipment_id: int,
    doc_type: str,
    number: str = "",
    received_date: date | None = None,
    conflict: str = "",
    attachment_id: int | None = None,
) -> TradeDocument:
    """This will record a trade document as present (its day), missing again (None), or in conflict with the others."""
    actor.needs("logistics.record_document")
    shipment = lock(Shipment.objects.visible_to(actor), shipment_id)
    if doc_type not in TradeDocumentType.values:
        raise RuleBroken(_("There is no such kind of document."), field="doc_type")
    document, _made = TradeDocument.objects.get_or_create(
        shipment=shipment,
        doc_type=doc_type,
        defaults={"required": doc_type in required_documents(shipment.mode, shipment.incoterm)},
    )
    document.number, document.received_date, document.conflict = number.strip(), received_date, conflict.strip()
    if attachment_id is not None:
        document.attachment_id = attachment_id
    document.save()
    with house_rights(actor):
        about = about_orders(shipment.lines.all())
        announce(
            DOCUMENT_RECORDED, shipment, actor=actor, about=about, payload={"doc_type": doc_type, "conflict": conflict}
        )
    return document
