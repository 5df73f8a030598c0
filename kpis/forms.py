"""What a report is asked for; it stands in the address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.forms import DateInput, Form

WINDOWS = (("30", _("30 days")), ("90", _("90 days")), ("365", _("365 days")), ("all", _("all time")))
BREAKDOWNS = (
    ("month", _("Month")),
    ("supplier", _("Supplier or warehouse")),
    ("mode", _("Mode")),
    ("incoterm", _("Incoterm")),
    ("country", _("Destination")),
    ("product-group", _("Product group")),
)
SIDES = (("all", _("Both")), ("purchase", _("Purchase")), ("sales", _("Sales")))
VARIANTS = (("finance", _("cost of goods sold")), ("scor", _("material purchases (SCOR)")))
BALANCES = (
    ("daily", _("of every day (exact)")),
    ("closing", _("of the last day")),
    ("two-point", _("opening and closing")),
    ("five-point", _("five quarter ends (SCOR)")),
)


class ReportForm(Form):
    """``from`` and ``to`` win over ``window``, which counts back from the last day."""

    side = forms.ChoiceField(label=_("Side"), choices=SIDES, required=False)
    window = forms.ChoiceField(label=_("Period"), choices=WINDOWS, required=False)
    as_of = forms.DateField(label=_("As it stood on"), required=False, widget=DateInput)
    by = forms.ChoiceField(label=_("By"), choices=BREAKDOWNS, required=False)

    field_order: tuple[str, ...] = ("window", "from", "to", "side", "by", "as_of")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.DateField(label=_("From"), required=False, widget=DateInput)
        self.fields["to"] = forms.DateField(label=_("To"), required=False, widget=DateInput)
        self.order_fields(self.field_order)

    def clean(self):
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and first > last:
            self.add_error("to", _("The period ends before it begins."))
        return self.cleaned_data


class CashForm(ReportForm):
    """Cash-to-cash is kept for the company as a whole, so it has neither side nor breakdown."""

    variant = forms.ChoiceField(label=_("Payables over"), choices=VARIANTS, required=False)
    balance = forms.ChoiceField(label=_("Balances"), choices=BALANCES, required=False)

    field_order = ("window", "as_of", "variant", "balance")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("side", "by", "from", "to"):
            del self.fields[name]
        self.fields["window"].choices = WINDOWS[:-1]
        self.fields["window"].label = _("Window")
        self.fields["as_of"].label = _("Up to")

    def clean(self):
        data = super().clean()
        if data.get("balance") == "five-point" and data.get("window") not in ("", "365", None):
            self.add_error("balance", _("Five quarter ends make a year: leave the window at 365 days."))
        return data
