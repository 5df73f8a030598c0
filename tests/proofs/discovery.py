"""What can be reached: every URL of the URLconf, every flow, every form; nobody keeps a list by hand."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from core.flow import Flow


@dataclass(frozen=True)
class Endpoint:
    """One URL pattern: its full name ("api:purchase-order-detail"), what it is called with, what answers."""

    name: str
    route: str
    params: tuple[str, ...]
    methods: frozenset[str]  # as far as the code says; a page's function does not say
    api: bool
    model: type[models.Model] | None


def _walk(resolver, route: str = "", namespaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str, URLPattern]]:
    for entry in resolver.url_patterns:
        full = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, full, (*namespaces, entry.namespace) if entry.namespace else namespaces)
        else:
            yield ":".join((*namespaces, entry.name or "")), full, entry


@cache
def endpoints() -> dict[str, Endpoint]:
    """Every endpoint by its name; the admin and the log-in pages, which are not ours, are left out."""
    found = {}
    for name, route, entry in _walk(get_resolver()):
        if route.startswith(("admin/", "accounts/")):
            continue
        view = entry.callback
        actions = getattr(view, "actions", None)
        view_class = getattr(view, "cls", None) or getattr(view, "view_class", None)
        if actions:
            methods = frozenset(method.upper() for method in actions) - {"HEAD", "OPTIONS"}
        elif view_class is not None:
            methods = frozenset(m.upper() for m in ("get", "post", "put", "patch", "delete") if hasattr(view_class, m))
        else:
            methods = frozenset()
        queryset = getattr(view_class, "queryset", None)
        model = queryset.model if queryset is not None else getattr(view_class, "model", None)
        found[name] = Endpoint(
            name,
            route.replace("^", "").replace("$", ""),
            tuple(entry.pattern.regex.groupindex) + _outer(route, entry),
            methods,
            route.startswith("api/"),
            model,
        )
    return found


def _outer(route: str, entry: URLPattern) -> tuple[str, ...]:
    """Parameters that an including pattern captures are rare here; they would be missing from the inner pattern."""
    import re

    own = set(entry.pattern.regex.groupindex)
    named = re.findall(r"<(?:\w+:)?(\w+)>", route)
    return tuple(name for name in dict.fromkeys(named) if name not in own)


@cache
def flows() -> dict[str, tuple[Flow, type[models.Model]]]:
    """Every flow with the model whose states it moves: "sourcing.PURCHASE_ORDER"."""
    found = {}
    for app in settings.FIRST_PARTY_APPS:
        module = sys.modules.get(f"{app}.flows")
        for name, value in vars(module).items() if module else ():
            if isinstance(value, Flow):
                wanted = list(value.states.choices)
                for model in apps.get_app_config(app).get_models():
                    field = next((f for f in model._meta.concrete_fields if f.name == value.field), None)
                    if field is not None and list(field.flatchoices) == wanted and not model.__name__.endswith("Event"):
                        found[f"{app}.{name}"] = (value, model)
    return found
