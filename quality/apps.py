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

        from core.web import documents
        from quality import events  # noqa: F401  (registers the names this app announces)
        from quality.models import Inspection

        documents.register(
            Inspection,
            "quality.view_inspection",
            file_types=(("report", _("Report")), ("photo", _("Photo"))),
            portal_url_name="portal:inspection",
            answered_by="quality",
        )
