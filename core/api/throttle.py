"""How often one token may ask: a minute's worth at a time, counted in Postgres for all workers together.

One upsert of one row per request, in a transaction of its own before the request's begins: requests of one token never
wait for one another, and one that fails counts too. The table is UNLOGGED, so the commit waits for no disk; measured on
2 cores: 0.1 ms. It holds while Valkey is down. API_RATE_PER_MINUTE=0 switches it off.
"""

from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.db import connection
from rest_framework.throttling import BaseThrottle

WINDOW_S = 60

# clock_timestamp(): the time of the request, also where a test's transaction began long before it
_TAKE = """
INSERT INTO core_ratewindow AS w (key, started_at, used) VALUES (%(key)s, clock_timestamp(), 1)
ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN w.started_at > clock_timestamp() - make_interval(secs => %(window)s) THEN w.used + 1 ELSE 1 END,
    started_at = CASE WHEN w.started_at > clock_timestamp() - make_interval(secs => %(window)s)
                      THEN w.started_at ELSE clock_timestamp() END
RETURNING used, extract(epoch FROM started_at + make_interval(secs => %(window)s) - clock_timestamp())::float8
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a token stands in its minute; ``reset_s``: seconds until the next one begins."""

    limit: int
    used: int
    reset_s: float

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit fields that clients know (IETF draft, httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f"{self.limit};w={WINDOW_S}",
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(max(1, ceil(self.reset_s))),
        }


def take(key: str) -> Rate | None:
    """This will count one request under ``key`` and say where it stands; None where there is no limit."""
    limit = settings.API_RATE_PER_MINUTE
    if limit <= 0:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"key": key, "window": WINDOW_S})
        used, reset_s = cursor.fetchone()
    return Rate(limit, used, reset_s)


class PerToken(BaseThrottle):
    """Refuses what ScopeMiddleware has counted above the limit: 429 with Retry-After."""

    def allow_request(self, request, view) -> bool:
        self.rate: Rate | None = getattr(request._request, "rate", None)
        return self.rate is None or not self.rate.exceeded

    def wait(self) -> float:
        return max(1, ceil(self.rate.reset_s)) if self.rate else 1
