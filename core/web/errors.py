"""Refusals and failures as pages: the sentence, and a way on."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core.api.problem import bare_problem
from core.errors import NotVisible, RuleBroken
from core.overflow import out_of_range

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
        error = out_of_range(error) or error
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


def _of_api(request) -> bool:
    return request.path.startswith("/api/")


def bad_request(request, exception=None):
    """A request that Django itself refuses: too many fields, a body that is too long, a host that is not ours."""
    if _of_api(request):
        return bare_problem(request, 400, "bad_request", "The request is malformed or too large.")
    return render(request, "400.html", status=400)


def not_allowed(request, exception=None):
    if _of_api(request):
        return bare_problem(request, 403, "not_allowed", "You may not do this.")
    return render(request, "403.html", status=403)


def not_found(request, exception=None):
    if _of_api(request):
        return bare_problem(request, 404, "not_found", "There is no such address.")
    return render(request, "404.html", status=404)


def failed(request):
    """The answer to our own mistakes: it asks nothing of the database, and names the request so that it can be found."""
    if _of_api(request):
        detail = "This is our mistake, and nothing was changed. Tell us the request_id."
        return bare_problem(request, 500, "failed", detail)
    return HttpResponse(render_to_string("500.html", {"request_id": getattr(request, "request_id", "")}), status=500)


def csrf_failure(request, reason=""):
    """The form was open too long, or came from elsewhere."""
    if _of_api(request):
        return bare_problem(request, 403, "csrf", "A session needs the CSRF token; programs send a bearer token.")
    message = _(
        "This page was open too long, or it came from another site. Go back, reload the page and send the form again."
    )
    return render(request, "403.html", {"message": message}, status=403)
