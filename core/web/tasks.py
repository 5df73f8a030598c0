"""The work queue: what waits for me, most urgent first, and who has to act next on everything else."""

from datetime import date, timedelta

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.models import Task
from core.web import documents, nav
from core.web.access import page

PAGE_SIZE = 200


def groups(tasks: list[Task], today: date) -> list[tuple[str, str, list[Task]]]:
    """The tasks by urgency: (key, heading, tasks), without empty groups."""
    monday = today + timedelta(days=7 - today.weekday())
    found: dict[str, list[Task]] = {key: [] for key in ("late", "today", "week", "later", "open")}
    for task in tasks:
        due = task.due_date
        if due is None:
            key = "open"
        elif due < today:
            key = "late"
        elif due == today:
            key = "today"
        else:
            key = "week" if due < monday else "later"
        task.days_late = (today - due).days if due else 0
        found[key].append(task)
    headings = {
        "late": _("Overdue"),
        "today": _("Due today"),
        "week": _("This week"),
        "later": _("Later"),
        "open": _("Without a date"),
    }
    return [(key, headings[key], rows) for key, rows in found.items() if rows]


def count(actor: Actor) -> int:
    """How many tasks wait for the actor: the number at the bell."""
    return work.waiting_for(actor).count()


def counter(document_kind: str):
    """A badge for ``nav.register``: how many tasks about documents of this kind wait for the actor."""
    return lambda actor: work.waiting_for(actor).filter(document_kind=document_kind).count()


def lead_where_allowed(actor: Actor, tasks: list[Task]) -> None:
    """This will lead nobody where he may not go, and to where it is done only who acts; whoever else of our staff reads
    the task is led to our page of its document. One query for each kind of others' documents.
    """
    others = [task for task in tasks if actor.is_staff and (task.party_id or task.role not in actor.roles)]
    found = documents.names_and_links(actor, [(task.document_kind, task.document_id) for task in others])
    for task in others:
        task.url = found.get((task.document_kind, task.document_id), ("", ""))[1]
    for task in tasks:
        if (kind := documents.get(task.document_kind)) and not kind.open_to(actor):
            task.url = ""


@page()
def queue(request):
    everyone = request.GET.get("of") == "all"
    actor = request.actor
    mine = work.waiting_for(actor)
    tasks = work.open_in(actor) if everyone else mine
    shown = Paginator(tasks, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(shown.object_list)
    lead_where_allowed(actor, rows)
    context = {
        "groups": groups(rows, timezone.localdate()),
        "page": shown,
        "everyone": everyone,
        "mine_count": mine.count() if everyone else shown.paginator.count,
        "all_count": shown.paginator.count if everyone else work.open_in(actor).count(),
        "role_names": nav.role_names(),
        "party_names": nav.party_names({task.party_id for task in rows if task.party_id}) if everyone else {},
    }
    return render(request, "web/tasks.html", context)
