from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.forms import DateInput, DecimalInput, DocumentForm
from reference.models import Currency, RateKind


class CurrencyField(forms.ModelChoiceField):
    def __init__(self, label, **kwargs):
        super().__init__(Currency.objects.active(), label=label, **kwargs)

    def label_from_instance(self, currency):
        return f"{currency.code} – {currency.label}"


class PairForm(forms.Form):
    """Which pair's course to show."""

    base = CurrencyField(_("One unit of"), empty_label=None)
    quote = CurrencyField(_("In"), empty_label=None)


class ExchangeRateForm(DocumentForm):
    """What services.set_exchange_rate takes."""

    base = CurrencyField(_("One unit of"))
    rate = forms.DecimalField(label=_("Costs"), max_digits=24, decimal_places=12, widget=DecimalInput)
    quote = CurrencyField(_("Units of"))
    on = forms.DateField(label=_("On the day"), widget=DateInput)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=RateKind.choices, help_text=_("Duty is computed with customs rates.")
    )
    note = forms.CharField(label=_("Where it comes from"), max_length=200, required=False)
    confirmed = forms.BooleanField(label=_("It is right, even if it is far from the last known rate"), required=False)

    def values(self) -> dict:
        data = super().values()
        return data | {"base": data["base"].pk, "quote": data["quote"].pk}
