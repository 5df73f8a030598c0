from django.db import models
from django.db.models.functions import Now


class ApprovalRule(models.Model):
    """Above ``amount`` (company base currency) a document of ``kind`` needs ``count`` approvals by holders of ``role``."""

    company_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    amount = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    role = models.CharField(max_length=30)
    count = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company_id", "kind", "amount"], name="core_rule_once"),
            models.CheckConstraint(condition=models.Q(count__gte=1), name="core_rule_count"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.amount}: {self.count} × {self.role}"


class ApprovalRequest(models.Model):
    """A document waiting for approval, bound to its content: a change after the request voids it."""

    company_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    content_hash = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    requested_by = models.BigIntegerField(null=True)
    requested_at = models.DateTimeField(db_default=Now())
    needed = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(max_length=30, blank=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=10, blank=True, choices=[("approved", "approved"), ("rejected", "rejected"), ("void", "void")]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "document_id"], condition=models.Q(closed_at=None), name="core_one_open_request"
            )
        ]


class ApprovalVote(models.Model):
    """One person's yes to a request; never the requester's own."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="votes", db_index=False)
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=200)
    voted_at = models.DateTimeField(db_default=Now())
    comment = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "user_id"], name="core_vote_once")]
