from django.db import models
from django.db.models.functions import Now


class OutgoingMail(models.Model):
    """A mail decided in a transaction and sent after it by the outbox, at least once, under a stable Message-ID."""

    company_id = models.BigIntegerField(null=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
