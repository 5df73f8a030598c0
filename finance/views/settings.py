"""Tolerances of the three-way match."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import NotVisible
from core.web.access import page
from core.web.forms import form_page, step
from finance.forms import ToleranceForm
from finance.models import MatchTolerance
from finance.services.tolerances import delete_tolerance, save_tolerance

CHANGE = "finance.change_tolerance"


@page(CHANGE)
def tolerance_new(request):
    return _write(request, None)


@page(CHANGE)
def tolerance_edit(request, pk: int):
    rule = MatchTolerance.objects.visible_to(request.actor).filter(pk=pk).first()
    if rule is None:
        raise NotVisible()
    return _write(request, rule)


def _write(request, rule: MatchTolerance | None):
    names = ("supplier", "product", "quantity_pct", "quantity_abs", "price_pct", "price_abs", "bill_rejected")
    initial = {name: getattr(rule, name) for name in names} if rule else {}
    form = ToleranceForm(request.POST or None, initial=initial, actor=request.actor)
    back = reverse("finance:tolerances")
    return form_page(
        request,
        "finance/tolerance_form.html",
        form,
        save=lambda: save_tolerance(actor=request.actor, tolerance_id=rule.pk if rule else None, **form.values()),
        then=lambda _rule: back,
        context={
            "title": _("Tolerance: %(rule)s") % {"rule": rule} if rule else _("New tolerance"),
            "intro": _(
                "Empty leaves it to the wider rule; 0 allows nothing. Of a percentage and an amount the lower holds."
            ),
            "crumb_links": [(_("Invoice tolerances"), back)],
            "cancel_url": back,
            "rule": rule,
        },
    )


@page(CHANGE)
@require_POST
def tolerance_delete(request, pk: int):
    return step(
        request,
        act=lambda: delete_tolerance(actor=request.actor, tolerance_id=pk),
        back=reverse("finance:tolerances"),
        said=_("The rule is gone; the wider one holds."),
    )
