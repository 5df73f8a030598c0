"""One document of every kind that the policy names, made for one owner through the services, his word in every free text.

A kind may name a state, "sourcing.purchaseorder:draft": a step that the plain one cannot take can be taken on it.
"""

from tests.proofs.makers import goods, masters, money, orders  # noqa: F401  (registers them)
from tests.proofs.makers.owner import CANARY, FREIGHT, INSURANCE, LATE, MAKERS, PRICES, Owner

__all__ = ["CANARY", "FREIGHT", "INSURANCE", "LATE", "MAKERS", "PRICES", "Owner"]
