from django.apps import AppConfig

from core.rls import Policy, documents_of

INSPECTION = "quality.inspection"


class QualityConfig(AppConfig):
    name = "quality"
    row_security = {
        "quality_inspection": Policy(read=documents_of(INSPECTION), write=True),
        "quality_inspectionline": Policy(read="inspection_id IN (SELECT i.id FROM quality_inspection i)", write=True),
        "quality_finding": Policy(read="inspection_id IN (SELECT i.id FROM quality_inspection i)", write=True),
    }
    role_permissions = {
        "quality.view_inspection": (
            "quality",
            "buyer",
            "approver",
            "logistics",
            "finance",
            "admin",
            "supplier",
            "inspector",
        ),
        "quality.add_inspection": ("quality", "admin"),
        "quality.report_inspection": ("quality", "inspector", "admin"),
        "quality.concede_inspection": ("approver", "admin"),
        "quality.cancel_inspection": ("quality", "admin"),
    }

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core.web import actions, documents, nav, panels, search, states
        from quality import events  # noqa: F401  (registers the names this app announces)
        from quality.models import Inspection

        documents.register(
            Inspection,
            "quality.view_inspection",
            file_types=(("report", _("Report")), ("photo", _("Photo"))),
            portal_url_name="portal:inspection",
            answered_by="quality",
        )
        states.register("wait", "aborted", "conceded")
        view = "quality.view_inspection"
        nav.register("quality", _("Inspections"), "quality:inspections", view, icon="zoom-check", order=10)
        nav.register("quality", _("Sampling plans"), "quality:sampling_plans", icon="table", order=80)
        nav.register_new(
            _("Inspection"), "quality:inspection_new", "quality.add_inspection", icon="zoom-check", order=30
        )
        search.register(_("Inspections"), _find)
        panels.register("purchase_order", 20, _panel)
        actions.offer("sourcing.purchaseorder", 20, _plan)


def _panel(request, order):
    from quality.views import panel

    return panel(request, order)


def _plan(actor, order):
    """Booking an inspection, on the page of an issued order."""
    from django.urls import reverse
    from django.utils.translation import gettext as _

    from core.web.actions import Action
    from sourcing.flows import OPEN

    if order.status not in OPEN or not actor.can("quality.add_inspection"):
        return None
    return Action("inspect", _("Plan an inspection"), reverse("quality:inspection_plan", args=[order.pk]), post=False)


def _find(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    if not actor.can("quality.view_inspection"):
        return []
    from quality.models import Inspection

    found = Inspection.objects.visible_to(actor).search(text).select_related("supplier").order_by("-pk")[:limit]
    return [(one.number, one.get_absolute_url(), f"{one.order_number}, {one.get_status_display()}") for one in found]
