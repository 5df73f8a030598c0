"""Organisations and roles by name, for pages of apps that know neither."""

from collections.abc import Iterable

from core.actor import Actor
from parties.models import DocumentParty, Organisation
from parties.roles import ROLES


def identity(actor: Actor) -> tuple[str, str]:
    """For whom and as what the actor acts, as the user menu says it."""
    return actor.place, ", ".join(str(name) for role, name in ROLES.items() if role in actor.roles)


def roles() -> dict[str, str]:
    return {role: str(name) for role, name in ROLES.items()}


def parties(ids: Iterable[int]) -> dict[int, str]:
    return dict(Organisation.objects.filter(pk__in=list(ids)).values_list("pk", "name"))


def parties_of(kind: str, document_id: int) -> list[tuple[int, str]]:
    """The outside parties that take part in a document, by name, each once."""
    found = DocumentParty.objects.filter(kind=kind, document_id=document_id).values_list(
        "organisation_id", "organisation__name"
    )
    return sorted(set(found), key=lambda pair: pair[1])
