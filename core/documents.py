"""Small mechanics every document shares: the version that guards against stale edits, and lock-then-look."""

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


def lock(queryset: models.QuerySet, pk: int, *, version: int | None = None):
    """This will lock and return the row ``pk`` of ``queryset`` (already narrowed by ``visible_to``).

    Raises NotVisible when there is none, and StaleDocument when ``version`` is given and no longer the current one.
    """
    row = queryset.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotVisible()
    if version is not None and row.version != version:
        raise StaleDocument(
            _("%(document)s was changed by somebody else while you were looking at it. Reload it and try again.")
            % {"document": row}
        )
    return row
