from django.db import models
from django.db.models.functions import Now


class Task(models.Model):
    """Something somebody must do about a document: feeds "who acts next", the work queue and the portal's home.

    One row per kind and document; recomputing never doubles it, and a done task does not come back.
    """

    company_id = models.BigIntegerField()
    kind = models.CharField(max_length=60, help_text="What is to be done, e.g. sourcing.confirm_order")
    document_kind = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    document_number = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=200, blank=True)
    role = models.CharField(
        max_length=30, blank=True, help_text="The staff role that acts; empty for an outside party's task"
    )
    party_id = models.BigIntegerField(null=True, help_text="The organisation that acts; null for staff")
    due_date = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    days_late: int  # by the page of tasks

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "document_kind", "document_id"], name="core_task_once")]
        indexes = [
            models.Index(
                fields=["company_id", "role", "due_date"], name="core_task_staff", condition=models.Q(done_at=None)
            ),
            models.Index(fields=["party_id", "due_date"], name="core_task_party", condition=models.Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return self.title
