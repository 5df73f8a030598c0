"""What must always be true across the house, as questions that answer with the ids at which it is not.

The database refuses most wrong rows one by one; these are the sums and threads that no single constraint sees.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps

from kpis.facts.engine import rows

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Check:
    """``faults`` is SQL for the ids of what is wrong; ``sentence`` says it, with {count} and {ids}."""

    sentence: str
    faults: str


CHECKS = (
    # --- threads: every row down the chain carries the order line it fulfils ---
    Check(
        "{count} shipment lines belong to another order than their order line does: {ids}.",
        "SELECT s.id FROM logistics_shipmentline s JOIN sourcing_purchaseorderline l ON l.id = s.order_line_id "
        "WHERE s.order_id <> l.order_id",
    ),
    Check(
        "{count} receipt lines of a shipment name no line of it: {ids}.",
        "SELECT r.id FROM logistics_receiptline r JOIN logistics_receipt g ON g.id = r.receipt_id "
        "LEFT JOIN logistics_shipmentline s ON s.id = r.shipment_line_id "
        "WHERE g.shipment_id IS NOT NULL AND s.shipment_id IS DISTINCT FROM g.shipment_id",
    ),
    Check(
        "{count} receipt lines name a shipment line of another order line: {ids}.",
        "SELECT r.id FROM logistics_receiptline r JOIN logistics_shipmentline s ON s.id = r.shipment_line_id "
        "WHERE s.order_line_id <> r.order_line_id",
    ),
    Check(
        "{count} delivery lines belong to another order than their delivery does: {ids}.",
        "SELECT b.id FROM logistics_deliveryline b JOIN logistics_delivery d ON d.id = b.delivery_id "
        "JOIN sales_customerorderline l ON l.id = b.order_line_id WHERE l.order_id <> d.order_id",
    ),
    Check(
        "{count} lines of customer returns name a delivery of another order: {ids}.",
        "SELECT r.id FROM logistics_customerreturnline r JOIN logistics_customerreturn t ON t.id = r.customer_return_id "
        "JOIN logistics_deliveryline b ON b.id = r.delivery_line_id JOIN logistics_delivery d ON d.id = b.delivery_id "
        "WHERE d.order_id <> t.order_id",
    ),
    Check(
        "{count} shipment lines name another supplier than their order does: {ids}.",
        "SELECT s.id FROM logistics_shipmentline s JOIN sourcing_purchaseorder o ON o.id = s.order_id "
        "WHERE s.supplier_id <> o.supplier_id",
    ),
    Check(
        "{count} shipments have no lines: {ids}.",
        "SELECT h.id FROM logistics_shipment h WHERE h.status <> 'cancelled' "
        "AND NOT EXISTS (SELECT FROM logistics_shipmentline s WHERE s.shipment_id = h.id)",
    ),
    Check(
        "{count} payment allocations settle nothing: {ids}.",
        "SELECT id FROM finance_paymentallocation WHERE num_nonnulls(invoice_id, order_id, customer_invoice_id) = 0",
    ),
    # --- sums ---
    Check(
        "{count} purchase order lines do not show as received what their receipts add up to: {ids}.",
        "SELECT l.id FROM sourcing_purchaseorderline l LEFT JOIN ("
        "SELECT r.order_line_id, sum(r.accepted_quantity + r.rejected_quantity) AS quantity "
        "FROM logistics_receiptline r JOIN logistics_receipt g ON g.id = r.receipt_id "
        "WHERE g.cancelled_at IS NULL GROUP BY 1) r ON r.order_line_id = l.id "
        "WHERE l.received_quantity <> coalesce(r.quantity, 0)",
    ),
    Check(
        "{count} customer order lines do not show as delivered what their deliveries add up to: {ids}.",
        "SELECT l.id FROM sales_customerorderline l LEFT JOIN ("
        "SELECT order_line_id, sum(quantity) AS quantity FROM logistics_deliveryline GROUP BY 1) d "
        "ON d.order_line_id = l.id WHERE l.delivered_quantity <> coalesce(d.quantity, 0)",
    ),
    Check(
        "{count} lots hold another quantity than their moves add up to: {ids}.",
        "SELECT t.id FROM inventory_lot t LEFT JOIN ("
        "SELECT lot_id, sum(quantity) AS quantity FROM inventory_stockmove GROUP BY 1) m ON m.lot_id = t.id "
        "WHERE t.quantity_on_hand <> coalesce(m.quantity, 0)",
    ),
    Check(
        "{count} lots cost something else than their layers add up to: {ids}.",
        "SELECT t.id FROM inventory_lot t LEFT JOIN ("
        "SELECT lot_id, sum(amount) AS amount FROM inventory_costlayer GROUP BY 1) c ON c.lot_id = t.id "
        "WHERE t.cost_total <> coalesce(c.amount, 0)",
    ),
    Check(
        "{count} ledger entries do not balance: {ids}.",
        "SELECT entry_id FROM ledger_posting GROUP BY entry_id HAVING sum(amount) <> 0",
    ),
    Check(
        "The trial balance of {count} companies is not 0: {ids}.",
        "SELECT e.company_id FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id "
        "GROUP BY e.company_id HAVING sum(p.amount) <> 0",
    ),
    Check(
        "{count} payments pay something else than their parts, less discounts, add up to: {ids}.",
        "SELECT p.id FROM finance_payment p LEFT JOIN ("
        "SELECT payment_id, sum(amount - discount) AS amount FROM finance_paymentallocation GROUP BY 1) a "
        "ON a.payment_id = p.id WHERE p.amount <> coalesce(a.amount, 0)",
    ),
    Check(
        "{count} supplier invoices do not show as paid what payments settled of them: {ids}.",
        "SELECT i.id FROM finance_supplierinvoice i LEFT JOIN ("
        "SELECT a.invoice_id, sum(a.amount) AS amount FROM finance_paymentallocation a "
        "JOIN finance_payment p ON p.id = a.payment_id AND p.status = 'paid' GROUP BY 1) a ON a.invoice_id = i.id "
        "WHERE i.paid_amount <> coalesce(a.amount, 0)",
    ),
    Check(
        "{count} orders do not show as deposit what was paid of it, less refunds: {ids}.",
        "SELECT o.id FROM sourcing_purchaseorder o LEFT JOIN ("
        "SELECT a.order_id, sum(CASE p.direction WHEN 'ref' THEN -a.amount ELSE a.amount END) AS amount "
        "FROM finance_paymentallocation a JOIN finance_payment p ON p.id = a.payment_id AND p.status = 'paid' "
        "WHERE a.order_id IS NOT NULL GROUP BY 1) a ON a.order_id = o.id WHERE o.deposit_paid <> coalesce(a.amount, 0)",
    ),
    Check(
        "{count} letters of credit do not show as drawn what their presentations drew: {ids}.",
        "SELECT l.id FROM finance_letterofcredit l LEFT JOIN ("
        "SELECT letter_id, sum(amount) AS amount FROM finance_presentation WHERE status IN ('complying', 'waived') "
        "GROUP BY 1) p ON p.letter_id = l.id WHERE l.drawn_amount <> coalesce(p.amount, 0)",
    ),
    Check(
        "{count} charges are shared out at another amount than they say: {ids}.",
        "SELECT c.id FROM finance_charge c LEFT JOIN ("
        "SELECT charge_id, sum(stock + expensed) AS amount FROM finance_chargeshare GROUP BY 1) s ON s.charge_id = c.id "
        "WHERE c.capitalised_base <> coalesce(s.amount, 0)",
    ),
    # --- KPIs ---
    Check(
        "{count} days of order roll-ups add up to something else by a dimension than in total: {ids}.",
        "SELECT DISTINCT day FROM (SELECT company_id, level, side, day, dim, sum(promised) AS a, sum(failed) AS b, "
        "sum(perfect) AS c FROM kpis_orderday GROUP BY 1, 2, 3, 4, 5) s "
        "GROUP BY company_id, level, side, day HAVING min(a) <> max(a) OR min(b) <> max(b) OR min(c) <> max(c)",
    ),
    Check(
        "{count} days of landed-cost roll-ups add up to something else by a dimension than in total: {ids}.",
        "SELECT DISTINCT day FROM (SELECT company_id, side, day, dim, sum(lines) AS a, sum(landed) AS b "
        "FROM kpis_landedday GROUP BY 1, 2, 3, 4) s "
        "GROUP BY company_id, side, day HAVING min(a) <> max(a) OR min(b) <> max(b)",
    ),
    # --- events ---
    Check(
        "{count} deliveries are owed to a handler that exists no more: {ids}.",
        "SELECT id FROM core_delivery WHERE done_at IS NULL AND handler <> ALL(%(handlers)s)",
    ),
)


# Rows that name a document by kind and id, which no foreign key can watch: (table, kind, id). Events, notes, files and
# tasks are history: they may name a draft that was deleted. Opening stock comes from no document: 0.
NAMING = (
    ("parties_documentparty", "kind", "document_id"),
    ("ledger_entry", "source_kind", "source_id"),
    ("inventory_lot", "source_kind", "source_id"),
    ("inventory_costlayer", "source_kind", "source_id"),
    ("inventory_stockmove", "document_kind", "document_id"),
)


def checks() -> Iterator[Check]:
    """The written ones, and one for every kind of document that some row names without a foreign key."""
    yield from CHECKS
    tables = {model._meta.label_lower: model._meta.db_table for model in apps.get_models()}
    for table, kind, pk in NAMING:
        for (name,) in rows(f"SELECT DISTINCT {kind} FROM {table}", {}):
            missing = f"SELECT FROM {tables[name]} d WHERE d.id = n.{pk}" if name in tables else "SELECT WHERE false"
            yield Check(
                f"{{count}} rows of {table} name a document ({name}) that is not there: {{ids}}.",
                f"SELECT n.{pk} FROM {table} n WHERE n.{kind} = '{name}' AND n.{pk} <> 0 AND NOT EXISTS ({missing})",
            )


def find_faults(*, handlers: list[str]) -> Iterator[str]:
    """Every fault as a sentence with the first ids; nothing when the house is in order."""
    for check in checks():
        found = rows(
            f"SELECT count(*), (array_agg(id ORDER BY id))[:{SHOWN}] FROM ({check.faults}) f (id)",
            {"handlers": handlers},
        )
        count, ids = found[0]
        if count:
            shown = ", ".join(map(str, ids)) + (" …" if count > SHOWN else "")
            yield check.sentence.format(count=count, ids=shown)
