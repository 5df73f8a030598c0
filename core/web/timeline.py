"""What happened around a document, told by the events that are about it: the same list for every kind."""

from django.utils.translation import gettext as _

from core.actor import API, BROWSER, COMMAND, PORTAL, WORKER, Actor
from core.models import Event
from core.outbox import EVENTS, kind_of
from core.web import documents

_DOORS = {
    BROWSER: lambda: _("in the browser"),
    PORTAL: lambda: _("in the portal"),
    API: lambda: _("through the API"),
    COMMAND: lambda: _("by a command"),
    WORKER: lambda: _("automatically"),
}


def door(channel: str) -> str:
    """The door in words."""
    said = _DOORS.get(channel)
    return said() if said else channel


def _what(event: Event) -> str:
    """What happened, as exactly as the event knows it; of an event that no app announces any more, its name."""
    known = EVENTS.get(event.name)
    if known is None:
        return event.name
    return (known.told(event.payload) if known.told else "") or str(known.meaning)


def of(actor: Actor, document, *, limit: int = 100) -> list[dict]:
    """The last events about ``document`` that the actor may see, newest first, as web/_timeline.html shows them.

    An outside party sees what is meant for it (shared events, and its own). Three queries and one for each kind of
    document named.
    """
    found = Event.objects.filter(about__kind=kind_of(document), about__document_id=document.pk).order_by("-id")
    if not actor.is_staff:
        from django.db.models import Q

        found = found.filter(Q(shared=True) | Q(party_id=actor.party_id))
    events = list(found[:limit])
    here = (kind_of(document), document.pk)
    named = documents.names_and_links(actor, {(e.subject_kind, e.subject_id) for e in events} - {here})
    entries: list[dict] = []
    for event in events:
        subject = (event.subject_kind, event.subject_id)
        name, url = named.get(subject, ("", ""))
        if subject != here and not actor.is_staff and not name:
            continue  # about our document, but the other one is not his business
        entry: dict = {
            "at": event.occurred_at,
            "who": event.actor_name,
            "door": door(event.channel),
            "what": _what(event),
            "document": name,
            "url": url,
            "detail": str(event.payload.get("reason") or ""),
            "times": 1,
        }
        if entries and _same(entries[-1], entry):
            entries[-1]["times"] += 1
        else:
            entries.append(entry)
    return entries


def _same(one: dict, other: dict) -> bool:
    """Whether two entries say the same thing of the same minute: three charges shared are one line, "3 times"."""
    if abs((one["at"] - other["at"]).total_seconds()) > 60:
        return False
    return all(one[key] == other[key] for key in ("who", "door", "what", "document", "detail"))
