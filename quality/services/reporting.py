"""What becomes of a booked inspection: reported, aborted, conceded, cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.bulk import update_rows
from core.documents import lock
from core.errors import RuleBroken, TransitionRefused
from core.outbox import announce
from quality import aql, events
from quality.flows import INSPECTION, InspectionStatus
from quality.models import DefectClass, Finding, Inspection, InspectionKind
from quality.services.planning import DECIDE_TASK, DUE_TASK, REPORT_TASK, about, draw

MADE_PCT, PACKED_PCT = Decimal(100), Decimal(80)  # when a pre-shipment inspection may start (decision 22)


@dataclass(frozen=True, slots=True)
class FindingInput:
    """``count`` defects of one class and kind, found among the first n units that the plan of that class asks for."""

    defect_class: str
    description: str
    count: int


@transaction.atomic
def report_inspection(
    *,
    actor: Actor,
    inspection_id: int,
    inspected_date: date,
    findings: Sequence[FindingInput] = (),
    made_pct: Decimal | None = None,
    packed_pct: Decimal | None = None,
    presented: Mapping[int, Decimal] | None = None,
    report: str = "",
    version: int | None = None,
) -> Inspection:
    """This will record what was found; the sampling plan decides between passed and failed, nobody types the verdict.

    ``presented`` (by order line id) says what was there if not what was booked; the sample follows it.
    A pre-shipment inspection needs all goods made and at least 80 % packed: with less, abort it. Critical, major and
    minor defects are judged each by its own plan, and one that fails fails the lot. Once reported, it stands.
    """
    document = lock(Inspection.objects.visible_to(actor), inspection_id, version=version)
    actor.needs("quality.report_inspection")
    if document.status != InspectionStatus.PLANNED:
        INSPECTION.take(document, "pass", actor)  # refuses, with the sentence
    if document.kind == InspectionKind.PSI:
        _ready(document, made_pct, packed_pct)
    if presented:
        _present(document, presented)
    counts = _counted(findings)
    passed = True
    for row in document.plan:
        plan = aql.Plan(row["letter"], row["n"], row["ac"], row["re"])
        found = counts[row["class"]]
        accepted, gap = plan.verdict(found)
        row |= {"found": found, "verdict": "pass" if accepted else "fail", "gap": gap}
        row["tighter"] = _passes_tighter(document, row)
        passed = passed and accepted
    INSPECTION.take(document, "pass" if passed else "fail", actor)
    document.inspected_date, document.reported_by, document.reported_by_id = inspected_date, actor.name, actor.user_id
    document.made_pct, document.packed_pct, document.report = made_pct, packed_pct, report.strip()
    document.bump()
    document.save()
    Finding.objects.bulk_create(
        [
            Finding(inspection=document, defect_class=f.defect_class, description=f.description.strip(), count=f.count)
            for f in findings
            if f.count
        ]
    )
    work.finish_tasks(document, DUE_TASK, REPORT_TASK)
    if not passed:
        work.open_task(
            DECIDE_TASK,
            document,
            title=_("%(inspection)s failed: inspect again, or sign a concession") % {"inspection": document},
            role="quality",
            due_date=inspected_date,
        )
    announce(
        events.INSPECTION_PASSED if passed else events.INSPECTION_FAILED,
        document,
        actor=actor,
        about=about(document),
        payload={"plan": document.plan},
    )
    return document


def _ready(document: Inspection, made_pct: Decimal | None, packed_pct: Decimal | None) -> None:
    for field, value, least, what in (
        ("made_pct", made_pct, MADE_PCT, _("made")),
        ("packed_pct", packed_pct, PACKED_PCT, _("packed")),
    ):
        if value is None or value < least:
            raise RuleBroken(
                _("A pre-shipment inspection starts at %(least)s %% %(what)s; this is %(value)s. Abort it.")
                % {
                    "least": least,
                    "what": what,
                    "value": _("not said") if value is None else f"{value.normalize():f} %",
                },
                field=field,
            )
        if value > 100:
            raise RuleBroken(_("There is no more than 100 %."), field=field)


def _present(document: Inspection, presented: Mapping[int, Decimal]) -> None:
    lines = {line.order_line_id: line for line in document.lines.all()}
    for pk, quantity in presented.items():
        if pk not in lines or quantity <= 0:
            raise RuleBroken(_("Say a quantity above 0 for a line of this inspection."), field="presented")
        lines[pk].quantity = quantity
    update_rows(lines.values(), ["quantity"])
    severities = {row["class"]: row["severity"] for row in document.plan}
    draw(document, sum((line.quantity for line in lines.values()), Decimal(0)), severities)


def _counted(findings: Sequence[FindingInput]) -> dict[str, int]:
    counts = dict.fromkeys(DefectClass.values, 0)
    for index, finding in enumerate(findings):
        if finding.defect_class not in counts:
            raise RuleBroken(_("A defect is critical, major or minor."), field=f"findings/{index}/defect_class")
        if finding.count < 0:
            raise RuleBroken(_("The number found cannot be negative."), field=f"findings/{index}/count")
        if finding.count and not finding.description.strip():
            raise RuleBroken(_("Say what the defect is."), field=f"findings/{index}/description")
        counts[finding.defect_class] += finding.count
    return counts


def _passes_tighter(document: Inspection, row: dict) -> bool:
    """Whether the lot would also have passed one AQL step tighter (for the switching score)."""
    step = aql.tighter(row["aql"]) if row["letter"] else None
    if step is None:
        return row["found"] <= row["ac"]
    lot = int(
        sum((line.quantity for line in document.lines.all()), Decimal(0)).to_integral_value(rounding="ROUND_CEILING")
    )
    return row["found"] <= aql.plan_for(lot, step, level=document.level, severity=row["severity"]).ac


@transaction.atomic
def abort_inspection(
    *, actor: Actor, inspection_id: int, reason: str, inspected_date: date, version: int | None = None
) -> Inspection:
    """This will record that an inspection could not be held (not ready, no access); the supplier bears its cost."""
    document = lock(Inspection.objects.visible_to(actor), inspection_id, version=version)
    INSPECTION.take(document, "abort", actor)
    _needs_reason(reason)
    document.report, document.inspected_date = reason.strip(), inspected_date
    document.reported_by, document.reported_by_id = actor.name, actor.user_id
    document.charged_to_supplier = True
    work.finish_tasks(document, DUE_TASK, REPORT_TASK)
    work.open_task(
        DECIDE_TASK,
        document,
        title=_("%(inspection)s was aborted: book it again") % {"inspection": document},
        role="quality",
        due_date=inspected_date,
    )
    return _save(document, events.INSPECTION_ABORTED, actor, {"reason": reason})


@transaction.atomic
def concede_inspection(*, actor: Actor, inspection_id: int, reason: str, version: int | None = None) -> Inspection:
    """This will accept failed goods by an approver's signed concession; they may then be loaded and paid.

    The report and its verdict stay as they were found. Raises TransitionRefused once a re-inspection is booked.
    """
    document = lock(Inspection.objects.visible_to(actor), inspection_id, version=version)
    INSPECTION.take(document, "concede", actor)
    _needs_reason(reason)
    later = Inspection.objects.filter(reinspection_of=document).exclude(status=InspectionStatus.CANCELLED).first()
    if later:
        raise TransitionRefused(
            _("%(inspection)s is repeated by %(later)s; its verdict counts now.")
            % {"inspection": document, "later": later}
        )
    if actor.is_who(document.reported_by_id, document.reported_by):
        raise RuleBroken(_("You reported this inspection yourself; somebody else must sign the concession."))
    document.concession_reason, document.conceded_by = reason.strip(), actor.name
    work.finish_tasks(document, DECIDE_TASK)
    return _save(document, events.INSPECTION_CONCEDED, actor, {"reason": reason})


@transaction.atomic
def cancel_inspection(*, actor: Actor, inspection_id: int, reason: str = "", version: int | None = None) -> Inspection:
    """This will cancel a planned inspection; the goods are as if it had never been booked."""
    document = lock(Inspection.objects.visible_to(actor), inspection_id, version=version)
    INSPECTION.take(document, "cancel", actor)
    document.report = reason.strip()
    work.finish_tasks(document)
    return _save(document, events.INSPECTION_CANCELLED, actor, {"reason": reason})


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleBroken(_("Give a reason; it stays with the inspection."), field="reason")


def _save(document: Inspection, name, actor: Actor, payload: dict) -> Inspection:
    document.bump()
    document.save()
    announce(name, document, actor=actor, about=about(document), payload=payload)
    return document
