"""Customer order lines: what we promised, and what the customer got."""

from kpis.facts.engine import Fact
from kpis.facts.judge import JUDGE, MEASURES
from kpis.models import OrderDay, OrderLineFact, Side

# An order the customer cancelled is not judged; one that we cancelled is, and fails. A credit note with a reason of
# documents fails the line whenever it comes, in the period of the original commit date.
SELECT = f"""
WITH line AS (
    SELECT l.id AS line_id, l.order_id, l.product_id, o.company_id, 'w' || o.warehouse_id AS supplier,
        coalesce(o.ship_to_country_id, '') AS country, coalesce(p.group_id::text, '') AS product_group,
        o.mode, o.incoterm, l.quantity AS ordered, o.status = 'closed' AS closed, o.status = 'cancelled' AS refused,
        l.commit_date AS day, coalesce(u.claim_days, %(claim_days)s::int) AS claim_days,
        coalesce(u.damage_claim_days, u.claim_days, %(claim_days)s::int) AS damage_days,
        coalesce(u.quality_claim_days, u.claim_days, %(claim_days)s::int) AS quality_days,
        coalesce(%(as_of)s::date, c.as_of) AS as_of
    FROM sales_customerorder o
    JOIN sales_customerorderline l ON l.order_id = o.id
    JOIN catalog_product p ON p.id = l.product_id
    JOIN kpis_kpiclock c ON c.company_id = o.company_id
    LEFT JOIN sales_customer u ON u.organisation_id = o.customer_id
    WHERE o.id = ANY(%(ids)s) AND NOT o.sample AND l.commit_date IS NOT NULL
        AND CASE o.status WHEN 'cancelled' THEN o.confirmed_at IS NOT NULL AND NOT o.cancelled_by_customer
            ELSE o.status IN ('confirmed', 'closed') AND NOT l.cancelled END
), happened AS (
    SELECT line.*, 'sales' AS side, coalesce(arrived.quantity, 0) AS quantity, coalesce(arrived.in_time, 0) AS in_time,
        arrived.first_day, arrived.last_day, arrived.last_day AS seen_day,
        greatest(line.claim_days, line.damage_days, line.quality_days) AS fault_days,
        arrived.damaged OR coalesce(
            invoiced.claimed_on <= arrived.last_day + greatest(line.damage_days, line.quality_days), false
        ) AS damaged,
        arrived.wrong OR invoiced.wrong AS wrong_papers,
        coalesce(invoiced.settled AND invoiced.quantity >= arrived.quantity, false) AS settled
    FROM line
    CROSS JOIN LATERAL (
        SELECT sum(b.quantity) AS quantity, min(d.delivered_date) AS first_day, max(d.delivered_date) AS last_day,
            sum(b.quantity) FILTER (WHERE d.delivered_date <= line.day + %(late_days)s::int) AS in_time,
            coalesce(bool_or(NOT d.documents_ok), false) AS wrong,
            coalesce(bool_or(EXISTS (
                SELECT FROM logistics_customerreturnline r
                JOIN logistics_customerreturn t ON t.id = r.customer_return_id
                WHERE r.delivery_line_id = b.id AND t.reason IN ('damaged', 'defect', 'wrong_item')
                    AND t.returned_date <= d.delivered_date + CASE t.reason WHEN 'damaged' THEN line.damage_days
                        WHEN 'defect' THEN line.quality_days ELSE line.claim_days END
            )), false) AS damaged
        FROM logistics_deliveryline b JOIN logistics_delivery d ON d.id = b.delivery_id
        WHERE b.order_line_id = line.line_id AND d.delivered_date IS NOT NULL
            AND (%(until)s::date IS NULL OR d.delivered_date <= %(until)s::date)
    ) arrived
    CROSS JOIN LATERAL (
        SELECT sum(v.quantity) AS quantity, bool_and(i.settled_date IS NOT NULL) AS settled,
            coalesce(bool_or(n.wrong), false) AS wrong, min(n.claimed_on) AS claimed_on
        FROM finance_customerinvoiceline v
        JOIN finance_customerinvoice i ON i.id = v.invoice_id
        CROSS JOIN LATERAL (
            SELECT bool_or(n.reason IN ('price', 'quantity', 'tax', 'document')) AS wrong,
                min(n.credit_date) FILTER (WHERE n.reason = 'defect') AS claimed_on
            FROM finance_creditnote n WHERE n.invoice_id = i.id
        ) n
        WHERE v.order_line_id = line.line_id
    ) invoiced
), {JUDGE}
"""

SALES_LINES = Fact(
    name="customer order line",
    model=OrderLineFact,
    side=Side.SALES,
    subject="order_id",
    select=SELECT,
    sources="SELECT id FROM sales_customerorder WHERE company_id = %(company)s",
    rollup=OrderDay,
    level="line",
    measures=MEASURES,
)
