"""Who may open the portal's pages: outside parties, by the permission of their role. Staff have their own pages."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpResponse

from core.actor import Actor
from core.errors import NotVisible
from core.web.access import Request, admit, page


def party_page(permission: str | None = None):
    """Decorator of a portal page's function; for our own people it does not exist."""

    def decorate(view: Callable[..., HttpResponse]):
        @page(permission, outside=True)
        @wraps(view)
        def guarded(request: Request, *args, **kwargs) -> HttpResponse:
            refuse_staff(request.actor)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def refuse_staff(actor: Actor) -> None:
    if actor.is_staff:
        raise NotVisible("There is no such page.")


def fetch(queryset, pk: int):
    """The one document of ``queryset`` (already narrowed by ``visible_to``), or NotVisible."""
    found = queryset.filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


class PartyListMixin:
    """A DocumentList for outside parties only."""

    outside = True
    permission: str | None = None

    def dispatch(self, request, *args, **kwargs):
        redirected = admit(request, self.permission, outside=True)
        if redirected is None:
            refuse_staff(request.actor)
        return redirected or super().dispatch(request, *args, **kwargs)
