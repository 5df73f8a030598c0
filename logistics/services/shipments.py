"""Inbound shipments: planned for order lines, edited, released to load, held, cancelled."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Packaging
from core import work
from core.actor import Actor
from core.bulk import insert_rows, update_rows
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.models import Series
from core.outbox import News, announce, announce_many, kind_of
from inventory.models import Warehouse
from logistics import events, selectors, tracking
from logistics.containers import check_container
from logistics.models import Container, Shipment, ShipmentLine, ShipmentStatus
from logistics.services.milestones import about_orders, recompute, require_documents
from logistics.services.releasing import RELEASE_TASK
from parties.models import Anchor, DocumentParty, Instalment, Organisation
from quality.models import Inspection
from reference import incoterms
from reference.models import Place
from reference.units import spoken
from sourcing.flows import OPEN
from sourcing.models import Mode
from sourcing.services.progress import lock_lines

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShipmentLineInput:
    """``quantity`` in stock units. Cartons, weight and volume follow from the product's carton where nobody says them.

    ``inspection_id`` says which lot of the order line is loaded, where it was presented in several.
    """

    order_line_id: int
    quantity: Decimal
    cartons: int | None = None
    gross_weight_kg: Decimal | None = None
    volume_m3: Decimal | None = None
    inspection_id: int | None = None


@dataclass(frozen=True, slots=True)
class ContainerInput:
    number: str
    seal: str = ""
    size_type: str = ""


@dataclass(frozen=True, slots=True)
class ShipmentInput:
    """What is planned. Incoterm and place default to the first order's; ``number`` only when history is imported."""

    mode: str
    lines: Sequence[ShipmentLineInput]
    incoterm: str = ""
    named_place: str = ""
    forwarder_id: int | None = None
    carrier: str = ""
    vessel: str = ""
    voyage: str = ""
    transport_document: str = ""
    origin: str = ""
    destination: str = ""
    warehouse_id: int | None = None
    planned_departure_date: date | None = None
    planned_arrival_date: date | None = None
    freight_included: bool = False
    containers: Sequence[ContainerInput] = field(default_factory=tuple)
    remarks: str = ""
    number: str = ""


def plan_shipment(*, actor: Actor, shipment: ShipmentInput, today: date) -> Shipment:
    """This will plan one shipment; see ``plan_shipments``. Error pointers start at the shipment: /lines/0/quantity."""
    return plan_shipments(actor=actor, shipments=[shipment], today=today, pointer=lambda index: "")[0]


@transaction.atomic
def plan_shipments(
    *, actor: Actor, shipments: Sequence[ShipmentInput], today: date, pointer=lambda index: f"/{index}"
) -> list[Shipment]:
    """This will plan shipments of issued order lines, of one or several suppliers, all or none.

    Nothing beyond what is open of a line is planned (also within this call). Forwarder and suppliers become parties to
    it. Where an order's balance is due before shipment, it is on hold until finance lifts it (``lift_hold``).
    Raises RuleBroken with every wrong input named by JSON pointer.
    """
    actor.needs("logistics.add_shipment")
    known = _Known(actor, shipments)
    left = selectors.open_to_ship(known.lines.values())
    errors = [e for index, one in enumerate(shipments) for e in _errors(one, known, left, pointer(index))]
    _raise(errors)
    fresh = [one for one in shipments if not one.number]
    numbers = (
        Series.take(company_id=actor.company_id, prefix="SH", year=today.year, count=len(fresh))[::-1] if fresh else []
    )
    documents = []
    for one in shipments:
        document = Shipment(
            company_id=actor.company_id,
            number=one.number or numbers.pop(),
            created_by=actor.name,
            **_header(one, known),
        )
        document.expected_arrival_date = document.planned_arrival_date
        document.hold_reason = "" if one.number else _balance_first(one, known)
        documents.append(document)
    insert_rows(documents)
    lines = [line for document, one in zip(documents, shipments, strict=True) for line in _lines(document, one, known)]
    insert_rows(lines)
    containers = [
        Container(
            shipment=document, number=check_container(c.number), seal=c.seal.strip(), size_type=c.size_type.strip()
        )
        for document, one in zip(documents, shipments, strict=True)
        for c in one.containers
    ]
    Container.objects.bulk_create(containers, batch_size=2000)
    require_documents(documents)
    of_it: dict[int, list[ShipmentLine]] = defaultdict(list)
    for line in lines:
        of_it[line.shipment_id].append(line)
    _set_parties(documents, of_it)
    for document, one in zip(documents, shipments, strict=True):
        if not one.number:
            _ask_release(document)
    news = [News(d.pk, d.company_id, about_orders(of_it[d.pk])) for d in documents]
    announce_many(events.SHIPMENT_PLANNED, kind_of(Shipment), news, actor=actor)
    return documents


@transaction.atomic
def edit_shipment(*, actor: Actor, shipment_id: int, shipment: ShipmentInput, version: int | None = None) -> Shipment:
    """This will change a planned shipment. Once goods left or became ours, its lines stay; its transport data may
    change.

    A release to load is withdrawn when the goods change: what was judged is no longer what is loaded.
    """
    actor.needs("logistics.change_shipment")
    document = lock(Shipment.objects.visible_to(actor), shipment_id, version=version)
    if document.status in (ShipmentStatus.RECEIVED, ShipmentStatus.CANCELLED):
        raise TransitionRefused(
            _("%(shipment)s is %(state)s and is changed no more.")
            % {"shipment": document, "state": document.get_status_display().lower()}
        )
    known = _Known(actor, [shipment])
    before = list(document.lines.select_for_update().order_by("pk"))
    left = selectors.open_to_ship(known.lines.values(), without=document.pk)
    _raise(_errors(shipment, known, left, ""))
    wanted = {line.order_line_id: line for line in shipment.lines}
    same = {line.order_line_id: line.quantity for line in before} == {pk: line.quantity for pk, line in wanted.items()}
    if not same and any(line.shipped_quantity or line.owned_quantity or line.received_quantity for line in before):
        raise TransitionRefused(
            _("Goods of %(shipment)s have left or are ours already; its lines stay as they are.")
            % {"shipment": document}
        )
    for name, value in _header(shipment, known).items():
        setattr(document, name, value)
    if same:
        for line in before:
            one = wanted[line.order_line_id]
            fresh = _line(document, one, known)
            for name in ("cartons", "gross_weight_kg", "volume_m3", "inspection_id"):
                setattr(line, name, getattr(fresh, name))
        update_rows(before, ["cartons", "gross_weight_kg", "volume_m3", "inspection"])
        lines = before
    else:
        document.lines.all().delete()
        lines = ShipmentLine.objects.bulk_create(_lines(document, shipment, known))
        document.released_at, document.released_by = None, ""
        document.hold_reason, document.lifted_by = document.hold_reason or _balance_first(shipment, known), ""
        _ask_release(document)
    document.containers.all().delete()
    Container.objects.bulk_create(
        [
            Container(
                shipment=document, number=check_container(c.number), seal=c.seal.strip(), size_type=c.size_type.strip()
            )
            for c in shipment.containers
        ]
    )
    require_documents([document])
    recompute(document, tracking.standing(document.milestones.all()), lines)
    _set_parties([document], {document.pk: lines}, again=True)
    about = about_orders([*before, *lines])
    return _save(document, events.SHIPMENT_CHANGED, actor, about)


@transaction.atomic
def cancel_shipment(*, actor: Actor, shipment_id: int, reason: str, version: int | None = None) -> Shipment:
    """This will cancel a shipment that has not left and of which nothing is ours; its quantities are open again."""
    actor.needs("logistics.change_shipment")
    document = lock(Shipment.objects.visible_to(actor), shipment_id, version=version)
    lines = list(document.lines.select_for_update().order_by("pk"))
    if document.status == ShipmentStatus.CANCELLED:
        raise TransitionRefused(_("%(shipment)s is cancelled already.") % {"shipment": document})
    if any(line.shipped_quantity or line.owned_quantity or line.received_quantity for line in lines):
        raise TransitionRefused(
            _("Goods of %(shipment)s have left or are ours already; it can no longer be cancelled.")
            % {"shipment": document}
        )
    if not reason.strip():
        raise RuleBroken(_("Give a reason; it stays with the shipment."), field="reason")
    document.status = ShipmentStatus.CANCELLED
    document.remarks = f"{document.remarks}\n{reason.strip()}".strip()
    work.finish_tasks(document)
    return _save(document, events.SHIPMENT_CANCELLED, actor, about_orders(lines), {"reason": reason})


class _Known:
    """The masters and (locked) order lines that a set of shipments names, each fetched once."""

    def __init__(self, actor: Actor, shipments: Sequence[ShipmentInput]):
        company = {"company_id": actor.company_id}
        ids = {line.order_line_id for one in shipments for line in one.lines}
        self.lines = {line.pk: line for line in lock_lines(ids) if line.company_id == actor.company_id}
        forwarders = {one.forwarder_id for one in shipments if one.forwarder_id}
        self.forwarders = (
            Organisation.objects.filter(**company, is_forwarder=True).in_bulk(forwarders) if forwarders else {}
        )
        warehouses = {one.warehouse_id for one in shipments if one.warehouse_id}
        self.warehouses = (
            Warehouse.objects.visible_to(actor).filter(active=True).in_bulk(warehouses) if warehouses else {}
        )
        codes = {code for one in shipments for code in (one.origin, one.destination) if code}
        self.places = Place.objects.in_bulk(codes) if codes else {}
        inspections = {line.inspection_id for one in shipments for line in one.lines if line.inspection_id}
        self.inspections = Inspection.objects.visible_to(actor).in_bulk(inspections) if inspections else {}
        cartons = Packaging.objects.filter(
            product_id__in={line.product_id for line in self.lines.values()}, level="carton"
        )
        self.cartons = {carton.product_id: carton for carton in cartons}
        terms = {line.order.payment_term_id for line in self.lines.values() if line.order.payment_term_id}
        first = Instalment.objects.filter(term_id__in=terms, anchor=Anchor.BEFORE_SHIPMENT)
        self.before_shipment = set(first.values_list("term_id", flat=True)) if terms else set()

    def first_order(self, one: ShipmentInput):
        return next(
            (self.lines[line.order_line_id].order for line in one.lines if line.order_line_id in self.lines), None
        )


def _errors(one: ShipmentInput, known: _Known, left: dict[int, Decimal], at: str) -> list[dict]:
    found: list[dict] = []

    def wrong(pointer: str, sentence: str) -> None:
        found.append({"pointer": f"{at}/{pointer}", "detail": sentence})

    if one.mode not in Mode.values and not (one.number and not one.mode):  # old papers do not always say
        wrong("mode", _("“%(mode)s” is not a way to travel.") % {"mode": one.mode})
    if one.incoterm and one.incoterm not in incoterms.RULES:
        wrong("incoterm", _("%(code)s is not an Incoterms rule.") % {"code": one.incoterm})
    if one.forwarder_id and one.forwarder_id not in known.forwarders:
        wrong("forwarder", _("There is no such forwarder."))
    if one.warehouse_id and one.warehouse_id not in known.warehouses:
        wrong("warehouse", _("There is no such warehouse."))
    for name in ("origin", "destination"):
        code = getattr(one, name)
        if code and code not in known.places:
            wrong(name, _("There is no place %(code)s.") % {"code": code})
    if (
        one.planned_departure_date
        and one.planned_arrival_date
        and one.planned_arrival_date < one.planned_departure_date
    ):
        wrong("planned_arrival_date", _("The arrival lies before the departure."))
    seen = set()
    for index, container in enumerate(one.containers):
        try:
            number = check_container(container.number)
        except RuleBroken as error:
            wrong(f"containers/{index}/number", str(error))
            continue
        if number in seen:
            wrong(f"containers/{index}/number", _("%(number)s is named twice.") % {"number": number})
        seen.add(number)
    if not one.lines:
        wrong("lines", _("A shipment needs at least one line."))
    named: set[int] = set()
    for index, line in enumerate(one.lines):
        _check_line(line, known, left, named, lambda name, sentence, n=index: wrong(f"lines/{n}/{name}", sentence))
    return found


def _check_line(line: ShipmentLineInput, known: _Known, left: dict[int, Decimal], named: set[int], wrong) -> None:
    order_line = known.lines.get(line.order_line_id)
    if order_line is None or order_line.cancelled:
        wrong("order_line", _("There is no such order line."))
        return
    if order_line.order.status not in OPEN:
        wrong(
            "order_line",
            _("%(order)s is %(state)s; only goods of an issued order are shipped.")
            % {"order": order_line.order, "state": order_line.order.get_status_display().lower()},
        )
        return
    if line.order_line_id in named:
        wrong("order_line", _("This order line is named twice."))
    named.add(line.order_line_id)
    free_quantity = order_line.order.unit_price_order and not order_line.quantity
    there = left.get(order_line.pk, ZERO)
    if line.quantity <= 0:
        wrong("quantity", _("The quantity must be above 0."))
    elif order_line.unit.whole and line.quantity != line.quantity.to_integral_value():
        wrong("quantity", _("%(unit)s are counted in whole numbers.") % {"unit": order_line.unit})
    elif line.quantity > there and not free_quantity:
        wrong(
            "quantity",
            _("%(sku)s of %(order)s: %(quantity)s planned, only %(open)s still open.")
            % {
                "sku": order_line.sku,
                "order": order_line.order,
                "quantity": spoken(line.quantity),
                "open": spoken(there),
            },
        )
    else:
        left[order_line.pk] = there - line.quantity
    inspection = known.inspections.get(line.inspection_id) if line.inspection_id else None
    if line.inspection_id and (inspection is None or inspection.order_id != order_line.order_id):
        wrong("inspection", _("There is no such inspection of this order."))


def _raise(errors: list[dict]) -> None:
    if errors:
        sentence = (
            errors[0]["detail"] if len(errors) == 1 else _("%(count)d inputs are wrong.") % {"count": len(errors)}
        )
        raise RuleBroken(sentence, errors=errors)


def _header(one: ShipmentInput, known: _Known) -> dict:
    order = known.first_order(one)
    assert order is not None  # a shipment has at least one line, and _errors has checked it
    return {
        "mode": one.mode,
        "incoterm": one.incoterm or order.incoterm,
        "named_place": one.named_place.strip() or order.named_place,
        "forwarder": known.forwarders[one.forwarder_id] if one.forwarder_id else None,
        "carrier": one.carrier.strip(),
        "vessel": one.vessel.strip(),
        "voyage": one.voyage.strip(),
        "transport_document": one.transport_document.strip(),
        "origin": known.places[one.origin] if one.origin else None,
        "destination": known.places[one.destination] if one.destination else None,
        "warehouse": known.warehouses[one.warehouse_id] if one.warehouse_id else None,
        "planned_departure_date": one.planned_departure_date,
        "planned_arrival_date": one.planned_arrival_date,
        "freight_included": one.freight_included,
        "remarks": one.remarks.strip(),
    }


def _balance_first(one: ShipmentInput, known: _Known) -> str:
    """Why finance must speak first: the orders whose balance is due before shipment."""
    orders = {
        known.lines[line.order_line_id].order.number
        for line in one.lines
        if known.lines[line.order_line_id].order.payment_term_id in known.before_shipment
    }
    return (
        _("The balance of %(orders)s is due before shipment.") % {"orders": ", ".join(sorted(orders))} if orders else ""
    )


def _lines(document: Shipment, one: ShipmentInput, known: _Known) -> list[ShipmentLine]:
    return [_line(document, line, known) for line in one.lines]


def _line(document: Shipment, line: ShipmentLineInput, known: _Known) -> ShipmentLine:
    order_line = known.lines[line.order_line_id]
    carton = known.cartons.get(order_line.product_id)
    cartons, weight, volume = line.cartons, line.gross_weight_kg, line.volume_m3
    if carton is not None:
        cartons = (
            cartons if cartons is not None else int((line.quantity / carton.units).to_integral_value(ROUND_CEILING))
        )
        weight = weight if weight is not None else (cartons * carton.gross_weight_kg).quantize(Decimal("0.001"))
        volume = volume if volume is not None else (cartons * carton.volume_m3).quantize(Decimal("0.000001"))
    return ShipmentLine(
        shipment=document,
        order_line=order_line,
        order_id=order_line.order_id,
        supplier_id=order_line.order.supplier_id,
        order_number=order_line.order.number,
        sku=order_line.sku,
        description=order_line.description,
        unit_id=order_line.unit_id,
        inspection_id=line.inspection_id,
        quantity=line.quantity,
        cartons=cartons,
        gross_weight_kg=weight,
        volume_m3=volume,
    )


def _set_parties(
    documents: Sequence[Shipment], lines: Mapping[int, Sequence[ShipmentLine]], *, again: bool = False
) -> None:
    """This will name who takes part: the forwarder, and each supplier of its lines (who sees only his own)."""
    kind = kind_of(Shipment)
    if again:
        DocumentParty.objects.filter(
            kind=kind, document_id__in=[d.pk for d in documents], role__in=("forwarder", "supplier")
        ).delete()
    DocumentParty.objects.bulk_create(
        [
            DocumentParty(kind=kind, document_id=document.pk, organisation_id=organisation, role=role)
            for document in documents
            for organisation, role in sorted(
                {(line.supplier_id, "supplier") for line in lines[document.pk]}
                | ({(document.forwarder_id, "forwarder")} if document.forwarder_id else set())
            )
        ],
        batch_size=2000,
    )


def _ask_release(document: Shipment) -> None:
    work.open_task(
        RELEASE_TASK,
        document,
        title=_("Release %(shipment)s to load") % {"shipment": document},
        role="logistics",
        due_date=document.planned_departure_date,
    )


def _save(document: Shipment, name, actor: Actor, about, payload: dict | None = None) -> Shipment:
    document.bump()
    document.save()
    announce(name, document, actor=actor, about=about, payload=payload)
    return document
