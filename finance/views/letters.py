"""Letters of credit: one on a page with the documents presented under it, and the steps of both."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.documents import as_id
from core.errors import NotVisible
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import Action, buttons, one_primary, stepper
from core.web.forms import form_page, step
from finance import services
from finance.flows import LETTER_OF_CREDIT, PRESENTATION, LetterStatus, PresentationStatus
from finance.forms import (
    AmendLetterForm,
    EndLetterForm,
    ExamineForm,
    IssueLetterForm,
    LetterForm,
    PresentForm,
    RefuseForm,
    WaiveForm,
)
from finance.models import LetterOfCredit, Presentation
from finance.selectors.examination import banking_calendar, discrepancies
from finance.selectors.letters import (
    last_day,
    papers_of,
    papers_presented,
    propose,
    secured_part,
    shipment_of,
    to_present,
)
from parties.models import Organisation
from sourcing.models import PurchaseOrder

VIEW, ADD, APPROVE = "finance.view_letterofcredit", "finance.add_letterofcredit", "finance.approve_letterofcredit"
SAID = (
    "amount", "tolerance_percent", "latest_shipment_date", "expiry_date", "presentation_days", "partial_shipments",
    "documents", "insurance_percent",
)  # fmt: skip
FEES = ("fee_percent", "fee_fixed")


def fetch(actor, pk: int) -> LetterOfCredit:
    rows = LetterOfCredit.objects.visible_to(actor).select_related("order", "supplier", "bank", "company")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


def fetch_presentation(actor, pk: int) -> Presentation:
    rows = Presentation.objects.visible_to(actor).select_related("letter__order", "letter__bank", "invoice", "shipment")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotVisible()
    return found


@page(VIEW)
def letter(request, pk: int):
    found, actor, today = fetch(request.actor, pk), request.actor, timezone.localdate()
    presentations = list(found.presentations.select_related("invoice", "shipment").order_by("-pk"))
    context = {
        "letter": found,
        "today": today,
        "last_day": last_day(found),
        "drawn_percent": 100 * found.drawn_amount / found.limit,
        "presentations": [(one, _presentation_actions(one, actor)) for one in presentations],
        "own_draft": found.status == LetterStatus.DRAFT and actor.is_who(found.requested_by_id, found.requested_by),
        "steps": stepper(
            LETTER_OF_CREDIT,
            found,
            (LetterStatus.DRAFT, LetterStatus.APPROVED, LetterStatus.ISSUED, LetterStatus.CLOSED),
        ),
        "actions": _actions(found, actor, presentations),
        "entries": timeline.of(actor, found),
        "changes": history.of(LetterOfCredit, found.pk),
        **attachments.shown_on(request, found),
    }
    return render(request, "finance/letter.html", context)


def _actions(found: LetterOfCredit, actor, presentations) -> list[Action]:
    at = found.get_absolute_url()
    forms = ("issue", "amend", "close", "cancel")
    actions = buttons(LETTER_OF_CREDIT, found, actor, lambda one: f"{at}{one.name}/", forms=forms)
    hidden = set()
    if actor.is_who(found.requested_by_id, found.requested_by):
        hidden.add("approve")
    if any(one.status != PresentationStatus.REFUSED for one in presentations):
        hidden.add("cancel")
    actions = [one for one in actions if one.name not in hidden]
    if found.status == LetterStatus.ISSUED and actor.can(ADD):
        first = not any(one.status in PresentationStatus.undecided() for one in presentations)  # else that comes first
        actions.insert(0, Action("present", _("Record documents"), f"{at}present/", first, post=False))
    if found.status == LetterStatus.DRAFT and actor.can(ADD):
        actions.insert(0, Action("edit", _("Edit"), f"{at}edit/", post=False))
    return one_primary(actions)


def _presentation_actions(one: Presentation, actor) -> list[Action]:
    def url(taken) -> str:
        name = "examine" if taken.name in ("comply", "differ") else taken.name
        return reverse(f"finance:presentation_{name}", args=[one.pk])

    return [
        action
        for action in buttons(PRESENTATION, one, actor, url, forms=("comply", "waive", "refuse"))
        if action.name != "differ"
    ]


@page(ADD)
def letter_new(request):
    """``?order=``: in favour of its supplier, as its term, its dates and its Incoterm ask for."""
    actor = request.actor
    given = as_id(request.GET.get("order", ""))
    if given is None:
        return HttpResponse(status=303, headers={"Location": reverse("finance:letters")})
    order = PurchaseOrder.objects.visible_to(actor).select_related("supplier").filter(pk=given).first()
    if order is None:
        raise NotVisible()
    usual = propose(order)
    banks = Organisation.objects.visible_to(actor).filter(is_bank=True, active=True)[:2]
    initial = {
        "bank": banks[0].pk if len(banks) == 1 else None,
        "amount": usual.amount,
        "latest_shipment_date": usual.latest_shipment_date,
        "expiry_date": usual.expiry_date,
        "documents": usual.documents,
        "tolerance_percent": 0,
        "presentation_days": 21,
        "partial_shipments": True,
        "insurance_percent": 110,
        "fee_percent": 0,
        "fee_fixed": 0,
    }
    form = LetterForm(request.POST or None, initial=initial, actor=actor)
    return form_page(
        request,
        "web/form.html",
        form,
        save=lambda: services.create_letter(
            actor=actor,
            order_id=order.pk,
            bank_id=form.cleaned_data["bank"].pk,
            terms=form.terms(),
            today=timezone.localdate(),
        ),
        then=lambda made: made.get_absolute_url(),
        context={
            "title": _("Open a letter of credit for %(order)s") % {"order": order},
            "intro": _("In favour of %(supplier)s, in %(currency)s.")
            % {"supplier": order.supplier, "currency": order.currency_id},
            "submit": _("Save the draft"),
            "crumb_links": [
                (_("Letters of credit"), reverse("finance:letters")),
                (order.number, order.get_absolute_url()),
            ],
            "cancel_url": order.get_absolute_url(),
        },
    )


@page(ADD)
def letter_edit(request, pk: int):
    found = fetch(request.actor, pk)
    initial = {"bank": found.bank_id, **{name: getattr(found, name) for name in (*SAID, *FEES)}}
    form = LetterForm(request.POST or None, initial=initial, actor=request.actor, document=found)
    return _form(
        request,
        found,
        form,
        lambda: services.change_letter(
            actor=request.actor,
            letter_id=pk,
            bank_id=form.cleaned_data["bank"].pk,
            terms=form.terms(),
            version=found.version,
        ),
        _("Edit %(letter)s") % {"letter": found},
    )


@page(APPROVE)
@require_POST
def letter_approve(request, pk: int):
    found = fetch(request.actor, pk)
    return step(
        request,
        act=lambda: services.approve_letter(
            actor=request.actor,
            letter_id=pk,
            today=timezone.localdate(),
            version=as_id(request.POST.get("version")),
        ),
        back=found.get_absolute_url(),
        said=_("%(letter)s is approved; %(bank)s can issue it.") % {"letter": found, "bank": found.bank},
    )


@page(ADD)
def letter_issue(request, pk: int):
    found, today = fetch(request.actor, pk), timezone.localdate()
    form = IssueLetterForm(request.POST or None, initial={"day": today}, document=found)
    return _form(
        request,
        found,
        form,
        lambda: services.issue_letter(
            actor=request.actor, letter_id=pk, today=today, version=found.version, **form.values()
        ),
        _("Record %(letter)s as issued") % {"letter": found},
        _("%(supplier)s sees it from now on, and is asked for the documents.") % {"supplier": found.supplier},
        _("Record as issued"),
    )


@page(APPROVE)
def letter_amend(request, pk: int):
    found = fetch(request.actor, pk)
    initial = {name: getattr(found, name) for name in SAID}
    form = AmendLetterForm(request.POST or None, initial=initial, document=found)
    fees = {name: getattr(found, name) for name in FEES}
    return _form(
        request,
        found,
        form,
        lambda: services.amend_letter(
            actor=request.actor,
            letter_id=pk,
            terms=form.terms(**fees),
            reason=form.cleaned_data["reason"],
            today=timezone.localdate(),
            version=found.version,
        ),
        _("Amend %(letter)s") % {"letter": found},
        submit=_("Amend"),
    )


@page(ADD)
def letter_close(request, pk: int):
    return _end(request, pk, services.close_letter, _("Close %(letter)s"), _("Close"))


@page(ADD)
def letter_cancel(request, pk: int):
    said = _("An issued credit is irrevocable: bank and supplier must have agreed.")
    return _end(request, pk, services.cancel_letter, _("Cancel %(letter)s"), _("Cancel the credit"), said)


def _end(request, pk: int, service, title: str, submit: str, intro: str = ""):
    found = fetch(request.actor, pk)
    form = EndLetterForm(request.POST or None, document=found)
    return _form(
        request,
        found,
        form,
        lambda: service(actor=request.actor, letter_id=pk, version=found.version, **form.values()),
        title % {"letter": found},
        intro if found.status == LetterStatus.ISSUED else "",
        submit,
    )


def _form(request, found: LetterOfCredit, form, save, title: str, intro: str = "", submit: str = "", **more):
    """A page for one step of a credit, or of what is presented under it."""
    return form_page(
        request,
        more.pop("template", "web/form.html"),
        form,
        save=save,
        then=lambda _done: found.get_absolute_url(),
        context={
            "title": title,
            "intro": intro,
            "submit": submit or _("Save"),
            "crumb_links": [
                (_("Letters of credit"), reverse("finance:letters")),
                (found.number, found.get_absolute_url()),
            ],
            "cancel_url": found.get_absolute_url(),
            **more,
        },
    )


@page(ADD)
def present(request, pk: int):
    """``?invoice=``: which one is presented; the only one is chosen at once."""
    found, today = fetch(request.actor, pk), timezone.localdate()
    candidates = to_present(found)
    asked = as_id(request.GET.get("invoice", ""))
    invoice = next((one for one in candidates if one.pk == asked), None)
    if asked is None and len(candidates) == 1:
        invoice = candidates[0]
    if invoice is None:
        return render(request, "finance/letter_choose.html", {"letter": found, "candidates": candidates})
    shown = papers_of(found, shipment_of(found, invoice))
    initial = {
        "presented_date": today,
        "amount": secured_part(invoice),
        "shipped_date": shown.shipped_date,
        "packing_quantity": shown.packing_quantity,
        "documents": shown.documents,
    }
    form = PresentForm(request.POST or None, initial=initial, letter=found)

    def save():
        given = services.PresentationInput(invoice_id=invoice.pk, **form.values())
        return services.present_documents(actor=request.actor, letter_id=pk, presentation=given, today=today)

    return _form(
        request,
        found,
        form,
        save,
        _("Documents under %(letter)s") % {"letter": found},
        _("For %(invoice)s (%(theirs)s). Correct what the bank received otherwise.")
        % {"invoice": invoice, "theirs": invoice.supplier_number},
        _("Record"),
    )


@page(ADD)
def examine(request, pk: int):
    """What dates, amounts and papers say is shown; the examiner adds what only a person sees."""
    found, today = fetch_presentation(request.actor, pk), timezone.localdate()
    form = ExamineForm(request.POST or None, initial={"day": today}, document=found)
    calendar = banking_calendar(found.letter.bank.country_id)
    differs = discrepancies(found.letter, papers_presented(found.letter, found), calendar)
    return _form(
        request,
        found.letter,
        form,
        lambda: services.examine_documents(
            actor=request.actor, presentation_id=pk, today=today, version=found.version, **form.values()
        ),
        _("Examine %(presentation)s") % {"presentation": found},
        _("Until %(day)s the documents may be refused; after that they must be paid.")
        % {"day": date_format(found.examine_by)},
        _("Record the examination"),
        template="finance/examine.html",
        presentation=found,
        discrepancies=differs,
    )


@page(APPROVE)
def waive(request, pk: int):
    found, today = fetch_presentation(request.actor, pk), timezone.localdate()
    form = WaiveForm(request.POST or None, initial={"day": today}, document=found)
    return _decide(request, found, form, services.waive_discrepancies, _("Waive the discrepancies of %(presentation)s"))


@page(APPROVE)
def refuse_documents(request, pk: int):
    found, today = fetch_presentation(request.actor, pk), timezone.localdate()
    form = RefuseForm(request.POST or None, initial={"day": today}, document=found)
    return _decide(request, found, form, services.refuse_documents, _("Refuse %(presentation)s"))


def _decide(request, found: Presentation, form, service, title: str):
    said = (
        _("The bank pays as if they complied.")
        if service is services.waive_discrepancies
        else _("One notice states every discrepancy below; the supplier may present others while there is time.")
    )
    return _form(
        request,
        found.letter,
        form,
        lambda: service(
            actor=request.actor,
            presentation_id=found.pk,
            today=timezone.localdate(),
            version=found.version,
            **form.values(),
        ),
        title % {"presentation": found},
        said,
        _("Record"),
        template="finance/examine.html",
        presentation=found,
        discrepancies=found.discrepancies,
    )
