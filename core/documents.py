"""Small mechanics every document shares: the version that guards against stale edits, and lock-then-look."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from core.errors import NotVisible, StaleDocument


class Versioned(models.Model):
    """``version`` counts the saves; a form or an If-Match that names an older one is refused, so no edit is lost."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def bump(self) -> None:
        self.version += 1


def as_id(text: str | None) -> int | None:
    """The id, or version, that an address or a form names: plain digits that BIGINT holds. None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def lock(queryset: models.QuerySet, pk: int, *, version: int | None = None):
    """This will lock and return the row ``pk`` of ``queryset`` (already narrowed by ``visible_to``).

    Raises NotVisible when there is none, and StaleDocument when ``version`` is given and no longer the current one.
    """
    row = next(iter(queryset.select_for_update(of=("self",)).filter(pk=pk).order_by()), None)
    if row is None:
        raise NotVisible()
    if version is not None and row.version != version:
        raise StaleDocument(
            _("%(document)s was changed by somebody else while you were looking at it. Reload it and try again.")
            % {"document": row}
        )
    return row


def is_referenced(row: models.Model, *, by: Callable[[type[models.Model]], bool] = lambda model: True) -> bool:
    """Whether rows of any app, also of those above, refer to ``row``: asked of the models themselves, ``by`` narrows them.

    One query for each model that could; for rare steps (changing a stock unit), not for lists. Audit rows do not count.
    """
    for relation in type(row)._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        field: Any = relation.field
        if not field.db_constraint or hasattr(field.model, "pgh_tracked_model") or not by(field.model):
            continue
        if field.model._default_manager.filter(**{field.attname: row.pk}).exists():
            return True
    return False
