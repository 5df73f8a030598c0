"""Landed cost of what went to a customer, per delivery line: its price and what it cost to bring it to his door."""

from kpis.facts.engine import Fact
from kpis.facts.landed import LADDER, MEASURES, shares
from kpis.models import LandedCostFact, LandedDay, Side

# Goods are the delivered share of the order line's amount, cut so that the parts of a line add up to it to the cent:
# what is due through this delivery minus what was due through the one before. In another currency than the company's
# they are worth what the delivery was invoiced at, and count once it is.
SELECT = f"""
WITH base AS MATERIALIZED (
    SELECT b.id AS line_id, d.id AS document_id, l.order_id, l.product_id, d.company_id, l.amount,
        l.quantity AS ordered, coalesce(d.delivered_date, d.shipped_date) AS day, 'w' || d.warehouse_id AS supplier,
        coalesce(o.ship_to_country_id, '') AS country, coalesce(p.group_id::text, '') AS product_group,
        coalesce(nullif(d.mode, ''), o.mode) AS mode, o.incoterm, b.quantity, d.freight_included, u.decimals,
        CASE WHEN o.currency_id = y.base_currency_id THEN 1::numeric ELSE (
            SELECT i.base_amount / i.amount FROM finance_customerinvoice i
            WHERE i.order_id = o.id AND (i.delivery_id = d.id OR i.delivery_id IS NULL)
            ORDER BY i.delivery_id, i.id LIMIT 1
        ) END AS worth,
        (SELECT coalesce(sum(e.quantity), 0) FROM logistics_deliveryline e
            WHERE e.order_line_id = l.id AND e.id < b.id) AS before
    FROM logistics_delivery d
    JOIN logistics_deliveryline b ON b.delivery_id = d.id
    JOIN sales_customerorderline l ON l.id = b.order_line_id
    JOIN sales_customerorder o ON o.id = l.order_id
    JOIN parties_company y ON y.id = d.company_id
    JOIN reference_currency u ON u.code = y.base_currency_id
    JOIN catalog_product p ON p.id = l.product_id
    WHERE d.id = ANY(%(ids)s) AND NOT o.sample
)
SELECT l.company_id, 'sales' AS side, l.day, l.supplier, l.country, l.product_group, l.mode, l.incoterm,
    l.line_id, l.document_id, NULL::bigint AS shipment_id, l.order_id, l.product_id, l.quantity, l.goods, {LADDER},
    l.worth IS NOT NULL AND (l.freight_included OR coalesce(s.freight_known, false)) AS freight_known
FROM (
    SELECT base.*, round(amount * coalesce(worth, 0) * (before + quantity) / ordered, decimals)
        - round(amount * coalesce(worth, 0) * before / ordered, decimals) AS goods
    FROM base
) l CROSS JOIN LATERAL ({shares("delivery_line_id", "l.line_id")}) s
"""

DELIVERIES = Fact(
    name="landed cost of delivery line",
    model=LandedCostFact,
    side=Side.SALES,
    subject="document_id",
    select=SELECT,
    sources="SELECT id FROM logistics_delivery WHERE company_id = %(company)s",
    rollup=LandedDay,
    measures=MEASURES,
)
