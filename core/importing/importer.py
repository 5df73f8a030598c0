"""What a kind of table means, and what its rows would do: worked out without touching anything, done all or nothing."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import RuleBroken
from core.importing.cells import CellError, Parser, day_question, half_width, text
from core.importing.tables import Cell, Table
from core.overflow import within_limits
from core.text import Text

ERROR_HEADING = "Error / 错误"


@dataclass(frozen=True)
class Column:
    """``headings``: what the column may be called, English first, then Chinese; the template shows both."""

    key: str
    headings: tuple[str, ...]
    parser: Parser = field(default_factory=text)
    required: bool = False
    help: Text = ""
    example: str = ""

    @property
    def title(self) -> str:
        return " / ".join(self.headings[:2])


@dataclass(frozen=True)
class Problem:
    """One fault of one cell (or of a whole row: ``column`` is empty)."""

    row: int
    column: str
    value: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Question:
    """What only a person can know about a column: ``kind`` is "order" (of day and month) or "mark" (decimal)."""

    column: str
    heading: str
    kind: str
    example: str

    @property
    def choices(self) -> list[tuple[str, str]]:
        if self.kind == "order":
            return [("dmy", _("day first")), ("mdy", _("month first"))]
        return [(".", _("a thousands separator")), (",", _("a decimal comma"))]


CREATE, UPDATE, SAME, ERROR = "create", "update", "same", "error"


@dataclass
class PlannedRow:
    number: int
    status: str
    values: dict[str, Any]
    key: tuple = ()
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # column → (before, after)
    cells: list[Cell] = field(default_factory=list)


@dataclass
class Plan:
    rows: list[PlannedRow]
    problems: list[Problem]
    questions: list[Question]
    missing: list[str]  # required columns the file does not have
    ignored: list[str]  # its headings that nothing was mapped to

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(row.status for row in self.rows)
        return {status: counted[status] for status in (CREATE, UPDATE, SAME, ERROR)}

    @property
    def ready(self) -> bool:
        """Whether it could be committed with the faulty rows left out."""
        return not self.questions and not self.missing

    @property
    def faultless(self) -> bool:
        return self.ready and not self.problems


class Importer:
    """What a kind of table means. A subclass names its columns and key, and calls services to look up and to write."""

    name = ""  # "catalog.products"
    label: Text = ""
    permission: str | None = None
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()  # the columns that say which document a row is about

    # ---- what a subclass says

    def existing(self, keys: set[tuple], actor: Actor) -> dict[tuple, dict[str, Any]]:
        """What is stored for these keys, by key, in the shape of a row's values. One query, visible rows only."""
        return {}

    def check(self, rows: list[PlannedRow], actor: Actor) -> Iterable[tuple[PlannedRow, str, CellError]]:
        """More that can be wrong, over all rows at once (so that lookups are one query): (row, column key, error)."""
        return ()

    def rows_of(self, documents: QuerySet) -> Iterable[dict[str, Any]]:
        """What is stored of ``documents`` (visible ones) as rows of this table: exported, changed, imported again."""
        raise NotImplementedError

    def write(self, creates: list[dict[str, Any]], updates: list[dict[str, Any]], actor: Actor) -> None:
        """This will make the changes by one service call each, or raise RuleBroken."""
        raise NotImplementedError

    # ---- how it works

    def guess(self, headings: Sequence[str]) -> dict[str, int]:
        """Column key → position in the file, for the headings it knows (either language, any case)."""
        found: dict[str, int] = {}
        names = {
            _name(heading): column.key
            for column in self.columns
            for heading in (*column.headings, column.key, column.title)
        }
        for position, heading in enumerate(headings):
            options = [heading, *re.split(r"[/\n(（]", heading)]
            key = next((names[_name(one)] for one in options if _name(one) in names), None)
            if key and key not in found:
                found[key] = position
        return found

    def plan(
        self,
        table: Table,
        actor: Actor,
        *,
        mapping: dict[str, int] | None = None,
        answers: dict[str, str] | None = None,
    ) -> Plan:
        """This will work out what every row would do, and list every fault of every cell. It changes nothing."""
        mapping = self.guess(table.headings) if mapping is None else mapping
        columns = [column for column in self.columns if column.key in mapping]
        missing = [column.title for column in self.columns if column.required and column.key not in mapping]
        ignored = [
            heading
            for position, heading in enumerate(table.headings)
            if heading and position not in mapping.values() and heading != ERROR_HEADING
        ]
        answers, questions = self._answers(table, columns, mapping, answers or {})
        plan = Plan([], [], questions, missing, ignored)
        if not plan.ready:
            return plan
        seen: dict[tuple, int] = {}
        for number, cells in zip(table.numbers, table.rows, strict=True):
            plan.rows.append(self._row(number, cells, columns, mapping, answers, seen, plan.problems))
        self._compare(plan, actor)
        return plan

    def commit(self, plan: Plan, actor: Actor, *, leave_out_faulty: bool = False) -> dict[str, int]:
        """This will do what the plan says, in one transaction, and return its counts; RuleBroken when it may not."""
        if not plan.ready or (plan.problems and not leave_out_faulty):
            raise RuleBroken(_("Nothing was imported: the table still has faults or open questions."))
        with within_limits(), transaction.atomic():
            self.write(
                [row.values for row in plan.rows if row.status == CREATE],
                [row.values for row in plan.rows if row.status == UPDATE],
                actor,
            )
        return plan.counts

    def _answers(self, table, columns, mapping, given):
        """What each column shows by itself or was answered for it, and what is still open."""
        answers, questions = dict(given), []
        for column in columns:
            ask = getattr(column.parser, "question", None)
            if ask is None or column.key in given:
                continue
            found = ask(row[mapping[column.key]] for row in table.rows)
            if found is None:
                continue
            answer, example = found
            if answer:
                answers[column.key] = answer
            else:
                kind = "order" if ask is day_question else "mark"
                questions.append(Question(column.key, column.title, kind, example))
        return answers, questions

    def _row(self, number, cells, columns, mapping, answers, seen, problems) -> PlannedRow:
        row = PlannedRow(number, CREATE, {}, cells=cells)
        for column in columns:
            cell = cells[mapping[column.key]]
            try:
                if cell in (None, ""):
                    if column.required:
                        raise CellError(_("This must be filled in."), column.help or column.example)
                    row.values[column.key] = None
                else:
                    row.values[column.key] = column.parser(cell, answers.get(column.key, ""))
            except CellError as error:
                row.status = ERROR
                problems.append(Problem(number, column.title, _shown(cell), str(error), error.hint))
        row.key = tuple(row.values.get(key) for key in self.key)
        if row.status != ERROR and self.key:
            if row.key in seen:
                row.status = ERROR
                message = _("Row %(row)s is already about the same one.") % {"row": seen[row.key]}
                problems.append(Problem(number, self._title(self.key[0]), _shown(row.key[0]), message))
            seen.setdefault(row.key, number)
        return row

    def _compare(self, plan: Plan, actor: Actor) -> None:
        sound = [row for row in plan.rows if row.status != ERROR]
        for row, key, error in self.check(sound, actor):
            row.status = ERROR
            plan.problems.append(
                Problem(row.number, self._title(key), _shown(row.values.get(key)), str(error), error.hint)
            )
        stored = self.existing({row.key for row in sound}, actor) if self.key else {}
        for row in sound:
            if row.status == ERROR or row.key not in stored:
                continue
            before = stored[row.key]
            row.changes = {
                key: (before.get(key), value)
                for key, value in row.values.items()
                if _stored(before.get(key)) != _stored(value)
            }
            row.status = UPDATE if row.changes else SAME
        plan.problems.sort(key=lambda problem: problem.row)

    def _title(self, key: str) -> str:
        return next((column.title for column in self.columns if column.key == key), "")

    # ---- files that go back to the person

    def export(self, documents: QuerySet) -> tuple[list[str], Iterable[list[Any]]]:
        """Headings and rows of ``documents``; imported as they are they change nothing."""
        keys = [column.key for column in self.columns]
        return [column.title for column in self.columns], (
            [row.get(key) for key in keys] for row in self.rows_of(documents)
        )

    def template(self) -> tuple[list[str], list[list[str]]]:
        """Bilingual headings and one example row."""
        return [column.title for column in self.columns], [[column.example for column in self.columns]]

    def rejects(self, table: Table, plan: Plan) -> tuple[list[str], list[list[Cell]]]:
        """The faulty rows as they came, with what is wrong in a last column that the import passes over."""
        said: dict[int, list[str]] = {}
        for problem in plan.problems:
            said.setdefault(problem.row, []).append(f"{problem.column}: {problem.message} {problem.hint}".strip())
        width = table.headings.index(ERROR_HEADING) if ERROR_HEADING in table.headings else len(table.headings)
        headings = [*table.headings[:width], ERROR_HEADING]
        return headings, [[*row.cells[:width], " ".join(said[row.number])] for row in plan.rows if row.number in said]


def _stored(value: object) -> object:
    return None if value == "" else value


def _name(heading: str) -> str:
    return re.sub(r"[\s_*.:：-]+", "", half_width(str(heading))).casefold()


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell)[:80]
