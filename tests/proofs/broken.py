"""Requests that failed, with where it happened in our own code."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.signals import got_request_exception


@contextmanager
def broken_requests() -> Iterator[list[str]]:
    """The list grows by one text for each unhandled exception: our own frames, and the error last."""
    found: list[str] = []

    def note(**_more):
        kind, error, trace = sys.exc_info()
        root = str(settings.BASE_DIR)
        own = [
            one for one in traceback.extract_tb(trace) if one.filename.startswith(root) and ".venv" not in one.filename
        ]
        frames = [f"{one.filename.removeprefix(root)}:{one.lineno} {one.line}" for one in own[-6:]]
        found.append("\n".join([*frames, f"{kind.__name__}: {str(error)[:300]}"]))

    got_request_exception.connect(note, weak=False)
    try:
        yield found
    finally:
        got_request_exception.disconnect(note)
