"""Many rows in one statement, without Django's work for each row and field: insert and update by unnest(…), and which exist."""

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from django.apps import apps
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

BATCH = 10_000
Row = TypeVar("Row", bound=models.Model)
_AS_IT_IS = {bool, int, str, Decimal, date, type(None)}  # what the driver and the columns agree on


def insert_rows(rows: Iterable[Row]) -> list[Row]:
    """This will insert new ``rows`` of one model and give each its id, in order.

    Like ``bulk_create`` in a third of its time, without conflicts to handle. A column whose default the database gives has
    it for all rows, and is read back.
    """
    rows = list(rows)
    for start in range(0, len(rows), BATCH):
        _insert(rows[start : start + BATCH])
    return rows


def _insert(rows: Sequence[models.Model]) -> None:
    options = rows[0]._meta
    written: list[Any] = []
    told: list[Any] = [options.pk]
    for field in options.concrete_fields:
        if isinstance(getattr(rows[0], field.attname), DatabaseDefault):
            told.append(field)
        elif not field.primary_key:
            written.append(field)
    names = ", ".join(f'"{field.column}"' for field in written)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{options.db_table}" ({names}) SELECT * FROM unnest({", ".join(map(_array, written))}) '
            f"RETURNING {', '.join(field.column for field in told)}",
            [_values(rows, field, adding=True) for field in written],
        )
        answers = cursor.fetchall()
    alias = connection.alias
    for row, answer in zip(rows, answers, strict=True):
        row._state.adding, row._state.db = False, alias
        for field, value in zip(told, answer, strict=True):
            setattr(row, field.attname, value)


def update_rows(rows: Iterable[models.Model], fields: Sequence[str]) -> None:
    """This will write ``fields`` of locked ``rows`` (of one model) to the database in one statement.

    Like ``bulk_update`` in a tenth of its time; for plain columns and relations only (no JSON, no arrays).
    """
    rows = list(rows)
    if not rows:
        return
    options = rows[0]._meta
    columns: list[Any] = [options.get_field(name) for name in fields]
    names = [field.column for field in columns]
    arrays = ", ".join(["%s::bigint[]", *map(_array, columns)])
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{options.db_table}" t SET {", ".join(f"{name} = v.{name}" for name in names)} '
            f"FROM unnest({arrays}) AS v (id, {', '.join(names)}) WHERE t.id = v.id",
            [[row.pk for row in rows], *(_values(rows, field) for field in columns)],
        )


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """This will keep Python from looking for cycles: among the millions of objects of a bulk load there are few, and
    looking for them again and again took a quarter of its time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def analyze() -> None:
    """This will tell the planner how large the tables are that grew: after a bulk load it still plans for small ones.

    Inside a transaction nothing has been counted yet, so all tables are looked at.
    """
    stored = (model for model in apps.get_models() if model._meta.managed and not model._meta.proxy)
    tables = {model._meta.db_table for model in stored if not hasattr(model, "pgh_tracked_model")}  # not the audit's
    with connection.cursor() as cursor:
        if not connection.in_atomic_block:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            grown = "SELECT relname FROM pg_stat_user_tables WHERE n_mod_since_analyze > 500 + n_live_tup / 5"
            cursor.execute(grown)
            tables &= {name for (name,) in cursor.fetchall()}
        if tables:
            cursor.execute(f"ANALYZE {', '.join(sorted(tables))}")


@cache
def _array(field: Any) -> str:
    kind = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return f"%s::{str(kind).partition('(')[0]}[]"  # with its length, the cast would cut silently


def _values(rows: Sequence[models.Model], field: Any, *, adding: bool = False) -> list[Any]:
    """One column of the rows, as the driver takes it; fields that fill themselves in do so on new rows."""
    if adding and type(field).pre_save is not models.Field.pre_save:
        values = [field.pre_save(row, True) for row in rows]
    else:
        values = [getattr(row, field.attname) for row in rows]
        if adding and field.is_relation and None in values:
            values = [_key(field, row) for row in rows]
    prepared, plain = field.get_db_prep_save, () if isinstance(field, models.JSONField) else _AS_IT_IS
    return [value if type(value) in plain else prepared(value, connection) for value in values]


def _key(field: Any, row: models.Model) -> object:
    """The key of the related row, which may have got it after the two were joined."""
    if getattr(row, field.attname) is None and field.is_cached(row) and (related := getattr(row, field.name)):
        setattr(row, field.attname, related.pk)
    return getattr(row, field.attname)


def existing(*asked: tuple[type[models.Model], Collection, Mapping]) -> list[set]:
    """Which of these keys there are: for each (model, keys, {column: value}) the set of those found. One query for all."""
    parts: list[str] = []
    values: list[Any] = []
    for number, (model, keys, own) in enumerate(asked):
        if keys:
            key: Any = model._meta.pk
            narrowed = "".join(f" AND {column} = %s" for column in own)
            parts.append(
                f"SELECT {number}, {key.column}::text FROM {model._meta.db_table} "
                f"WHERE {key.column} = ANY(%s::{key.rel_db_type(connection)}[]){narrowed}"
            )
            values += [list(keys), *own.values()]
    found: list[set] = [set() for _ in asked]
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            for number, pk in cursor.fetchall():
                key = asked[number][0]._meta.pk
                found[number].add(key.to_python(pk))
    return found
