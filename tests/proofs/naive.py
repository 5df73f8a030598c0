"""What this house does not do: commit, then ``task.delay(…)``. The chaos run counts both ways under the same kills."""

import json
import re

from celery import shared_task
from django.db import connection

STEP = re.compile(r"^/api/v1/sourcing/purchase-orders/(?:(\d+)/(issue|confirm)/)?$")


@shared_task(name="naive.count", ignore_result=True)
def count(order_id: int, what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO chaos_naive (order_id, what) VALUES (%s, %s)", [order_id, what])


class Naive:
    """After a write is answered (and so committed) it sends a task for it; a replayed answer sends none."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        step = STEP.match(request.path) if request.method == "POST" else None
        if step and response.status_code < 300 and "Idempotent-Replayed" not in response:
            order_id = int(step[1] or json.loads(response.content)["id"])
            try:
                count.apply_async((order_id, step[2] or "create"), retry=False)
            except Exception:
                return response  # the broker is down: as lost as it would be in such a system
        return response
