"""Actors, built at the doors from a membership."""

import ipaddress
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import API, BROWSER, PORTAL, Actor
from core.prepared import prepared
from parties.models import ApiToken, Company, Membership, Organisation, User
from parties.roles import permissions_of_all

SESSION_KEY = "membership"


def actor_of(membership: Membership, *, channel: str, request_id: str = "", scopes: list[str] | None = None) -> Actor:
    """The actor of a membership (with ``user`` loaded); ``scopes`` of a token narrow its permissions."""
    permissions = permissions_of_all(membership.roles)
    if scopes:
        permissions &= frozenset(scopes)
    outside = membership.organisation_id is not None
    return Actor(
        name=str(membership.user),
        channel=PORTAL if outside and channel == BROWSER else channel,
        user_id=membership.user_id,
        company_id=None if outside else membership.company_id,
        party_id=membership.organisation_id,
        permissions=permissions,
        roles=frozenset(membership.roles),
        place=str(membership.organisation if outside else membership.company),
        approval_limit=membership.approval_limit,
        request_id=request_id,
    )


def memberships_of(user) -> list[Membership]:
    """The places under which this person may act, own companies first."""
    found = (
        Membership.objects.filter(user=user, active=True)
        .select_related("user", "company", "organisation")
        .order_by("organisation_id", "company_id", "id")
    )
    return sorted(found, key=lambda m: (m.organisation_id is not None, m.pk))


def from_session(request) -> tuple[Actor | None, list[Membership]]:
    """The actor of a logged-in browser (or session API) request, and the memberships between which it may switch."""
    if not request.user.is_authenticated:
        return None, []
    memberships = memberships_of(request.user)
    if not memberships:  # his last place was taken from him: the session ends here, not in a circle to the login page
        request.session.flush()
        request.user = AnonymousUser()
        return None, []
    chosen = next((m for m in memberships if m.pk == request.session.get(SESSION_KEY)), memberships[0])
    channel = API if request.path.startswith("/api/") else BROWSER
    return actor_of(chosen, channel=channel, request_id=request.request_id), [
        chosen,
        *(m for m in memberships if m != chosen),
    ]


class TokenRefused(Exception):
    """The sentence says why the bearer token is not accepted."""


# Every request of an integration asks this, so it asks for no more than an actor needs; any other field of the rows is read
# when somebody wants it. Written out, because the queryset for it costs ten times what the database needs.
_MEMBER = ["id", "user_id", "company_id", "organisation_id", "roles", "approval_limit"]
_TOKEN = f"""
SELECT t.id, t.scopes, t.networks, t.last_used_at, {", ".join(f"m.{name}" for name in _MEMBER)},
    u.email, u.name, c.name, o.name
FROM parties_apitoken t
JOIN parties_membership m ON m.id = t.membership_id AND m.active
JOIN parties_user u ON u.id = m.user_id AND u.is_active
JOIN parties_company c ON c.id = m.company_id
LEFT JOIN parties_organisation o ON o.id = m.organisation_id
WHERE t.digest = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > statement_timestamp())
"""


def from_token(request) -> tuple[Actor, Membership]:
    """The actor of an ``Authorization: Bearer`` header, and the membership the token belongs to. Raises TokenRefused."""
    scheme, _space, secret = request.headers["Authorization"].partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise TokenRefused(_("Send the token as: Authorization: Bearer <token>."))
    with connection.cursor() as cursor:
        cursor.execute(f"EXECUTE {prepared(_TOKEN, 'text')} (%s)", [ApiToken.digest_of(secret.strip())])
        found = cursor.fetchone()
    now = timezone.now()
    if found is None:
        raise TokenRefused(_("The token is unknown, expired or revoked. Create a new one."))
    token, scopes, networks, last_used, *member, email, name, company, organisation = found
    if networks and not _inside(request.META.get("REMOTE_ADDR", ""), networks):
        raise TokenRefused(_("This token may not be used from this address."))
    request.token_id = token
    if last_used is None or now - last_used > timedelta(minutes=5):
        ApiToken.objects.filter(pk=token).update(last_used_at=now)
    membership = Membership.from_db("default", _MEMBER, member)
    membership.user = User.from_db("default", ["id", "email", "name"], [membership.user_id, email, name])
    membership.company = Company.from_db("default", ["id", "name"], [membership.company_id, company])
    if organisation is not None:
        membership.organisation = Organisation.from_db(
            "default", ["id", "name"], [membership.organisation_id, organisation]
        )
    return actor_of(membership, channel=API, request_id=request.request_id, scopes=scopes), membership


def _inside(address: str, networks: list[str]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False
