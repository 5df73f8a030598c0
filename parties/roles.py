"""Roles and what each may do. Apps say in their ``apps.py`` which roles hold which of their permissions."""

from functools import cache

from django.apps import apps
from django.utils.translation import gettext_lazy as _

STAFF_ROLES = {
    "buyer": _("Buyer"),
    "approver": _("Approver"),
    "quality": _("Quality"),
    "logistics": _("Logistics"),
    "warehouse": _("Warehouse"),
    "sales": _("Sales"),
    "finance": _("Finance"),
    "auditor": _("Auditor (reads everything)"),
    "admin": _("Administrator"),
}
OUTSIDE_ROLES = {
    "supplier": _("Supplier"),
    "forwarder": _("Forwarder"),
    "broker": _("Customs broker"),
    "inspector": _("Inspector"),
    "party_admin": _("Administrator of an outside party"),
}
ROLES = {**STAFF_ROLES, **OUTSIDE_ROLES}


@cache
def permissions_of(role: str) -> frozenset[str]:
    """Every permission ("sourcing.approve_purchaseorder") that ``role`` holds, over all installed apps."""
    return frozenset(
        permission
        for config in apps.get_app_configs()
        for permission, roles in getattr(config, "role_permissions", {}).items()
        if role in roles or (role == "auditor" and permission.partition(".")[2].startswith("view_"))
    )


def permissions_of_all(roles) -> frozenset[str]:
    """The union over several roles."""
    return frozenset().union(*(permissions_of(role) for role in roles))
