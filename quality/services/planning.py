"""Booking an inspection: what will be presented, by whom it is judged, and the sampling plan it is judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.models import Series
from core.outbox import announce, kind_of
from parties.models import DocumentParty, Organisation
from quality import aql, events
from quality.aql import Result, Switching
from quality.flows import InspectionStatus
from quality.models import DefectClass, Inspection, InspectionKind, InspectionLine, Severity
from reference.units import spoken
from sourcing.flows import OPEN
from sourcing.models import PurchaseOrder

DUE_TASK, DECIDE_TASK, REPORT_TASK = "quality.inspection_due", "quality.decide_failed", "quality.report_inspection"


@dataclass(frozen=True, slots=True)
class InspectionInput:
    """``lines`` pairs an order line's id with the quantity that will be presented, in stock units.

    The AQLs are those of ISO 2859-1 ("0" accepts none). ``severity`` empty: by the switching rules.
    """

    order_id: int
    planned_date: date
    lines: Sequence[tuple[int, Decimal]]
    kind: str = InspectionKind.PSI
    inspector_id: int | None = None
    place: str = ""
    level: str = "II"
    aql_critical: str = "0"
    aql_major: str = "2.5"
    aql_minor: str = "4.0"
    severity: str = ""
    reinspection_of_id: int | None = None


@transaction.atomic
def plan_inspection(*, actor: Actor, inspection: InspectionInput) -> Inspection:
    """This will book an inspection of lines of one issued order, with its sampling plan, and put it on somebody's desk.

    A re-inspection names the failed or aborted one it repeats; the supplier bears its cost and it does not count for
    switching. Raises RuleBroken for an agency that belongs to the supplier, for more than was ordered, for unknown
    AQLs.
    """
    actor.needs("quality.add_inspection")
    order = lock(PurchaseOrder.objects.visible_to(actor), inspection.order_id)
    if order.status not in OPEN:
        raise TransitionRefused(
            _("%(order)s is %(state)s; only goods of an issued order are inspected.")
            % {"order": order, "state": order.get_status_display().lower()}
        )
    if inspection.kind not in InspectionKind.values:
        raise RuleBroken(_("There is no such kind of inspection."), field="kind")
    inspector = _independent(order, inspection.inspector_id)
    again_of = _repeated(actor, order, inspection.reinspection_of_id)
    lines = _presented(order, inspection.lines)
    document = Inspection(
        company_id=order.company_id,
        number=Series.take(company_id=order.company_id, prefix="INSP", year=inspection.planned_date.year)[0],
        kind=inspection.kind,
        order=order,
        order_number=order.number,
        supplier_id=order.supplier_id,
        inspector=inspector,
        planned_date=inspection.planned_date,
        place=inspection.place.strip(),
        level=inspection.level,
        aql_critical=inspection.aql_critical,
        aql_major=inspection.aql_major,
        aql_minor=inspection.aql_minor,
        reinspection_of=again_of,
        charged_to_supplier=again_of is not None,
    )
    states = _switching(document, [line.product_id for line, _quantity in lines])
    if inspection.severity:
        if inspection.severity not in Severity.values:
            raise RuleBroken(_("There is no such severity."), field="severity")
        states = dict.fromkeys(states, Switching(inspection.severity))
    document.stopped = any(state.stopped for state in states.values())
    draw(document, sum((quantity for _line, quantity in lines), Decimal(0)), {c: s.severity for c, s in states.items()})
    document.save()
    InspectionLine.objects.bulk_create(
        [
            InspectionLine(
                inspection=document, order_line=line, sku=line.sku, description=line.description, unit_id=line.unit_id,
                quantity=quantity,
            )
            for line, quantity in lines
        ]
    )  # fmt: skip
    parties = [(order.supplier_id, "supplier"), *([(inspector.pk, "inspector")] if inspector else [])]
    DocumentParty.objects.bulk_create(
        [
            DocumentParty(kind=kind_of(document), document_id=document.pk, organisation_id=pk, role=role)
            for pk, role in parties
        ]
    )
    title = _("%(kind)s inspection of %(order)s") % {"kind": document.get_kind_display(), "order": order}
    work.open_task(DUE_TASK, document, title=title, role="quality", due_date=document.planned_date)
    if inspector:
        work.open_task(
            REPORT_TASK, document, title=_("Inspect %(order)s and report") % {"order": order}, party_id=inspector.pk,
            due_date=document.planned_date, url=f"/portal/inspections/{document.pk}/",
        )  # fmt: skip
    if again_of:
        work.finish_tasks(again_of, DECIDE_TASK)
    announce(events.INSPECTION_PLANNED, document, actor=actor, about=[order, *([again_of] if again_of else [])])
    return document


def _independent(order: PurchaseOrder, inspector_id: int | None) -> Organisation | None:
    if inspector_id is None:
        return None
    agency = Organisation.objects.filter(company_id=order.company_id, pk=inspector_id, is_inspector=True).first()
    if agency is None:
        raise RuleBroken(_("There is no such inspection agency."), field="inspector")
    supplier = order.supplier
    same_number = agency.registration_number and agency.registration_number == supplier.registration_number
    if agency.pk == supplier.pk or same_number:
        raise RuleBroken(
            _("%(agency)s is the supplier, or belongs to him: choose an agency that does not judge its own goods.")
            % {"agency": agency},
            field="inspector",
        )
    return agency


def _repeated(actor: Actor, order: PurchaseOrder, inspection_id: int | None) -> Inspection | None:
    if inspection_id is None:
        return None
    before = lock(Inspection.objects.visible_to(actor), inspection_id)
    if before.order_id != order.pk:
        raise RuleBroken(_("%(inspection)s is of another order.") % {"inspection": before}, field="reinspection_of")
    if before.status not in (InspectionStatus.FAILED, InspectionStatus.ABORTED):
        raise TransitionRefused(
            _("%(inspection)s is %(state)s; only a failed or aborted inspection is repeated.")
            % {"inspection": before, "state": before.get_status_display().lower()}
        )
    later = Inspection.objects.filter(reinspection_of=before).exclude(status=InspectionStatus.CANCELLED).first()
    if later:
        raise TransitionRefused(
            _("%(inspection)s is already repeated by %(later)s.") % {"inspection": before, "later": later}
        )
    return before


def _presented(order: PurchaseOrder, wanted: Sequence[tuple[int, Decimal]]) -> list[tuple]:
    """The order lines with what is presented of each; raises RuleBroken naming every wrong one."""
    own = {line.pk: line for line in order.lines.select_related("unit")}
    errors: list[dict] = []
    found: list[tuple] = []
    for index, (pk, quantity) in enumerate(wanted):
        line = own.get(pk)
        if line is None or line.cancelled:
            errors.append({"pointer": f"/lines/{index}/order_line", "detail": _("This line is not open on the order.")})
        elif quantity <= 0:
            errors.append(
                {"pointer": f"/lines/{index}/quantity", "detail": _("The quantity presented must be above 0.")}
            )
        elif line.quantity and quantity > line.quantity:
            errors.append(
                {
                    "pointer": f"/lines/{index}/quantity",
                    "detail": _("Line %(line)s: %(quantity)s presented, only %(ordered)s ordered.")
                    % {"line": line.position, "quantity": spoken(quantity), "ordered": spoken(line.quantity)},
                }
            )
        elif any(other.pk == pk for other, _quantity in found):
            errors.append({"pointer": f"/lines/{index}/order_line", "detail": _("This line is named twice.")})
        else:
            found.append((line, quantity))
    if not wanted:
        errors.append({"pointer": "/lines", "detail": _("Name at least one line that is presented.")})
    if errors:
        raise RuleBroken(errors[0]["detail"], errors=errors)
    return found


def _switching(document: Inspection, product_ids: Sequence[int]) -> dict[str, Switching]:
    """Where each defect class stands, from the original inspections of these products of this supplier, oldest
    first.
    """
    history = (
        Inspection.objects.filter(
            company_id=document.company_id,
            supplier_id=document.supplier_id,
            kind=document.kind,
            reinspection_of=None,
            status__in=(InspectionStatus.PASSED, InspectionStatus.FAILED, InspectionStatus.CONCEDED),
            pk__in=InspectionLine.objects.filter(order_line__product_id__in=product_ids).values("inspection_id"),
        )
        .order_by("inspected_date", "id")
        .values_list("plan", flat=True)
    )
    states = {DefectClass.MAJOR.value: Switching(), DefectClass.MINOR.value: Switching()}
    for plan in history:
        for row in plan:
            if row["class"] in states and row.get("verdict"):
                states[row["class"]] = states[row["class"]].after(
                    Result(row["verdict"] == "pass", row["ac"], row["tighter"], row["gap"])
                )
    return states


def draw(document: Inspection, presented: Decimal, severities: Mapping[str, str]) -> None:
    """This will write the sampling plan of the lot presented: per class n, Ac, Re; one physical sample of the
    largest n.
    """
    lot = int(presented.to_integral_value(rounding="ROUND_CEILING"))
    if document.level not in aql.LEVELS:
        raise RuleBroken(_("“%(level)s” is not an inspection level.") % {"level": document.level}, field="level")
    rows = []
    for defect_class in (DefectClass.CRITICAL, DefectClass.MAJOR, DefectClass.MINOR):
        wanted = getattr(document, f"aql_{defect_class}")
        row = {
            "class": defect_class.value,
            "aql": wanted,
            "severity": severities.get(defect_class, Severity.NORMAL.value),
        }
        try:
            if aql.known_aql(wanted):
                plan = aql.plan_for(lot, wanted, level=document.level, severity=row["severity"])
                row |= {"letter": plan.letter, "n": plan.size, "ac": plan.ac, "re": plan.re, "all": plan.all_units}
        except RuleBroken as error:
            raise RuleBroken(str(error), field=f"aql_{defect_class}") from error
        rows.append(row)
    sizes = [row["n"] for row in rows if "n" in row]
    size = max(sizes) if sizes else lot
    for row in rows:
        if "n" not in row:  # none accepted, whatever the sample
            row |= {"letter": "", "n": size, "ac": 0, "re": 1, "all": size >= lot}
    document.plan, document.sample_size = rows, size
    strictest = [severity for severity in (Severity.TIGHTENED, Severity.NORMAL) if severity in severities.values()]
    document.severity = strictest[0] if strictest else Severity.REDUCED


def about(document: Inspection) -> list[tuple[str, int]]:
    """The order that an inspection's events concern."""
    return [("sourcing.purchaseorder", document.order_id)]
