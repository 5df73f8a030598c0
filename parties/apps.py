from django.apps import AppConfig

from core.rls import Policy


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
        "parties.view_organisation": ("buyer", "approver", "quality", "logistics", "finance", "sales", "auditor", "admin"),
        "parties.add_organisation": ("buyer", "logistics", "admin"),
        "parties.change_organisation": ("buyer", "logistics", "admin"),
        "parties.manage_members": ("admin", "party_admin"),
        "parties.manage_tokens": ("admin",),
        "core.view_outbox": ("admin",),
    }

    def ready(self) -> None:
        from core.web import documents, nav
        from parties import names

        nav.register_identity(names.identity)
        nav.register_names(names.roles, names.parties)
        documents.register_parties(names.parties_of)
