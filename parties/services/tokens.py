"""API tokens: shown once, kept as a digest, limited to scopes, networks and a day."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core import mail
from core.actor import Actor
from core.errors import NotVisible, RuleBroken, TransitionRefused
from core.outbox import News, announce_many, kind_of
from parties import events
from parties.models import ApiToken, Membership
from parties.roles import permissions_of_all

MANAGE = "parties.manage_tokens"
LONGEST_DAYS = 3650


@transaction.atomic
def create_token(
    *,
    actor: Actor,
    membership_id: int,
    name: str,
    now: datetime,
    days: int | None = 365,
    scopes: Sequence[str] = (),
    networks: Sequence[str] = (),
) -> tuple[ApiToken, str]:
    """This will make a token under which programs act as that member, and return it with its secret, once and never again.

    ``scopes`` are permissions ("sourcing.view_purchaseorder"); none means all that the member's roles give, then and
    later. ``days`` None: until revoked. The member is told by mail when somebody else makes it.
    Raises RuleBroken for a scope that the member does not hold, a network that is none, and a lifetime out of bounds.
    """
    actor.needs(MANAGE)
    visible = Membership.objects.visible_to(actor).select_related("user")
    membership = visible.filter(pk=membership_id, active=True).first()
    if membership is None:
        raise NotVisible(_("There is no such member."))
    if not name.strip():
        raise RuleBroken(_("Say what the token is for."), field="name")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise RuleBroken(_("Between 1 and %(most)s days.") % {"most": LONGEST_DAYS}, field="days")
    held = permissions_of_all(membership.roles)
    for scope in scopes:
        if scope not in held:
            raise RuleBroken(
                _("%(name)s does not hold %(scope)s.") % {"name": membership.user, "scope": scope}, field="scopes"
            )
    secret, digest = ApiToken.new_secret()
    token = ApiToken.objects.create(
        membership=membership,
        name=name.strip(),
        digest=digest,
        hint=secret[:9],
        scopes=sorted(set(scopes)),
        networks=[_network(one) for one in networks],
        expires_at=now + timedelta(days=days) if days else None,
        created_by=actor.name,
    )
    if actor.user_id != membership.user_id:
        mail.queue(
            to=membership.user.email,
            company_id=membership.company_id,
            subject=_("A new API token in your name"),
            text=_(
                "%(who)s made the API token “%(name)s” in your name. If this is not right, have it revoked under Settings."
            )
            % {"who": actor.name, "name": token.name},
        )
    _announce(events.TOKEN_CREATED, token, actor)
    return token, secret


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: int, now: datetime) -> ApiToken:
    """This will end a token at once. Raises TransitionRefused when it is revoked already."""
    actor.needs(MANAGE)
    visible = ApiToken.objects.visible_to(actor).select_related("membership")
    token = visible.select_for_update(of=("self",)).filter(pk=token_id).first()
    if token is None:
        raise NotVisible(_("There is no such token."))
    if token.revoked_at:
        raise TransitionRefused(_("%(token)s is revoked already.") % {"token": token})
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    _announce(events.TOKEN_REVOKED, token, actor)
    return token


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise RuleBroken(
            _("%(text)s is not an address or network; write it like 203.0.113.7 or 10.0.0.0/8.") % {"text": text},
            field="networks",
        ) from error


def _announce(event, token: ApiToken, actor: Actor) -> None:
    payload = {"name": token.name, "scopes": token.scopes, "networks": token.networks}
    news = [News(token.pk, token.membership.company_id, [("parties.membership", token.membership_id)], payload)]
    announce_many(event, kind_of(token), news, actor=actor)
