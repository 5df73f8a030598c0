"""Who may do what through which URL: one rule an endpoint, by its name in the URLconf.

The matrix finds the endpoints itself; an endpoint without a rule here fails it. A rule names, per method, the
permission that the caller's role must hold (who holds it: the apps' ``role_permissions``). To add a document's API:

    **document("purchase-order", "sourcing.purchaseorder", view="sourcing.view_purchaseorder",
               post="sourcing.add_purchaseorder", steps={"cancel": ("sourcing.cancel_purchaseorder", {"reason": "x"})})

A value in ``kwargs`` like "@reference.ExchangeRate" is the id of any such row.
``subject`` is the kind of document the URL names; tests/proofs/estate.py makes one of it for each owner. ``body`` is a
body that the endpoint's serializer accepts (a callable gets the estate and the document).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ANYONE = "anyone"  # without logging in
MEMBER = "member"  # any person with a membership
PARTY = "party"  # any outside party; what it may do there, its role says
STAFF = "staff"  # any of our own people

UNTRIED: dict = {"no body": "stands here yet"}  # a rule with it is judged by who is refused, not by what succeeds

Body = dict | list | Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Rule:
    """``methods``: the permission for each; ``outside``: parties may come too, for what they are named on."""

    methods: dict[str, str]
    subject: str = ""
    outside: bool = True  # for pages: staff pages do not exist for parties
    body: Body = field(default_factory=dict)
    kwargs: dict[str, str] = field(default_factory=dict)
    query: str = ""
    missing: bool = False  # it names something that is not there: 404 for whoever may


def page(
    permission: str, *, post: str = "", subject: str = "", outside: bool = False, body: Body | None = None, **kwargs
) -> Rule:
    """A page to look at, and with ``post`` one to send."""
    methods = {"GET": permission, **({"POST": post} if post else {})}
    return Rule(methods, subject, outside, body if callable(body) else dict(body or {}), kwargs)


def step(permission: str, *, subject: str, outside: bool = False, body: Body | None = None) -> Rule:
    """A button: POST only."""
    return Rule({"POST": permission}, subject, outside, body if callable(body) else dict(body or {}))


def importer(name: str, permission: str) -> dict[str, Rule]:
    """The four pages of an import wizard; a job is its uploader's alone."""
    job = {"job_id": "999999999"}
    return {
        name: page(permission, post=permission),
        f"{name}_template": page(permission, post=permission),
        f"{name}_job": Rule({"GET": permission, "POST": permission}, outside=False, kwargs=job, missing=True),
        f"{name}_rejects": Rule({"GET": permission, "POST": permission}, outside=False, kwargs=job, missing=True),
    }


def document(
    basename: str,
    subject: str,
    *,
    view: str,
    steps: dict[str, Any] | None = None,
    post: str = "",
    body: Body | None = None,
    more: dict[str, str] | None = None,
    reads: tuple[str, ...] = (),
    api: str = "api",
) -> dict[str, Rule]:
    """The rules of one document's API: list, detail (``more``: its PUT, PATCH, DELETE), reads below it, POST steps."""
    create = {"POST": post} if post else {}
    rules = {
        f"{api}:{basename}-list": Rule({"GET": view, **create}, body=body or {}),
        f"{api}:{basename}-detail": Rule({"GET": view, **(more or {})}, subject, body=body or {}),
        **{f"{api}:{basename}-{name}": Rule({"GET": view}, subject) for name in reads},
    }
    for name, needs in (steps or {}).items():
        permission, wanted = needs if isinstance(needs, tuple) else (needs, {})
        rules[f"{api}:{basename}-{name}"] = Rule({"POST": permission}, subject, body=wanted)
    return rules


def _facts(
    basename: str, key: str, permission: str = MEMBER, post: str = "", param: str = "pk", body: Body | None = None
) -> dict[str, Rule]:
    """Published facts: a list and a detail by natural key."""
    return {
        f"api:{basename}-list": Rule(
            {"GET": permission, **({"POST": post} if post else {})}, body=body if callable(body) else dict(body or {})
        ),
        f"api:{basename}-detail": Rule({"GET": permission}, kwargs={param: key}),
    }


def _order(estate, order=None) -> dict:
    return {
        "supplier": estate.world.supplier.pk,
        "order_date": "2026-11-20",
        "currency": "USD",
        "incoterm": "FOB",
        "named_place": "Ningbo",
        "lines": [{"product": estate.world.mug.pk, "quantity": "10", "unit_price": "3.20"}],
    }


def _lines_of(order) -> list:
    return list(order.lines.order_by("position"))


_EVERY_WAY = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), ANYONE)
_CO = "sales.{}_customerorder".format
_STOCK = "inventory.{}_stock".format
ORDER = "sourcing.purchaseorder"
_PO = "sourcing.{}_purchaseorder".format
_SUPPLIER = "suppliers.{}_supplier".format
_PARTIES = "parties.{}".format

POLICY: dict[str, Rule] = {
    # for everybody
    "healthz": Rule(_EVERY_WAY),
    "readyz": Rule(_EVERY_WAY),
    "metrics": Rule(_EVERY_WAY),  # this machine only, or a token: tests/iscm/test_health.py
    "schema": Rule({"GET": ANYONE}),
    "api_docs": Rule({"GET": ANYONE}),
    "csp_report": Rule({"POST": ANYONE}),
    "set_language": Rule({"POST": ANYONE}),
    "home": page(MEMBER, outside=True),
    "search": page(MEMBER, outside=True),
    "tasks": page(STAFF),
    "switch_membership": Rule({"POST": MEMBER}, missing=True),  # to a membership that is not the caller's
    "file": page("sourcing.view_purchaseorder", subject="core.attachment", outside=True),
    "add_file": page(
        "sourcing.view_purchaseorder",
        post="sourcing.view_purchaseorder",
        subject="sourcing.purchaseorder",
        outside=True,
        kind="sourcing.purchaseorder",
    ),
    "add_note": page(
        "sourcing.view_purchaseorder",
        post="sourcing.view_purchaseorder",
        subject="sourcing.purchaseorder",
        outside=True,
        kind="sourcing.purchaseorder",
        body={"text": "Please call"},
    ),
    # reference data
    **_facts("currency", "EUR"),
    **_facts("country", "NL"),
    **_facts("unit", "pcs"),
    **_facts("place", "CNNGB"),
    **_facts("calendar", "NL"),
    **_facts("calendar-day", "@reference.CalendarDay"),
    **_facts("incoterm", "FOB", param="code"),
    **_facts(
        "exchange-rate",
        "@reference.ExchangeRate",
        "reference.view_exchangerate",
        "reference.add_exchangerate",
        body={"base": "EUR", "quote": "USD", "date": "2026-11-19", "rate": "1.11"},
    ),
    "api:exchange-rate-look-up": Rule(
        {"GET": "reference.view_exchangerate"}, query="base=EUR&quote=USD&date=2026-11-20"
    ),
    "reference:currencies": page(MEMBER, outside=True),
    "reference:countries": page(MEMBER, outside=True),
    "reference:units": page(MEMBER, outside=True),
    "reference:places": page(MEMBER, outside=True),
    "reference:calendar_days": page(MEMBER, outside=True),
    "reference:incoterms": page(MEMBER, outside=True),
    "reference:exchange_rates": page("reference.view_exchangerate"),
    "reference:exchange_rate_new": page("reference.add_exchangerate", post="reference.add_exchangerate"),
    "reference:currency_pair": page("reference.view_exchangerate", base="EUR", quote="USD"),
    # purchase orders
    **document(
        "purchase-order",
        ORDER,
        view=_PO("view"),
        post=_PO("add"),
        body=_order,
        more={"PUT": _PO("change"), "DELETE": _PO("change")},
        reads=("confirmations",),
        steps={
            "issue": _PO("send"),
            "submit": _PO("submit"),
            "approve": (_PO("approve"), {"comment": "Fine"}),
            "reject": (_PO("approve"), {"reason": "Too dear"}),
            "send": _PO("send"),
            "confirm": (
                _PO("confirm"),
                lambda _estate, order: {
                    "lines": [{"line": line.pk, "answer": "accepted"} for line in _lines_of(order)]
                },
            ),
            "settle": (
                _PO("decide"),
                lambda _estate, order: {"verdicts": [{"line": line.pk, "accept": True} for line in _lines_of(order)]},
            ),
            "amend": (
                _PO("change"),
                lambda _estate, order: {
                    "reason": "More demand",
                    "lines": [
                        {"line": line.pk, "product": line.product_id, "quantity": "1200", "unit_price": "3.20"}
                        for line in _lines_of(order)[:1]
                    ],
                },
            ),
            "cancel": (_PO("cancel"), {"reason": "Not needed"}),
            "close": (_PO("close"), {"reason": "Enough"}),
            "reopen": _PO("close"),
        },
    ),
    "sourcing:purchase_orders": page(_PO("view"), post=_PO("view")),
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
    "api:purchase-order-bulk": Rule({"POST": _PO("add")}, body=lambda estate, _none: [_order(estate)]),
    # products, suppliers, and everybody else
    **document(
        "product",
        "catalog.product",
        view="catalog.view_product",
        post="catalog.add_product",
        body={"sku": "NEW-1", "name": "New"},
        more={"PUT": "catalog.change_product"},
        steps={"archive": "catalog.change_product", "restore": "catalog.change_product"},
    ),
    "api:product-bulk": Rule({"POST": "catalog.add_product"}, body=[{"sku": "NEW-1", "name": "New"}]),
    **document(
        "product-group",
        "catalog.productgroup",
        view="catalog.view_product",
        post="catalog.add_product",
        body={"code": "new", "name": "New"},
        more={"PUT": "catalog.change_product"},
    ),
    "catalog:products": page("catalog.view_product", post="catalog.view_product"),
    "catalog:product_new": page("catalog.add_product", post="catalog.add_product"),
    **importer("catalog:product_import", "catalog.add_product"),
    "catalog:product": page("catalog.view_product", subject="catalog.product"),
    "catalog:product_edit": page("catalog.change_product", post="catalog.change_product", subject="catalog.product"),
    "catalog:product_archive": page("catalog.change_product", post="catalog.change_product", subject="catalog.product"),
    "catalog:product_restore": page("catalog.change_product", post="catalog.change_product", subject="catalog.product"),
    "catalog:groups": page("catalog.view_product", post="catalog.view_product"),
    "catalog:group_new": page("catalog.add_product", post="catalog.add_product"),
    "catalog:group_edit": page("catalog.change_product", post="catalog.change_product", subject="catalog.productgroup"),
    **document(
        "supplier",
        "suppliers.supplier",
        view=_SUPPLIER("view"),
        post=_SUPPLIER("add"),
        body={"code": "NEW-1", "name": "New", "country": "CN"},
        more={"PUT": _SUPPLIER("change")},
        steps={
            "hold": (_SUPPLIER("hold"), {"kind": "all", "reason": "Audit"}),
            "lift": _SUPPLIER("hold"),
            "transition": (_SUPPLIER("advance"), {"step": "prefer"}),
            "remove-items": (_SUPPLIER("change"), {"products": [1]}),
        },
    ),
    "api:supplier-bulk": Rule({"POST": _SUPPLIER("add")}, body=[{"code": "NEW-1", "name": "New", "country": "CN"}]),
    "api:supplier-items": Rule(
        {"GET": _SUPPLIER("view"), "POST": _SUPPLIER("change")}, "suppliers.supplier", body={"items": []}
    ),
    "suppliers:suppliers": page(_SUPPLIER("view"), post=_SUPPLIER("view")),
    "suppliers:supplier_new": page(_SUPPLIER("add"), post=_SUPPLIER("add")),
    **importer("suppliers:supplier_import", _SUPPLIER("add")),
    "suppliers:supplier": page(_SUPPLIER("view"), subject="suppliers.supplier"),
    "suppliers:supplier_edit": page(_SUPPLIER("change"), post=_SUPPLIER("change"), subject="suppliers.supplier"),
    "suppliers:items": page(_SUPPLIER("change"), post=_SUPPLIER("change"), subject="suppliers.supplier"),
    "suppliers:hold": page(_SUPPLIER("hold"), post=_SUPPLIER("hold"), subject="suppliers.supplier"),
    "suppliers:lift": page(_SUPPLIER("hold"), post=_SUPPLIER("hold"), subject="suppliers.supplier"),
    "suppliers:step": page(_SUPPLIER("hold"), post=_SUPPLIER("hold"), subject="suppliers.supplier", name="block"),
    **document(
        "organisation",
        "parties.organisation",
        view=_PARTIES("view_organisation"),
        post=_PARTIES("add_organisation"),
        body={"code": "NEW-1", "name": "New", "country": "NL", "kinds": ["carrier"]},
        more={"PUT": _PARTIES("change_organisation")},
        steps={"archive": _PARTIES("change_organisation"), "restore": _PARTIES("change_organisation")},
    ),
    "api:organisation-bulk": Rule(
        {"POST": _PARTIES("add_organisation")},
        body=[{"code": "NEW-1", "name": "New", "country": "NL", "kinds": ["carrier"]}],
    ),
    "parties:organisations": page(_PARTIES("view_organisation"), post=_PARTIES("view_organisation")),
    "parties:organisation_new": page(_PARTIES("add_organisation"), post=_PARTIES("add_organisation")),
    "parties:organisation": page(_PARTIES("view_organisation"), subject="parties.organisation"),
    **{
        f"parties:organisation_{name}": page(
            _PARTIES("change_organisation"), post=_PARTIES("change_organisation"), subject="parties.organisation"
        )
        for name in ("edit", "archive", "restore")
    },
    **document(
        "payment-term",
        "parties.paymentterm",
        view=_PARTIES("view_paymentterm"),
        post=_PARTIES("change_paymentterm"),
        body={"code": "N1", "name": "New", "instalments": [{"percent": "100", "anchor": "invoiced"}]},
        more={"PUT": _PARTIES("change_paymentterm")},
    ),
    "parties:payment_terms": page(_PARTIES("view_paymentterm"), post=_PARTIES("view_paymentterm")),
    "parties:payment_term_new": page(_PARTIES("change_paymentterm"), post=_PARTIES("change_paymentterm")),
    "parties:payment_term_edit": page(
        _PARTIES("change_paymentterm"), post=_PARTIES("change_paymentterm"), subject="parties.paymentterm"
    ),
    "api:company-list": Rule({"GET": _PARTIES("view_company")}),
    "api:company-detail": Rule(
        {"GET": _PARTIES("view_company"), "PUT": _PARTIES("change_company")},
        "parties.company",
        body={"name": "New", "time_zone": "UTC"},
    ),
    "parties:company": page(_PARTIES("view_company"), post=_PARTIES("change_company")),
    **document(
        "approval-rule",
        "core.approvalrule",
        view=_PARTIES("view_approvalrule"),
        post=_PARTIES("change_approvalrule"),
        body={"kind": ORDER, "amount": "7", "role": "approver"},
        more={"PUT": _PARTIES("change_approvalrule"), "DELETE": _PARTIES("change_approvalrule")},
    ),
    "parties:approval_rules": page(_PARTIES("view_approvalrule"), post=_PARTIES("view_approvalrule")),
    "parties:approval_rule_new": page(_PARTIES("change_approvalrule"), post=_PARTIES("change_approvalrule")),
    **{
        f"parties:approval_rule_{name}": page(
            _PARTIES("change_approvalrule"), post=_PARTIES("change_approvalrule"), subject="core.approvalrule"
        )
        for name in ("edit", "remove")
    },
    **document(
        "member",
        "parties.membership",
        view=_PARTIES("manage_members"),
        post=_PARTIES("manage_members"),
        body={"email": "new@person.example", "name": "New", "roles": ["buyer"]},
        more={"PUT": _PARTIES("manage_members")},
        steps=dict.fromkeys(("deactivate", "reactivate", "invite-again"), _PARTIES("manage_members")),
    ),
    "parties:members": page(_PARTIES("manage_members"), post=_PARTIES("manage_members")),
    "parties:member_invite": page(_PARTIES("manage_members"), post=_PARTIES("manage_members")),
    **{
        f"parties:member_{name}": page(
            _PARTIES("manage_members"), post=_PARTIES("manage_members"), subject="parties.membership"
        )
        for name in ("edit", "deactivate", "reactivate", "resend")
    },
    **document(
        "token", "parties.apitoken", view=_PARTIES("manage_tokens"), steps={"revoke": _PARTIES("manage_tokens")}
    ),
    "parties:tokens": page(_PARTIES("manage_tokens"), post=_PARTIES("manage_tokens")),
    "parties:token_new": page(_PARTIES("manage_tokens"), post=_PARTIES("manage_tokens")),
    "parties:token_revoke": page(_PARTIES("manage_tokens"), post=_PARTIES("manage_tokens"), subject="parties.apitoken"),
    # customer orders and customers
    **document(
        "customer-order",
        "sales.customerorder",
        view="sales.view_customerorder",
        post="sales.add_customerorder",
        body=UNTRIED,
        more={"PUT": "sales.change_customerorder", "DELETE": "sales.change_customerorder"},
        steps={
            "confirm": "sales.confirm_customerorder",
            "cancel": ("sales.cancel_customerorder", {"reason": "Not needed"}),
            "close": ("sales.change_customerorder", {"reason": "Enough"}),
            "release": ("sales.release_customerorder", UNTRIED),
            "repromise": ("sales.change_customerorder", UNTRIED),
            "reserve": ("sales.confirm_customerorder", UNTRIED),
        },
    ),
    "api:customer-order-bulk": Rule({"POST": "sales.add_customerorder"}, body=UNTRIED),
    **document(
        "customer",
        "sales.customer",
        view="sales.view_customerorder",
        post="sales.change_customer",
        body=UNTRIED,
        more={"PUT": "sales.change_customer"},
    ),
    # stock
    **document(
        "warehouse",
        "inventory.warehouse",
        view=_STOCK("view"),
        post="inventory.add_warehouse",
        body=UNTRIED,
        more={"PUT": "inventory.add_warehouse"},
    ),
    **document("stock", "inventory.stock", view=_STOCK("view")),
    **document("stock-move", "inventory.stockmove", view=_STOCK("view")),
    **document(
        "lot",
        "inventory.lot",
        view=_STOCK("view"),
        steps={name: (_STOCK("change"), UNTRIED) for name in ("count", "quality", "scrap", "transfer")},
    ),
    "api:lot-opening": Rule({"POST": _STOCK("change")}, body=UNTRIED),
    # inspections
    **document(
        "inspection",
        "quality.inspection",
        view="quality.view_inspection",
        post="quality.add_inspection",
        body=UNTRIED,
        steps={
            "report": ("quality.report_inspection", UNTRIED),
            "abort": ("quality.report_inspection", UNTRIED),
            "concede": ("quality.concede_inspection", UNTRIED),
            "cancel": ("quality.cancel_inspection", {"reason": "Not needed"}),
        },
    ),
    "quality:inspection": page("quality.view_inspection", subject="quality.inspection"),
    # shipments and what follows from them
    "logistics:shipment": page("logistics.view_shipment", subject="logistics.shipment"),
    "logistics:receipt": page("logistics.view_receipt", subject="logistics.receipt"),
    "logistics:delivery": page("logistics.view_delivery", subject="logistics.delivery"),
    "logistics:customer_return": page("logistics.view_delivery", subject="logistics.customerreturn"),
    "logistics:supplier_return": page("logistics.view_receipt", subject="logistics.supplierreturn"),
    # money
    "finance:supplier_invoice": page("finance.view_supplierinvoice", subject="finance.supplierinvoice"),
    "finance:payment": page("finance.view_payment", subject="finance.payment"),
    "finance:customer_invoice": page("finance.view_customerinvoice", subject="finance.customerinvoice"),
    # figures
    "kpis:home": page(STAFF),
    **{
        f"kpis:{name}": page("kpis.view_kpi")
        for name in (
            "tower_live",
            "perfect_order",
            "on_time",
            "landed_cost",
            "landed_lines",
            "cash_to_cash",
            "postings",
            "order_lines",
            "orders",
            "late_shipments",
            "open_tasks",
        )
    },
    "kpis:landed_line": page("kpis.view_kpi", subject="kpis.landedcostfact"),
    "kpis:event_flow": page("core.view_outbox"),
    "kpis:event_flow_live": page("core.view_outbox"),
    "kpis:retry_events": Rule({"POST": "core.view_outbox"}, outside=False),
    # shipments, receipts, deliveries and returns through the API
    **document(
        "shipment",
        "logistics.shipment",
        view="logistics.view_shipment",
        post="logistics.add_shipment",
        body=UNTRIED,
        more={"PUT": "logistics.change_shipment"},
        steps={
            "cancel": ("logistics.change_shipment", UNTRIED),
            "documents": ("logistics.record_document", UNTRIED),
            "hold": ("logistics.change_shipment", UNTRIED),
            "lift-hold": ("logistics.change_shipment", UNTRIED),
            "milestones": ("logistics.report_milestone", UNTRIED),
            "release": ("logistics.release_shipment", UNTRIED),
            "take-over": ("logistics.take_over_shipment", UNTRIED),
        },
    ),
    "api:shipment-bulk": Rule({"POST": "logistics.add_shipment"}, body=UNTRIED),
    **document(
        "receipt",
        "logistics.receipt",
        view="logistics.view_receipt",
        post="logistics.add_receipt",
        body=UNTRIED,
        steps={"cancel": ("logistics.cancel_receipt", UNTRIED)},
    ),
    "api:receipt-bulk": Rule({"POST": "logistics.add_receipt"}, body=UNTRIED),
    **document(
        "delivery",
        "logistics.delivery",
        view="logistics.view_delivery",
        post="logistics.add_delivery",
        body=UNTRIED,
        steps={"delivered": ("logistics.add_delivery", UNTRIED)},
    ),
    "api:delivery-bulk": Rule({"POST": "logistics.add_delivery"}, body=UNTRIED),
    **document(
        "customer-return",
        "logistics.customerreturn",
        view="logistics.view_delivery",
        body=UNTRIED,
        post="logistics.add_return",
    ),
    **document(
        "supplier-return",
        "logistics.supplierreturn",
        view="logistics.view_receipt",
        body=UNTRIED,
        post="logistics.add_return",
    ),
    # the portal: outside parties only, each to the documents that name it
    "portal:home": page(PARTY, outside=True),
    "portal:orders": page(PARTY, outside=True),
    "portal:shipments": page(PARTY, outside=True),
    "portal:inspections": page(PARTY, outside=True),
    "portal:invoices": page(PARTY, outside=True),
    "portal:order": page(PARTY, subject=ORDER, outside=True),
    "portal:order_confirm": page(PARTY, post=PARTY, subject=ORDER, outside=True),
    "portal:shipment": page(PARTY, subject="logistics.shipment", outside=True),
    "portal:milestone": page(PARTY, post=PARTY, subject="logistics.shipment", outside=True),
    "portal:inspection": page(PARTY, subject="quality.inspection", outside=True),
    "portal:inspection_report": page(PARTY, post=PARTY, subject="quality.inspection", outside=True),
    "portal:invoice": page(PARTY, subject="finance.supplierinvoice", outside=True),
    # customer orders and stock on pages
    "sales:customer_orders": page(_CO("view"), post=_CO("view")),
    "sales:customer_order_new": page(_CO("add"), post=_CO("add")),
    "sales:customer_order_terms": page(_CO("add")),
    "sales:product_suggestions": page(_CO("add")),
    **importer("sales:customer_order_import", _CO("add")),
    "sales:customer_order": page(_CO("view"), subject="sales.customerorder"),
    "sales:customer_order_edit": page(_CO("change"), post=_CO("change"), subject="sales.customerorder"),
    "sales:customer_order_delete": page(_CO("change"), post=_CO("change"), subject="sales.customerorder"),
    "sales:customer_order_confirm": page(_CO("view"), post=_CO("confirm"), subject="sales.customerorder"),
    "sales:customer_order_reserve": page(_CO("confirm"), post=_CO("confirm"), subject="sales.customerorder"),
    "sales:customer_order_repromise": page(_CO("change"), post=_CO("change"), subject="sales.customerorder"),
    "sales:customer_order_reason": page(
        _CO("view"), post=_CO("cancel"), subject="sales.customerorder", name="cancel", body={"reason": "Not needed"}
    ),
    "sales:customers": page(_CO("view"), post=_CO("view")),
    "sales:customer_new": page("sales.change_customer", post="sales.change_customer"),
    "sales:customer": page(_CO("view"), subject="sales.customer"),
    "sales:customer_edit": page("sales.change_customer", post="sales.change_customer", subject="sales.customer"),
    **{
        f"inventory:{name}": page(_STOCK("view"), post=_STOCK("view"))
        for name in ("stock", "lots", "moves", "warehouses")
    },
    **importer("inventory:opening_import", _STOCK("change")),
    "inventory:lot": page(_STOCK("view"), subject="inventory.lot"),
    **{
        f"inventory:lot_{name}": page(_STOCK("change"), post=_STOCK("change"), subject="inventory.lot")
        for name in ("count", "scrap", "transfer", "quality")
    },
    "inventory:warehouse_new": page("inventory.add_warehouse", post="inventory.add_warehouse"),
    "inventory:warehouse_edit": page(
        "inventory.add_warehouse", post="inventory.add_warehouse", subject="inventory.warehouse"
    ),
}
