from django.db import models
from django.db.models.functions import Now

from core.models.outbox import append_only


class Attachment(models.Model):
    """A file on a document: stored once by its SHA-256, downloaded only through the document's own visibility rule."""

    company_id = models.BigIntegerField()
    document_kind = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    doc_type = models.CharField(
        max_length=40, blank=True, help_text="commercial_invoice, packing_list, bill_of_lading, photo, …"
    )
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    shared = models.BooleanField(default=False, help_text="Outside parties named on the document may download it.")
    uploaded_by = models.CharField(max_length=200)
    party_id = models.BigIntegerField(null=True)
    superseded: bool  # by core.files.files_of: there is a later version
    uploaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document_kind", "document_id", "doc_type", "name", "version"], name="core_attachment_version"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Note(models.Model):
    """A remark on a document, distinct from its change log; never edited."""

    company_id = models.BigIntegerField()
    document_kind = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    text = models.TextField(max_length=4000)
    shared = models.BooleanField(default=False, help_text="Outside parties named on the document may read it.")
    author = models.CharField(max_length=200)
    user_id = models.BigIntegerField(null=True)
    party_id = models.BigIntegerField(null=True)
    reader: str  # by the page: the party it was written for
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["document_kind", "document_id"], name="core_note_document")]
        triggers = [append_only()]
