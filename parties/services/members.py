"""People: invited, given roles and limits, and put out of the door."""

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import mail
from core.actor import Actor
from core.documents import lock
from core.errors import NotAllowed, RuleBroken, TransitionRefused
from core.outbox import announce
from parties import events, roles
from parties.accounts import password_link
from parties.models import SPOKEN, ApiToken, Company, Membership, Organisation, User

MANAGE = "parties.manage_members"
# what an outside party must be to us before its people may have the role
_KIND_OF_ROLE = {
    "supplier": "is_supplier",
    "forwarder": "is_forwarder",
    "broker": "is_broker",
    "inspector": "is_inspector",
}


@transaction.atomic
def invite_user(
    *,
    actor: Actor,
    email: str,
    name: str,
    roles: Sequence[str],
    approval_limit: Decimal = Decimal(0),
    organisation_id: int | None = None,
    language: str = "",
) -> Membership:
    """This will give a person a place in the actor's company, or in an outside organisation, and send the way in by mail.

    Somebody who already has an account elsewhere keeps it and its password. Raises RuleBroken for a wrong address, for
    roles that do not fit the place, and for somebody who already is a member.
    """
    actor.needs(MANAGE)
    if not actor.is_staff:
        organisation_id = actor.party_id
    organisation = None
    if organisation_id is not None:
        organisation = Organisation.objects.visible_to(actor).filter(pk=organisation_id).first()
        if organisation is None:
            raise RuleBroken(_("There is no such organisation."), field="organisation")
    company_id = organisation.company_id if organisation else actor.company_id
    email = _checked_email(email)
    _check_roles(actor, roles, organisation)
    limit = _checked_limit(approval_limit, organisation)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        if not name.strip():
            raise RuleBroken(_("Whom do you invite? Give a name."), field="name")
        user = User(email=email, name=name.strip(), language=language if language in dict(SPOKEN) else "")
        user.set_unusable_password()
        user.save()
    membership = Membership.objects.filter(user=user, company_id=company_id, organisation=organisation).first()
    if membership is not None:
        if membership.active:
            raise RuleBroken(_("%(name)s is already a member.") % {"name": user}, field="email")
        raise RuleBroken(
            _("%(name)s was a member before. Give access back on the page of members.") % {"name": user}, field="email"
        )
    membership = Membership.objects.create(
        user=user, company_id=company_id, organisation=organisation, roles=sorted(set(roles)), approval_limit=limit
    )
    _let_in(user)
    _mail_invitation(membership, actor)
    announce(events.MEMBER_INVITED, membership, actor=actor)
    return membership


@transaction.atomic
def send_invitation(*, actor: Actor, membership_id: int) -> Membership:
    """This will send the mail with the way in again (the link in the first one ends after some days)."""
    actor.needs(MANAGE)
    membership = _member(actor, membership_id)
    if not membership.active:
        raise TransitionRefused(_("%(name)s has no access. Give it back first.") % {"name": membership.user})
    _mail_invitation(membership, actor)
    return membership


@transaction.atomic
def change_member(
    *,
    actor: Actor,
    membership_id: int,
    roles: Sequence[str],
    approval_limit: Decimal = Decimal(0),
    name: str | None = None,
) -> Membership:
    """This will change what a member may do, from the next request on.

    Raises NotAllowed for the actor's own membership: nobody gives himself rights.
    """
    actor.needs(MANAGE)
    membership = _member(actor, membership_id)
    _not_oneself(actor, membership)
    _check_roles(actor, roles, membership.organisation)
    membership.approval_limit = _checked_limit(approval_limit, membership.organisation)
    membership.roles = sorted(set(roles))
    membership.save(update_fields=["roles", "approval_limit"])
    if name is not None and name.strip() and name.strip() != membership.user.name:
        if membership.user.memberships.exclude(pk=membership.pk).exists():
            raise RuleBroken(_("This person also belongs elsewhere; only he may change his name."), field="name")
        membership.user.name = name.strip()
        membership.user.save(update_fields=["name"])
    announce(events.MEMBER_CHANGED, membership, actor=actor)
    return membership


@transaction.atomic
def deactivate_member(*, actor: Actor, membership_id: int) -> Membership:
    """This will end a member's access with his next request: pages, portal and every API token of his.

    Somebody without any other place cannot log in any more. What he did stays under his name.
    """
    actor.needs(MANAGE)
    membership = _member(actor, membership_id)
    _not_oneself(actor, membership)
    if not membership.active:
        raise TransitionRefused(_("%(name)s has no access already.") % {"name": membership.user})
    membership.active = False
    membership.save(update_fields=["active"])
    ApiToken.objects.filter(membership=membership, revoked_at=None).update(revoked_at=timezone.now())
    if not membership.user.memberships.filter(active=True).exists():
        membership.user.is_active = False
        membership.user.save(update_fields=["is_active"])
    announce(events.MEMBER_DEACTIVATED, membership, actor=actor)
    return membership


@transaction.atomic
def reactivate_member(*, actor: Actor, membership_id: int) -> Membership:
    """This will give a former member access again, with the roles he had; his tokens stay revoked."""
    actor.needs(MANAGE)
    membership = _member(actor, membership_id)
    if membership.active:
        raise TransitionRefused(_("%(name)s has access already.") % {"name": membership.user})
    _check_roles(actor, membership.roles, membership.organisation)
    membership.active = True
    membership.save(update_fields=["active"])
    _let_in(membership.user)
    announce(events.MEMBER_REACTIVATED, membership, actor=actor)
    return membership


# ---- parts


def _member(actor: Actor, membership_id: int) -> Membership:
    visible = Membership.objects.visible_to(actor).select_related("user", "company", "organisation")
    return lock(visible, membership_id)


def _not_oneself(actor: Actor, membership: Membership) -> None:
    if actor.user_id is not None and membership.user_id == actor.user_id:
        raise NotAllowed(_("Nobody changes his own access. Ask another administrator."))


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise RuleBroken(_("%(email)s is not an e-mail address.") % {"email": email or "–"}, field="email") from error
    return email


def _check_roles(actor: Actor, wanted: Sequence[str], organisation: Organisation | None) -> None:
    """Roles fit the place; an outside administrator hands out only what he has himself."""
    if not wanted:
        raise RuleBroken(_("Choose at least one role."), field="roles")
    fitting = roles.STAFF_ROLES if organisation is None else roles.OUTSIDE_ROLES
    for role in wanted:
        if role not in fitting:
            raise RuleBroken(
                _("%(role)s is not a role of our own people.") % {"role": roles.ROLES.get(role, role)}
                if organisation is None
                else _("%(role)s is not a role of an outside party.") % {"role": roles.ROLES.get(role, role)},
                field="roles",
            )
        kind = _KIND_OF_ROLE.get(role)
        if organisation is not None and kind and not getattr(organisation, kind):
            raise RuleBroken(
                _("%(organisation)s is not a %(kind)s.")
                % {"organisation": organisation, "kind": Organisation.KINDS[kind]},
                field="roles",
            )
    if not actor.is_staff and any(not roles.permissions_of(role) <= actor.permissions for role in wanted):
        raise NotAllowed(_("You can only give roles that you hold yourself."))


def _checked_limit(limit: Decimal, organisation: Organisation | None) -> Decimal:
    if limit < 0:
        raise RuleBroken(_("An approval limit cannot be negative."), field="approval_limit")
    if limit and organisation is not None:
        raise RuleBroken(_("Only our own people approve; leave the limit at 0."), field="approval_limit")
    return limit


def _let_in(user: User) -> None:
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])


def _mail_invitation(membership: Membership, actor: Actor) -> None:
    """In the invited person's language where it is known; the link lets him choose a password, once."""
    user, place = membership.user, membership.organisation or membership.company
    organisation = membership.organisation
    spoken = user.language or (organisation.language if organisation else "") or settings.LANGUAGE_CODE
    company = Company.objects.filter(pk=membership.company_id).values_list("name", flat=True).first()
    with translation.override(spoken):
        told = {"name": user.name, "place": place, "who": actor.name, "company": company, "site": settings.SITE_URL}
        lines = [_("Hello %(name)s,") % told, ""]
        lines.append(_("%(who)s of %(company)s has given you access to ISCM, for %(place)s.") % told)
        if user.has_usable_password():
            lines.append(_("Log in with the password you have: %(site)s") % told)
        else:
            days = settings.PASSWORD_RESET_TIMEOUT // 86_400
            lines.append(_("Choose your password here (the link works once, for %(days)s days):") % {"days": days})
            lines.append(password_link(user))
        lines += ["", _("If you do not know what this is about, you need not do anything.")]
        mail.queue(
            to=user.email,
            company_id=membership.company_id,
            subject=_("Your access to ISCM (%(company)s)") % told,
            text="\n".join(lines),
        )
