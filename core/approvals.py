"""Approvals: above an amount a document needs other people's yes, bound to exactly what they read.

A person whose own limit covers the amount needs nobody else. Otherwise the strictest rule at or below the amount says
how many holders of which role; the requester never counts, and a change of content voids the request.
"""

import hashlib
import json
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotAllowed, TransitionRefused
from core.models import ApprovalRequest, ApprovalRule, ApprovalVote
from core.outbox import Document, kind_of


def content_hash(content: dict) -> str:
    """SHA-256 of what is approved (ids, decimal strings, dates), independent of key order."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def covers(actor: Actor, amount: Decimal | None) -> bool:
    """Whether the actor's own approval limit covers ``amount`` (company base currency)."""
    return actor.all_permissions or (amount is not None and actor.approval_limit >= amount)


@transaction.atomic
def request_approval(*, actor: Actor, document: Document, amount: Decimal, content: dict) -> ApprovalRequest:
    """This will open a request for ``document``, voiding an older one; ``amount`` is in the company's base currency."""
    kind = kind_of(document)
    ApprovalRequest.objects.filter(kind=kind, document_id=document.pk, closed_at=None).update(
        closed_at=timezone.now(), outcome="void"
    )
    rule = (
        ApprovalRule.objects.filter(company_id=document.company_id, kind=kind, amount__lte=amount)
        .order_by("-amount")
        .first()
    )
    return ApprovalRequest.objects.create(
        company_id=document.company_id,
        kind=kind,
        document_id=document.pk,
        amount=amount,
        content_hash=content_hash(content),
        requested_by=actor.user_id,
        requested_at=actor.at or timezone.now(),
        needed=rule.count if rule else 1,
        role=rule.role if rule else "",
    )


@transaction.atomic
def vote(*, actor: Actor, document: Document, content: dict, comment: str = "") -> bool:
    """This will count the actor's approval; returns True when the document has all it needs.

    Raises NotAllowed for the requester himself or an amount above the actor's limit, TransitionRefused when there is no
    open request or the content differs from what was submitted.
    """
    request = (
        ApprovalRequest.objects.select_for_update()
        .filter(kind=kind_of(document), document_id=document.pk, closed_at=None)
        .first()
    )
    if request is None:
        raise TransitionRefused(_("%(document)s is not waiting for approval.") % {"document": document})
    if request.content_hash != content_hash(content):
        raise TransitionRefused(
            _("%(document)s changed after it was submitted; it must be submitted again.") % {"document": document}
        )
    if actor.user_id is not None and actor.user_id == request.requested_by and not covers(actor, request.amount):
        raise NotAllowed(
            _("You submitted %(document)s yourself; somebody else must approve it.") % {"document": document}
        )
    if not covers(actor, request.amount):
        raise NotAllowed(
            _("%(document)s is above your approval limit; ask somebody with a higher limit.") % {"document": document}
        )
    ApprovalVote.objects.get_or_create(
        request=request,
        user_id=actor.user_id or 0,
        defaults={"user_name": actor.name, "comment": comment, "voted_at": actor.at or timezone.now()},
    )
    if request.votes.count() < request.needed and actor.user_id != request.requested_by:
        return False
    request.closed_at, request.outcome = actor.at or timezone.now(), "approved"
    request.save(update_fields=["closed_at", "outcome"])
    return True


def reject(*, document: Document) -> None:
    """This will close the open request of ``document`` as rejected."""
    ApprovalRequest.objects.filter(kind=kind_of(document), document_id=document.pk, closed_at=None).update(
        closed_at=timezone.now(), outcome="rejected"
    )
