from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Packaging, Product, ProductGroup
from catalog.services import PackagingInput, ProductInput
from core.web.forms import DecimalField, DocumentForm
from reference.models import Country, Unit


class ProductForm(DocumentForm):
    """What ``services.ProductInput`` takes, packaging apart."""

    sku = forms.CharField(label=_("SKU"), max_length=60, help_text=_("Your own number; it stands on every document."))
    name = forms.CharField(label=_("Name"), max_length=250)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=250, required=False)
    group = forms.ModelChoiceField(ProductGroup.objects.none(), label=_("Product group"), required=False)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Stock unit"), initial="pcs")
    gtin = forms.CharField(
        label=_("GTIN"), max_length=20, required=False, help_text=Product._meta.get_field("gtin").help_text
    )
    hs_code = forms.CharField(
        label=_("HS code"), max_length=20, required=False, help_text=Product._meta.get_field("hs_code").help_text
    )
    origin = forms.ModelChoiceField(Country.objects.order_by("name"), label=_("Country of origin"), required=False)
    net_weight_kg = DecimalField(label=_("Net weight of one"), max_digits=12, decimal_places=4, required=False)
    over_receipt_pct = DecimalField(
        label=_("Over-receipt tolerance"), max_digits=6, decimal_places=3, required=False,
        help_text=_("How much more than ordered may be received. Empty: the company's default; 0: none."),
    )  # fmt: skip
    inspection_required = forms.BooleanField(
        label=_("Needs a pre-shipment inspection"), required=False,
        help_text=_("The balance is paid, and the goods are loaded, only after it has passed."),
    )  # fmt: skip
    description = forms.CharField(
        label=_("Description for trade documents"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=Product._meta.get_field("description").help_text,
    )  # fmt: skip

    def __init__(self, *args, actor, **kwargs):
        super().__init__(*args, **kwargs)
        groups, units = ProductGroup.objects.visible_to(actor).active(), Unit.objects.active()
        if self.document is not None:  # what the product has stays choosable
            groups = groups | ProductGroup.objects.visible_to(actor).filter(pk=self.document.group_id)
            units = units | Unit.objects.filter(pk=self.document.unit_id)
        self.fields["group"].queryset = groups.order_by("name")
        self.fields["unit"].queryset = units
        self.fields["unit"].empty_label = None
        self.fields["unit"].label_from_instance = lambda unit: f"{unit.code} – {unit.label}"
        self.fields["net_weight_kg"].unit, self.fields["over_receipt_pct"].unit = "kg", "%"

    def product(self, packagings: list[PackagingInput]) -> ProductInput:
        data = self.values()
        group, unit, origin = data.pop("group"), data.pop("unit"), data.pop("origin")
        return ProductInput(
            **data,
            group_id=group.pk if group else None,
            unit=unit.pk,
            origin=origin.pk if origin else None,
            packagings=packagings,
        )


class PackagingForm(forms.Form):
    level = forms.ChoiceField(label=_("Level"), choices=[("", ""), *Packaging.Level.choices])
    units = DecimalField(label=_("Stock units inside"), max_digits=14, decimal_places=4)
    length_cm = DecimalField(label=_("Length"), max_digits=10, decimal_places=2)
    width_cm = DecimalField(label=_("Width"), max_digits=10, decimal_places=2)
    height_cm = DecimalField(label=_("Height"), max_digits=10, decimal_places=2)
    gross_weight_kg = DecimalField(label=_("Gross weight"), max_digits=12, decimal_places=3)
    gtin = forms.CharField(label=_("GTIN"), max_length=20, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("length_cm", "width_cm", "height_cm"):
            self.fields[name].unit = "cm"
        self.fields["gross_weight_kg"].unit = "kg"


PackagingGrid = forms.formset_factory(PackagingForm, extra=1, can_delete=True, max_num=8)


def packagings_of(lines) -> tuple[list[PackagingInput], list[int]]:
    """The filled-in rows of the grid, and which row of the page each of them is."""
    kept = [
        (number, form.cleaned_data)
        for number, form in enumerate(lines.forms)
        if form.cleaned_data.get("level") and not form.cleaned_data.get("DELETE")
    ]
    inputs = [PackagingInput(**{key: value for key, value in data.items() if key != "DELETE"}) for _n, data in kept]
    return inputs, [number for number, _data in kept]


class ProductGroupForm(DocumentForm):
    """What ``services.save_product_group`` takes."""

    code = forms.CharField(label=_("Code"), max_length=30)
    name = forms.CharField(label=_("Name"), max_length=100)
    name_zh = forms.CharField(label=_("Chinese name"), max_length=100, required=False)
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)
