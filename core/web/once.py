"""One form, one effect: a double click or an impatient reload changes nothing a second time.

``{% form_token %}`` in a form; ``form_page`` (or a view of its own, with ``earlier`` and ``done``) on the server. The
record is written in the transaction of the effect: both commit or neither, and a refused form may be sent again.
"""

import hashlib

from django.db import connection

from core.models import IdempotencyKey
from core.web.access import Request

FIELD = "form_token"
_RESERVE = """
INSERT INTO core_idempotencykey (user_id, key, fingerprint, headers) VALUES (%s, %s, %s, '{}')
ON CONFLICT ON CONSTRAINT core_idempotency_once DO NOTHING RETURNING id
"""


def earlier(request: Request) -> str | None:
    """This will return where the same sending of this form led earlier, or None after reserving its place.

    A twin that arrives at the same moment waits here for the first one's commit. The same token with other content
    (back, edit, send again) is another sending.
    """
    token = request.POST.get(FIELD, "")[:64]
    if not (token.isascii() and token.isalnum()):  # none, or none of ours
        return None
    content = hashlib.sha256(request.path.encode())
    for name, values in sorted(request.POST.lists()):
        content.update(repr((name, values)).encode() if name != "csrfmiddlewaretoken" else b"")
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            content.update(repr((name, file.name, file.size)).encode())
    key, user_id = f"form:{token}:{content.hexdigest()[:32]}", request.actor.user_id
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [user_id, key, content.hexdigest()])
        if row := cursor.fetchone():
            request.form_reservation = row[0]
            return None
    kept = IdempotencyKey.objects.get(user_id=user_id, key=key)
    return (kept.body or {}).get("location") or request.path


def done(request: Request, location: str) -> None:
    """This will keep where the form led, beside its effect."""
    if reservation := getattr(request, "form_reservation", None):
        IdempotencyKey.objects.filter(pk=reservation).update(status=303, body={"location": location})
