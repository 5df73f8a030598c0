"""Products, suppliers, other organisations, people, terms and settings: the house's own, none of it for parties."""

from tests.proofs.policy.rules import Rule, act, document, importer, lists, page

_SUPPLIER = "suppliers.{}_supplier".format
_PARTIES = "parties.{}".format
_MEMBERS, _TOKENS = _PARTIES("manage_members"), _PARTIES("manage_tokens")


def _edits(app: str, permission: str, subject: str, *names: str) -> dict[str, Rule]:
    """Pages and buttons below a document that all need the same permission."""
    return {f"{app}:{name}": page(permission, post=permission, subject=subject) for name in names}


RULES = {
    **document(
        "product",
        "catalog.product",
        view="catalog.view_product",
        post="catalog.add_product",
        bulk=True,
        body={"sku": "NEW-1", "name": "New"},
        more={"PUT": "catalog.change_product"},
        steps={
            "archive": "catalog.change_product",
            "restore": act("catalog.change_product", subject="catalog.product:archived"),
        },
    ),
    **document(
        "product-group",
        "catalog.productgroup",
        view="catalog.view_product",
        post="catalog.add_product",
        body={"code": "new", "name": "New"},
        more={"PUT": "catalog.change_product"},
    ),
    **lists("catalog.view_product", "catalog:products", "catalog:groups"),
    "catalog:product": page("catalog.view_product", subject="catalog.product"),
    "catalog:product_new": page("catalog.add_product", post="catalog.add_product"),
    "catalog:group_new": page("catalog.add_product", post="catalog.add_product"),
    "catalog:group_edit": page("catalog.change_product", post="catalog.change_product", subject="catalog.productgroup"),
    **importer("catalog:product_import", "catalog.add_product"),
    **_edits(
        "catalog", "catalog.change_product", "catalog.product", "product_edit", "product_archive", "product_restore"
    ),
    # suppliers
    **document(
        "supplier",
        "suppliers.supplier",
        view=_SUPPLIER("view"),
        post=_SUPPLIER("add"),
        bulk=True,
        body={"code": "NEW-1", "name": "New", "country": "CN"},
        more={"PUT": _SUPPLIER("change")},
        steps={
            "hold": act(_SUPPLIER("hold"), {"kind": "all", "reason": "Audit"}),
            "lift": act(_SUPPLIER("hold"), subject="suppliers.supplier:held"),
            "transition": act(_SUPPLIER("advance"), {"step": "prefer"}),
            "remove-items": act(_SUPPLIER("change"), lambda estate, _one: {"products": [estate.world.mug.pk]}),
        },
    ),
    "api:supplier-items": Rule(
        {"GET": _SUPPLIER("view"), "POST": _SUPPLIER("change")},
        "suppliers.supplier",
        body=lambda estate, _one: {"items": [{"product": estate.world.mug.pk, "unit_price": "3.10"}]},
    ),
    **lists(_SUPPLIER("view"), "suppliers:suppliers"),
    "suppliers:supplier_new": page(_SUPPLIER("add"), post=_SUPPLIER("add")),
    **importer("suppliers:supplier_import", _SUPPLIER("add")),
    "suppliers:supplier": page(_SUPPLIER("view"), subject="suppliers.supplier"),
    **_edits("suppliers", _SUPPLIER("change"), "suppliers.supplier", "supplier_edit", "items"),
    **_edits("suppliers", _SUPPLIER("hold"), "suppliers.supplier", "hold", "lift"),
    "suppliers:step": page(_SUPPLIER("hold"), post=_SUPPLIER("hold"), subject="suppliers.supplier", name="block"),
    # everybody else we deal with
    **document(
        "organisation",
        "parties.organisation",
        view=_PARTIES("view_organisation"),
        post=_PARTIES("add_organisation"),
        bulk=True,
        body={"code": "NEW-1", "name": "New", "country": "NL", "kinds": ["carrier"]},
        more={"PUT": _PARTIES("change_organisation")},
        steps={"archive": _PARTIES("change_organisation"), "restore": _PARTIES("change_organisation")},
    ),
    **lists(_PARTIES("view_organisation"), "parties:organisations"),
    "parties:organisation_new": page(_PARTIES("add_organisation"), post=_PARTIES("add_organisation")),
    "parties:organisation": page(_PARTIES("view_organisation"), subject="parties.organisation"),
    **_edits(
        "parties",
        _PARTIES("change_organisation"),
        "parties.organisation",
        *(f"organisation_{name}" for name in ("edit", "archive", "restore")),
    ),
    **document(
        "payment-term",
        "parties.paymentterm",
        view=_PARTIES("view_paymentterm"),
        post=_PARTIES("change_paymentterm"),
        body={"code": "N1", "name": "New", "instalments": [{"percent": "100", "anchor": "invoiced"}]},
        more={"PUT": _PARTIES("change_paymentterm")},
    ),
    **lists(_PARTIES("view_paymentterm"), "parties:payment_terms"),
    "parties:payment_term_new": page(_PARTIES("change_paymentterm"), post=_PARTIES("change_paymentterm")),
    **_edits("parties", _PARTIES("change_paymentterm"), "parties.paymentterm", "payment_term_edit"),
    # the company and its rules
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
        body={"kind": "sourcing.purchaseorder", "amount": "7", "role": "approver"},
        more={"PUT": _PARTIES("change_approvalrule"), "DELETE": _PARTIES("change_approvalrule")},
    ),
    **lists(_PARTIES("view_approvalrule"), "parties:approval_rules"),
    "parties:approval_rule_new": page(_PARTIES("change_approvalrule"), post=_PARTIES("change_approvalrule")),
    **_edits(
        "parties",
        _PARTIES("change_approvalrule"),
        "core.approvalrule",
        "approval_rule_edit",
        "approval_rule_remove",
    ),
    # people and tokens
    **document(
        "member",
        "parties.membership",
        view=_MEMBERS,
        post=_MEMBERS,
        body={"email": "new@person.example", "name": "New", "roles": ["buyer"]},
        more={"PUT": _MEMBERS},
        steps={
            "deactivate": _MEMBERS,
            "reactivate": act(_MEMBERS, subject="parties.membership:inactive"),
            "invite-again": _MEMBERS,
        },
    ),
    **lists(_MEMBERS, "parties:members"),
    "parties:member_invite": page(_MEMBERS, post=_MEMBERS),
    **_edits(
        "parties",
        _MEMBERS,
        "parties.membership",
        *(f"member_{name}" for name in ("edit", "deactivate", "reactivate", "resend")),
    ),
    **document("token", "parties.apitoken", view=_TOKENS, steps={"revoke": _TOKENS}),
    **lists(_TOKENS, "parties:tokens"),
    "parties:token_new": page(_TOKENS, post=_TOKENS),
    "parties:token_revoke": page(_TOKENS, post=_TOKENS, subject="parties.apitoken"),
}
