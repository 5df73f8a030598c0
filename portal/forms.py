"""What outside parties fill in."""

from datetime import UTC, datetime, time
from typing import cast

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.web.forms import DateInput, DecimalField, DocumentForm
from logistics.models import Classifier, MilestoneCode
from logistics.services import MilestoneInput
from quality.models import DefectClass
from sourcing.flows import LineAnswer
from sourcing.models import PurchaseOrderLine
from sourcing.services.confirm import Answer

ANSWERS = (
    (LineAnswer.ACCEPTED, _("Accept as ordered")),
    (LineAnswer.CHANGED, _("Accept with changes")),
    (LineAnswer.REJECTED, _("Reject")),
)


class ConfirmForm(DocumentForm):
    reference = forms.CharField(label=_("Your order number"), max_length=60, required=False)
    remarks = forms.CharField(label=_("Remarks"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2}))


class AnswerForm(forms.Form):
    """The answer to one line; nothing chosen is no answer yet. What is left empty stays as ordered."""

    answer = forms.ChoiceField(label=_("Answer"), choices=ANSWERS, widget=forms.RadioSelect, required=False)
    quantity = DecimalField(label=_("Quantity you can deliver"), max_digits=14, decimal_places=4, required=False)
    promised_date = forms.DateField(label=_("Date you can keep"), widget=DateInput, required=False)
    unit_price = DecimalField(label=_("Your price"), max_digits=18, decimal_places=6, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args, line: PurchaseOrderLine, **kwargs):
        super().__init__(*args, **kwargs)
        self.line = line

    def clean(self):
        data = super().clean()
        changes = [data.get(name) for name in ("quantity", "promised_date", "unit_price")]
        if (
            data.get("answer") == LineAnswer.CHANGED
            and not self.errors
            and all(value in (None, "") for value in changes)
        ):
            self.add_error("answer", _now("Say what changes: the quantity, the date or the price."))
        if data.get("answer") == LineAnswer.REJECTED and not (data.get("reason") or "").strip():
            self.add_error("reason", _now("Say why you reject it."))
        if not data.get("answer") and any(value not in (None, "") for value in changes):
            self.add_error("answer", _now("Choose “accept with changes”, or leave these fields empty."))
        return data

    def as_answer(self) -> Answer | None:
        data = self.cleaned_data
        if not data.get("answer"):
            return None
        changed = data["answer"] == LineAnswer.CHANGED
        return Answer(
            line_id=self.line.pk,
            answer=data["answer"],
            quantity=data["quantity"] if changed else None,
            unit_price=data["unit_price"] if changed else None,
            promised_date=data["promised_date"] if changed else None,
            reason=data["reason"],
        )


class AnswerFormSet(forms.BaseFormSet):
    def __init__(self, *args, order_lines: list[PurchaseOrderLine], **kwargs):
        self.order_lines = order_lines
        super().__init__(*args, **kwargs)

    def get_form_kwargs(self, index):
        return {"line": self.order_lines[index] if index is not None and index < len(self.order_lines) else None}

    def total_form_count(self):  # the order says how many lines there are, not the browser
        return len(self.order_lines)

    def initial_form_count(self):
        return len(self.order_lines)

    def answers(self) -> list[tuple[AnswerForm, Answer]]:
        return [(form, answer) for form in self.forms if (answer := form.as_answer()) is not None]


AnswerFormSetClass = cast(type[AnswerFormSet], forms.formset_factory(AnswerForm, formset=AnswerFormSet, extra=0))


class MilestoneForm(forms.Form):
    """One report about a shipment: happened, or expected."""

    code = forms.ChoiceField(label=_("Milestone"), choices=MilestoneCode.choices)
    classifier = forms.ChoiceField(
        label=_("It"),
        choices=[(Classifier.ACTUAL, _("has happened")), (Classifier.ESTIMATED, _("is expected"))],
        widget=forms.RadioSelect,
    )
    day = forms.DateField(label=_("On (day at the place)"), widget=DateInput)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def report(self) -> MilestoneInput:
        """Noon of the day: what counts for promises is the day at the place, not the minute."""
        data = self.cleaned_data
        return MilestoneInput(
            code=data["code"],
            classifier=data["classifier"],
            happened_at=datetime.combine(data["day"], time(12), UTC),
            place_date=data["day"],
            note=data["note"],
        )


class FindingForm(forms.Form):
    defect_class = forms.ChoiceField(label=_("Class"), choices=DefectClass.choices, initial=DefectClass.MAJOR)
    description = forms.CharField(label=_("Defect"), max_length=200)
    count = DecimalField(label=_("Found"), decimal_places=0, min_value=1, max_value=1_000_000)


FindingFormSet = forms.formset_factory(FindingForm, extra=4, max_num=100, absolute_max=100, can_delete=True)


class ReportForm(DocumentForm):
    inspected_date = forms.DateField(label=_("Inspected on"), widget=DateInput)
    made_pct = DecimalField(label=_("Goods made"), min_value=0, max_value=100, decimal_places=2, required=False)
    packed_pct = DecimalField(label=_("Goods packed"), min_value=0, max_value=100, decimal_places=2, required=False)
    report = forms.CharField(label=_("Report"), max_length=8000, required=False, widget=forms.Textarea({"rows": 4}))
