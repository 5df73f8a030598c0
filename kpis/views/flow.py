"""The event flow: what has happened, what is still owed to which handler, what failed and why."""

from typing import Any

from django.apps import apps
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import nudge, outbox
from core.actor import Actor
from core.documents import as_id
from core.models import Delivery, SealedEvent
from core.web import documents, live
from core.web.access import page
from core.web.forms import step

SHOWN = 50
STALE_SECONDS = 60
PERMISSION = "core.view_outbox"


@page(PERMISSION)
def event_flow(request):
    """What is owed per handler, and the events of the company, newest first (``?before=`` a position pages back)."""
    return render(request, "kpis/event_flow.html", {**_state(), **_feed(request)})


@page(PERMISSION)
def event_flow_live(request):
    """The part of the page that changes, when it has changed."""
    state = _state()
    return live.answer(
        request,
        seen=state["seen"],
        template="kpis/event_flow.html#flow",
        context=lambda: {**state, **_feed(request)},
    )


@require_POST
@page(PERMISSION)
def retry_events(request):
    """Make everything that backs off due now."""

    def act():
        outbox.retry()
        nudge.after_commit()

    return step(request, act=act, back=reverse("kpis:event_flow"), said=_("All that waits is being tried again."))


def _state() -> dict:
    owed = {row["handler"]: row for row in outbox.owed()}
    names = [outbox.SEALER, *sorted(outbox.HANDLERS), *sorted(owed.keys() - outbox.HANDLERS.keys() - {outbox.SEALER})]
    handlers = [
        {
            "name": name,
            "what": _looks_at(name),
            **owed.get(name, {"owed": 0, "oldest_s": None, "failed": 0, "last_error": ""}),
        }
        for name in names
    ]
    for handler in handlers:
        handler["stale"] = (handler["oldest_s"] or 0) > STALE_SECONDS
    last = SealedEvent.objects.order_by("-position").select_related("event").first()
    total, failed = sum(one["owed"] for one in handlers), sum(one["failed"] for one in handlers)
    oldest = max((one["oldest_s"] or 0 for one in handlers), default=0)
    return {
        "handlers": handlers,
        "total": total,
        "failed": failed,
        "oldest": oldest,
        "stale": oldest > STALE_SECONDS,
        "last": last,
        "failures": list(Delivery.objects.filter(done_at=None, attempts__gt=0).order_by("due_at")[:20])
        if failed
        else [],
        "seen": f"{last.position if last else 0}.{total}.{failed}.{int(oldest > STALE_SECONDS)}",
        "now": timezone.now(),
    }


def _looks_at(name: str) -> str:
    """What a handler recomputes something about, in words."""
    if name == outbox.SEALER:
        return _("events: puts them in order and chains their hashes")
    if name not in outbox.HANDLERS:
        return _("nothing registered under this name")
    return str(apps.get_model(outbox.HANDLERS[name].kind)._meta.verbose_name)


def _feed(request) -> dict:
    """One page of the company's events. Paged by position, so that it costs the same however many there are."""
    sealed = SealedEvent.objects.filter(event__company_id=request.actor.company_id).select_related("event")
    before = as_id(request.GET.get("before"))
    if before is not None:
        sealed = sealed.filter(position__lt=before)
    rows: list[Any] = list(sealed.order_by("-position")[: SHOWN + 1])
    more = rows[SHOWN - 1].position if len(rows) > SHOWN else None
    rows = rows[:SHOWN]
    named = _documents(request.actor, [row.event for row in rows])
    for row in rows:
        row.meaning = getattr(outbox.EVENTS.get(row.event.name), "meaning", "")
        row.document, row.url = named.get((row.event.subject_kind, row.event.subject_id), ("", ""))
    return {"feed": rows, "more": more, "before": before}


def _documents(actor: Actor, events) -> dict[tuple[str, int], tuple[str, str]]:
    """What each event's subject is called, and its page if the actor may open it; one query per kind."""
    by_kind: dict[str, set[int]] = {}
    for event in events:
        by_kind.setdefault(event.subject_kind, set()).add(event.subject_id)
    found = {}
    for kind, ids in by_kind.items():
        try:
            model = apps.get_model(kind)
        except (LookupError, ValueError):
            continue
        known = documents.get(kind)
        opened = known if known and known.open_to(actor) else None
        for pk, document in model._default_manager.in_bulk(ids).items():
            found[kind, pk] = (str(document), opened.url(document, actor) if opened else "")
    return found
