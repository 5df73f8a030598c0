"""What the KPIs do when something happens: recompute the facts of the documents it is about. Names are permanent.

All take one lock: they move the same roll-ups, and a rebuild must not run beside them.
"""

from django.utils import timezone

from core.outbox import Subjects, on
from kpis import services
from kpis.models import Side

LOCK = "kpis"
BATCH = 5000


@on(handler="kpis.purchase_orders", kind="sourcing.purchaseorder", batch=BATCH, lock=LOCK)
def purchase_orders(ids: Subjects) -> None:
    services.start_clocks(now=timezone.now())
    services.recompute_orders(side=Side.PURCHASE, order_ids=ids)


@on(handler="kpis.customer_orders", kind="sales.customerorder", batch=BATCH, lock=LOCK)
def customer_orders(ids: Subjects) -> None:
    services.start_clocks(now=timezone.now())
    services.recompute_orders(side=Side.SALES, order_ids=ids)


@on(handler="kpis.receipts", kind="logistics.receipt", batch=BATCH, lock=LOCK)
def receipts(ids: Subjects) -> None:
    services.recompute_landed(side=Side.PURCHASE, document_ids=ids)


@on(handler="kpis.deliveries", kind="logistics.delivery", batch=BATCH, lock=LOCK)
def deliveries(ids: Subjects) -> None:
    services.recompute_landed(side=Side.SALES, document_ids=ids)


@on(handler="kpis.ledger", kind="ledger.entry", batch=BATCH, lock=LOCK)
def ledger(ids: Subjects) -> None:
    services.apply_entries(entry_ids=ids)


@on(handler="kpis.products", kind="catalog.product", batch=BATCH, lock=LOCK)
def products(ids: Subjects) -> None:
    services.recompute_changed_products(product_ids=ids)


@on(handler="kpis.customers", kind="sales.customer", batch=100, lock=LOCK)
def customers(ids: Subjects) -> None:
    services.recompute_changed_customers(customer_ids=ids)
