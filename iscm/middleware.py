"""What every request passes: an id, an actor, and one transaction in that actor's scope."""

import logging
import re
import uuid
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.core.signals import got_request_exception
from django.db import OperationalError, transaction
from django.dispatch import receiver
from django.http import HttpResponse
from django.middleware.common import CommonMiddleware
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg2 import errors as pg

from core.api import throttle
from core.api.problem import bare_problem
from core.scope import scope
from core.web.errors import bad_request
from parties import actors

log = structlog.get_logger(__name__)

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
WITHOUT_SCOPE = ("/static/", "/healthz", "/readyz", "/metrics", "/accounts/", "/i18n/")


class RequestIdMiddleware:
    """The caller's X-Request-ID if it is sane, else a new one; echoed in the answer, in logs, audit, events and tasks.

    A request leaves one line in the log: how it was answered, or (``request_failed``, with its traceback) why not. A static
    file that went well leaves none.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        ip = request.META.get("REMOTE_ADDR")
        with structlog.contextvars.bound_contextvars(request_id=request.request_id, ip=ip):
            response = self.get_response(request)
            response["X-Request-ID"] = request.request_id
            code = response.status_code
            if not getattr(request, "failure_logged", False) and (
                code >= 400 or not request.path.startswith("/static/")
            ):
                level = logging.INFO if code < 400 else logging.WARNING if code < 500 else logging.ERROR
                log.log(level, "request_finished", code=code, request=_spoken(request))
        return response


@receiver(got_request_exception)
def say_failed(sender, request, **_kwargs) -> None:
    """Django's word for an exception that nobody expected."""
    request.failure_logged = True
    log.exception("request_failed", code=500, request=_spoken(request))


def _spoken(request) -> str:
    return f"{request.method} {request.get_full_path()}"


class ClientAddressMiddleware:
    """Behind our own proxy the caller is whom that proxy names last in X-Forwarded-For; from anybody else it is a claim.

    What counts logins by address, or lets a token be used from one network only, reads REMOTE_ADDR.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        named = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if named and _is_address(named) and self._is_proxy(request.META.get("REMOTE_ADDR", "")):
            request.META["REMOTE_ADDR"] = named
        return self.get_response(request)

    def _is_proxy(self, peer: str) -> bool:
        return "*" in settings.FORWARDED_ALLOW_IPS or peer in settings.FORWARDED_ALLOW_IPS


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


class SlashMiddleware(CommonMiddleware):
    """Pages without their last slash are redirected; a POST to the API would arrive as a GET and seem to have worked."""

    def should_redirect_with_slash(self, request) -> bool:
        return not request.path.startswith("/api/") and super().should_redirect_with_slash(request)


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
