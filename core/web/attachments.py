"""Files and notes, for every registered kind of document alike: sent and read through its visibility rule."""

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core import files
from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.outbox import kind_of
from core.web import documents
from core.web.access import Request, page
from core.web.forms import step


def shown_on(request: Request, document) -> dict:
    """The context of web/_files.html and web/_notes.html for this document and this person."""
    actor, kind = request.actor, kind_of(document)
    known = documents.get(kind)
    parties = documents.parties_of(document) if actor.is_staff else ()
    names = dict(parties)
    notes = list(files.notes_of(actor, document))
    for note in notes:
        note.reader = names.get(note.party_id, "") if note.party_id else ""
    return {
        "document_kind": kind,
        "document_id": document.pk,
        "files": files.files_of(actor, document),
        "file_types": known.file_types if known else (),
        "notes": notes,
        "readers": parties,
        "party_names": names,
    }


@page(outside=True)
@require_POST
def add_note(request, kind: str, pk: int):
    document = documents.fetch(request.actor, kind, pk)
    known = documents.kind_named(kind)
    shared, party_id = _reader(request, document)
    return step(
        request,
        act=lambda: files.write_note(
            actor=request.actor,
            document=document,
            text=request.POST.get("text", ""),
            shared=shared,
            party_id=party_id,
            answered_by=known.answered_by,
        ),
        back=known.url(document, request.actor) + "#notes",
    )


@page(outside=True)
@require_POST
def add_file(request, kind: str, pk: int):
    document = documents.fetch(request.actor, kind, pk)
    known = documents.kind_named(kind)
    back = known.url(document, request.actor) + "#files"
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, _("Choose a file."))
        return step(request, act=lambda: None, back=back)
    doc_type = request.POST.get("doc_type", "")
    shared, party_id = _reader(request, document)
    return step(
        request,
        act=lambda: files.attach(
            actor=request.actor,
            document=document,
            file=upload,
            name=upload.name,
            doc_type=doc_type if doc_type in dict(known.file_types) else "",
            shared=shared,
            party_id=party_id,
        ),
        back=back,
        said=_("%(name)s is kept.") % {"name": files.clean_name(upload.name)},
    )


def _reader(request, document) -> tuple[bool, int | None]:
    """Who besides us may read it: ("all": everyone on the document; a party's id: that one; else nobody)."""
    reader = request.POST.get("reader", "")
    if reader == "all":
        return True, None
    party = as_id(reader)
    if party is not None:
        if party not in dict(documents.parties_of(document)):
            raise RuleBroken(_("This party takes no part in the document."), field="reader")
        return False, party
    return False, None


@page(outside=True)
@require_GET
def download(request, pk: int) -> FileResponse:
    """The file, as an attachment that no browser opens by itself."""
    found = files.visible_attachments(request.actor).filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    documents.fetch(request.actor, found.document_kind, found.document_id)
    answer = FileResponse(
        default_storage.open(files.path_of(found.sha256)),
        as_attachment=True,
        filename=found.name,
        content_type=found.content_type,
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
