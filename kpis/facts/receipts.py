"""Landed cost of what came in, per receipt line."""

from kpis.facts.engine import Fact
from kpis.facts.landed import LADDER, MEASURES, shares
from kpis.models import LandedCostFact, LandedDay, Side

# Goods are the goods layers of the line's lots (corrections are further layers); what was rejected has a lot of its own.
SELECT = f"""
WITH base AS (
    SELECT r.id AS line_id, r.receipt_id AS document_id, g.shipment_id, l.order_id, l.product_id, g.company_id,
        g.received_date AS day, o.supplier_id::text AS supplier, coalesce(o.destination_country_id, '') AS country,
        coalesce(p.group_id::text, '') AS product_group, coalesce(h.mode, o.mode) AS mode, o.incoterm,
        r.accepted_quantity + r.rejected_quantity AS quantity, r.lot_id, r.rejected_lot_id, r.goods_cost,
        coalesce(h.freight_included, false) AS freight_included
    FROM logistics_receipt g
    JOIN logistics_receiptline r ON r.receipt_id = g.id
    JOIN sourcing_purchaseorderline l ON l.id = r.order_line_id
    JOIN sourcing_purchaseorder o ON o.id = l.order_id
    JOIN catalog_product p ON p.id = l.product_id
    LEFT JOIN logistics_shipment h ON h.id = g.shipment_id
    WHERE g.id = ANY(%(ids)s) AND g.cancelled_at IS NULL AND NOT o.sample
        AND r.accepted_quantity + r.rejected_quantity > 0
)
SELECT l.company_id, 'purchase' AS side, l.day, l.supplier, l.country, l.product_group, l.mode, l.incoterm,
    l.line_id, l.document_id, l.shipment_id, l.order_id, l.product_id, l.quantity, l.goods, {LADDER},
    l.freight_included OR coalesce(s.freight_known, false) AS freight_known
FROM (
    SELECT base.*, coalesce(layers.amount, base.goods_cost) AS goods
    FROM base CROSS JOIN LATERAL (
        SELECT sum(c.amount) AS amount FROM inventory_costlayer c
        WHERE c.lot_id IN (base.lot_id, base.rejected_lot_id) AND c.component = 'goods'
    ) layers
) l CROSS JOIN LATERAL ({shares("receipt_line_id", "l.line_id")}) s
"""

RECEIPTS = Fact(
    name="landed cost of receipt line",
    model=LandedCostFact,
    side=Side.PURCHASE,
    subject="document_id",
    select=SELECT,
    sources="SELECT id FROM logistics_receipt WHERE company_id = %(company)s",
    rollup=LandedDay,
    measures=MEASURES,
)
