"""Pages of organisations: customers, forwarders, brokers, inspectors, … in one list."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.errors import NotVisible
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.forms import form_page, step
from core.web.lists import BulkAction, Column, DocumentList
from parties import services
from parties.filters import OrganisationFilter
from parties.forms import IDENTITY, OrganisationForm
from parties.models import Membership, Organisation
from parties.services.members import MANAGE

VIEW, ADD, CHANGE = "parties.view_organisation", "parties.add_organisation", "parties.change_organisation"


class OrganisationList(DocumentList):
    model = Organisation
    title = _("Business partners")
    permission = VIEW
    filterset_class = OrganisationFilter
    row_template = "parties/organisation_row.html"
    order = ("name",)
    presets = (
        (_("Customers"), "kind=customer"),
        (_("Suppliers"), "kind=supplier"),
        (_("Forwarders and carriers"), "kind=forwarder&kind=carrier"),
        (_("Brokers"), "kind=broker"),
        (_("Inspectors"), "kind=inspector"),
        (_("Archived"), "active=false"),
    )
    new = (_("New partner"), "parties:organisation_new", ADD)
    bulk_actions = (BulkAction("archive", _("Archive"), CHANGE), BulkAction("restore", _("Take back into use"), CHANGE))
    empty_text = _("Nobody yet: add customers, forwarders, brokers and inspection agencies here.")
    columns = (
        Column("code", _("Code"), sort="code"),
        Column("name", _("Name"), sort="name"),
        Column("name_local", _("Own name")),
        Column("kinds", _("Is a")),
        Column("country__label", _("Country"), sort="country__name"),
        Column("city", _("City"), sort="city"),
        Column("contact_name", _("Contact person")),
        Column("email", _("E-mail")),
        Column("active", _("In use")),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("country")

    def export_row(self, row):
        return tuple(", ".join(value) if isinstance(value, list) else value for value in super().export_row(row))

    def bulk(self, name, found, actor):
        act = services.archive_organisations if name == "archive" else services.restore_organisations
        done = len(act(actor=actor, organisation_ids=list(found.values_list("pk", flat=True))))
        if name == "archive":
            return ngettext("%(n)s partner archived.", "%(n)s partners archived.", done) % {"n": done}
        return ngettext("%(n)s partner is in use again.", "%(n)s partners are in use again.", done) % {"n": done}


def find_organisation(request, pk: int) -> Organisation:
    found = Organisation.objects.visible_to(request.actor).select_related("country").filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def organisation_detail(request, pk):
    organisation = find_organisation(request, pk)
    may_manage = request.actor.can(MANAGE)
    people = Membership.objects.visible_to(request.actor).filter(organisation=organisation).select_related("user")
    return render(
        request,
        "parties/organisation_detail.html",
        {
            "organisation": organisation,
            "people": people.order_by("user__name") if may_manage else None,
            "may_manage": may_manage,
            "may_change": request.actor.can(CHANGE),
            "entries": timeline.of(request.actor, organisation),
            "changes": history.of(Organisation, organisation.pk),
            **attachments.shown_on(request, organisation),
        },
    )


@page(ADD)
def organisation_new(request):
    return _form(request, None, {"language": "en"})


@page(CHANGE)
def organisation_edit(request, pk):
    organisation = find_organisation(request, pk)
    initial = {name: getattr(organisation, name) for name in IDENTITY}
    initial["kinds"] = [kind.removeprefix("is_") for kind in Organisation.KINDS if getattr(organisation, kind)]
    return _form(request, organisation, initial)


def _form(request, organisation: Organisation | None, initial: dict):
    form = OrganisationForm(request.POST or None, initial=initial, document=organisation)

    def save():
        typed = form.organisation(form.all_kinds())
        if organisation is None:
            return services.create_organisation(actor=request.actor, organisation=typed)
        return services.edit_organisation(
            actor=request.actor, organisation_id=organisation.pk, organisation=typed, version=organisation.version
        )

    back = organisation.get_absolute_url() if organisation else reverse("parties:organisations")
    crumbs = [(_("Business partners"), reverse("parties:organisations"))]
    return form_page(
        request,
        "web/form.html",
        form,
        save=save,
        then=lambda saved: saved.get_absolute_url(),
        context={
            "title": _now("Edit %(name)s") % {"name": organisation} if organisation else _("New partner"),
            "crumb_links": [*crumbs, (organisation.code, back)] if organisation else crumbs,
            "cancel_url": back,
        },
    )


@page(CHANGE)
@require_POST
def organisation_archive(request, pk):
    return step(
        request,
        act=lambda: services.archive_organisations(actor=request.actor, organisation_ids=[pk]),
        back=reverse("parties:organisation", args=[pk]),
        said=_now("Archived: nothing new can be ordered from it or sold to it."),
    )


@page(CHANGE)
@require_POST
def organisation_restore(request, pk):
    return step(
        request,
        act=lambda: services.restore_organisations(actor=request.actor, organisation_ids=[pk]),
        back=reverse("parties:organisation", args=[pk]),
        said=_now("In use again."),
    )
