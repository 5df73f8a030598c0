"""A sign of life of worker and beat, left in the broker: the last sweep of the outbox that beat asked for."""

import time

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "iscm:swept"


def broker() -> redis.Redis:
    """The broker, asked once and soon given up: the library's own retries take five seconds."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


def swept() -> None:
    """This will note that beat asked and a worker answered, now; a broker that is just going down is no matter."""
    try:
        with broker() as client:
            client.set(KEY, time.time())
    except (redis.RedisError, OSError):
        return


def silence() -> float | None:
    """Seconds since the last sweep; None when none was noted since the broker started. Raises RedisError, OSError."""
    with broker() as client:
        at = client.get(KEY)
    return None if at is None else max(0.0, time.time() - float(at))
