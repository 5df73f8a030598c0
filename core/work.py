"""Tasks: who acts next. Services open and finish them in the transaction that makes them necessary or done."""

from collections.abc import Sequence
from datetime import date

from django.db import models
from django.utils import timezone

from core.actor import Actor
from core.models import Task
from core.outbox import Document, kind_of


def open_task(
    kind: str,
    document: Document,
    *,
    title: str,
    role: str = "",
    party_id: int | None = None,
    due_date: date | None = None,
    url: str = "",
) -> None:
    """This will make sure the task stands open once for this document, with this due date; a done one is re-opened."""
    values = {
        "company_id": document.company_id,
        "document_number": getattr(document, "number", ""),
        "title": title,
        "url": url or document.get_absolute_url(),
        "role": role,
        "party_id": party_id,
        "due_date": due_date,
        "done_at": None,
    }
    Task.objects.bulk_create(
        [Task(kind=kind, document_kind=kind_of(document), document_id=document.pk, **values)],
        update_conflicts=True,
        unique_fields=["kind", "document_kind", "document_id"],
        update_fields=list(values),
    )


def finish_tasks(document: Document, *kinds: str) -> None:
    """This will mark the document's tasks of these kinds (all when none is named) as done."""
    finish_tasks_of([document], *kinds)


def finish_tasks_of(documents: Sequence[Document], *kinds: str) -> None:
    """The same for any number of documents of one kind, in one statement."""
    if not documents:
        return
    ids = [document.pk for document in documents]
    tasks = Task.objects.filter(document_kind=kind_of(documents[0]), document_id__in=ids, done_at=None)
    (tasks.filter(kind__in=kinds) if kinds else tasks).update(done_at=timezone.now())


def waiting_for(actor: Actor) -> models.QuerySet[Task]:
    """The actor's open tasks, most urgent first: an outside party's own, or the company's for the roles he holds."""
    tasks = Task.objects.filter(done_at=None).order_by(models.F("due_date").asc(nulls_last=True), "id")
    if not actor.is_staff:
        return tasks.filter(party_id=actor.party_id)
    return tasks.filter(company_id=actor.company_id, party_id=None, role__in=actor.roles)


def open_in(actor: Actor) -> models.QuerySet[Task]:
    """Every open task of the actor's company, the outside parties' too: who acts next, whoever it is. Staff only."""
    tasks = Task.objects.filter(done_at=None).order_by(models.F("due_date").asc(nulls_last=True), "id")
    return tasks.filter(company_id=actor.company_id) if actor.is_staff else tasks.none()
