from sales.services.confirm import (
    cancel_customer_order,
    close_customer_order,
    confirm_customer_order,
    confirm_customer_orders,
    record_agreed_orders,
    repromise,
    reserve_waiting,
)
from sales.services.credit import CreditRefused, Exposure, record_exposure, refuse_over_credit, release_credit
from sales.services.customers import CLAIM_WINDOWS, CustomerInput, create_customer, edit_customer
from sales.services.orders import (
    LineInput,
    OrderInput,
    create_customer_order,
    create_customer_orders,
    delete_draft,
    edit_customer_order,
)
from sales.services.progress import RESERVED_AS, Progress, lock_lines, record_progress, sync_reserved

__all__ = [
    "CLAIM_WINDOWS",
    "RESERVED_AS",
    "CreditRefused",
    "CustomerInput",
    "Exposure",
    "LineInput",
    "OrderInput",
    "Progress",
    "cancel_customer_order",
    "close_customer_order",
    "confirm_customer_order",
    "confirm_customer_orders",
    "create_customer",
    "create_customer_order",
    "create_customer_orders",
    "delete_draft",
    "edit_customer",
    "edit_customer_order",
    "lock_lines",
    "record_agreed_orders",
    "record_exposure",
    "record_progress",
    "refuse_over_credit",
    "release_credit",
    "repromise",
    "reserve_waiting",
    "sync_reserved",
]
