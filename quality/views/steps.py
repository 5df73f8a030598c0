"""The steps of an inspection in the browser: each one service call."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.web.access import page
from core.web.forms import form_page
from quality import services
from quality.forms import AbortForm, CancelForm, FindingFormSet, ReasonForm, ReportForm, findings_of
from quality.views.inspections import VIEW, fetch


@page("quality.report_inspection")
def report(request, pk: int):
    """What was found; the sampling plan decides whether the lot passes. Made for a phone in a factory."""
    document = fetch(request.actor, pk)
    form = ReportForm(request.POST or None, initial={"inspected_date": timezone.localdate()}, document=document)
    findings = FindingFormSet(request.POST or None, prefix="findings")

    def save():
        data = form.cleaned_data
        return services.report_inspection(
            actor=request.actor,
            inspection_id=document.pk,
            inspected_date=data["inspected_date"],
            made_pct=data.get("made_pct"),
            packed_pct=data.get("packed_pct"),
            findings=findings_of(findings),
            report=data["report"],
            version=document.version,
        )

    return form_page(
        request,
        "quality/inspection_report.html",
        form,
        lines=findings,
        context={
            **_frame(document),
            "inspection": document,
            "title": _("Report %(document)s") % {"document": document},
        },
        save=save,
        then=lambda done: done.get_absolute_url(),
    )


# Steps that say why: the service, the form, the heading, the button, a sentence above.
_REASONS: dict[str, tuple[Any, ...]] = {
    "abort": (
        services.abort_inspection,
        AbortForm,
        gettext_lazy("Abort %(document)s"),
        gettext_lazy("Abort the inspection"),
        gettext_lazy("It could not be held: goods not ready, no access. The supplier bears its cost."),
    ),
    "concede": (
        services.concede_inspection,
        ReasonForm,
        gettext_lazy("Sign a concession for %(document)s"),
        gettext_lazy("Accept the goods as they are"),
        gettext_lazy("The report stays as it is. With your signature the goods may be loaded and their balance paid."),
    ),
    "cancel": (
        services.cancel_inspection,
        CancelForm,
        gettext_lazy("Cancel %(document)s"),
        gettext_lazy("Cancel the inspection"),
        gettext_lazy("As if it had never been booked."),
    ),
}


@page(VIEW)
def give_reason(request, pk: int, name: str):
    document = fetch(request.actor, pk)
    service, form_class, title, submit, intro = _REASONS[name]
    initial = {"inspected_date": timezone.localdate()} if form_class is AbortForm else {}
    form = form_class(request.POST or None, document=document, initial=initial)
    return form_page(
        request,
        "web/form.html",
        form,
        context={**_frame(document), "title": title % {"document": document}, "submit": submit, "intro": intro},
        save=lambda: service(actor=request.actor, inspection_id=document.pk, version=document.version, **form.values()),
        then=lambda done: done.get_absolute_url(),
    )


def _frame(document) -> dict:
    return {
        "crumb_links": [
            (_("Inspections"), reverse("quality:inspections")),
            (document.number, document.get_absolute_url()),
        ],
        "cancel_url": document.get_absolute_url(),
    }
