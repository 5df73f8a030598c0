"""The view behind inventory.Stock: what lies where, summed from lots and reservations."""

from django.db import migrations

CREATE = """
CREATE VIEW inventory_stock WITH (security_invoker = true) AS
SELECT l.product_id * 1000000 + l.warehouse_id AS id, l.company_id, l.product_id, l.warehouse_id,
       sum(l.quantity_on_hand) AS on_hand,
       coalesce(sum(l.quantity_on_hand) FILTER (WHERE l.quality <> 'ok'), 0) AS blocked,
       coalesce(r.reserved, 0) AS reserved,
       coalesce(sum(l.quantity_on_hand) FILTER (WHERE l.quality = 'ok'), 0) - coalesce(r.reserved, 0) AS available,
       sum(l.cost_total - l.cost_issued) AS value,
       min(l.received_date) AS oldest_date
FROM inventory_lot l
LEFT JOIN (
    SELECT product_id, warehouse_id, sum(quantity) AS reserved
    FROM inventory_reservation WHERE quantity > 0 GROUP BY product_id, warehouse_id
) r ON r.product_id = l.product_id AND r.warehouse_id = l.warehouse_id
WHERE l.quantity_on_hand > 0
GROUP BY l.company_id, l.product_id, l.warehouse_id, r.reserved
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP VIEW inventory_stock")]
