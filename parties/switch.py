"""One person, several places: which company or organisation he acts for is chosen in the user menu."""

from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import NotVisible
from core.web.access import page
from parties.actors import SESSION_KEY


@page(outside=True)
@require_POST
def switch_membership(request):
    """This will act for another of the person's own memberships from now on; anyone else's is no such document."""
    wanted = request.POST.get("membership", "")
    if not any(str(membership.pk) == wanted for membership in request.memberships):
        raise NotVisible(_("You do not belong there."))
    request.session[SESSION_KEY] = int(wanted)
    return redirect("/")
