"""The kinds of documents, as pages need to know them: how one is fetched, who may open it, where its page is.

An app registers each of its kinds in ``ready()``::

    documents.register(PurchaseOrder, "sourcing.view_purchaseorder", file_types=(("contract", _("Contract")),),
                       portal_url_name="portal:order", answered_by="buyer")

From this follow, for every kind alike: files and notes on its page, its name and link on timelines and in tasks.
core knows no parties: the app that does says with ``register_parties`` which of them take part in a document.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.urls import NoReverseMatch, reverse

from core.actor import Actor
from core.errors import NotVisible
from core.outbox import Document, kind_of


@dataclass(frozen=True)
class Kind:
    """``answered_by``: the staff role that is told when an outside party writes a note on such a document."""

    model: type[Any]  # its manager has ``visible_to``
    permission: str | None = None
    file_types: tuple[tuple[str, str], ...] = ()
    portal_url_name: str = ""
    answered_by: str = ""

    def url(self, document: Document, actor: Actor) -> str:
        """The page of ``document`` for this actor; empty where there is none."""
        try:
            if actor.is_staff:
                return document.get_absolute_url()
            return reverse(self.portal_url_name, args=[document.pk]) if self.portal_url_name else ""
        except (NoReverseMatch, AttributeError):  # the page's app is not in this build
            return ""

    def open_to(self, actor: Actor) -> bool:
        return self.permission is None or actor.can(self.permission)


_kinds: dict[str, Kind] = {}
_parties: list[Callable[[str, int], Sequence[tuple[int, str]]]] = []


def register(model: type[models.Model], permission: str | None = None, **options) -> None:
    """This will make ``model`` a kind of document; its manager must have ``visible_to``. Options: see Kind."""
    _kinds[kind_of(model)] = Kind(model, permission, **options)


def register_parties(find: Callable[[str, int], Sequence[tuple[int, str]]]) -> None:
    """This will let pages ask which outside parties (id, name) take part in a document: ``find(kind, document_id)``."""
    _parties[:] = [find]


def get(kind: str) -> Kind | None:
    return _kinds.get(kind)


def kind_named(kind: str) -> Kind:
    """The kind of a document that ``fetch`` has returned."""
    return _kinds[kind]


def parties_of(document: Document) -> Sequence[tuple[int, str]]:
    return _parties[0](kind_of(document), document.pk) if _parties else ()


def fetch(actor: Actor, kind: str, pk: int) -> Document:
    """This will return the document if the actor may open it, else raise NotVisible: no kind, no row, not his."""
    known = get(kind)
    if known is None or not known.open_to(actor):
        raise NotVisible()
    document = known.model.objects.visible_to(actor).filter(pk=pk).first()
    if document is None:
        raise NotVisible()
    return document


def names_and_links(actor: Actor, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], tuple[str, str]]:
    """(kind, id) → (what it is called, its page), for those the actor may see; one query for each kind."""
    by_kind: dict[str, set[int]] = {}
    for kind, pk in wanted:
        by_kind.setdefault(kind, set()).add(pk)
    found = {}
    for kind, ids in by_kind.items():
        known = get(kind)
        if known is None or not known.open_to(actor):
            continue
        for pk, document in known.model.objects.visible_to(actor).in_bulk(ids).items():
            found[kind, pk] = (str(document), known.url(document, actor))
    return found
