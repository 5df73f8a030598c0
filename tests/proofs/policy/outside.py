"""The portal: outside parties only, each to the documents that name it and by what its role may."""

from dataclasses import replace

from tests.proofs.policy.rules import MEMBER, Rule, page

_PO = "sourcing.{}_purchaseorder".format
_QC = "quality.{}_inspection".format


def _portal(permission: str, *, post: str = "", subject: str = "") -> Rule:
    """A page that does not exist for our own people, whatever they may."""
    return replace(page(permission, post=post, subject=subject, outside=True), party_only=True)


RULES = {
    "portal:home": page(MEMBER, outside=True),  # our own people are led to their own home
    "portal:orders": _portal(_PO("view")),
    "portal:shipments": _portal("logistics.view_shipment"),
    "portal:inspections": _portal(_QC("view")),
    "portal:invoices": _portal("finance.view_supplierinvoice"),
    "portal:order": _portal(_PO("view"), subject="sourcing.purchaseorder"),
    "portal:order_confirm": _portal(_PO("confirm"), post=_PO("confirm"), subject="sourcing.purchaseorder"),
    "portal:shipment": _portal("logistics.view_shipment", subject="logistics.shipment"),
    "portal:milestone": Rule({"POST": "logistics.report_milestone"}, "logistics.shipment", party_only=True),
    "portal:inspection": _portal(_QC("view"), subject="quality.inspection"),
    "portal:inspection_report": _portal(_QC("report"), post=_QC("report"), subject="quality.inspection"),
    "portal:letters": _portal("finance.view_letterofcredit"),
    "portal:letter": _portal("finance.view_letterofcredit", subject="finance.letterofcredit"),
    "portal:invoice": _portal("finance.view_supplierinvoice", subject="finance.supplierinvoice"),
}
