"""Who may open a page."""

from functools import wraps

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponseNotAllowed
from django.shortcuts import redirect
from django_htmx.middleware import HtmxDetails

from core.actor import Actor


class Request(HttpRequest):
    """For annotations: a request of somebody who is logged in, as the middleware and ``page`` hand it on."""

    actor: Actor
    htmx: HtmxDetails
    form_reservation: int  # of core.web.once


def page(permission: str | None = None, *, outside: bool = False):
    """Decorator of a page's function: strangers go to the login page, staff need ``permission``.

    ``outside`` opens the page to outside parties (suppliers, forwarders, …) as well; what they see there is still
    only what ``visible_to`` gives them. ``DocumentList`` does the same by its class attributes.
    """

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if request.method not in ("GET", "HEAD", "POST"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            return admit(request, permission, outside=outside) or view(request, *args, **kwargs)

        return guarded

    return decorate


def admit(request, permission: str | None, *, outside: bool = False):
    """This will return a redirect to the login page for strangers, None when all is well, or raise for the rest."""
    from core.errors import NotVisible

    actor = request.actor
    if actor is None:
        return redirect_to_login(request.get_full_path())
    if request.method == "POST" and any(
        "\x00" in part for name, values in request.POST.lists() for part in (name, *values)
    ):
        raise SuspiciousOperation("A NUL character in a form.")  # 400: nobody types one, and PostgreSQL keeps none
    if not actor.is_staff and request.path == "/":
        return redirect(settings.OUTSIDE_HOME)
    if not actor.is_staff and not outside:
        raise NotVisible("There is no such page.")
    if permission is not None:
        actor.needs(permission)
    return None
