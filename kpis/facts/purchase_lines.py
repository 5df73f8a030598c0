"""Purchase order lines: what the supplier promised, and what he did."""

from kpis.facts.engine import Fact
from kpis.facts.judge import JUDGE, MEASURES
from kpis.models import OrderDay, OrderLineFact, Side

# Where the promise is kept at hand-over, goods arrive when the risk passes to us (ShipmentLine.owned_date); what happens
# after that day is not the supplier's lateness. Elsewhere, and where that day is unknown, they arrive with the receipt.
# Every line looks its movements up by index, so the cost of an order does not hang on how many others there are.
SELECT = f"""
WITH line AS (
    SELECT l.id AS line_id, l.order_id, l.product_id, o.company_id, o.supplier_id::text AS supplier,
        coalesce(o.destination_country_id, '') AS country, coalesce(p.group_id::text, '') AS product_group,
        o.mode, o.incoterm, l.quantity AS ordered, o.status = 'closed' AS closed,
        CASE %(basis)s WHEN 'requested' THEN coalesce(l.requested_date, l.original_promised_date)
            ELSE l.original_promised_date END AS day,
        o.promised_at = 'handover' AS at_handover, coalesce(%(as_of)s::date, c.as_of) AS as_of
    FROM sourcing_purchaseorder o
    JOIN sourcing_purchaseorderline l ON l.order_id = o.id
    JOIN catalog_product p ON p.id = l.product_id
    JOIN kpis_kpiclock c ON c.company_id = o.company_id
    WHERE o.id = ANY(%(ids)s) AND o.status IN ('sent', 'confirmed', 'closed')
        AND NOT o.sample AND NOT l.cancelled AND l.quantity > 0 AND l.original_promised_date IS NOT NULL
), happened AS (
    SELECT line.*, 'purchase' AS side, false AS refused, false AS settled, %(claim_days)s::int AS claim_days,
        %(claim_days)s::int AS fault_days,
        coalesce(arrived.quantity, 0) AS quantity, coalesce(arrived.in_time, 0) AS in_time, arrived.first_day,
        arrived.last_day, seen.day AS seen_day, seen.damaged OR debited.damaged AS damaged,
        papers.wrong OR debited.wrong AS wrong_papers
    FROM line
    CROSS JOIN LATERAL (
        SELECT sum(m.quantity) AS quantity, min(m.day) AS first_day, max(m.day) AS last_day,
            sum(m.quantity) FILTER (WHERE m.day <= line.day + %(late_days)s::int) AS in_time
        FROM (
            SELECT s.owned_date AS day, greatest(s.quantity - coalesce(r.short, 0), coalesce(r.quantity, 0)) AS quantity
            FROM logistics_shipmentline s
            JOIN logistics_shipment h ON h.id = s.shipment_id
            CROSS JOIN LATERAL (
                SELECT sum(r.short_quantity) AS short, sum(r.accepted_quantity + r.rejected_quantity) AS quantity
                FROM logistics_receiptline r JOIN logistics_receipt g ON g.id = r.receipt_id
                WHERE r.shipment_line_id = s.id AND g.cancelled_at IS NULL
                    AND (%(until)s::date IS NULL OR g.received_date <= %(until)s::date)
            ) r
            WHERE line.at_handover AND s.order_line_id = line.line_id AND h.status <> 'cancelled'
                AND s.owned_date IS NOT NULL AND (%(until)s::date IS NULL OR s.owned_date <= %(until)s::date)
            UNION ALL
            SELECT g.received_date, r.accepted_quantity + r.rejected_quantity
            FROM logistics_receiptline r
            JOIN logistics_receipt g ON g.id = r.receipt_id
            LEFT JOIN logistics_shipmentline s ON s.id = r.shipment_line_id AND line.at_handover
                AND s.owned_date IS NOT NULL AND (%(until)s::date IS NULL OR s.owned_date <= %(until)s::date)
            WHERE r.order_line_id = line.line_id AND g.cancelled_at IS NULL AND s.id IS NULL
                AND (%(until)s::date IS NULL OR g.received_date <= %(until)s::date)
        ) m WHERE m.quantity > 0
    ) arrived
    CROSS JOIN LATERAL (
        SELECT max(g.received_date) FILTER (WHERE r.accepted_quantity + r.rejected_quantity > 0) AS day,
            coalesce(bool_or(r.damaged OR r.rejected_quantity > 0 OR EXISTS (
                SELECT FROM logistics_supplierreturnline b
                JOIN logistics_supplierreturn t ON t.id = b.supplier_return_id
                WHERE b.receipt_line_id = r.id AND t.returned_date <= g.received_date + %(claim_days)s::int
            )), false) AS damaged
        FROM logistics_receiptline r JOIN logistics_receipt g ON g.id = r.receipt_id
        WHERE r.order_line_id = line.line_id AND g.cancelled_at IS NULL
            AND (%(until)s::date IS NULL OR g.received_date <= %(until)s::date)
    ) seen
    CROSS JOIN LATERAL (  -- required, and later than the goods, missing when they came, or contradicting the others
        SELECT coalesce(bool_or(
            d.conflict <> '' OR (h.arrived_date IS NOT NULL AND coalesce(d.received_date > h.arrived_date, true))
        ), false) AS wrong
        FROM logistics_shipmentline s
        JOIN logistics_shipment h ON h.id = s.shipment_id
        JOIN logistics_tradedocument d ON d.shipment_id = h.id
        WHERE s.order_line_id = line.line_id AND h.status <> 'cancelled' AND d.required
    ) papers
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(n.reason = 'quality'), false) AS damaged, coalesce(bool_or(n.reason = 'price'), false) AS wrong
        FROM finance_debitnote n WHERE n.order_line_id = line.line_id AND n.cancelled_at IS NULL
    ) debited
), {JUDGE}
"""

PURCHASE_LINES = Fact(
    name="purchase order line",
    model=OrderLineFact,
    side=Side.PURCHASE,
    subject="order_id",
    select=SELECT,
    sources="SELECT id FROM sourcing_purchaseorder WHERE company_id = %(company)s",
    rollup=OrderDay,
    level="line",
    measures=MEASURES,
)
