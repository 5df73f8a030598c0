"""The type of what people read: text, or text to be translated when it is shown (``gettext_lazy``)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise as Text  # a development dependency
else:
    Text = str

__all__ = ["Text"]
