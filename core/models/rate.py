from django.db import models


class RateWindow(models.Model):
    """How many requests one API token has sent since its current minute began.

    An UNLOGGED table (see the migration): a crash may forget a minute's count, and nothing waits for the disk.
    """

    key = models.CharField(primary_key=True, max_length=40)
    started_at = models.DateTimeField()
    used = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.used}"
