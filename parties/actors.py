"""Actors, built at the doors from a membership."""

import ipaddress
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import API, BROWSER, PORTAL, Actor
from parties.models import ApiToken, Membership
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


def from_token(request) -> tuple[Actor, Membership]:
    """The actor of an ``Authorization: Bearer`` header, and the membership the token belongs to. Raises TokenRefused."""
    scheme, _space, secret = request.headers["Authorization"].partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise TokenRefused(_("Send the token as: Authorization: Bearer <token>."))
    token = (
        ApiToken.objects.select_related("membership__user", "membership__company", "membership__organisation")
        .filter(digest=ApiToken.digest_of(secret.strip()), revoked_at=None, membership__active=True)
        .first()
    )
    now = timezone.now()
    if token is None or not token.membership.user.is_active or (token.expires_at and token.expires_at <= now):
        raise TokenRefused(_("The token is unknown, expired or revoked. Create a new one."))
    if token.networks and not _inside(request.META.get("REMOTE_ADDR", ""), token.networks):
        raise TokenRefused(_("This token may not be used from this address."))
    request.token_id = token.pk
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=5):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return actor_of(token.membership, channel=API, request_id=request.request_id, scopes=token.scopes), token.membership


def _inside(address: str, networks: list[str]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False
