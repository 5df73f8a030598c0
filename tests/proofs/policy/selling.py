"""Customers and their orders."""

from tests.proofs.policy.rules import act, document, importer, lists, page

ORDER = "sales.customerorder"
_CO = "sales.{}_customerorder".format
_CUSTOMER = "sales.change_customer"


def _order(estate, _order=None) -> dict:
    return {
        "customer": estate.world.customer.pk,
        "warehouse": estate.documents["inventory.warehouse"]["own"].pk,
        "order_date": "2026-11-20",
        "lines": [
            {"product": estate.world.mug.pk, "quantity": "5", "unit_price": "9.00", "promised_date": "2026-12-10"}
        ],
    }


def _later(_estate, order) -> dict:
    lines = [{"line": line.pk, "promised_date": "2027-01-10"} for line in order.lines.all()]
    return {"lines": lines, "reason": "The ship is late"}


RULES = {
    **document(
        "customer-order",
        ORDER,
        view=_CO("view"),
        post=_CO("add"),
        bulk=True,
        body=_order,
        more={"PUT": _CO("change"), "DELETE": _CO("change")},
        steps={
            "confirm": _CO("confirm"),
            "cancel": act(_CO("cancel"), {"reason": "Not needed"}),
            "close": act(_CO("change"), {"reason": "Enough"}, f"{ORDER}:confirmed"),
            "release": act(_CO("release"), {"reason": "The parent company vouches"}),
            "repromise": act(_CO("change"), _later, f"{ORDER}:confirmed"),
            "reserve": act(_CO("confirm"), subject=f"{ORDER}:confirmed"),
        },
    ),
    **lists(_CO("view"), "sales:customer_orders", "sales:customers"),
    "sales:customer_order_new": page(_CO("add"), post=_CO("add")),
    "sales:customer_order_terms": page(_CO("add")),
    "sales:product_suggestions": page(_CO("add")),
    **importer("sales:customer_order_import", _CO("add")),
    "sales:customer_order": page(_CO("view"), subject=ORDER),
    "sales:customer_order_edit": page(_CO("change"), post=_CO("change"), subject=ORDER),
    "sales:customer_order_delete": page(_CO("change"), post=_CO("change"), subject=ORDER),
    "sales:customer_order_confirm": page(_CO("view"), post=_CO("confirm"), subject=ORDER),
    "sales:customer_order_reserve": page(_CO("confirm"), post=_CO("confirm"), subject=ORDER),
    "sales:customer_order_repromise": page(_CO("change"), post=_CO("change"), subject=ORDER),
    "sales:customer_order_reason": page(
        _CO("view"), post=_CO("cancel"), subject=ORDER, name="cancel", body={"reason": "Not needed"}
    ),
    # customers
    **document(
        "customer",
        "sales.customer",
        view=_CO("view"),
        post=_CUSTOMER,
        body=lambda estate, _one: {"organisation": estate.world.forwarder.pk, "currency": "EUR"},
        more={"PUT": _CUSTOMER},
        changed={"currency": "EUR", "claim_days": 20},
    ),
    "sales:customer_new": page(_CUSTOMER, post=_CUSTOMER),
    "sales:customer": page(_CO("view"), subject="sales.customer"),
    "sales:customer_edit": page(_CUSTOMER, post=_CUSTOMER, subject="sales.customer"),
}
