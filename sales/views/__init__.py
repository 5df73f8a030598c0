from sales.views.customers import CustomerList, customer_edit, customer_new, customer_page
from sales.views.lists import CustomerOrderList
from sales.views.orders import order_page
from sales.views.steps import confirm, give_reason, repromise, reserve
from sales.views.write import delete, edit, new, product_suggestions, terms

__all__ = [
    "CustomerList",
    "CustomerOrderList",
    "confirm",
    "customer_edit",
    "customer_new",
    "customer_page",
    "delete",
    "edit",
    "give_reason",
    "new",
    "order_page",
    "product_suggestions",
    "repromise",
    "reserve",
    "terms",
]
