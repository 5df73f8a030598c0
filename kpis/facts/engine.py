"""Facts are sets. What changed is ``new EXCEPT stored``; what a roll-up moves by is their difference.

``recompute`` is one statement for any number of documents: compute their facts anew, compare with what is stored, write
what differs, move the roll-ups by new − stored. An event that changed nothing writes nothing, and handling it twice is
the same as once. ``rebuild`` runs the very same statement over everything, then compares each roll-up with the sum of its
facts. All of it holds the advisory lock "kpis" (core.outbox takes it for handlers), so there is one writer at a time.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import connection, models

from core.prepared import prepared
from kpis.models import Dimension
from kpis.rules import STANDARD

_DIMENSIONS = ", ".join(
    "('total', '')" if dim == Dimension.TOTAL else f"('{dim}', f.{dim})" for dim in Dimension.values
)


@dataclass(frozen=True)
class Fact:
    """One kind of fact row: where it comes from, where it is kept, and what it adds up to.

    ``select`` is SQL with a column per column of ``model`` for the documents %(ids)s; ``subject`` is the column that
    holds the document's id, ``sources`` SQL for the ids of all documents of company %(company)s. ``measures`` are
    aggregates over fact rows ``f`` that carry a ``sign``; the first counts rows: where it is 0, no roll-up row stands.
    """

    name: str
    model: type[models.Model]
    side: str
    subject: str
    select: str
    sources: str
    rollup: type[models.Model]
    measures: dict[str, str]
    level: str = ""

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @cached_property
    def columns(self) -> list[str]:
        return [field.column for field in self.model._meta.concrete_fields if not field.primary_key]

    @cached_property
    def key(self) -> list[str]:
        """The columns that name one fact: those of the table's unique constraint."""
        return _unique(self.model)

    @cached_property
    def rollup_key(self) -> list[str]:
        return _unique(self.rollup)

    @property
    def _stored(self) -> str:
        return f"SELECT {', '.join(self.columns)} FROM {self.table} WHERE side = '{self.side}'"

    @property
    def _compared(self) -> str:
        """The rows of %(ids)s that come (sign 1) and those that go (sign -1); one that changes does both."""
        return f"""
            new AS MATERIALIZED (SELECT {", ".join(self.columns)} FROM ({self.select}) computed),
            old AS MATERIALIZED ({self._stored} AND {self.subject} = ANY(%(ids)s)),
            changed AS MATERIALIZED (
                SELECT *, 1 AS sign FROM (SELECT * FROM new EXCEPT SELECT * FROM old) added
                UNION ALL SELECT *, -1 FROM (SELECT * FROM old EXCEPT SELECT * FROM new) removed
            )"""

    def _sums(self, signed: str) -> str:
        """The roll-up rows that fact rows (with a sign) add up to; those that add nothing are left out."""
        level = f"'{self.level}' AS level, " if self.level else ""
        levels = "level, " if self.level else ""
        sums = ", ".join(f"coalesce({sql}, 0) AS {name}" for name, sql in self.measures.items())
        return f"""
            SELECT * FROM (
                SELECT f.company_id, {level}f.side, d.dim, f.day, d.key, {sums}
                FROM ({signed}) f CROSS JOIN LATERAL (VALUES {_DIMENSIONS}) d (dim, key)
                GROUP BY f.company_id, {levels}f.side, d.dim, f.day, d.key
            ) s WHERE {" OR ".join(f"{name} <> 0" for name in self.measures)}"""

    @property
    def _gone(self) -> str:
        key = ", ".join(self.key)
        return f"""
            gone AS (
                DELETE FROM {self.table} t USING (SELECT {key} FROM changed GROUP BY {key} HAVING sum(sign) < 0) r
                WHERE {_same("t", "r", self.key)}
            )"""

    @property
    def _write(self) -> str:
        columns = ", ".join(self.columns)
        return f"""
            INSERT INTO {self.table} ({columns}) SELECT {columns} FROM changed WHERE sign = 1
            ON CONFLICT ({", ".join(self.key)}) DO UPDATE SET
            {", ".join(f"{c} = EXCLUDED.{c}" for c in self.columns if c not in self.key)}"""

    @cached_property
    def _recompute(self) -> str:
        first = next(iter(self.measures))
        return f"""
            WITH {self._compared}, {self._gone}, written AS ({self._write}),
            delta AS MATERIALIZED ({self._sums("SELECT * FROM changed")})
            MERGE INTO {self.rollup._meta.db_table} t USING delta d ON {_same("t", "d", self.rollup_key)}
            WHEN MATCHED AND t.{first} + d.{first} = 0 THEN DELETE
            WHEN MATCHED THEN UPDATE SET {", ".join(f"{m} = t.{m} + d.{m}" for m in self.measures)}
            WHEN NOT MATCHED THEN INSERT ({", ".join([*self.rollup_key, *self.measures])})
                VALUES ({", ".join(f"d.{c}" for c in [*self.rollup_key, *self.measures])})"""

    @cached_property
    def _rewrite(self) -> str:
        return f"WITH {self._compared}, {self._gone} {self._write}"

    def recompute(self, ids: Sequence[int]) -> None:
        """This will make the facts of these documents what their rows say now, and move the roll-ups by the difference."""
        run_by_index(self._recompute, ids, _STORED_PARAMETERS)

    def rewrite(self, ids: Sequence[int]) -> None:
        """This will do the same to the facts alone; ``repair_rollup`` must follow."""
        run_by_index(self._rewrite, ids, _STORED_PARAMETERS)

    # --- rebuilding --------------------------------------------------------------------------------------------------

    def subjects(self, company_id: int) -> list[int]:
        """Every document of the company that has, or had, a fact."""
        found = rows(
            f"{self.sources} UNION SELECT {self.subject} FROM {self.table} "
            f"WHERE side = '{self.side}' AND company_id = %(company)s ORDER BY 1",
            {"company": company_id},
        )
        return [row[0] for row in found]

    def differences(self, ids: Sequence[int], limit: int) -> list[str]:
        """The keys of facts that are not what their documents say, written out."""
        found = rows(
            f"WITH {self._compared} {_pairs(self.key)} LIMIT {limit}", {"ids": list(ids), **_STORED_PARAMETERS}
        )
        return [_sentence(self.name, *row) for row in found]

    @property
    def _right(self) -> str:
        """The roll-up rows of a company as its stored facts add up."""
        mine = f"SELECT *, 1 AS sign FROM {self.table} WHERE side = '{self.side}' AND company_id = %(company)s"
        return f"SELECT {', '.join([*self.rollup_key, *self.measures])} FROM ({self._sums(mine)}) sums"

    @property
    def _mine(self) -> str:
        level = f" AND t.level = '{self.level}'" if self.level else ""
        return f"t.company_id = %(company)s AND t.side = '{self.side}'{level}"

    def repair_rollup(self, company_id: int) -> None:
        """This will make the company's roll-ups the sums of its stored facts."""
        columns = [*self.rollup_key, *self.measures]
        differs = " OR ".join(f"t.{m} <> d.{m}" for m in self.measures)
        run(
            f"""
            MERGE INTO {self.rollup._meta.db_table} t USING ({self._right}) d ON {_same("t", "d", self.rollup_key)}
            WHEN MATCHED AND ({differs}) THEN UPDATE SET {", ".join(f"{m} = d.{m}" for m in self.measures)}
            WHEN NOT MATCHED THEN INSERT ({", ".join(columns)}) VALUES ({", ".join(f"d.{c}" for c in columns)})
            WHEN NOT MATCHED BY SOURCE AND {self._mine} THEN DELETE""",
            {"company": company_id},
        )

    def rollup_differences(self, company_id: int, limit: int) -> list[str]:
        """The keys of roll-up rows that are not the sums of the stored facts, written out."""
        columns = ", ".join([*self.rollup_key, *self.measures])
        found = rows(
            f"""
            WITH new AS MATERIALIZED ({self._right}),
            old AS MATERIALIZED (SELECT {columns} FROM {self.rollup._meta.db_table} t WHERE {self._mine}),
            changed AS MATERIALIZED (
                SELECT *, 1 AS sign FROM (SELECT * FROM new EXCEPT SELECT * FROM old) added
                UNION ALL SELECT *, -1 FROM (SELECT * FROM old EXCEPT SELECT * FROM new) removed
            ) {_pairs(self.rollup_key)} LIMIT {limit}""",
            {"company": company_id},
        )
        return [_sentence(str(self.rollup._meta.model_name), *row) for row in found]


_STORED_PARAMETERS = {**STANDARD.parameters(), "as_of": None, "until": None}


def count(condition: str = "true") -> str:
    """The measure that counts rows on which ``condition`` holds (not: is unknown)."""
    return f"sum(sign) FILTER (WHERE {condition})"


def is_count(measure: str) -> bool:
    """Whether a measure is a whole number of rows."""
    return measure.startswith("sum(sign) ")


def total(expression: str, condition: str = "true") -> str:
    """The measure that adds up ``expression``."""
    return f"sum(sign * ({expression})) FILTER (WHERE {condition})"


def _unique(model: type[models.Model]) -> list[str]:
    constraint = next(c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint))
    columns = {field.name: field.column for field in model._meta.concrete_fields}
    return [columns[name] for name in constraint.fields]


def _same(left: str, right: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{c} = {right}.{c}" for c in columns)


def _pairs(key: Sequence[str]) -> str:
    """Of changed rows: the key as text, what is stored, what is right (as JSON)."""
    return f"""
        SELECT concat_ws(' / ', {", ".join(key)}), max(to_json(c)::text) FILTER (WHERE sign < 0),
            max(to_json(c)::text) FILTER (WHERE sign > 0)
        FROM changed c GROUP BY {", ".join(key)} ORDER BY {", ".join(key)}"""


def _sentence(name: str, key: str, stored: str | None, right: str | None) -> str:
    if stored is None:
        return f"{name} {key} is missing"
    if right is None:
        return f"{name} {key} should not be there"
    is_, be = json.loads(stored), json.loads(right)
    wrong = [f"{c} is {is_[c]}, should be {be[c]}" for c in be if is_[c] != be[c] and c != "sign"]
    return f"{name} {key}: {'; '.join(wrong)}"


# Rows are looked up by index whatever the tables hold, so an event costs the same with ten thousand orders as with ten
# million. Planning costs more than recomputing a few orders does, so for those one plan per connection is kept; a large
# batch is planned for itself (a plan kept from when a table was empty would be ruinous in a rebuild).
_FEW = 200
_BY_INDEX = (
    "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '64MB'"
)
_AS_BEFORE = "RESET plan_cache_mode; RESET enable_seqscan; RESET work_mem"


def run_by_index(sql: str, ids: Sequence[int], parameters: dict) -> None:
    """This will execute a statement about the documents %(ids)s."""
    with connection.cursor() as cursor:
        if len(ids) > _FEW:
            cursor.execute(f"{_BY_INDEX}; {sql}; {_AS_BEFORE}", {**parameters, "ids": list(ids)})
            return
        text = cursor.mogrify(sql.replace("%(ids)s", "$1"), parameters).decode()
        name = prepared(text, "bigint[]")
        cursor.execute(f"{_BY_INDEX}; EXECUTE {name} (%s::bigint[]); {_AS_BEFORE}", [list(ids)])


def run(sql: str, parameters: dict) -> None:
    """This will execute one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def rows(sql: str, parameters: dict) -> list[tuple]:
    """The rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
