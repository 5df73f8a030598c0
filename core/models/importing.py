from django.db import models
from django.db.models.functions import Now


class ImportJob(models.Model):
    """An upload on its way through the wizard: upload → map → preview → commit; it can be left and come back to."""

    STATES = [("mapping", "mapping"), ("preview", "preview"), ("committed", "committed"), ("failed", "failed")]

    company_id = models.BigIntegerField()
    importer = models.CharField(max_length=60)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=200)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=STATES, default="mapping")
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    committed_at = models.DateTimeField(null=True)
