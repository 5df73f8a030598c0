from sourcing.services.agreed import record_agreed_orders
from sourcing.services.confirm import answer_purchase_order, decide_changes
from sourcing.services.deposits import Deposit, record_deposit, record_deposits, value_goods
from sourcing.services.issue import (
    amend_purchase_order,
    approve_purchase_order,
    cancel_purchase_order,
    close_purchase_order,
    issue_purchase_order,
    reopen_purchase_order,
    return_purchase_order,
    send_purchase_order,
    submit_purchase_order,
)
from sourcing.services.orders import (
    LineInput,
    OrderInput,
    create_purchase_order,
    create_purchase_orders,
    delete_draft,
    edit_purchase_order,
)
from sourcing.services.progress import Progress, record_progress

__all__ = [
    "Deposit",
    "LineInput",
    "OrderInput",
    "Progress",
    "amend_purchase_order",
    "answer_purchase_order",
    "approve_purchase_order",
    "cancel_purchase_order",
    "close_purchase_order",
    "create_purchase_order",
    "create_purchase_orders",
    "decide_changes",
    "delete_draft",
    "edit_purchase_order",
    "issue_purchase_order",
    "record_agreed_orders",
    "record_deposit",
    "record_deposits",
    "record_progress",
    "reopen_purchase_order",
    "return_purchase_order",
    "send_purchase_order",
    "submit_purchase_order",
    "value_goods",
]
