"""Statements that a connection plans once: of what every request asks, the planning costs more than the answer."""

from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_NAMES: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def prepared(sql: str, types: str) -> str:
    """The name of ``sql`` (with $1, $2 … of these ``types``) on this connection, for EXECUTE name (…).

    For what is looked up by key whatever the tables hold: a plan stays until statistics of its tables change.
    """
    connection.ensure_connection()
    names = _NAMES.setdefault(connection.connection, {})
    if sql not in names:
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(f"PREPARE iscm_{len(names)} ({types}) AS {sql}")
        names[sql] = f"iscm_{len(names)}"
    return names[sql]
