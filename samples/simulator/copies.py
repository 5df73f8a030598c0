"""Years of history: rows of a played period written again, in sets, with ids, numbers and days of their own.

Playing an order costs a second of services; a copy of it costs its INSERTs. What is copied is read off the models: every
key and every (kind, id) pair that points at a copied row moves with it, unique numbers get a suffix, days and moments go
back in time by whole weeks. Triggers, constraints and append-only rules hold as for anybody: only INSERT is used.

Not copied: tasks and mail (nothing is left to do), revisions' snapshots (their dates are text), and of the events only
those of ``STATIONS``, one a step of the order's life, so that each timeline tells it; the sealer chains them as any other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models

from core.actor import COMMAND, system
from core.models import ApprovalRequest, ApprovalVote, Event, EventAbout
from core.outbox import SEALED_AT_ONCE, SEALER, drain_batch
from core.scope import scope
from ledger.services import open_year
from parties.models import DocumentParty

DOCUMENTS = {
    "sourcing": ["PurchaseOrder", "PurchaseOrderLine", "OrderConfirmation", "ConfirmationLine"],
    "quality": ["Inspection", "InspectionLine", "Finding"],
    "logistics": [
        "Shipment", "Container", "ShipmentLine", "Milestone", "TradeDocument", "Receipt", "ReceiptLine", "SupplierReturn",
        "SupplierReturnLine", "Delivery", "DeliveryLine", "CustomerReturn", "CustomerReturnLine",
    ],
    "inventory": ["Lot", "CostLayer", "StockMove"],
    "sales": ["CustomerOrder", "CustomerOrderLine"],
    "finance": [
        "SupplierInvoice", "SupplierInvoiceLine", "Charge", "ChargeShare", "DebitNote", "CustomerInvoice",
        "CustomerInvoiceLine", "CreditNote", "Payment", "PaymentAllocation", "LetterOfCredit", "Presentation",
    ],
    "ledger": ["Entry", "Posting"],
}  # fmt: skip
COPIED: list[type[models.Model]] = [
    *(apps.get_model(app, name) for app, names in DOCUMENTS.items() for name in names),
    ApprovalRequest,
    ApprovalVote,
    DocumentParty,
    Event,
    EventAbout,
]
# Nothing points at these: they take their ids from their sequence as they come.
LEAVES = {
    apps.get_model(name)
    for name in (
        "sourcing.ConfirmationLine", "quality.InspectionLine", "quality.Finding", "logistics.Container",
        "logistics.Milestone", "logistics.TradeDocument", "inventory.CostLayer", "finance.SupplierInvoiceLine",
        "finance.ChargeShare", "finance.CustomerInvoiceLine", "finance.PaymentAllocation", "ledger.Posting",
        "core.ApprovalVote", "parties.DocumentParty", "core.EventAbout",
    )
}  # fmt: skip
STATIONS = (
    "sourcing.purchase_order.sent",
    "sourcing.purchase_order.confirmed",
    "logistics.shipment.planned",
    "logistics.receipt.posted",
    "sales.customer_order.confirmed",
    "logistics.delivery.delivered",
)
KIND_OF = {  # which columns may say what kind of document an id column points at
    "document_id": ("document_kind", "kind"),
    "source_id": ("source_kind",),
    "subject_id": ("subject_kind",),
}
NUMBERS = ("number", "supplier_number", "source_number", "order_number")
AT_ONCE = 20  # copies in one transaction

Tell = Callable[[float], None]


@dataclass(frozen=True)
class Range:
    """The ids of one table's rows of the played period, and the first id of its copies."""

    low: int
    span: int
    first: int

    def moved(self, column: str) -> str:
        """SQL of the id that a copied row's ``column`` points at in copy ``k``."""
        return f"(t.{column} + ({self.first} - {self.low}) + k * {self.span}::bigint)"


def marks() -> dict[str, int]:
    """The highest id of each table that will be copied: rows above it belong to what is played from now on."""
    found = {}
    with scope(system(COMMAND)), connection.cursor() as cursor:  # outside a scope a protected table looks empty
        for model in COPIED:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {model._meta.db_table}")
            found[model._meta.label_lower] = cursor.fetchone()[0]
    return found


class Copier:
    """Copies what one company has written since ``since`` (the answer of ``marks`` before it was played)."""

    def __init__(self, *, company_id: int, since: dict[str, int], first_day: date):
        self.company_id, self.since, self.first_day = company_id, since, first_day
        self.until = marks()  # so that copies are not copied again
        self.ranges: dict[str, Range] = {}
        self.made = 0

    def count(self, *models_: type[models.Model]) -> int:
        """How many rows of these models one copy has."""
        with scope(system(COMMAND)), connection.cursor() as cursor:
            cursor.execute(
                " UNION ALL ".join(
                    f"SELECT count(*) FROM {model._meta.db_table} t WHERE {self._rows(model)}" for model in models_
                ),
                self._parameters,
            )
            return sum(count for (count,) in cursor.fetchall())

    def copy(self, *, copies: int, years: int, tell: Tell) -> None:
        """This will write ``copies`` copies, spread evenly over the ``years`` before the played period.

        Each batch is a transaction. It may be called again: numbers go on where they stopped.
        """
        weeks = years * 52
        for year in range((self.first_day - timedelta(weeks=weeks + 1)).year, self.first_day.year + 1):
            with scope(system(COMMAND)):
                open_year(company_id=self.company_id, year=year)
        with scope(system(COMMAND)):
            for model in COPIED:
                if model not in LEAVES and (found := self._reserve(model, copies)):
                    self.ranges[model._meta.label_lower] = found
        statements = [
            self._statement(model) for model in COPIED if model in LEAVES or model._meta.label_lower in self.ranges
        ]
        for start in range(0, copies, AT_ONCE):
            end = min(start + AT_ONCE, copies)
            values = {"start": start, "end": end - 1, "weeks": weeks, "copies": copies, "made": self.made}
            with scope(system(COMMAND)), connection.cursor() as cursor:
                for n, statement in enumerate(statements):
                    cursor.execute(statement, {**self._parameters, **values})
                    tell((start + (end - start) * n / len(statements)) / copies)
            while drain_batch(SEALER):
                pass
        self.made += copies

    @property
    def _parameters(self) -> dict:
        return {"company": self.company_id, "stations": list(STATIONS)}

    def _reserve(self, model: type[models.Model], copies: int) -> Range | None:
        """Ids for every copy of a table's rows, taken from its sequence; None when there is nothing to copy."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT min(id), max(id) - min(id) + 1 FROM {model._meta.db_table} t WHERE {self._rows(model)}",
                self._parameters,
            )
            low, span = cursor.fetchone()
            if low is None:
                return None
            cursor.execute(
                "SELECT min(n), max(n) - min(n) + 1 FROM (SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS n "
                "FROM generate_series(1, %s)) taken",
                [model._meta.db_table, span * copies],
            )
            first, taken = cursor.fetchone()
            if taken != span * copies:
                raise RuntimeError(f"{model._meta.label} is being written to by others; history is loaded alone.")
            return Range(low, span, first)

    def _rows(self, model: type[models.Model], alias: str = "t") -> str:
        """SQL condition: the rows of the played period, by the company or by the document they belong to."""
        columns = {field.name for field in model._meta.concrete_fields}
        name = model._meta.label_lower
        since = f"{alias}.id > {self.since[name]} AND {alias}.id <= {self.until[name]}"
        if model is Event:
            return f"{since} AND {alias}.company_id = %(company)s AND {alias}.name = ANY(%(stations)s)"
        if "company" in columns or "company_id" in columns:
            return f"{since} AND {alias}.company_id = %(company)s"
        if model is DocumentParty:
            kinds = ", ".join(
                f"'{m._meta.label_lower}'" for m in COPIED if any(f.name == "company" for f in m._meta.concrete_fields)
            )
            return f"{since} AND {alias}.kind IN ({kinds})"
        parent: Any = next(
            f for f in model._meta.concrete_fields if f.is_relation and f.related_model in COPIED and not f.null
        )
        inner = self._rows(parent.related_model, "p")
        return f"{since} AND {alias}.{parent.column} IN (SELECT p.id FROM {parent.related_model._meta.db_table} p WHERE {inner})"

    def _statement(self, model: type[models.Model]) -> str:
        """One INSERT … SELECT for all rows of a table in the copies %(start)s to %(end)s."""
        fields = [f for f in model._meta.concrete_fields if not (f.primary_key and model in LEAVES)]
        columns = {field.column: self._value(field) for field in fields}
        if model is Event:
            del columns["recorded_at"]  # the database's own clock: it is recorded now
        insert = (
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
            f"FROM {model._meta.db_table} t CROSS JOIN ("
            "SELECT k, (-7 * (1 + k * %(weeks)s / %(copies)s))::int AS days FROM generate_series(%(start)s, %(end)s) k) c "
            f"WHERE {self._rows(model)}"
        )
        if model is Event:
            return (
                f"WITH happened AS ({insert} RETURNING id) INSERT INTO core_delivery (event_id, handler, subject_id, transaction) "
                f"SELECT min(id), '{SEALER}', max(id), pg_current_xact_id()::text::bigint FROM happened "
                f"GROUP BY id / {SEALED_AT_ONCE}"
            )
        return insert

    def _value(self, field: Any) -> str:
        """SQL of a column in the copy ``k``, ``days`` away from its original."""
        model, column = field.model, field.column
        if field.primary_key:
            return self.ranges[model._meta.label_lower].moved(column)
        if field.is_relation:
            target = self.ranges.get(field.related_model._meta.label_lower)
            return target.moved(column) if target else f"t.{column}"
        if kind := next((name for name in KIND_OF.get(column, ()) if hasattr(model, name)), None):
            return self._pointed(f"t.{kind}", column, self.ranges)
        if column == "line_id":  # of a document of document_kind
            lines = {name.removesuffix("line"): ids for name, ids in self.ranges.items() if name.endswith("line")}
            return self._pointed("t.document_kind", column, lines)
        if isinstance(field, models.DateTimeField):
            return f"t.{column} + days * interval '1 day'"
        if isinstance(field, models.DateField):
            return f"t.{column} + days"
        if column in NUMBERS and isinstance(field, models.CharField) and (field.max_length or 0) >= 30:
            return f"CASE WHEN t.{column} <> '' THEN t.{column} || '-' || (k + 1 + %(made)s) ELSE '' END"
        return f"t.{column}"

    def _pointed(self, kind: str, column: str, ranges: dict[str, Range]) -> str:
        cases = " ".join(f"WHEN '{name}' THEN {ids.moved(column)}" for name, ids in ranges.items())
        return f"CASE {kind} {cases} ELSE t.{column} END"
