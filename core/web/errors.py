"""Refusals and failures as pages: the sentence, and a way on."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core.api.problem import plain_problem
from core.errors import NotVisible, RuleBroken

logger = logging.getLogger(__name__)


class RuleBrokenMiddleware:
    """This will turn a rule that a page did not catch itself into an error page (the API has DRF's handler).

    Stands after ScopeMiddleware, which rolls back what an answer of 400 or worse leaves behind.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, RuleBroken):
            return None
        return refusal(request, error)


def refusal(request: HttpRequest, error: RuleBroken) -> HttpResponse:
    """The error page of a rule, with its status. htmx shows the sentence as a message and swaps nothing."""
    if getattr(request, "htmx", False):
        return HttpResponse(str(error), status=error.status, content_type="text/plain; charset=utf-8")
    if isinstance(error, NotVisible):
        return render(request, "404.html", status=404)
    template = "403.html" if error.status == 403 else "409.html"
    return render(request, template, {"message": str(error)}, status=error.status)


def bad_request(request: HttpRequest, exception=None) -> HttpResponse:
    """What Django itself refuses to read: a host that is not ours, a form of a million fields."""
    if _of_api(request):
        return plain_problem(request, 400, "bad_request", _("This request cannot be read."))
    return render(request, "400.html", status=400)


def not_found(request: HttpRequest, exception=None) -> HttpResponse:
    if _of_api(request):
        detail = _("There is nothing at this address. Addresses of the API end with a slash; see /api/v1/docs/.")
        return plain_problem(request, 404, "not_found", detail)
    return render(request, "404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """The page for our own mistakes: it asks nothing of the database, and names the request so that it can be found."""
    if _of_api(request):
        detail = "This is our mistake; nothing was changed. Tell us the request_id."
        return plain_problem(request, 500, "failed", detail)
    return HttpResponse(render_to_string("500.html", {"request_id": getattr(request, "request_id", "")}), status=500)


def _of_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def csrf_failure(request, reason=""):
    """The form was open too long, or came from elsewhere."""
    message = _(
        "This page was open too long, or it came from another site. Go back, reload the page and send the form again."
    )
    return render(request, "403.html", {"message": message}, status=403)
