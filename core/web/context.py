"""What every page's frame needs. Lazy: a partial that shows no navigation counts nothing."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_info

from core.web import nav


def shell(request) -> dict:
    """The context processor named in settings."""
    actor = getattr(request, "actor", None)
    return {
        "actor": actor,
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "nav": SimpleLazyObject(lambda: nav.tree(actor, request.path)),
        "new_items": SimpleLazyObject(lambda: nav.new_items(actor)),
        "inbox": SimpleLazyObject(lambda: nav.inbox(actor)),
        "identity": SimpleLazyObject(lambda: nav.identity(actor)),
        "languages": [get_language_info(code) for code, _name in settings.LANGUAGES],
    }
