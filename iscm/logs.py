"""What is logged, and how: a line for a person at a desk, one JSON object per line for a machine (LOG_JSON=1).

Read by the settings, so it reads only the environment. Every line of a request carries its request id (bound by the
middleware), whoever wrote it. What looks like a secret is hidden on the way out.
"""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_?key|private_?key|signature", re.IGNORECASE
)
_SECRET_IN_TEXT = re.compile(
    r"(?P<url>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)"
    r"|(?P<pair>[\"']?\b\w*(?:password|passwd|secret|token|api_?key|signature)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;}]+"
    r"|(?P<scheme>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)

Line = MutableMapping[str, Any]


def _flag(name: str, default: bool) -> bool:
    text = os.environ.get(name, "")
    return text.strip().lower() in ("1", "true", "yes", "y", "on", "ok") if text else default


def hide(text: str) -> str:
    """Return ``text`` with passwords in addresses, tokens and the like blanked."""
    return _SECRET_IN_TEXT.sub(lambda m: (m["url"] or m["pair"] or m["scheme"]) + _HIDDEN, text)


def hide_secrets(_logger: Any, _method: str, line: Line) -> Line:
    """The last processor before rendering: this will hide secrets by the name of their field and by their look."""
    for key, value in line.items():
        line[key] = _hidden(key, value)
    return line


def _hidden(key: str, value: Any) -> Any:
    if _SECRET_NAME.search(key) and value not in (None, ""):
        return _HIDDEN
    if isinstance(value, dict):
        return {name: _hidden(str(name), part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", part) for part in value]
    return hide(value) if isinstance(value, str) else value


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_RENDER: list[Any]
if _flag("LOG_JSON", default=not _flag("DEBUG", default=False)):
    _RENDER = [
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
else:
    _RENDER = [
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback),
    ]

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

_LEVEL = os.environ.get("LOG_LEVEL", "INFO").upper()

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [*_SHARED, structlog.stdlib.ExtraAdder()],
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_RENDER],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": _LEVEL if _LEVEL in logging.getLevelNamesMapping() else "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "CRITICAL"},  # the request's own line says it, with its traceback
        "django.server": {"handlers": [], "propagate": True},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # anybody's scanner can cause these
        "celery": {"level": "INFO"},
        "celery.app.trace": {"level": "WARNING"},  # the outbox sweeps every two seconds
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
}
