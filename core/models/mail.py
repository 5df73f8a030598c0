from django.db import models
from django.db.models.functions import Now


class OutgoingMail(models.Model):
    """A mail decided in a transaction and sent after it by the outbox, at least once, under a stable Message-ID."""

    company_id = models.BigIntegerField(null=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now(), help_text="Later than now after a failed try")
    attempts = models.PositiveSmallIntegerField(db_default=0)
    last_error = models.TextField(blank=True, db_default="")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="core_mail_due", condition=models.Q(sent_at=None))]
