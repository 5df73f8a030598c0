"""``Idempotency-Key``: the answer to a write is kept in the write's own transaction, so a retry has no second effect."""

import hashlib
import json
from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from core.api.problem import problem
from core.models import IdempotencyKey

_RESERVE = """
INSERT INTO core_idempotencykey (user_id, key, fingerprint, headers) VALUES (%s, %s, %s, '{}')
ON CONFLICT ON CONSTRAINT core_idempotency_once DO NOTHING RETURNING id
"""


KEPT = timedelta(days=7)  # long enough for any client that retries; afterwards a key may be used anew


def begin(request) -> tuple[int | None, Response | None]:
    """This will reserve the request's key; returns (row id, None) to go on, or (None, answer) to send back as it is.

    A racing twin waits here for the first one's commit and then replays its answer. The same key with another body is
    422. A write that failed left nothing (its transaction was rolled back), so its key is free again.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None, None
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise ValidationError({"Idempotency-Key": ["1 to 255 printable characters."]})
    fingerprint = hashlib.sha256(b"\n".join([request.method.encode(), request.path.encode(), request.body])).hexdigest()
    user_id = request.actor.user_id
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [user_id, key, fingerprint])
        row = cursor.fetchone()
    if row:
        return row[0], None
    kept = IdempotencyKey.objects.get(user_id=user_id, key=key)
    if kept.fingerprint != fingerprint:
        detail = "This Idempotency-Key was used for another request. Use a new key for a new request."
        return None, problem(request, 422, "idempotency_key_reused", detail)
    answer = Response(kept.body, status=kept.status, headers=kept.headers)
    answer["Idempotent-Replayed"] = "true"
    return None, answer


def finish(row_id: int, response: Response) -> None:
    """This will keep the answer beside the effect; both commit together or not at all."""
    kept = {name: response[name] for name in ("ETag", "Location") if response.has_header(name)}
    body = json.loads(json.dumps(response.data, default=str)) if response.data is not None else None
    IdempotencyKey.objects.filter(pk=row_id).update(status=response.status_code, body=body, headers=kept)


def prune() -> int:
    """This will forget the answers that were kept long enough; returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=Now() - KEPT).delete()[0]
