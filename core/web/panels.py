"""Panels that apps above put on the pages of documents below, which know nothing of them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from core.web.access import Request

Panel = Callable[[Request, Any], str | None]

_panels: dict[str, list[tuple[int, Panel]]] = defaultdict(list)


def register(document_kind: str, order: int, panel: Panel) -> None:
    """This will show ``panel(request, document)`` (rendered HTML, or None for nothing) on that kind's pages."""
    _panels[document_kind].append((order, panel))
    _panels[document_kind].sort(key=lambda pair: pair[0])


def render(request: Request, document_kind: str, document: object) -> list[str]:
    """Every panel that has something to say, in order. ``{% panels "purchase_order" order %}`` in a template."""
    return [html for _order, panel in _panels[document_kind] if (html := panel(request, document))]
