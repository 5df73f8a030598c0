"""Files and notes on documents.

A file is stored once under its SHA-256, whatever it is called and however often it is attached. What it is follows from
its first bytes, not from its name or from what the browser says; what could run in a browser is not taken in at all.

Who reads what: staff read everything on a document they may open. An outside party reads what is ``shared`` with every
party on the document, and what carries its own ``party_id``: what it sent us, and what we addressed to it alone.
"""

import hashlib
import re
import unicodedata
from typing import BinaryIO

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.errors import RuleBroken
from core.models import Attachment, Note
from core.outbox import Document, kind_of

MAX_BYTES = 20_000_000
ANSWER_TASK = "core.answer_note"

# Begins with → what it is. Text has no such mark and is checked apart.
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_OFFICE = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "zip": "application/zip",
    "xls": "application/vnd.ms-excel",
    "doc": "application/msword",
    "msg": "application/vnd.ms-outlook",
}
_TEXT = {
    "csv": "text/csv",
    "txt": "text/plain",
    "edi": "text/plain",
    "xml": "application/xml",
    "json": "application/json",
}
_ACTIVE = re.compile(rb"<\s*(script|html|svg|iframe|object|embed|body|!doctype\s+html)", re.IGNORECASE)


def sniff(head: bytes, name: str) -> str:
    """The content type of a file by its first bytes (and, for what they leave open, its ending).

    Raises RuleBroken for what we do not take in: programs, pages and drawings that run in a browser, and what cannot
    be told.
    """
    ending = name.rpartition(".")[2].lower()
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind in ("application/zip", "application/x-ole-storage"):
                if ending not in _OFFICE:
                    break
                return _OFFICE[ending]
            return kind
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "image/heic"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if ending in _TEXT and b"\x00" not in head and not _ACTIVE.search(head):
        return _TEXT[ending]
    raise RuleBroken(
        _("“%(name)s” is not a kind of file we take. Send PDF, pictures, Excel, Word, CSV, text or ZIP.")
        % {"name": name},
        field="file",
    )


def clean_name(name: str) -> str:
    """A file name without folders, control characters and what turns text around; at most 200 characters."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    if len(name) > 200:
        stem, dot, ending = name.rpartition(".")
        name = stem[: 199 - len(ending)] + dot + ending if dot and len(ending) < 12 else name[:200]
    return name or _("file")


def visible_attachments(actor: Actor) -> models.QuerySet[Attachment]:
    """The files the actor may read on documents he may open (which the caller checks)."""
    found = Attachment.objects.all()
    return found if actor.is_staff else found.filter(Q(shared=True) | Q(party_id=actor.party_id))


def files_of(actor: Actor, document: Document) -> list[Attachment]:
    """The document's files, newest first; ``superseded`` marks those with a later version."""
    found = list(
        visible_attachments(actor)
        .filter(document_kind=kind_of(document), document_id=document.pk)
        .order_by("-uploaded_at", "-id")
    )
    latest: dict[tuple[str, str], int] = {}
    for file in found:
        key = (file.doc_type, file.name)
        latest[key] = max(latest.get(key, 0), file.version)
    for file in found:
        file.superseded = file.version < latest[file.doc_type, file.name]
    return found


def notes_of(actor: Actor, document: Document) -> models.QuerySet[Note]:
    """The document's notes, oldest first."""
    found = Note.objects.filter(document_kind=kind_of(document), document_id=document.pk).order_by("written_at", "id")
    return found if actor.is_staff else found.filter(Q(shared=True) | Q(party_id=actor.party_id))


@transaction.atomic
def attach(
    *,
    actor: Actor,
    document: Document,
    file: BinaryIO | File,
    name: str,
    doc_type: str = "",
    shared: bool = False,
    party_id: int | None = None,
) -> Attachment:
    """This will keep a file on ``document``, which the actor may open; the same name again becomes the next version.

    Staff share it with every party on the document (``shared``), with one (``party_id``) or with nobody. What an
    outside party sends, it and we can read. Raises RuleBroken above MAX_BYTES, for an empty file and for a kind of file
    that is not taken (see ``sniff``).
    """
    name = clean_name(name)
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise RuleBroken(_("The file is larger than %(size)s MB.") % {"size": MAX_BYTES // 1_000_000}, field="file")
    if not data:
        raise RuleBroken(_("The file is empty."), field="file")
    content_type = sniff(data[:4096], name)
    sha256 = hashlib.sha256(data).hexdigest()
    if not default_storage.exists(path := path_of(sha256)):
        default_storage.save(path, ContentFile(data))
    if not actor.is_staff:
        shared, party_id = False, actor.party_id
    place = {"document_kind": kind_of(document), "document_id": document.pk, "doc_type": doc_type[:40], "name": name}
    version = (Attachment.objects.filter(**place).aggregate(last=models.Max("version"))["last"] or 0) + 1
    while True:
        try:
            with transaction.atomic():
                return Attachment.objects.create(
                    company_id=document.company_id,
                    version=version,
                    content_type=content_type,
                    size=len(data),
                    sha256=sha256,
                    shared=shared,
                    uploaded_by=actor.name,
                    party_id=party_id,
                    **place,
                )
        except IntegrityError:  # a file of that name that this party may not see, or one sent at the same moment
            version += 1


@transaction.atomic
def write_note(
    *,
    actor: Actor,
    document: Document,
    text: str,
    shared: bool = False,
    party_id: int | None = None,
    answered_by: str = "",
) -> Note:
    """This will add a note; it is never edited. A party's note opens a task for the role ``answered_by``, ours ends it.

    Staff write for themselves, for one party (``party_id``) or for every party on the document (``shared``).
    """
    text = text.replace("\x00", "").strip()
    if not text:
        raise RuleBroken(_("Write something first."), field="text")
    if len(text) > 4000:
        raise RuleBroken(_("A note holds at most 4,000 characters."), field="text")
    if not actor.is_staff:
        shared, party_id = False, actor.party_id
    note = Note.objects.create(
        company_id=document.company_id,
        document_kind=kind_of(document),
        document_id=document.pk,
        text=text,
        shared=shared,
        author=actor.name,
        user_id=actor.user_id,
        party_id=party_id,
    )
    if not actor.is_staff and answered_by:
        work.open_task(
            ANSWER_TASK,
            document,
            title=_("%(author)s wrote about %(document)s: answer") % {"author": actor.name, "document": document},
            role=answered_by,
            url=document.get_absolute_url() + "#notes",
        )
    elif actor.is_staff and (shared or party_id):
        work.finish_tasks(document, ANSWER_TASK)
    return note


def path_of(sha256: str) -> str:
    """Where the file lies in the storage."""
    return f"attachments/{sha256[:2]}/{sha256}"
