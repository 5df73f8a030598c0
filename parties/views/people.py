"""Pages of people and of the API tokens that act in their names."""

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.web import once
from core.web.access import page
from core.web.forms import form_page, refuse, step
from core.web.lists import Column, DocumentList
from parties import services
from parties.filters import ApiTokenFilter, MembershipFilter
from parties.forms import InviteForm, MemberForm, TokenForm
from parties.models import ApiToken, Membership, Organisation
from parties.roles import ROLES
from parties.selectors import permissions_by_app, spoken
from parties.services.members import MANAGE
from parties.services.tokens import MANAGE as MANAGE_TOKENS
from parties.views.settings import own_company


class MemberList(DocumentList):
    model = Membership
    title = _("People")
    permission = MANAGE
    filterset_class = MembershipFilter
    row_template = "parties/member_row.html"
    order = ("-active", "organisation__name", "user__name")
    presets = (
        (_("Our own"), "outside=false&active=true"),
        (_("Outside parties"), "outside=true&active=true"),
        (_("Without access"), "active=false"),
    )
    new = (_("Invite somebody"), "parties:member_invite", MANAGE)
    columns = (
        Column("user__name", _("Name"), sort="user__name"),
        Column("user__email", _("E-mail"), sort="user__email"),
        Column("place", _("Works for"), sort="organisation__name"),
        Column("roles", _("Roles")),
        Column("approval_limit", _("Approval limit"), sort="approval_limit", numeric=True),
        Column("user__last_login", _("Last login"), sort="user__last_login"),
        Column("state", _("Access")),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("user", "organisation", "company")

    def export_row(self, row):
        row.place = row.organisation or row.company
        row.state = _now("yes") if row.active else _now("no")
        values = super().export_row(row)
        return tuple(", ".join(str(ROLES[one]) for one in v) if isinstance(v, list) else v for v in values)

    def context(self, actor):
        return {"role_names": ROLES, "currency": own_company(self.request).base_currency_id}


def _member(request, pk: int) -> Membership:
    visible = Membership.objects.visible_to(request.actor).select_related("user", "organisation", "company")
    found = visible.filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page(MANAGE)
def member_invite(request):
    """Into our company, or, with ``?organisation=``, into an outside party."""
    wanted = as_id(request.POST.get("organisation") or request.GET.get("organisation"))
    organisation = None
    if wanted is not None:
        organisation = Organisation.objects.visible_to(request.actor).filter(pk=wanted, active=True).first()
        if organisation is None:
            raise NotVisible()
    initial = {"organisation": organisation, "language": organisation.language if organisation else "en"}
    if organisation is not None:
        initial |= {"email": organisation.email, "name": organisation.contact_name}
        hats = {
            "is_supplier": "supplier",
            "is_forwarder": "forwarder",
            "is_broker": "broker",
            "is_inspector": "inspector",
        }
        initial["roles"] = [role for kind, role in hats.items() if getattr(organisation, kind)]
    form = InviteForm(
        request.POST or None, initial=initial, actor=request.actor, organisation=organisation,
        currency=own_company(request).base_currency_id,
    )  # fmt: skip
    back = reverse("parties:members")
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.invite_user(actor=request.actor, **form.values()),
        then=lambda saved: back,
        context={
            "title": _now("Invite somebody of %(place)s") % {"place": organisation}
            if organisation
            else _("Invite somebody"),
            "intro": _("A mail with a link goes out; there the person chooses a password.")
            if organisation
            else _(
                "A mail with a link goes out; there the person chooses a password. People of suppliers, forwarders and "
                "other outside parties are invited from their own page under Business partners."
            ),
            "crumb_links": [(_("People"), back)],
            "cancel_url": back,
            "submit": _("Send the invitation"),
        },
    )


@page(MANAGE)
def member_edit(request, pk):
    member = _member(request, pk)
    initial = {"name": member.user.name, "roles": member.roles, "approval_limit": member.approval_limit or None}
    form = MemberForm(
        request.POST or None, initial=initial, member=member, currency=own_company(request).base_currency_id
    )
    back = reverse("parties:members")
    return form_page(
        request,
        "parties/member_form.html",
        form,
        save=lambda: services.change_member(actor=request.actor, membership_id=member.pk, **form.values()),
        then=lambda saved: back,
        context={
            "title": member.user.name,
            "member": member,
            "oneself": member.user_id == request.actor.user_id,
            "tokens": ApiToken.objects.visible_to(request.actor)
            .filter(membership=member, revoked_at=None)
            .order_by("-id")
            if request.actor.can(MANAGE_TOKENS)
            else (),
            "crumb_links": [(_("People"), back)],
            "cancel_url": back,
        },
    )


def _member_step(request, pk: int, service, said: str):
    return step(
        request,
        act=lambda: service(actor=request.actor, membership_id=pk),
        back=reverse("parties:member_edit", args=[pk]),
        said=said,
    )


@page(MANAGE)
@require_POST
def member_deactivate(request, pk):
    return _member_step(request, pk, services.deactivate_member, _now("Access ended, tokens revoked."))


@page(MANAGE)
@require_POST
def member_reactivate(request, pk):
    return _member_step(request, pk, services.reactivate_member, _now("Access given back."))


@page(MANAGE)
@require_POST
def member_resend(request, pk):
    return _member_step(request, pk, services.send_invitation, _now("The invitation is sent again."))


class TokenList(DocumentList):
    model = ApiToken
    title = _("API tokens")
    permission = MANAGE_TOKENS
    filterset_class = ApiTokenFilter
    row_template = "parties/token_row.html"
    order = ("-id",)
    presets = ((_("Can be used"), "usable=true"),)
    new = (_("New token"), "parties:token_new", MANAGE_TOKENS)
    empty_text = _("No tokens yet. A program that uses the API needs one.")
    columns = (
        Column("name", _("What it is for"), sort="name"),
        Column("hint", _("Begins with")),
        Column("membership__user__name", _("Acts as"), sort="membership__user__name"),
        Column("scopes", _("May")),
        Column("networks", _("From")),
        Column("expires_at", _("Ends"), sort="expires_at"),
        Column("last_used_at", _("Last used"), sort="last_used_at"),
        Column("state", _("State")),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("membership__user")

    def export_row(self, row):
        row.state = _now("revoked") if row.revoked_at else ""
        return tuple(", ".join(value) if isinstance(value, list) else value for value in super().export_row(row))

    def context(self, actor):
        return {"now": timezone.now()}


@page(MANAGE_TOKENS)
def token_new(request):
    """Make a token. Its secret stands on the answer to this form and nowhere else, not even in the session."""
    members = Membership.objects.visible_to(request.actor).filter(active=True, user__is_active=True)
    members = members.select_related("user", "organisation").order_by("organisation__name", "user__name")
    wanted = request.POST.get("member") or request.GET.get("member") or ""
    member = next((one for one in members if str(one.pk) == wanted), None)
    if member is None:
        if wanted:
            raise NotVisible()
        member = next((one for one in members if one.user_id == request.actor.user_id), None) or members[0]
    form = TokenForm(request.POST or None, groups=permissions_by_app(member.roles))
    context = {
        "form": form,
        "member": member,
        "members": members,
        "chosen": set(form.data.getlist("scopes")) if form.is_bound else set(),
        "title": _("New API token"),
        "back": reverse("parties:tokens"),
    }
    status = 200
    if request.method == "POST":
        status = 422
        if once.earlier(request) is not None:
            return redirect(context["back"])
        if form.is_valid():
            try:
                token, secret = services.create_token(
                    actor=request.actor, membership_id=member.pk, now=timezone.now(), **form.values()
                )
                once.done(request, context["back"])
                said = [spoken(scope) for scope in token.scopes]
                return render(
                    request, "parties/token_made.html", {**context, "token": token, "secret": secret, "said": said}
                )
            except RuleBroken as error:
                refuse(form, error)
    return render(request, "parties/token_form.html", context, status=status)


@page(MANAGE_TOKENS)
@require_POST
def token_revoke(request, pk):
    return step(
        request,
        act=lambda: services.revoke_token(actor=request.actor, token_id=pk, now=timezone.now()),
        back=reverse("parties:tokens"),
        said=_now("The token is revoked; it stopped working just now."),
    )
