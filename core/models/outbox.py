"""The outbox: what happened, whom it concerns, and who still has to take note of it.

core knows no business nouns: documents, companies, users and parties stand here as a kind ("app.model") and an id.
"""

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


def append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def never_emptied() -> pgtrigger.Trigger:
    """Not even by the owner of the table, who alone may TRUNCATE."""
    refuse = "RAISE EXCEPTION 'Cannot truncate table %', TG_TABLE_NAME;"
    return pgtrigger.Trigger(
        name="never_emptied",
        operation=pgtrigger.Truncate,
        when=pgtrigger.Before,
        level=pgtrigger.Statement,
        func=refuse,
    )


class Event(models.Model):
    """Something that happened, written in the transaction in which it happened."""

    name = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    company_id = models.BigIntegerField(null=True)
    shared = models.BooleanField(default=False, help_text="Outside parties named on the documents may see it.")
    payload = models.JSONField(default=dict)
    user_id = models.BigIntegerField(null=True)
    party_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    channel = models.CharField(max_length=10)
    request_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=Now(), help_text="Differs only where history is recorded later")

    class Meta:
        triggers = [append_only(), never_emptied()]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


# What follows hangs on events, which are written in the same statement or read before, and never deleted: a constraint
# would look each of them up once more at every commit.


class EventAbout(models.Model):
    """A document that an event concerns: what its timeline reads, and what its handlers recompute."""

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="about", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=60)
    document_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["kind", "document_id", "event"], name="core_about_document")]
        constraints = [models.UniqueConstraint(fields=["event", "kind", "document_id"], name="core_about_once")]


class Delivery(models.Model):
    """One handler still owes (or has paid) attention to one subject because of what a transaction did to it.

    ``event`` is the first by which that transaction told of the subject. The sealer is owed ranges of events, one a
    statement: from ``event`` to ``subject_id``. What others wrote in between is sealed with them, if it is committed.
    """

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False, db_constraint=False
    )
    handler = models.CharField(max_length=80)
    subject_id = models.BigIntegerField()
    transaction = models.BigIntegerField(help_text="pg_current_xact_id() of the transaction that announced it")
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(db_default=0)
    last_error = models.TextField(blank=True, db_default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handler", "subject_id", "transaction"], name="core_delivery_once")
        ]
        indexes = [
            models.Index(fields=["handler", "id"], name="core_delivery_owed", condition=models.Q(done_at=None)),
            BrinIndex(fields=["done_at"], name="core_delivery_done"),  # pruned by the day: pages, not rows, are found
        ]


class SealedEvent(models.Model):
    """An event's gap-free place in the order of commits, and the hash that chains it to all before it (SHA-256)."""

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal", db_constraint=False)
    hash = models.BinaryField(max_length=32)

    class Meta:
        triggers = [append_only(), never_emptied()]
