"""Errors of the API: RFC 9457 problem details, one shape for everything that can go wrong."""

import json
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpResponse
from psycopg2 import errors as pg
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from core.errors import RuleBroken
from core.overflow import out_of_range

CONTENT_TYPE = "application/problem+json"


class ProblemSerializer(serializers.Serializer):
    """What every 4xx answers."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    request_id = serializers.CharField(required=False)
    errors = serializers.ListField(child=serializers.DictField(), required=False)  # type: ignore[assignment]  # a field


def problem(
    request, status: int, code: str, detail: str, *, errors: list[dict] | None = None, headers=None
) -> Response:
    """A problem-details answer; ``errors`` name single inputs by JSON pointer."""
    body = _body(request, status, code, detail)
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type=CONTENT_TYPE, headers=headers)


def bare_problem(request, status: int, code: str, detail: str, *, headers=None) -> HttpResponse:
    """The same where no view of the API answers: middleware, and addresses that nobody has."""
    body = json.dumps(_body(request, status, code, detail))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE, headers=headers)


def _body(request, status: int, code: str, detail: str) -> dict:
    return {
        "type": f"urn:iscm:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": getattr(request, "request_id", ""),
    }


def pointers(detail, pointer: str = "") -> list[dict]:
    """DRF's nested validation errors as a flat list of {"pointer", "detail"}."""
    if isinstance(detail, dict):
        return [
            e
            for key, value in detail.items()
            for e in pointers(value, pointer if key == "non_field_errors" else f"{pointer}/{key}")
        ]
    if isinstance(detail, list):
        if all(isinstance(item, str) for item in detail):
            return [{"pointer": pointer or "/", "detail": str(item)} for item in detail]
        return [e for index, value in enumerate(detail) for e in pointers(value, f"{pointer}/{index}")]
    return [{"pointer": pointer or "/", "detail": str(detail)}]


def exception_handler(error: Exception, context) -> Response | None:
    """DRF's hook: every expected error becomes a problem (ScopeMiddleware rolls back whatever answers 400 or worse)."""
    return _answer(error, context["request"])


def _answer(error: Exception, request) -> Response | None:
    error = out_of_range(error) or error
    if isinstance(error, RuleBroken):
        return problem(request, error.status, error.code, str(error), errors=error.errors)
    if isinstance(error, OperationalError) and isinstance(error.__cause__, pg.LockNotAvailable | pg.DeadlockDetected):
        detail = "Somebody else is changing the same document right now. Try again in a moment."
        return problem(request, 409, "busy", detail, headers={"Retry-After": "1"})
    if isinstance(error, Http404):
        return problem(request, 404, "not_found", "There is no such document.")
    if isinstance(error, PermissionDenied):
        return problem(request, 403, "not_allowed", "You may not do this.")
    if isinstance(error, exceptions.ValidationError):
        errors = pointers(error.detail)
        detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} inputs are wrong; see errors."
        return problem(request, 400, "invalid", detail, errors=errors)
    if isinstance(error, exceptions.APIException):
        headers = {}
        wait: float | None = getattr(error, "wait", None)
        if header := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = header
        if wait:
            headers["Retry-After"] = str(int(wait) + 1)
        if isinstance(error, exceptions.Throttled):
            seconds = int(wait or 1)
            headers["Retry-After"] = str(seconds)
            detail = f"Too many requests with this token in one minute. Try again in {seconds} s."
            return problem(request, 429, "too_many_requests", detail, headers=headers)
        code = error.get_codes()
        return problem(
            request, error.status_code, code if isinstance(code, str) else "error", str(error.detail), headers=headers
        )
    return None
