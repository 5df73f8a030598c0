"""Purchase order lines: what the supplier promised, and what he did."""

from kpis.facts.engine import Fact
from kpis.facts.judge import JUDGE, MEASURES
from kpis.models import OrderDay, OrderLineFact, Side

# Where the promise is kept at hand-over, goods arrive when the risk passes to us (ShipmentLine.owned_date); what happens
# after that day is not the supplier's lateness. Elsewhere, and where that day is unknown, they arrive with the receipt.
SELECT = f"""
WITH line AS MATERIALIZED (
    SELECT l.id AS line_id, l.order_id, l.product_id, o.company_id, o.supplier_id::text AS supplier,
        coalesce(o.destination_country_id, '') AS country, coalesce(p.group_id::text, '') AS product_group, o.mode, o.incoterm,
        CASE %(basis)s WHEN 'requested' THEN coalesce(l.requested_date, l.original_promised_date)
            ELSE l.original_promised_date END AS day,
        l.quantity AS ordered, o.status = 'closed' AS closed, o.promised_at = 'handover' AS at_handover,
        coalesce(%(as_of)s::date, c.as_of) AS as_of
    FROM sourcing_purchaseorder o
    JOIN sourcing_purchaseorderline l ON l.order_id = o.id
    JOIN catalog_product p ON p.id = l.product_id
    JOIN kpis_kpiclock c ON c.company_id = o.company_id
    WHERE o.id = ANY(%(ids)s) AND o.status IN ('sent', 'confirmed', 'closed')
        AND NOT o.sample AND NOT l.cancelled AND l.quantity > 0 AND l.original_promised_date IS NOT NULL
), received AS MATERIALIZED (
    SELECT line.line_id, r.shipment_line_id, g.received_date AS day, r.accepted_quantity + r.rejected_quantity AS quantity,
        r.short_quantity, r.damaged OR r.rejected_quantity > 0 OR EXISTS (
            SELECT FROM logistics_supplierreturnline b JOIN logistics_supplierreturn t ON t.id = b.supplier_return_id
            WHERE b.receipt_line_id = r.id AND t.returned_date <= g.received_date + %(claim_days)s::int
        ) AS damaged
    FROM line
    JOIN logistics_receiptline r ON r.order_line_id = line.line_id
    JOIN logistics_receipt g ON g.id = r.receipt_id
    WHERE g.cancelled_at IS NULL AND (%(until)s::date IS NULL OR g.received_date <= %(until)s::date)
), shipped AS MATERIALIZED (
    SELECT line.line_id, s.id AS shipment_line_id, s.shipment_id, s.owned_date,
        greatest(s.quantity - coalesce(sum(r.short_quantity), 0), coalesce(sum(r.quantity), 0)) AS quantity
    FROM line
    JOIN logistics_shipmentline s ON s.order_line_id = line.line_id
    JOIN logistics_shipment h ON h.id = s.shipment_id
    LEFT JOIN received r ON r.shipment_line_id = s.id
    WHERE h.status <> 'cancelled'
    GROUP BY line.line_id, s.id
), handed_over AS (
    SELECT s.shipment_line_id, line.line_id, s.owned_date AS day, s.quantity
    FROM line JOIN shipped s USING (line_id)
    WHERE line.at_handover AND s.owned_date IS NOT NULL AND (%(until)s::date IS NULL OR s.owned_date <= %(until)s::date)
), arrived AS (
    SELECT line_id, day, quantity FROM handed_over
    UNION ALL
    SELECT r.line_id, r.day, r.quantity FROM received r
    WHERE NOT EXISTS (SELECT FROM handed_over h WHERE h.shipment_line_id = r.shipment_line_id)
), arrivals AS (
    SELECT line_id, sum(a.quantity) AS quantity, sum(a.quantity) FILTER (WHERE a.day <= line.day + %(late_days)s::int) AS in_time,
        min(a.day) AS first_day, max(a.day) AS last_day
    FROM arrived a JOIN line USING (line_id) WHERE a.quantity > 0 GROUP BY line_id
), seen AS (
    SELECT line_id, max(day) FILTER (WHERE quantity > 0) AS day, bool_or(damaged) AS damaged FROM received GROUP BY line_id
), papers AS (  -- required, and late for the arrival of the goods, missing then, or contradicting the others
    SELECT s.line_id, bool_or(
        d.conflict <> '' OR (h.arrived_date IS NOT NULL AND coalesce(d.received_date > h.arrived_date, true))
    ) AS wrong
    FROM shipped s
    JOIN logistics_shipment h ON h.id = s.shipment_id
    JOIN logistics_tradedocument d ON d.shipment_id = h.id AND d.required
    GROUP BY s.line_id
), happened AS (
    SELECT line.*, 'purchase' AS side, false AS refused, false AS settled, %(claim_days)s::int AS claim_days,
        coalesce(a.quantity, 0) AS quantity, coalesce(a.in_time, 0) AS in_time, a.first_day, a.last_day,
        seen.day AS seen_day, coalesce(seen.damaged, false) AS damaged, coalesce(papers.wrong, false) AS wrong_papers
    FROM line
    LEFT JOIN arrivals a USING (line_id) LEFT JOIN seen USING (line_id) LEFT JOIN papers USING (line_id)
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
