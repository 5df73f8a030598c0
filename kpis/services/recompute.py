"""What an event sets in motion: the facts of the documents it was about are computed again, in sets."""

from collections.abc import Sequence

from django.db import transaction

from kpis import facts
from kpis.facts import cash
from kpis.facts.engine import rows
from kpis.models import Side

CHUNK = 5000


@transaction.atomic
def recompute_orders(*, side: str, order_ids: Sequence[int]) -> None:
    """This will recompute perfect order, on-time and OTIF of these purchase or customer orders."""
    for chunk in chunks(order_ids):
        for fact in facts.OF_AN_ORDER[side]:
            fact.recompute(chunk)


@transaction.atomic
def recompute_landed(*, side: str, document_ids: Sequence[int]) -> None:
    """This will recompute the landed cost of these receipts (purchase) or deliveries (sales)."""
    for chunk in chunks(document_ids):
        facts.LANDED[side].recompute(chunk)


@transaction.atomic
def apply_entries(*, entry_ids: Sequence[int]) -> None:
    """This will add ledger entries to the cash roll-up, each once however often it is asked."""
    cash.apply(entry_ids)


_OF_CHANGED_PRODUCTS = """
SELECT DISTINCT f.side, f.{subject} FROM {table} f JOIN catalog_product p ON p.id = f.product_id
WHERE f.product_id = ANY(%(ids)s) AND f.product_group <> coalesce(p.group_id::text, '')
"""


@transaction.atomic
def recompute_changed_products(*, product_ids: Sequence[int]) -> None:
    """This will move the facts of products that changed their group; other changes of a product touch no fact."""
    for table, subject, recompute in (
        ("kpis_orderlinefact", "order_id", lambda side, ids: recompute_orders(side=side, order_ids=ids)),
        ("kpis_landedcostfact", "document_id", lambda side, ids: recompute_landed(side=side, document_ids=ids)),
    ):
        found = rows(_OF_CHANGED_PRODUCTS.format(table=table, subject=subject), {"ids": list(product_ids)})
        for side in Side.values:
            if ids := [pk for of, pk in found if of == side]:
                recompute(side, ids)


@transaction.atomic
def recompute_changed_customers(*, customer_ids: Sequence[int]) -> None:
    """This will recompute the orders of customers whose claim window may have changed."""
    found = rows(
        "SELECT o.id FROM sales_customer c JOIN sales_customerorder o ON o.customer_id = c.organisation_id "
        "AND o.company_id = c.company_id WHERE c.id = ANY(%(ids)s) AND o.status <> 'draft' ORDER BY 1",
        {"ids": list(customer_ids)},
    )
    recompute_orders(side=Side.SALES, order_ids=[pk for (pk,) in found])


def chunks(ids: Sequence[int], size: int = CHUNK):
    """``ids`` in pieces of at most ``size``."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
