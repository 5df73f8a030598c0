"""What sales does when stock below changes under a promise."""

from core.actor import system
from core.outbox import Subjects, on
from inventory.events import RESERVATIONS_CUT
from sales.services import sync_reserved


@on(RESERVATIONS_CUT, handler="sales.reserved", kind="catalog.product")
def learn_what_is_reserved(product_ids: Subjects) -> None:
    """Order lines of these products show again what inventory really keeps for them."""
    sync_reserved(actor=system(), product_ids=product_ids)
