"""Who acts, through which door, for whom, and with which rights."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.errors import NotAllowed

BROWSER, PORTAL, API, COMMAND, WORKER = "browser", "portal", "api", "command", "worker"


@dataclass(frozen=True, slots=True)
class Actor:
    """One per request, command or worker batch; doors build it, services only read it.

    Staff act for a company (``company_id``) and see that company's documents. An outside party
    (``party_id``: a supplier, forwarder, …) sees the documents on which it is named, in any company.
    """

    name: str
    channel: str
    # Any: people have a user, staff a company, parties a party; who serves one of them need not ask again
    user_id: int | Any = None
    company_id: int | Any = None
    party_id: int | Any = None
    permissions: frozenset[str] = field(default_factory=frozenset)
    roles: frozenset[str] = field(default_factory=frozenset)  # whose tasks are his
    place: str = ""  # the company or organisation he acts for, by name
    approval_limit: Decimal = Decimal(0)  # in the company's base currency
    request_id: str = ""
    at: datetime | None = None  # when it happened, where that is not now: history and the sample world
    all_permissions: bool = False  # the system itself: commands and workers

    @property
    def is_staff(self) -> bool:
        return self.party_id is None

    def is_who(self, user_id: int | None, name: str) -> bool:
        """Whether the actor is who did something, for four eyes. Two people may have one name; old rows know no more."""
        return self.user_id == user_id if user_id is not None else bool(name) and self.name == name

    def can(self, permission: str) -> bool:
        return self.all_permissions or permission in self.permissions

    def needs(self, permission: str) -> None:
        """This will raise NotAllowed unless the actor holds ``permission`` ("sourcing.approve_purchaseorder")."""
        if not self.can(permission):
            verb, _, noun = permission.partition(".")[2].partition("_")
            raise NotAllowed(f"Your role does not allow you to {verb} this {noun or 'document'}.")


def system(channel: str = WORKER, *, company_id: int | None = None, name: str = "ISCM", request_id: str = "") -> Actor:
    """The system acting for itself: a worker batch or a management command."""
    return Actor(name=name, channel=channel, company_id=company_id, request_id=request_id, all_permissions=True)
