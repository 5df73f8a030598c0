"""OpenAPI: every operation also documents the problem details it can answer."""

import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Choices
from drf_spectacular.hooks import postprocess_schema_enum_id_removal
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, get_lib_doc_excludes, list_hash, safe_ref
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter

from core.api.problem import CONTENT_TYPE, ProblemSerializer

_DESCRIPTIONS = {
    "400": "An input is wrong; errors name each by JSON pointer.",
    "401": "No valid token or session.",
    "403": "The role does not allow it.",
    "404": "No such document, or not visible to the caller.",
    "405": "Method not allowed.",
    "406": "Only application/json is spoken.",
    "409": "The document's state, or somebody else's change, does not allow it now.",
    "412": "The document changed since it was read.",
    "415": "Send application/json.",
    "422": "A rule of the trade refuses it.",
    "428": "If-Match is required.",
    "429": "Too many requests; see Retry-After.",
}


_HEADERS = {
    "401": {"WWW-Authenticate": "How to say who calls."},
    "429": {"Retry-After": "Seconds to wait."},
}
_IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="The ETag of the version you saw.")
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Makes a retry safe: 1 to 255 printable characters."
)


class ProblemAutoSchema(AutoSchema):
    def _get_response_bodies(self, direction="response"):
        responses = super()._get_response_bodies(direction)
        codes = ["400", "401", "403", "404", "405", "406", "409", "429"]
        if self.method != "GET":
            codes += ["412", "415", "422", "428"]
        elif getattr(self.view, "action", "list") not in ("list", "retrieve"):
            codes += ["422"]  # a figure that is computed on demand can have its rules too
        schema = self.resolve_serializer(ProblemSerializer, "response").ref
        for code in codes:
            answer = {"description": _DESCRIPTIONS[code], "content": {CONTENT_TYPE: {"schema": schema}}}
            if code in _HEADERS:
                answer["headers"] = {
                    name: {"description": what, "required": True, "schema": {"type": "string"}}
                    for name, what in _HEADERS[code].items()
                }
            responses.setdefault(code, answer)
        return responses

    def get_override_parameters(self):
        if self.method == "POST":
            return [_IDEMPOTENCY_KEY, _IF_MATCH]
        return [_IF_MATCH] if self.method in ("PUT", "PATCH", "DELETE") else []

    # What a write answers is neither filtered nor cut into pages, also where it is a list.

    def get_filter_backends(self):
        return super().get_filter_backends() if self.method == "GET" else []

    def _get_pagination_parameters(self):
        return super()._get_pagination_parameters() if self.method == "GET" else []

    def _get_paginator(self):
        return super()._get_paginator() if self.method == "GET" else None

    def _map_serializer_field(self, field, direction, bypass_extensions=False):
        """A read-only field does not know that its column may hold an empty text: ask the column."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        listed = "enum" in schema and "" not in schema["enum"]
        if listed and direction == "response" and field.read_only and _may_be_empty(field):
            return {**schema, "enum": [*schema["enum"], ""]}
        return schema

    def _insert_field_validators(self, field, schema):
        super()._insert_field_validators(field, schema)
        if field.read_only and _may_be_empty(field):
            schema.pop("format", None)  # an empty text is no e-mail address


def _may_be_empty(field) -> bool:
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    column = None
    for name in field.source.split(".") if field.source else []:
        if model is None or name not in {one.name for one in model._meta.get_fields()}:
            return False
        column = model._meta.get_field(name)
        model = column.related_model
    return isinstance(column, models.CharField | models.TextField) and column.blank


def inner_docs() -> list[type]:
    """Bases whose docstrings speak to whoever builds the API, not to whoever calls it."""
    from core.api.read import ReadSerializer
    from core.api.views import ActorView, DocumentViewSet

    return [*get_lib_doc_excludes(), ReadSerializer, ActorView, DocumentViewSet]


def name_enums(result, generator, request, public):
    """drf-spectacular's hook: every set of choices becomes one component, named after its class.

    The library's own hook names by property and warns when two documents both have a ``status``. Here ``OrderStatus``
    is called OrderStatus; choices without a class take the first component and property that use them.
    """
    schemas = result.get("components", {}).get("schemas", {})
    users: dict[str, list[tuple[str, dict, str, dict]]] = {}
    for component, schema in sorted(schemas.items()):
        for holder, name, choice in _choices_in(schema):
            key = choice.get("x-spec-enum-id") or list_hash([(v, v) for v in choice["enum"] if v not in ("", None)])
            users.setdefault(key, []).append((component.removesuffix("Request"), holder, name, choice))
    known = _choice_classes()
    taken = set(schemas)
    for key, places in sorted(users.items(), key=lambda item: item[1][0][0]):
        component, _holder, name, choice = places[0]
        title = known.get(key) or f"{component}{name.title().replace('_', '')}"
        title = title if title not in taken else f"{title}Choice"
        taken.add(title)
        values = {"type": choice.get("type", "string"), "enum": [v for v in choice["enum"] if v not in ("", None)]}
        enum = ResolvedComponent(name=title, type=ResolvedComponent.SCHEMA, schema=values, object=title)
        generator.registry.register_on_missing(enum)
        for _component, holder, slot, choice in places:
            rest = {k: v for k, v in choice.items() if k not in ("type", "enum", "x-spec-enum-id")}
            others = [{"enum": [v]} for v in choice["enum"] if v in ("", None)]
            ref = {"oneOf": [enum.ref, *others]} if others else enum.ref
            holder[slot] = safe_ref({**rest, **ref})
    result["components"] = generator.registry.build(spectacular_settings.APPEND_COMPONENTS)
    return postprocess_schema_enum_id_removal(result, generator)


def _choices_in(schema: Any) -> Iterator[tuple[dict, str, dict]]:
    """Every property (or its array items) that lists its values: the dict that holds it, its key there, its schema."""
    for name, found in (schema.get("properties") or {}).items():
        holder, slot = schema["properties"], name
        if found.get("type") == "array" and isinstance(found.get("items"), dict):
            holder, slot, found = found, "items", found["items"]
        if "enum" in found:
            yield holder, slot, found
        elif "properties" in found:
            yield from _choices_in(found)
    for way in ("oneOf", "allOf", "anyOf"):
        for part in schema.get(way, []):
            yield from _choices_in(part)


def _choice_classes() -> dict[str, str]:
    """The name of each Choices class of our own apps, by drf-spectacular's hash of its values."""
    found: dict[str, list[type[Choices]]] = {}
    for module_name, module in sorted(sys.modules.items()):
        if module_name.partition(".")[0] not in settings.FIRST_PARTY_APPS:
            continue
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, Choices) and thing.__module__ == module_name:
                found.setdefault(thing.__name__, []).append(thing)
    names = {}
    for name, classes in found.items():
        for one in classes:
            title = name if len(classes) == 1 else f"{one.__module__.partition('.')[0].title()}{name}"
            names[list_hash([(value, label) for value, label in one.choices if value not in ("", None)])] = title
    return names
