"""What quality people fill in: a booking, a report, a reason."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.templatetags.iscm import qty
from core.web.forms import DateInput, DecimalField, DocumentForm, Form
from core.web.rows import RowForm, row_set
from parties.models import Organisation
from quality import aql
from quality.models import DefectClass, Inspection, InspectionKind
from quality.services import FindingInput, InspectionInput

_AQL_CHOICES = [(one, one) for one in aql.AQLS if Decimal(one) <= 10]
_LEVELS = [(level, level) for level in aql.LEVELS]


class PlanForm(Form):
    """A booking; the sampling plan follows from it."""

    kind = forms.ChoiceField(label=_("Kind"), choices=InspectionKind.choices, initial=InspectionKind.PSI)
    planned_date = forms.DateField(label=_("Planned for"), widget=DateInput)
    inspector = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Agency"), required=False, empty_label=_("our own inspector")
    )
    place = forms.CharField(label=_("Place"), max_length=120, required=False)
    reinspection_of: forms.ModelChoiceField = forms.ModelChoiceField(
        Inspection.objects.none(), label=_("Repeats"), required=False, empty_label=_("none: the first of this lot")
    )
    level = forms.ChoiceField(label=_("Inspection level"), choices=_LEVELS, initial="II")
    aql_critical = forms.ChoiceField(
        label=_("AQL critical"), choices=[("0", _("none accepted")), *_AQL_CHOICES], initial="0"
    )
    aql_major = forms.ChoiceField(label=_("AQL major"), choices=_AQL_CHOICES, initial="2.5")
    aql_minor = forms.ChoiceField(label=_("AQL minor"), choices=_AQL_CHOICES, initial="4.0")

    def __init__(self, *args, actor: Actor, order, **kwargs):
        super().__init__(*args, **kwargs)
        self.order = order
        agencies = Organisation.objects.visible_to(actor).filter(is_inspector=True, active=True).order_by("name")
        self.fields["inspector"].queryset = agencies.exclude(pk=order.supplier_id)
        again = Inspection.objects.visible_to(actor).filter(order=order, status__in=("failed", "aborted"))
        repeated = Inspection.objects.filter(order=order, reinspection_of__isnull=False).exclude(status="cancelled")
        self.fields["reinspection_of"].queryset = again.exclude(pk__in=repeated.values("reinspection_of_id"))
        if not self.fields["reinspection_of"].queryset.exists():
            del self.fields["reinspection_of"]

    def content(self, lines) -> InspectionInput:
        data = self.cleaned_data
        again = data.get("reinspection_of")
        return InspectionInput(
            order_id=self.order.pk,
            planned_date=data["planned_date"],
            lines=[(row.thing.pk, row.cleaned_data["quantity"]) for row in lines.kept()],
            kind=data["kind"],
            inspector_id=data["inspector"].pk if data["inspector"] else None,
            place=data["place"],
            level=data["level"],
            aql_critical=data["aql_critical"],
            aql_major=data["aql_major"],
            aql_minor=data["aql_minor"],
            reinspection_of_id=again.pk if again else None,
        )


class PresentedRow(RowForm):
    """An order line and how much of it is presented; empty or 0: not this time."""

    quantity = DecimalField(label=_("Presented"), required=False, min_value=Decimal(0), max_digits=14, decimal_places=4)

    def title(self):
        return self.thing.sku, self.thing.description

    def facts(self):
        return [
            (_now("Ordered"), qty(self.thing.quantity, self.thing.unit_id)),
            (_now("Released before"), qty(self.thing.released)),
        ]

    def counts(self):
        return bool(self.cleaned_data.get("quantity"))


PresentedRows = row_set(PresentedRow)


class ReportForm(DocumentForm):
    inspected_date = forms.DateField(label=_("Inspected on"), widget=DateInput)
    made_pct = DecimalField(label=_("Goods made"), min_value=0, max_value=100, decimal_places=2, required=False)
    packed_pct = DecimalField(label=_("Goods packed"), min_value=0, max_value=100, decimal_places=2, required=False)
    report = forms.CharField(label=_("Report"), max_length=8000, required=False, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["made_pct"].unit = self.fields["packed_pct"].unit = "%"
        if self.document.kind != InspectionKind.PSI:
            del self.fields["made_pct"], self.fields["packed_pct"]


class FindingForm(forms.Form):
    defect_class = forms.ChoiceField(label=_("Class"), choices=DefectClass.choices, initial=DefectClass.MAJOR)
    description = forms.CharField(label=_("Defect"), max_length=200)
    count = DecimalField(label=_("Found"), decimal_places=0, min_value=1, max_value=1_000_000)


FindingFormSet = forms.formset_factory(FindingForm, extra=4, max_num=100, absolute_max=100, can_delete=True)


def findings_of(lines) -> list[FindingInput]:
    """The rows of a FindingFormSet that say something."""
    return [
        FindingInput(row["defect_class"], row["description"], int(row["count"]))
        for form in lines.forms
        if form.has_changed() and (row := form.cleaned_data) and not row.get("DELETE")
    ]


class ReasonForm(DocumentForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea({"rows": 2}))


class AbortForm(ReasonForm):
    inspected_date = forms.DateField(label=_("Day of the visit"), widget=DateInput)


class CancelForm(DocumentForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False, widget=forms.Textarea({"rows": 2}))


class AqlForm(forms.Form):
    """A question to the sampling tables."""

    lot = forms.IntegerField(label=_("Lot size"), min_value=1, max_value=10**9)
    level = forms.ChoiceField(label=_("Inspection level"), choices=_LEVELS, initial="II")
    severity = forms.ChoiceField(
        label=_("Severity"),
        choices=[(aql.NORMAL, _("Normal")), (aql.TIGHTENED, _("Tightened")), (aql.REDUCED, _("Reduced"))],
    )
