"""Purchase orders and the inspections of their goods."""

from tests.proofs.policy.rules import act, document, importer, lists, page

ORDER = "sourcing.purchaseorder"
INSPECTION = "quality.inspection"
_PO = "sourcing.{}_purchaseorder".format
_QC = "quality.{}_inspection".format
DAY = "2026-11-20"


def _order(estate, _order=None) -> dict:
    return {
        "supplier": estate.world.supplier.pk,
        "order_date": DAY,
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "lines": [{"product": estate.world.mug.pk, "quantity": "10", "unit_price": "3.20"}],
    }


def _accept(_estate, order) -> dict:
    return {"lines": [{"line": pk, "answer": "accepted"} for pk in _lines_of(order)]}


def _amend(_estate, order) -> dict:
    return {
        "reason": "More demand",
        "lines": [
            {"line": line.pk, "product": line.product_id, "quantity": "1200", "unit_price": "3.20"}
            for line in order.lines.order_by("position")[:1]
        ],
    }


def _presented(estate, _inspection=None) -> dict:
    order = estate.documents[ORDER]["own"]
    return {
        "order": order.pk,
        "planned_date": DAY,
        "lines": [{"order_line": pk, "quantity": "10"} for pk in _lines_of(order)],
    }


def _lines_of(order) -> list[int]:
    return list(order.lines.order_by("position").values_list("pk", flat=True))


RULES = {
    **document(
        "purchase-order",
        ORDER,
        view=_PO("view"),
        post=_PO("add"),
        bulk=True,
        body=_order,
        more={"PUT": _PO("change"), "DELETE": _PO("change")},
        changes=f"{ORDER}:draft",
        reads=("confirmations",),
        steps={
            "issue": act(_PO("send"), subject=f"{ORDER}:draft"),
            "submit": act(_PO("submit"), subject=f"{ORDER}:draft"),
            "approve": act(_PO("approve"), {"comment": "Fine"}, f"{ORDER}:submitted", four_eyes=True),
            "reject": act(_PO("approve"), {"reason": "Too dear"}, f"{ORDER}:submitted"),
            "send": act(_PO("send"), subject=f"{ORDER}:approved"),
            "confirm": act(_PO("confirm"), _accept),
            "settle": act(
                _PO("decide"),
                lambda _estate, order: {"verdicts": [{"line": pk, "accept": True} for pk in _lines_of(order)]},
                f"{ORDER}:answered",
            ),
            "amend": act(_PO("change"), _amend),
            "cancel": act(_PO("cancel"), {"reason": "Not needed"}),
            "close": act(_PO("close"), {"reason": "Enough"}),
            "reopen": act(_PO("close"), subject=f"{ORDER}:closed"),
        },
    ),
    **lists(_PO("view"), "sourcing:purchase_orders"),
    "sourcing:purchase_order_new": page(_PO("add"), post=_PO("add")),
    "sourcing:purchase_order_terms": page(_PO("add")),
    "sourcing:product_suggestions": page(_PO("add")),
    **importer("sourcing:purchase_order_import", _PO("add")),
    "sourcing:purchase_order": page(_PO("view"), subject=ORDER),
    "sourcing:purchase_order_edit": page(_PO("change"), post=_PO("change"), subject=ORDER),
    "sourcing:purchase_order_delete": page(_PO("change"), post=_PO("change"), subject=ORDER),
    "sourcing:purchase_order_decide": page(_PO("view"), post=_PO("decide"), subject=ORDER),
    "sourcing:purchase_order_amend": page(_PO("change"), post=_PO("change"), subject=ORDER),
    "sourcing:purchase_order_approve": page(_PO("view"), post=_PO("approve"), subject=ORDER),
    "sourcing:purchase_order_click": page(_PO("view"), post=_PO("submit"), subject=ORDER, name="submit"),
    "sourcing:purchase_order_reason": page(
        _PO("view"), post=_PO("cancel"), subject=ORDER, name="cancel", body={"reason": "Not needed"}
    ),
    # inspections
    **document(
        "inspection",
        INSPECTION,
        view=_QC("view"),
        post=_QC("add"),
        body=_presented,
        steps={
            "report": act(_QC("report"), {"inspected_date": DAY, "made_pct": "100", "packed_pct": "80"}),
            "abort": act(_QC("report"), {"inspected_date": DAY, "reason": "Gate closed"}),
            "concede": act(_QC("concede"), {"reason": "Sold as seconds"}, f"{INSPECTION}:failed"),
            "cancel": act(_QC("cancel"), {"reason": "Not needed"}),
        },
    ),
    **lists(_QC("view"), "quality:inspections"),
    "quality:inspection": page(_QC("view"), subject=INSPECTION),
    "quality:inspection_new": page(_QC("add"), post=_QC("add")),
    "quality:inspection_plan": page(_QC("add"), post=_QC("add"), subject=ORDER),
    "quality:inspection_report": page(_QC("report"), post=_QC("report"), subject=INSPECTION),
    "quality:inspection_reason": page(
        _QC("view"), post=_QC("cancel"), subject=INSPECTION, name="cancel", body={"reason": "Not needed"}
    ),
}
