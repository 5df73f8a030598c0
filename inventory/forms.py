"""Forms of the stock pages. They know what was typed; what is allowed, the services know."""

from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.web.forms import DateInput, DecimalField, DocumentForm, Form
from inventory.models import Lot, Warehouse
from inventory.services import WarehouseInput
from reference.models import Country


class WarehouseForm(DocumentForm):
    code = forms.CharField(label=_("Code"), max_length=20, help_text=_("Short: RTM."))
    name = forms.CharField(label=_("Name"), max_length=120)
    country = forms.ModelChoiceField(Country.objects.none(), label=_("Country"), empty_label="–")
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["country"].queryset = Country.objects.all()

    def given(self) -> WarehouseInput:
        data = self.cleaned_data
        return WarehouseInput(data["code"], data["name"], data["country"].pk, data["city"], data["active"])


class CorrectionForm(Form):
    """Something happens to a lot on a day; quantities in its stock unit."""

    day = forms.DateField(label=_("Day"), widget=DateInput, help_text=_("It is posted on this day."))
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args, lot: Lot, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.lot, self.actor = lot, actor
        self.fields["day"].initial = timezone.localdate()
        for name in ("quantity", "counted"):
            if name in self.fields:
                self.fields[name].unit = lot.product.unit_id


class CountForm(CorrectionForm):
    counted = DecimalField(label=_("Counted"), min_value=Decimal(0), max_digits=14, decimal_places=4)
    field_order = ("counted", "day", "reason")


class ScrapForm(CorrectionForm):
    quantity = DecimalField(label=_("Quantity"), min_value=Decimal(0), max_digits=14, decimal_places=4)
    field_order = ("quantity", "day", "reason")


class TransferForm(CorrectionForm):
    quantity = DecimalField(label=_("Quantity"), min_value=Decimal(0), max_digits=14, decimal_places=4)
    warehouse = forms.ModelChoiceField(Warehouse.objects.none(), label=_("To warehouse"))
    field_order = ("quantity", "warehouse", "day", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        mine = Warehouse.objects.visible_to(self.actor).filter(active=True)
        self.fields["warehouse"].queryset = mine.exclude(pk=self.lot.warehouse_id)
        self.fields["reason"].required = False
        self.fields["day"].help_text = ""


class QualityForm(CorrectionForm):
    quality = forms.ChoiceField(label=_("Quality"), choices=Lot.Quality.choices)
    field_order = ("quality", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["day"]
        self.fields["quality"].choices = [one for one in Lot.Quality.choices if one[0] != self.lot.quality]
