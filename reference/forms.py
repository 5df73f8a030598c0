from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.forms import DateInput, DecimalInput, DocumentForm
from reference.models import Currency, RateKind


class PairForm(forms.Form):
    """Which pair's course to show."""

    base = forms.ModelChoiceField(Currency.objects.active(), label=_("One unit of"), empty_label=None)
    quote = forms.ModelChoiceField(Currency.objects.active(), label=_("in"), empty_label=None)


class ExchangeRateForm(DocumentForm):
    """What services.set_exchange_rate takes."""

    base = forms.ModelChoiceField(Currency.objects.none(), label=_("One unit of"))
    rate = forms.DecimalField(label=_("costs"), max_digits=24, decimal_places=12, widget=DecimalInput)
    quote = forms.ModelChoiceField(Currency.objects.none(), label=_("units of"))
    on = forms.DateField(label=_("on"), widget=DateInput)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=RateKind.choices, help_text=_("Duty is computed with customs rates.")
    )
    note = forms.CharField(label=_("Where it comes from"), max_length=200, required=False)
    confirmed = forms.BooleanField(label=_("It is right, even if it is far from the last known rate"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("base", "quote"):
            self.fields[name].queryset = Currency.objects.active()

    def values(self) -> dict:
        data = super().values()
        return data | {"base": data["base"].pk, "quote": data["quote"].pk}
