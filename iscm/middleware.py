"""What every request passes: an id, an actor, and one transaction in that actor's scope."""

import re
import uuid

import structlog
from django.db import OperationalError, transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg2 import errors as pg

from core.api import throttle
from core.api.problem import bare_problem
from core.scope import scope
from core.web.errors import bad_request
from parties import actors

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
WITHOUT_SCOPE = ("/static/", "/healthz", "/readyz", "/metrics", "/accounts/", "/i18n/")


class RequestIdMiddleware:
    """The caller's X-Request-ID if it is sane, else a new one; echoed in the answer, in logs, audit, events and tasks."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request.request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id
        return response


class ScopeMiddleware:
    """One transaction per request, as the actor's database role; an answer of 400 or worse leaves nothing behind."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.actor, request.memberships, request.rate = None, [], None
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request)  # no text of ours holds a NUL, and PostgreSQL would refuse the question
        if request.path.startswith(WITHOUT_SCOPE):
            return self.get_response(request)
        if request.path.startswith("/api/") and "Authorization" in request.headers:
            try:
                request.actor, membership = actors.from_token(request)
            except actors.TokenRefused as refusal:
                request.token_refusal = str(refusal)
            else:
                request.user, request.memberships = membership.user, [membership]
                request.rate = throttle.take(f"token:{request.token_id}")
        else:
            request.actor, request.memberships = actors.from_session(request)
        response = self._guarded(request, request.actor)
        if request.rate is not None:
            for name, value in request.rate.headers.items():
                response[name] = value
        return response

    def _guarded(self, request, actor=None):
        try:
            if actor is None:
                return self.get_response(request)
            with scope(actor):
                response = self.get_response(request)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
            return response
        except OperationalError as error:
            if isinstance(error.__cause__, pg.LockNotAvailable | pg.DeadlockDetected | pg.QueryCanceled):
                return busy(request)
            raise

    def process_exception(self, request, exception):
        if isinstance(exception, OperationalError) and isinstance(
            exception.__cause__, pg.LockNotAvailable | pg.DeadlockDetected
        ):
            return busy(request)
        return None


def busy(request) -> HttpResponse:
    """409 with Retry-After: somebody else holds the rows this request needs."""
    message = _("Somebody else is changing the same document right now. Try again in a moment.")
    if request.path.startswith("/api/"):
        response = bare_problem(request, 409, "busy", message)
    else:
        response = render(request, "409.html", {"message": message}, status=409)
    response["Retry-After"] = "1"
    return response
