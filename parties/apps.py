from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.rls import Policy

_ALL_STAFF = ("buyer", "approver", "quality", "logistics", "warehouse", "sales", "finance", "admin")


class PartiesConfig(AppConfig):
    name = "parties"
    row_security = {
        "parties_documentparty": Policy(read="organisation_id = app_party()", write=True),
        "core_event": Policy(
            read="party_id = app_party() OR (shared AND EXISTS (SELECT FROM core_eventabout a JOIN parties_documentparty p "
            "ON p.kind = a.kind AND p.document_id = a.document_id WHERE a.event_id = core_event.id))",
            write=True,
        ),
        "core_task": Policy(
            read="party_id = app_party() OR EXISTS (SELECT FROM parties_documentparty p "
            "WHERE p.kind = document_kind AND p.document_id = core_task.document_id)",
            write=True,
        ),
        "core_attachment": Policy(
            read="party_id = app_party() OR (shared AND EXISTS (SELECT FROM parties_documentparty p "
            "WHERE p.kind = document_kind AND p.document_id = core_attachment.document_id))",
            write=True,
        ),
        "core_note": Policy(
            read="party_id = app_party() OR (shared AND EXISTS (SELECT FROM parties_documentparty p "
            "WHERE p.kind = document_kind AND p.document_id = core_note.document_id))",
            write=True,
        ),
    }
    role_permissions = {
        "parties.view_organisation": _ALL_STAFF,
        "parties.add_organisation": ("buyer", "logistics", "sales", "admin"),
        "parties.change_organisation": ("buyer", "logistics", "sales", "admin"),
        "parties.view_paymentterm": _ALL_STAFF,
        "parties.change_paymentterm": ("finance", "admin"),
        "parties.view_company": _ALL_STAFF,
        "parties.change_company": ("admin",),
        "parties.view_approvalrule": ("approver", "finance", "admin"),
        "parties.change_approvalrule": ("admin",),
        "parties.manage_members": ("admin", "party_admin"),
        "parties.manage_tokens": ("admin",),
        "core.view_outbox": ("admin",),
    }

    def ready(self) -> None:
        from core.web import documents, nav, search
        from parties import events, names  # noqa: F401  (events: registers the names this app announces)
        from parties.models import Organisation

        nav.register_identity(names.identity)
        nav.register_names(names.roles, names.parties)
        documents.register_parties(names.parties_of)

        view = "parties.view_organisation"
        nav.register("settings", _("Company"), "parties:company", "parties.view_company", icon="building", order=10)
        nav.register("settings", _("People"), "parties:members", "parties.manage_members", icon="users", order=20)
        nav.register(
            "settings",
            _("Approval rules"),
            "parties:approval_rules",
            "parties.view_approvalrule",
            icon="check",
            order=30,
        )
        nav.register("settings", _("Business partners"), "parties:organisations", view, icon="building-bank", order=40)
        nav.register(
            "settings", _("Payment terms"), "parties:payment_terms", "parties.view_paymentterm", icon="coins", order=42
        )
        nav.register("settings", _("API tokens"), "parties:tokens", "parties.manage_tokens", icon="key", order=50)
        search.register(_("Business partners"), _find)
        documents.register(
            Organisation, view, file_types=(("contract", _("Contract")), ("licence", _("Business licence")))
        )


def _find(actor, text: str, limit: int) -> list[tuple[str, str, str]]:
    from parties.models import Organisation

    if not actor.can("parties.view_organisation"):
        return []
    found = Organisation.objects.visible_to(actor).search(text).order_by("-active", "name")[:limit]
    return [(f"{one.code} {one.name}", one.get_absolute_url(), ", ".join(one.kinds)) for one in found]
