from sourcing.views.lists import PurchaseOrderList
from sourcing.views.orders import order_page
from sourcing.views.steps import amend, approve, decide, give_reason, take_step
from sourcing.views.write import delete, edit, new, product_suggestions, terms

__all__ = [
    "PurchaseOrderList",
    "amend",
    "approve",
    "decide",
    "delete",
    "edit",
    "give_reason",
    "new",
    "order_page",
    "product_suggestions",
    "take_step",
    "terms",
]
