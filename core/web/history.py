"""The audit trail as a page shows it: values in words instead of keys."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from core.audit import history
from core.web.timeline import door


def of(model: type[models.Model], pk: int, *, children: tuple = (), limit: int = 200) -> list[dict]:
    """The entries of ``core.audit.history`` as web/_history.html reads them; see there for ``children``."""
    entries = history(model, pk, children=children)[:limit]
    names = _names(entries)
    return [
        {
            "at": entry["at"],
            "who": entry["who"],
            "door": door(entry["door"]),
            "part": entry["part"],
            "fields": [
                (change["field"], _spoken(change, "before", names), _spoken(change, "after", names))
                for change in entry["changes"]
            ]
            or [(_("removed"), "", "")],
        }
        for entry in entries
    ]


def _names(entries: list[dict]) -> dict[tuple[type[Any], object], str]:
    """What foreign keys point at, by one query for each model."""
    wanted: dict[type[Any], set] = {}
    for entry in entries:
        for change in entry["changes"]:
            target = change["target"]
            if target is not None:
                wanted.setdefault(target, set()).update({change["before"], change["after"]} - {None})
    return {
        (model, pk): str(row)
        for model, keys in wanted.items()
        for pk, row in model._default_manager.in_bulk(keys).items()
    }


def _spoken(change: dict, side: str, names: dict) -> str:
    value = change[side]
    if value is None or value == "":
        return ""
    if change["target"] is not None:
        return names.get((change["target"], value), str(value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)[:200]
    if value in change["choices"]:
        return str(change["choices"][value])
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        places = max(0, -int(value.normalize().as_tuple().exponent))
        return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value)
    return str(value)
