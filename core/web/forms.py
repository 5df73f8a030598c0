"""Forms that lose nothing: refused by a rule, sent twice, or overtaken by somebody else's change.

A page that changes something::

    @page("sourcing.change_purchaseorder")
    def edit(request, pk):
        order = get_object_or_404(PurchaseOrder.objects.visible_to(request.actor), pk=pk)
        form = OrderForm(request.POST or None, initial={…}, document=order)
        return form_page(
            request, "sourcing/purchase_order_form.html", form, context={"order": order},
            save=lambda: services.change_purchase_order(order=order, actor=request.actor, **form.values()),
            then=lambda order: order.get_absolute_url(),
        )
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from core.errors import NotVisible, RuleBroken, StaleDocument
from core.importing import CellError, to_decimal
from core.overflow import within_limits
from core.web import once
from core.web.access import Request

Saved = TypeVar("Saved")


class DateInput(forms.DateInput):
    """The browser's own date field: a day, never a moment, always sent as 2026-03-12."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class DecimalInput(forms.TextInput):
    """A number typed as text: right-aligned, with the phone's number keys, and no scroll wheel to change it."""

    def __init__(self, attrs=None):
        super().__init__({"inputmode": "decimal", "class": "num", "autocomplete": "off", **(attrs or {})})


class DecimalField(forms.DecimalField):
    """A number as people type or paste it: 1,200 or 1.200,50 or full-width digits; the same as an import reads.

    Shown without the zeros that only the column keeps.
    """

    widget = DecimalInput

    def to_python(self, value):
        if isinstance(value, str) and value.strip():
            try:
                value = to_decimal(value, "")
            except CellError as error:
                raise forms.ValidationError(str(error), code="invalid") from error
        return super().to_python(value)

    def prepare_value(self, value):
        """Shown without the zeros that only the column keeps."""
        return format(value.normalize(), "f") if isinstance(value, Decimal) else value


class Form(forms.Form):
    """Django's form, with ``fields`` of any class: each is of the one it is declared with, not only forms.Field."""

    fields: dict[str, Any]


class DocumentForm(Form):
    """A form for a service call. With ``document``, a hidden ``version`` guards against stale edits."""

    data: QueryDict
    version = forms.CharField(widget=forms.HiddenInput, required=False)
    stale = False  # after is_valid: somebody else was faster

    def __init__(self, *args, document=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.document = document
        if document is None:
            del self.fields["version"]
        else:
            self.fields["version"].initial = str(document.version)

    def clean(self):
        if self.document is not None and self.cleaned_data.get("version") != str(self.document.version):
            self.stale = True
            changed_by_others(self)
        return super().clean()

    def values(self) -> dict:
        """The cleaned data without the form's own fields."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def changed_by_others(form: DocumentForm) -> None:
    """This will say that the document changed meanwhile and what it says now, field by field; what was typed stays."""
    form.add_error(
        None,
        _("Somebody else changed this while you were editing. What you typed is still here: compare and save again."),
    )
    for name in form.fields:
        now, typed = form.initial.get(name), form.cleaned_data.get(name)
        if name != "version" and name in form.initial and typed != now and str(typed) != str(now):
            form.add_error(
                name, _("It now says “%(value)s”.") % {"value": now if now not in (None, "") else _("nothing")}
            )
    form.data = form.data.copy()
    form.data[form.add_prefix("version")] = str(form.document.version)  # the next save knows the new version


def lines_changed_by_others(lines: forms.BaseFormSet) -> None:
    """The same for a grid: beside each cell that was typed otherwise, what the document says now."""
    now_there = len(lines.initial or [])
    if now_there != lines.initial_form_count():
        lines.non_form_errors().append(_("The document has %(count)s lines now.") % {"count": now_there})
    for line, now in zip(lines.forms, lines.initial or [], strict=False):
        typed = getattr(line, "cleaned_data", {})
        for name, value in now.items():
            shown = typed.get(name)
            if (
                name in line.fields
                and not line.fields[name].widget.is_hidden
                and shown != value
                and str(shown) != str(value)
            ):
                value = line.fields[name].prepare_value(value)
                line.add_error(
                    name, _("It now says “%(value)s”.") % {"value": value if value not in (None, "") else _("nothing")}
                )


def refuse(form: forms.Form, error: RuleBroken, lines: forms.BaseFormSet | None = None) -> None:
    """This will put a refused rule's sentences beside the fields they name, and all others above the form."""
    placed = False
    for one in error.errors:
        path = one["pointer"].strip("/").split("/")
        if lines is not None and len(path) == 3 and path[0] == "lines" and path[1].isdigit():
            number = int(path[1])
            if number < len(lines.forms) and path[2] in lines.forms[number].fields:
                lines.forms[number].add_error(path[2], one["detail"])
                placed = True
                continue
        field = path[0] if path[0] in form.fields else NON_FIELD_ERRORS
        form.add_error(None if field == NON_FIELD_ERRORS else field, one["detail"])
        placed = True
    if not placed or isinstance(error, StaleDocument):
        form.add_error(None, str(error))


def form_page(
    request: Request,
    template: str,
    form: forms.Form,
    *,
    save: Callable[[], Saved],
    then: Callable[[Saved], str],
    lines: forms.BaseFormSet | None = None,
    context: dict | None = None,
) -> HttpResponse:
    """This will show the form; when sent, call ``save`` (one service call) and go on to ``then(what it returned)``.

    A form with errors, or one that a rule refuses, comes back with the sentences and everything that was typed (422).
    The same form sent twice (double click, impatient reload) saves once and leads to the same place.
    """
    if request.method == "POST":
        before = once.earlier(request)
        if before is not None:
            return go_to(request, before)
        if form.is_valid() & (lines is None or lines.is_valid()):
            try:
                with within_limits(), transaction.atomic():
                    target = then(save())
                once.done(request, target)
                return go_to(request, target)
            except RuleBroken as error:
                refuse(form, error, lines)
        elif lines is not None and getattr(form, "stale", False):
            lines_changed_by_others(lines)
    refused = request.method == "POST"
    return render(request, template, {"form": form, "lines": lines, **(context or {})}, status=422 if refused else 200)


def step(
    request: Request,
    *,
    act: Callable[[], Saved],
    back: str,
    said: str = "",
    then: Callable[[Saved], str] | None = None,
) -> HttpResponse:
    """This will answer a button (POST): ``act`` is one service call; a refusal is shown on the page behind ``back``.

    What is not there for this person is 404, as if it had been asked for.
    """
    before = once.earlier(request)
    if before is not None:
        return go_to(request, before)
    target = back
    try:
        with within_limits(), transaction.atomic():
            result = act()
        target = then(result) if then else back
        if said:
            messages.success(request, said)
        once.done(request, target)
    except NotVisible:
        raise
    except RuleBroken as error:
        messages.error(request, str(error))
    return go_to(request, target)


def posted_day(request: Request, name: str, default: date) -> date:
    """The day that a page's own input sent; ``default`` when it was left empty. Raises RuleBroken for what is no day."""
    given = request.POST.get(name, "").strip()
    try:
        day = parse_date(given) if given else default
    except ValueError:
        day = None
    if day is None:
        raise RuleBroken(_("“%(given)s” is not a date. Write it as 2026-03-12.") % {"given": given[:20]}, field=name)
    return day


def go_to(request: Request, target: str) -> HttpResponse:
    """303 See Other; for htmx the header that makes it load the page."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    answer = HttpResponseRedirect(target)
    answer.status_code = 303
    return answer
