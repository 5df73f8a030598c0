"""What the database alone needs for the same rows: raw SQL in this process, no HTTP, no rules. "limit_…" beside a figure
says how much of it is ours to save, on any machine.

Rows are copied from what the measured requests have just written, audit triggers included.
"""

import time
from collections.abc import Callable

from django.db import connection, models

from benchmarks.figures import p50
from core.actor import system
from core.models import Delivery, Event, EventAbout, Task
from core.scope import scope
from finance.models import Charge, ChargeShare, SupplierInvoice, SupplierInvoiceLine
from inventory.models import CostLayer, Lot, StockMove
from ledger.models import Entry, Posting
from logistics.models import Receipt, ReceiptLine
from parties.models import DocumentParty
from sourcing.models import OrderRevision, PurchaseOrder, PurchaseOrderLine


def commit_ms(world) -> float:
    """One row written and on disk."""
    sql = (
        "INSERT INTO core_series AS s (company_id, prefix, year, last) VALUES (%s, 'LIMIT', 2000, 1) "
        "ON CONFLICT ON CONSTRAINT core_series_once DO UPDATE SET last = s.last + 1"
    )
    return _p50(lambda cursor: cursor.execute(sql, [world.company_id]), 100)


def order_rows_ms(world) -> float:
    """What creating and issuing an order writes: order, lines, party, revision, task, events, deliveries; two commits."""
    with scope(system()):
        order = PurchaseOrder.objects.filter(company_id=world.company_id).exclude(sent_at=None)
        pk = order.values_list("pk", flat=True)[0]
    itself, of_it = f"id = {pk}", f"kind = 'sourcing.purchaseorder' AND document_id = {pk}"
    created = _News("sourcing.purchaseorder", pk, "sourcing.purchase_order.created")
    issued = _News("sourcing.purchaseorder", pk, "sourcing.purchase_order.sent")

    def create(cursor) -> None:
        (new,) = _copied(cursor, PurchaseOrder, itself, number="'L' || nextval('sourcing_purchaseorder_id_seq')")
        _copied(cursor, PurchaseOrderLine, f"order_id = {pk}", order_id=str(new))
        _copied(cursor, DocumentParty, of_it, document_id=str(new))
        created.copied(cursor, new)

    def issue(cursor) -> None:
        (new,) = _copied(cursor, PurchaseOrder, itself, number="'L' || nextval('sourcing_purchaseorder_id_seq')")
        _copied(cursor, OrderRevision, f"order_id = {pk}", order_id=str(new))
        _copied(cursor, Task, f"document_{of_it}", document_id=str(new))
        issued.copied(cursor, new)

    return _p50(create) + _p50(issue)


def order_list_ms(world) -> float:
    """80 orders with their lines, every column, fetched."""
    sql = (
        "SELECT * FROM (SELECT * FROM sourcing_purchaseorder WHERE company_id = %s ORDER BY id DESC LIMIT 80) o "
        "JOIN sourcing_purchaseorderline l ON l.order_id = o.id ORDER BY o.id DESC, l.position"
    )

    def ask(cursor) -> None:
        cursor.execute(sql, [world.company_id])
        cursor.fetchall()

    return _p50(ask)


def receipt_rows_ms(world) -> float:
    """What receiving 5 lines writes: receipt, lines, lots, layers, moves, entry, postings, events, deliveries."""
    with scope(system()):
        receipt = Receipt.objects.filter(company_id=world.company_id, shipment=None).values_list("pk", flat=True)[0]
        entry = Entry.objects.filter(source_kind="logistics.receipt", source_id=receipt).values_list("pk", flat=True)[0]
        received = ReceiptLine.objects.filter(receipt_id=receipt).values_list("lot_id", flat=True)
        lots, layers, moves = (
            _keys(model, **{f"{name}__in": list(received)})
            for model, name in ((Lot, "pk"), (CostLayer, "lot"), (StockMove, "lot"))
        )
    news = _News("logistics.receipt", receipt), _News("ledger.entry", entry)

    def write(cursor) -> None:
        number = "'L' || nextval('logistics_receipt_id_seq')"
        (new,) = _copied(cursor, Receipt, f"id = {receipt}", number=number)
        _copied(cursor, ReceiptLine, f"receipt_id = {receipt}", receipt_id=str(new))
        _copied(cursor, Lot, lots, number="'L' || nextval('inventory_lot_id_seq')")
        _copied(cursor, CostLayer, layers)
        _copied(cursor, StockMove, moves)
        (new_entry,) = _copied(cursor, Entry, f"id = {entry}")
        _copied(cursor, Posting, f"entry_id = {entry}", entry_id=str(new_entry))
        for one, key in zip(news, (new, new_entry), strict=True):
            one.copied(cursor, key)

    return _p50(write)


def landed_rows_s(world) -> float:
    """What three bills on 250 lots write: bills, charges, shares, layers, entries, and the lots' new cost; three commits."""
    with scope(system()):
        charge = Charge.objects.filter(company_id=world.company_id).order_by("-pk")[0]
        layers = _keys(CostLayer, source_kind="finance.charge", source_id=charge.pk)
        entries = _keys(Entry, source_kind="finance.charge", source_id=charge.pk)
    invoice, news = charge.invoice_id, _News("finance.charge", charge.pk)

    def bill(cursor) -> None:
        number = "'L' || nextval('finance_supplierinvoice_id_seq')"
        (new,) = _copied(cursor, SupplierInvoice, f"id = {invoice}", number=number, supplier_number=number)
        (shared,) = _copied(cursor, Charge, f"id = {charge.pk}", invoice_id=str(new))
        _copied(cursor, SupplierInvoiceLine, f"invoice_id = {invoice}", invoice_id=str(new), charge_id=str(shared))
        _copied(cursor, ChargeShare, f"charge_id = {charge.pk}", charge_id=str(shared))
        _copied(cursor, CostLayer, layers)
        cursor.execute(
            "UPDATE inventory_lot SET cost_total = cost_total + 1 "
            f"WHERE id IN (SELECT lot_id FROM inventory_costlayer WHERE {layers})"
        )
        _copied(cursor, Entry, entries)
        news.copied(cursor, shared)

    return _p50(bill, 9) * 3 / 1000


def _p50(work: Callable, count: int = 40) -> float:
    """The median in ms of ``work`` in a transaction of its own, its commit included."""
    samples = []
    for _ in range(count):
        started = time.perf_counter()
        with scope(system()), connection.cursor() as cursor:
            work(cursor)
        samples.append(time.perf_counter() - started)
    return p50(samples)


def _keys(model: type[models.Model], **lookup) -> str:
    """The rows as they stand now, as SQL: what is copied later is not among them."""
    return f"id IN ({', '.join(map(str, model._default_manager.filter(**lookup).values_list('pk', flat=True)))})"


def _copied(cursor, model: type[models.Model], where: str, **changes: str) -> list[int]:
    """This will copy the rows that ``where`` names, with other values (SQL) in some columns; returns the new keys."""
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = ", ".join(changes.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {where} RETURNING id")
    return [row[0] for row in cursor.fetchall()]


class _News:
    """What was announced of a document: the event, what it concerns, and whom it is owed to (here already paid)."""

    def __init__(self, kind: str, pk: int, *names: str):
        with scope(system()):
            events = Event.objects.filter(subject_kind=kind, subject_id=pk, **({"name__in": names} if names else {}))
            self.events = list(events.values_list("pk", flat=True))

    def copied(self, cursor, new: int) -> None:
        for event in self.events:
            (copy,) = _copied(cursor, Event, f"id = {event}", subject_id=str(new))
            _copied(cursor, EventAbout, f"event_id = {event}", event_id=str(copy))
            own = "pg_current_xact_id()::text::bigint"
            _copied(cursor, Delivery, f"event_id = {event}", event_id=str(copy), transaction=own, done_at="now()")
