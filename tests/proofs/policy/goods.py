"""Stock, and goods on their way: shipments, receipts, deliveries, returns."""

from tests.proofs.policy.rules import Rule, act, button, document, importer, lists, page

SHIPMENT = "logistics.shipment"
RECEIPT = "logistics.receipt"
DELIVERY = "logistics.delivery"
LOT = "inventory.lot"
DAY = "2026-11-20"
_STOCK = "inventory.{}_stock".format
_WAREHOUSE = "inventory.add_warehouse"
_GO = "logistics.{}".format


def _own(estate, kind: str):
    return estate.documents[kind]["own"]


def _shipped(estate, shipment=None) -> dict:
    """Of a shipment its own lines again; for a new one those of an order of which nothing is shipped."""
    if shipment is None:
        lines = [
            {"order_line": line.pk, "quantity": "10"} for line in _own(estate, "sourcing.purchaseorder").lines.all()
        ]
    else:
        lines = [{"order_line": line.order_line_id, "quantity": str(line.quantity)} for line in shipment.lines.all()]
    return {"mode": "sea", "lines": lines}


def _received(estate, _receipt=None) -> dict:
    lines = _own(estate, "sourcing.purchaseorder").lines.all()
    return {
        "warehouse": _own(estate, "inventory.warehouse").pk,
        "received_date": DAY,
        "lines": [{"order_line": line.pk, "accepted": "10"} for line in lines],
    }


def _delivered(estate, _delivery=None) -> dict:
    order = _own(estate, "sales.customerorder:confirmed")
    lines = [{"order_line": line.pk, "quantity": "1"} for line in order.lines.all()]
    return {"order": order.pk, "shipped_date": DAY, "lines": lines}


def _came_back(estate, _return=None) -> dict:
    delivery = _own(estate, DELIVERY)
    lines = [{"delivery_line": line.pk, "quantity": "1", "disposition": "restock"} for line in delivery.lines.all()]
    return {"order": delivery.order_id, "reason": "damaged", "returned_date": DAY, "lines": lines}


def _went_back(estate, _return=None) -> dict:
    receipt = _own(estate, RECEIPT)
    lines = [{"receipt_line": line.pk, "quantity": "1"} for line in receipt.lines.all()]
    return {"receipt": receipt.pk, "reason": "Enamel chipped", "returned_date": DAY, "lines": lines}


def _opening(estate, _none=None) -> dict:
    row = {
        "product": estate.world.mug.pk,
        "warehouse": _own(estate, "inventory.warehouse").pk,
        "quantity": "10",
        "goods": "30.00",
    }
    return {"day": DAY, "rows": [row]}


def _below(permission: str, subject: str, **names: dict) -> dict[str, Rule]:
    return {
        f"logistics:{name}": page(permission, post=permission, subject=subject, body=body)
        for name, body in names.items()
    }


RULES = {
    # stock
    **document(
        "warehouse",
        "inventory.warehouse",
        view=_STOCK("view"),
        post=_WAREHOUSE,
        body={"code": "NEW", "name": "New", "country": "NL"},
        more={"PUT": _WAREHOUSE},
    ),
    **document("stock", "inventory.stock", view=_STOCK("view")),
    **document("stock-move", "inventory.stockmove", view=_STOCK("view")),
    **document(
        "lot",
        LOT,
        view=_STOCK("view"),
        steps={
            "count": act(_STOCK("change"), {"day": DAY, "counted": "1000", "reason": "Counted"}),
            "quality": act(_STOCK("change"), {"quality": "blocked", "reason": "Looked odd"}),
            "scrap": act(_STOCK("change"), {"day": DAY, "quantity": "1", "reason": "Broken"}),
            "transfer": act(_STOCK("change"), {"day": DAY, "quantity": "1", "quality": "blocked", "reason": "Odd"}),
        },
    ),
    "api:lot-opening": Rule({"POST": _STOCK("change")}, body=_opening),
    **lists(_STOCK("view"), *(f"inventory:{name}" for name in ("stock", "lots", "moves", "warehouses"))),
    **importer("inventory:opening_import", _STOCK("change")),
    "inventory:lot": page(_STOCK("view"), subject=LOT),
    **{
        f"inventory:lot_{name}": page(_STOCK("change"), post=_STOCK("change"), subject=LOT)
        for name in ("count", "scrap", "transfer", "quality")
    },
    "inventory:warehouse_new": page(_WAREHOUSE, post=_WAREHOUSE),
    "inventory:warehouse_edit": page(_WAREHOUSE, post=_WAREHOUSE, subject="inventory.warehouse"),
    # shipments
    **document(
        "shipment",
        SHIPMENT,
        view=_GO("view_shipment"),
        post=_GO("add_shipment"),
        bulk=True,
        body=_shipped,
        more={"PUT": _GO("change_shipment")},
        steps={
            "cancel": act(_GO("change_shipment"), {"reason": "Not needed"}),
            "documents": act(
                _GO("record_document"), {"doc_type": "packing_list", "number": "PL-1", "received_date": DAY}
            ),
            "hold": act(_GO("hold_shipment"), {"reason": "The balance is not paid"}),
            "lift-hold": act(_GO("hold_shipment"), subject=f"{SHIPMENT}:held"),
            "milestones": act(
                _GO("report_milestone"),
                {"reports": [{"code": "booked", "classifier": "ACT", "happened_at": f"{DAY}T12:00:00Z"}]},
            ),
            "release": _GO("release_shipment"),
            "take-over": act(
                _GO("take_over_shipment"),
                {"day": DAY},
                f"{SHIPMENT}:departed",
                refused="the goods are ours already; tests/logistics/test_inbound_costs.py takes them over",
            ),
        },
    ),
    **lists(_GO("view_shipment"), "logistics:shipments"),
    "logistics:shipment": page(_GO("view_shipment"), subject=SHIPMENT),
    "logistics:shipment_new": page(_GO("add_shipment")),
    "logistics:shipment_plan": page(_GO("add_shipment"), post=_GO("add_shipment")),
    **_below(_GO("change_shipment"), SHIPMENT, shipment_edit={}),
    "logistics:shipment_release": button(_GO("release_shipment"), SHIPMENT),
    "logistics:shipment_lift_hold": button(_GO("hold_shipment"), f"{SHIPMENT}:held"),
    "logistics:shipment_milestone": button(
        _GO("report_milestone"), SHIPMENT, {"code": "booked", "classifier": "ACT", "day": DAY}
    ),
    "logistics:shipment_document": button(
        _GO("record_document"), SHIPMENT, {"doc_type": "packing_list", "number": "PL-1"}
    ),
    "logistics:shipment_ask": page(
        _GO("hold_shipment"), post=_GO("hold_shipment"), subject=SHIPMENT, name="hold", body={"reason": "Wait"}
    ),
    # receipts and what goes back to suppliers
    **document(
        "receipt",
        RECEIPT,
        view=_GO("view_receipt"),
        post=_GO("add_receipt"),
        bulk=True,
        body=_received,
        steps={"cancel": act(_GO("cancel_receipt"), {"reason": "Wrong order", "day": DAY}, f"{RECEIPT}:untouched")},
    ),
    **document(
        "supplier-return",
        "logistics.supplierreturn",
        view=_GO("view_receipt"),
        post=_GO("send_back"),
        body=_went_back,
    ),
    **lists(_GO("view_receipt"), "logistics:receipts", "logistics:supplier_returns"),
    "logistics:receipt": page(_GO("view_receipt"), subject=RECEIPT),
    "logistics:supplier_return": page(_GO("view_receipt"), subject="logistics.supplierreturn"),
    "logistics:receipt_choose": page(_GO("add_receipt")),
    "logistics:receipt_new": page(_GO("add_receipt"), post=_GO("add_receipt")),
    **_below(_GO("cancel_receipt"), RECEIPT, receipt_cancel={"reason": "Wrong order", "day": DAY}),
    **_below(_GO("send_back"), RECEIPT, receipt_send_back={}),
    # deliveries and what customers send back
    **document(
        "delivery",
        DELIVERY,
        view=_GO("view_delivery"),
        post=_GO("add_delivery"),
        bulk=True,
        body=_delivered,
        steps={"delivered": act(_GO("add_delivery"), {"delivered_date": DAY}, f"{DELIVERY}:under_way")},
    ),
    **document(
        "customer-return",
        "logistics.customerreturn",
        view=_GO("view_delivery"),
        post=_GO("add_return"),
        body=_came_back,
    ),
    **lists(_GO("view_delivery"), "logistics:deliveries", "logistics:customer_returns"),
    "logistics:delivery": page(_GO("view_delivery"), subject=DELIVERY),
    "logistics:customer_return": page(_GO("view_delivery"), subject="logistics.customerreturn"),
    "logistics:delivery_new": page(_GO("add_delivery"), post=_GO("add_delivery")),
    **_below(_GO("add_delivery"), DELIVERY, delivery_delivered={"delivered_date": DAY}),
    **_below(_GO("add_return"), DELIVERY, delivery_take_back={}),
}
