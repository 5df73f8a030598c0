"""What happened, in the sealed order: a gap-free position per event, so a reader that was away misses nothing.

Positions are given after the commit, one by one: whatever commits late gets a later position, and none is ever filled
in behind a reader. (Ids are taken before the commit; "everything after the last id I saw" would miss what was still
open then.)
"""

from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from core.actor import Actor
from core.errors import RuleBroken
from core.models import SealedEvent
from parties.models import DocumentParty

SCAN = 5_000  # positions looked at for one page, however few of them the reader may see


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order; ``next`` is the position to go on from, ``more`` whether something is there already."""

    events: list[SealedEvent]
    next: int
    more: bool


def events_after(actor: Actor, position: int, limit: int) -> Page:
    """The events after ``position`` that the actor may see, at a cost that depends on neither its depth nor who asks.

    Raises RuleBroken for a position that was never given: the reader has seen another history, or a restored one.
    """
    head = SealedEvent.objects.aggregate(head=Max("position"))["head"] or 0
    if position > head:
        raise RuleBroken(
            f"The feed ends at position {head}; {position} was never given. Was a backup restored? Then read anew.",
            field="after",
        )
    until = min(head, position + SCAN)
    found = visible(SealedEvent.objects.filter(position__gt=position, position__lte=until), actor)
    events = list(found.select_related("event").order_by("position")[:limit])
    reached = events[-1].position if len(events) == limit else until
    return Page(events, reached, reached < head)


def visible(sealed: QuerySet[SealedEvent], actor: Actor) -> QuerySet[SealedEvent]:
    """Staff: what happened in their company. An outside party: its own acts, and what is shared about its documents."""
    if actor.party_id is None:
        return sealed.filter(event__company_id=actor.company_id)
    named = DocumentParty.objects.filter(
        organisation_id=actor.party_id, kind=OuterRef("event__subject_kind"), document_id=OuterRef("event__subject_id")
    )
    return sealed.filter(Q(event__party_id=actor.party_id) | (Q(event__shared=True) & Exists(named)))
