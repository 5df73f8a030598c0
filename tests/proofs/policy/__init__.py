"""Who may do what through which URL: one rule an endpoint, by its name in the URLconf.

The matrix finds the endpoints itself; an endpoint without a rule here fails it. A rule names, per method, the
permission that the caller's role must hold (who holds it: the apps' ``role_permissions``). To add a document's API:

    **document("purchase-order", "sourcing.purchaseorder", view="sourcing.view_purchaseorder",
               post="sourcing.add_purchaseorder",
               steps={"cancel": act("sourcing.cancel_purchaseorder", {"reason": "x"})})

A subject may name a state, "sourcing.purchaseorder:draft": another document of the kind, on which a step can be taken.
"""

from tests.proofs.policy import buying, everyone, figures, goods, masters, money, outside, selling
from tests.proofs.policy.rules import ANYONE, MEMBER, STAFF, Rule

POLICY: dict[str, Rule] = {}
for _area in (everyone, masters, buying, selling, goods, money, figures, outside):
    assert not set(POLICY) & set(_area.RULES), f"Two rules for {sorted(set(POLICY) & set(_area.RULES))}"
    POLICY |= _area.RULES

__all__ = ["ANYONE", "MEMBER", "POLICY", "STAFF", "Rule"]
