"""Statements that a connection plans once: of what every request asks, the planning costs more than the answer."""

import time
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

# A plan made while a table was empty is ruinous once it is not, and statistics may take a minute to say so.
KEPT_S = 10.0


@dataclass
class _Plans:
    names: dict[str, str] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)


_OF: WeakKeyDictionary[Any, _Plans] = WeakKeyDictionary()


def prepared(sql: str, types: str) -> str:
    """The name of ``sql`` (with $1, $2 … of these ``types``) on this connection, for EXECUTE name (…).

    For what is looked up by key whatever the tables hold. Every ten seconds it is planned anew.
    """
    connection.ensure_connection()
    plans = _OF.setdefault(connection.connection, _Plans())
    stale = time.monotonic() - plans.since > KEPT_S
    if stale or sql not in plans.names:
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            if stale:
                cursor.execute("DISCARD PLANS")
                plans.since = time.monotonic()
            if sql not in plans.names:
                cursor.execute(f"PREPARE iscm_{len(plans.names)} ({types}) AS {sql}")
                plans.names[sql] = f"iscm_{len(plans.names)}"
    return plans.names[sql]
